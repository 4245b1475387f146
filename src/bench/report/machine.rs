//! What is said of the machine of a record.

use super::number;
use super::statistics::Spread;
use crate::bench::record::Machine;

/// What a read of the shared cache took: its median, and the least and greatest of the run. None if it was not measured.
pub fn cache_latency(machine: &Machine) -> Option<String> {
    let spread = Spread::of(machine.cache_latency_ns.iter().copied())?;
    let [median, low, high] = [spread.median, spread.low, spread.high].map(number::short);
    Some(format!("{median} ns ({low} to {high})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latency_is_said_if_it_was_measured() {
        let mut machine = Machine::default();
        assert_eq!(cache_latency(&machine), None);
        machine.cache_latency_ns = vec![140.0, 95.0, 101.0];
        assert_eq!(cache_latency(&machine).unwrap(), "101 ns (95.0 to 140)");
    }
}
