//! A row and its states.

/// Four ids in the order of a sort.
pub type Key = [u64; 4];

/// State of a quad (definition 14).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum State {
    Absent = 0,
    Asserted = 1,
    Inferred = 2,
}

/// The states of a quad before and after a run (definition 15): `before << 2 | after`.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct States(pub u8);

impl States {
    /// What every row of a bulk load has.
    pub const ASSERT: States = States::new(State::Absent, State::Asserted);

    pub const fn new(before: State, after: State) -> Self {
        Self((before as u8) << 2 | after as u8)
    }

    pub const fn before(self) -> u8 {
        self.0 >> 2
    }

    pub const fn after(self) -> u8 {
        self.0 & 3
    }

    /// The states of this row followed by `newer`; `None` when nothing is left of the change.
    pub fn then(self, newer: States) -> Option<States> {
        let states = States(self.0 & 0b1100 | newer.0 & 0b0011);
        (states.before() != states.after()).then_some(states)
    }

    /// The same row where inferred reads as absent (definition 17).
    pub const fn without_inferred(self) -> States {
        let mut byte = self.0;
        if byte & 0b0011 == State::Inferred as u8 {
            byte &= 0b1100;
        }
        if byte & 0b1100 == (State::Inferred as u8) << 2 {
            byte &= 0b0011;
        }
        States(byte)
    }
}

/// A row of a run.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Row {
    pub key: Key,
    pub states: States,
}

impl Row {
    /// The row where inferred reads as absent; `None` if nothing is left of the change.
    pub fn without_inferred(&self) -> Option<Row> {
        let states = self.states.without_inferred();
        (states.before() != states.after()).then_some(Row {
            key: self.key,
            states,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: State = State::Asserted;
    const I: State = State::Inferred;
    const NONE: State = State::Absent;

    #[test]
    fn a_change_and_its_reverse_leave_nothing() {
        let insert = States::new(NONE, A);
        let delete = States::new(A, NONE);
        assert_eq!(insert.then(delete), None);
        assert_eq!(delete.then(insert), None);
        assert_eq!(States::new(I, A).then(delete), Some(States::new(I, NONE)));
    }

    #[test]
    fn a_stale_epoch_reads_inferred_as_absent_on_both_sides() {
        assert_eq!(States::new(I, A).without_inferred(), States::new(NONE, A));
        assert_eq!(States::new(A, I).without_inferred(), States::new(A, NONE));
        assert_eq!(
            States::new(NONE, A).without_inferred(),
            States::new(NONE, A)
        );
        assert_eq!(States::new(I, NONE).without_inferred(), States(0));
    }
}
