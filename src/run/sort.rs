//! The sorts of runs: the five orders of quads and the four of triple terms.

use crate::store::Order;

/// A sort. The first five are [`Order`]; the others hold triple terms as rows (t, s, p, o), where t is
/// the id of the term (definition 11).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Sort {
    Psog = 0,
    Posg = 1,
    Spog = 2,
    Ospg = 3,
    Gspo = 4,
    TermSpo = 5,
    SpoTerm = 6,
    PosTerm = 7,
    OspTerm = 8,
}

impl Sort {
    pub const ALL: [Sort; 9] = [
        Sort::Psog,
        Sort::Posg,
        Sort::Spog,
        Sort::Ospg,
        Sort::Gspo,
        Sort::TermSpo,
        Sort::SpoTerm,
        Sort::PosTerm,
        Sort::OspTerm,
    ];
    pub const COUNT: usize = Self::ALL.len();
    /// The sorts that hold every quad.
    pub const QUADS: [Sort; 4] = [Sort::Psog, Sort::Posg, Sort::Spog, Sort::Ospg];
    /// The sorts of triple terms.
    pub const TERMS: [Sort; 4] = [Sort::TermSpo, Sort::SpoTerm, Sort::PosTerm, Sort::OspTerm];

    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    pub fn index(self) -> usize {
        self as usize
    }

    /// The position in a row (s, p, o, g), or (s, p, o, t) for triple terms, of each key column.
    pub const fn columns(self) -> [usize; 4] {
        match self {
            Sort::Psog => [1, 0, 2, 3],
            Sort::Posg | Sort::PosTerm => [1, 2, 0, 3],
            Sort::Spog | Sort::SpoTerm => [0, 1, 2, 3],
            Sort::Ospg | Sort::OspTerm => [2, 0, 1, 3],
            Sort::Gspo | Sort::TermSpo => [3, 0, 1, 2],
        }
    }

    /// The key column holding the graph, for sorts of quads.
    pub fn graph_column(self) -> Option<usize> {
        match self {
            Sort::Psog | Sort::Posg | Sort::Spog | Sort::Ospg => Some(3),
            Sort::Gspo => Some(0),
            _ => None,
        }
    }

    /// Whether a quad of graph `graph` has a row in this sort.
    pub fn holds_graph(self, graph: u64) -> bool {
        self != Sort::Gspo || graph != 0
    }

    #[inline]
    pub fn key(self, row: &[u64; 4]) -> [u64; 4] {
        self.columns().map(|position| row[position])
    }

    /// Inverse of [`Sort::key`].
    #[inline]
    pub fn row(self, key: &[u64; 4]) -> [u64; 4] {
        let mut row = [0; 4];
        for (column, position) in self.columns().into_iter().enumerate() {
            row[position] = key[column];
        }
        row
    }
}

impl From<Order> for Sort {
    fn from(order: Order) -> Self {
        match order {
            Order::Psog => Sort::Psog,
            Order::Posg => Sort::Posg,
            Order::Spog => Sort::Spog,
            Order::Ospg => Sort::Ospg,
            Order::Gspo => Sort::Gspo,
            Order::TermSpo => Sort::TermSpo,
            Order::SpoTerm => Sort::SpoTerm,
            Order::PosTerm => Sort::PosTerm,
            Order::OspTerm => Sort::OspTerm,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_rows_are_inverse_in_every_sort() {
        let row = [10, 20, 30, 40];
        for sort in Sort::ALL {
            assert_eq!(sort.row(&sort.key(&row)), row);
            assert_eq!(Sort::from_number(sort as u8), Some(sort));
        }
        for order in Order::ALL.into_iter().chain(Order::TERMS) {
            assert_eq!(Sort::from(order).key(&row), order.key(&row));
        }
    }
}
