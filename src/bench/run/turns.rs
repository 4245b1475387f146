//! Engines that take turns, so that what drifts on the machine meets all of them alike.

/// Every engine once, in an order that turns by one from round to round.
pub fn order(round: u32, engines: usize) -> impl Iterator<Item = usize> {
    (0..engines).map(move |place| (place + round as usize) % engines)
}

/// Every engine once in every round.
pub fn turns(rounds: u32, engines: usize) -> impl Iterator<Item = (u32, usize)> {
    (0..rounds).flat_map(move |round| order(round, engines).map(move |engine| (round, engine)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_begins_as_often_as_the_others() {
        let rounds: Vec<Vec<usize>> = (0..4).map(|round| order(round, 3).collect()).collect();
        assert_eq!(rounds, [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 1, 2]]);
        let all: Vec<_> = turns(2, 2).collect();
        assert_eq!(all, [(0, 0), (0, 1), (1, 1), (1, 0)]);
        assert_eq!(order(5, 1).collect::<Vec<_>>(), [0]);
    }
}
