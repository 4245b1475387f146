//! Random patterns within patterns: EXISTS, MINUS, LATERAL and slices of groups.

use crate::queries::{Place, Queries};

impl Queries<'_> {
    /// `[NOT] EXISTS` of a group.
    pub fn exists(&mut self, place: Place) -> String {
        let not = *self.random.pick(&["", "NOT "]);
        let mut within = Queries::below(place);
        within.in_exists = true;
        format!("{not}EXISTS {{ {} }}", self.group(within))
    }

    pub fn minus(&mut self, place: Place) -> String {
        format!("MINUS {{ {} }} ", self.group(Queries::below(place)))
    }

    /// LATERAL may bind nothing by name that its left side has.
    pub fn lateral(&mut self, place: Place) -> String {
        let mut within = Queries::below(place);
        within.in_lateral = true;
        let group = match self.random.below(3) {
            0 => self.group(within),
            1 => format!("OPTIONAL {{ {} }}", self.group(within)),
            _ => self.sliced(within),
        };
        format!("LATERAL {{ {group} }} ")
    }

    /// A sub-SELECT with LIMIT of which all solutions are the same, so that it does not matter which are left.
    pub fn sliced(&mut self, place: Place) -> String {
        let fresh = self.fresh();
        let offset = match self.random.percent(40) {
            true => format!(" OFFSET {}", self.random.below(3)),
            false => String::new(),
        };
        let limit = self.random.below(4);
        format!(
            "{{ SELECT {fresh} {{ {} }} LIMIT {limit}{offset} }} ",
            self.group(Queries::selected(place))
        )
    }
}
