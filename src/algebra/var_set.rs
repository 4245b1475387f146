//! A set of variables. Patterns have few, so it is a sorted list: no node to allocate for a member.

use super::ir::Var;

/// Variables, ascending and each once.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct VarSet(Vec<Var>);

impl VarSet {
    pub fn contains(&self, var: &Var) -> bool {
        self.0.binary_search(var).is_ok()
    }

    pub fn insert(&mut self, var: Var) {
        if let Err(place) = self.0.binary_search(&var) {
            self.0.insert(place, var);
        }
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Var> {
        self.0.iter()
    }

    pub fn retain(&mut self, keep: impl FnMut(&Var) -> bool) {
        self.0.retain(keep);
    }
}

impl Extend<Var> for VarSet {
    fn extend<I: IntoIterator<Item = Var>>(&mut self, vars: I) {
        self.0.extend(vars);
        self.0.sort_unstable();
        self.0.dedup();
    }
}

impl FromIterator<Var> for VarSet {
    fn from_iter<I: IntoIterator<Item = Var>>(vars: I) -> Self {
        let mut set = Self::default();
        set.extend(vars);
        set
    }
}

impl IntoIterator for VarSet {
    type Item = Var;
    type IntoIter = std::vec::IntoIter<Var>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_each_variable_once_in_order() {
        let mut set: VarSet = [3, 1, 3].map(Var).into_iter().collect();
        set.extend([2, 1].map(Var));
        set.insert(Var(0));
        set.insert(Var(2));
        set.retain(|var| *var != Var(3));
        assert!(set.iter().copied().eq([0, 1, 2].map(Var)));
        assert!(set.contains(&Var(2)) && !set.contains(&Var(3)));
    }
}
