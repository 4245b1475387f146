//! A property path as an automaton: which triples a walk may follow from where it stands, and where it may end.
//!
//! Under a closure the solutions of a path are a set, so a path is a set of walks and an automaton accepts them. This
//! one has a class for each set of steps a walk may go on with, so that `p+`, `p*` and `(p|^q|r)*` have one class and a
//! search visits a node once. Construction: Glushkov, classes with equal steps merged.

use crate::algebra::{Constant, Path};
use crate::error::{Code, Error, Result};
use crate::term::Id;
use std::collections::BTreeMap;

/// The most steps a path may have; the automaton is quadratic in them.
pub const STEPS_MAX: usize = 1024;

/// Which predicates a step follows.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Predicates {
    /// These, ascending.
    Any(Vec<u64>),
    /// All but these, ascending.
    NoneOf(Vec<u64>),
}

/// The triples a step follows: from subject to object, or backwards.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Label {
    pub predicates: Predicates,
    pub inverse: bool,
}

impl Label {
    /// The same triples the other way.
    pub fn reversed(&self) -> Self {
        Self {
            predicates: self.predicates.clone(),
            inverse: !self.inverse,
        }
    }
}

/// What a walk may do next.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Step {
    /// An index into [`Automaton::labels`].
    pub label: usize,
    /// The class of the walk after the step.
    pub class: usize,
    /// Whether the walk may end after the step.
    pub accepts: bool,
}

/// See the module. A walk begins in class 0.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Automaton {
    pub labels: Vec<Label>,
    /// The steps of each class.
    pub classes: Vec<Vec<Step>>,
    /// Whether a node of the graph matches itself by a walk of no step.
    pub is_nullable: bool,
    /// Whether a constant that is no node of the graph matches itself. A sequence is a join over a variable, which
    /// ranges over nodes (SPARQL 1.1 section 18.4), so that `(p?/q?)+` lets no other term through.
    pub is_nullable_off_graph: bool,
}

/// Steps of an automaton by where they lead, as the class before the step and its label.
pub struct Backwards {
    /// Those into each class.
    pub into: Vec<Vec<(usize, usize)>>,
    /// Those after which a walk may end.
    pub ends: Vec<(usize, usize)>,
}

impl Automaton {
    /// The automaton of a path, or of its inverse. `ids` are the ids of the query's constants; a predicate that the
    /// dictionary does not have has no triple.
    /// Errors: `QueryLimit` for a path of more than [`STEPS_MAX`] steps.
    pub fn new(path: &Path, is_inverse: bool, ids: &[Id]) -> Result<Self> {
        let mut builder = Builder {
            ids,
            labels: Vec::new(),
            follow: Vec::new(),
        };
        let whole = builder.part(path, is_inverse)?;
        Ok(builder.finish(whole, is_nullable_off_graph(path)))
    }

    /// Whether every walk that goes on may as well end, and all in one class: what is reached is what is found.
    pub fn is_plain(&self) -> bool {
        let mut steps = self.classes.iter().flatten();
        self.classes.len() == 1 && steps.all(|step| step.accepts)
    }

    pub fn backwards(&self) -> Backwards {
        let mut into = vec![Vec::new(); self.classes.len()];
        let mut ends = Vec::new();
        for (class, steps) in self.classes.iter().enumerate() {
            for step in steps {
                into[step.class].push((class, step.label));
                if step.accepts {
                    ends.push((class, step.label));
                }
            }
        }
        for list in into.iter_mut().chain([&mut ends]) {
            list.sort_unstable();
            list.dedup();
        }
        Backwards { into, ends }
    }
}

fn is_nullable_off_graph(path: &Path) -> bool {
    match path {
        Path::Predicate(_) | Path::Sequence(_) | Path::Negated(_) => false,
        Path::ZeroOrMore(_) | Path::ZeroOrOne(_) => true,
        Path::Inverse(inner) | Path::OneOrMore(inner) => is_nullable_off_graph(inner),
        Path::Alternative(parts) => parts.iter().any(is_nullable_off_graph),
    }
}

/// A part of a path in the making: positions are occurrences of labels.
struct Part {
    is_nullable: bool,
    first: Vec<usize>,
    last: Vec<usize>,
}

struct Builder<'a> {
    ids: &'a [Id],
    /// The label of each position.
    labels: Vec<Label>,
    /// The positions that may follow each position.
    follow: Vec<Vec<usize>>,
}

impl Builder<'_> {
    fn ids(&self, constants: &[Constant]) -> Vec<u64> {
        let mut ids: Vec<u64> = constants
            .iter()
            .filter_map(|constant| self.ids.get(constant.0 as usize))
            .filter(|id| !id.is_local())
            .map(|id| id.raw())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn position(&mut self, predicates: Predicates, inverse: bool) -> Result<Part> {
        if self.labels.len() == STEPS_MAX {
            return Err(Error::new(
                Code::QueryLimit,
                format!("a property path has more than {STEPS_MAX} steps"),
            ));
        }
        let position = self.labels.len();
        self.labels.push(Label {
            predicates,
            inverse,
        });
        self.follow.push(Vec::new());
        Ok(Part {
            is_nullable: false,
            first: vec![position],
            last: vec![position],
        })
    }

    fn part(&mut self, path: &Path, inverse: bool) -> Result<Part> {
        match path {
            Path::Predicate(predicate) => {
                let ids = self.ids(std::slice::from_ref(predicate));
                self.position(Predicates::Any(ids), inverse)
            }
            Path::Inverse(inner) => self.part(inner, !inverse),
            Path::Negated(predicates) => {
                let ids = self.ids(predicates);
                self.position(Predicates::NoneOf(ids), inverse)
            }
            Path::Alternative(branches) => self.alternative(branches, inverse),
            Path::Sequence(members) => {
                let mut whole = Part {
                    is_nullable: true,
                    first: Vec::new(),
                    last: Vec::new(),
                };
                let count = members.len();
                for index in 0..count {
                    let index = if inverse { count - 1 - index } else { index };
                    let next = self.part(&members[index], inverse)?;
                    for &last in &whole.last {
                        self.follow[last].extend(&next.first);
                    }
                    if whole.is_nullable {
                        whole.first.extend(&next.first);
                    }
                    if next.is_nullable {
                        whole.last.extend(next.last);
                    } else {
                        whole.last = next.last;
                    }
                    whole.is_nullable &= next.is_nullable;
                }
                Ok(whole)
            }
            Path::ZeroOrOne(inner) => {
                let mut part = self.part(inner, inverse)?;
                part.is_nullable = true;
                Ok(part)
            }
            Path::ZeroOrMore(inner) | Path::OneOrMore(inner) => {
                let mut part = self.part(inner, inverse)?;
                for &last in &part.last {
                    self.follow[last].extend(&part.first);
                }
                part.is_nullable |= matches!(path, Path::ZeroOrMore(_));
                Ok(part)
            }
        }
    }

    /// Predicates of one direction are one position, so that thousands of them are no burden.
    fn alternative(&mut self, branches: &[Path], inverse: bool) -> Result<Part> {
        let mut parts = Vec::with_capacity(branches.len());
        for flipped in [false, true] {
            let plain: Vec<Constant> = branches
                .iter()
                .filter_map(|branch| match branch {
                    Path::Predicate(predicate) if !flipped => Some(*predicate),
                    Path::Inverse(inner) if flipped => match **inner {
                        Path::Predicate(predicate) => Some(predicate),
                        _ => None,
                    },
                    _ => None,
                })
                .collect();
            if !plain.is_empty() {
                let ids = self.ids(&plain);
                parts.push(self.position(Predicates::Any(ids), inverse != flipped)?);
            }
        }
        for branch in branches {
            let is_plain = match branch {
                Path::Predicate(_) => true,
                Path::Inverse(inner) => matches!(**inner, Path::Predicate(_)),
                _ => false,
            };
            if !is_plain {
                parts.push(self.part(branch, inverse)?);
            }
        }
        Ok(either(parts))
    }

    fn finish(self, whole: Part, is_nullable_off_graph: bool) -> Automaton {
        let sorted = |mut positions: Vec<usize>| {
            positions.sort_unstable();
            positions.dedup();
            positions
        };
        // A class is a set of positions a walk may go on with; equal sets are one class.
        let mut numbers: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        let start = sorted(whole.first);
        numbers.insert(start.clone(), 0);
        let mut sets = vec![start];
        let class_of: Vec<usize> = self
            .follow
            .into_iter()
            .map(|follow| {
                let set = sorted(follow);
                let next = sets.len();
                *numbers.entry(set.clone()).or_insert_with(|| {
                    sets.push(set);
                    next
                })
            })
            .collect();
        let mut accepts = vec![false; class_of.len()];
        whole.last.iter().for_each(|&last| accepts[last] = true);
        let mut labels: Vec<Label> = Vec::new();
        let label_of: Vec<usize> = self
            .labels
            .into_iter()
            .map(
                |label| match labels.iter().position(|other| *other == label) {
                    Some(known) => known,
                    None => {
                        labels.push(label);
                        labels.len() - 1
                    }
                },
            )
            .collect();
        let classes = sets
            .into_iter()
            .map(|set| {
                let mut steps: Vec<Step> = set
                    .into_iter()
                    .map(|position| Step {
                        label: label_of[position],
                        class: class_of[position],
                        accepts: accepts[position],
                    })
                    .collect();
                steps.sort_unstable();
                steps.dedup();
                steps
            })
            .collect();
        Automaton {
            labels,
            classes,
            is_nullable: whole.is_nullable,
            is_nullable_off_graph,
        }
    }
}

fn either(parts: Vec<Part>) -> Part {
    let mut whole = Part {
        is_nullable: false,
        first: Vec::new(),
        last: Vec::new(),
    };
    for part in parts {
        whole.is_nullable |= part.is_nullable;
        whole.first.extend(part.first);
        whole.last.extend(part.last);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> Vec<Id> {
        (0..4)
            .map(|number| Id::new(crate::term::Tag::IriDictionary, number))
            .collect()
    }

    fn predicate(number: u32) -> Path {
        Path::Predicate(Constant(number))
    }

    #[test]
    fn closures_of_single_steps_have_one_class_in_which_all_is_found() {
        let inner = Path::Alternative(vec![
            predicate(0),
            Path::Inverse(Box::new(predicate(1))),
            Path::Negated(vec![Constant(2)]),
        ]);
        for path in [
            Path::ZeroOrMore(Box::new(inner.clone())),
            Path::OneOrMore(Box::new(inner)),
        ] {
            for inverse in [false, true] {
                let automaton = Automaton::new(&path, inverse, &ids()).unwrap();
                assert!(automaton.is_plain());
                assert_eq!(automaton.classes[0].len(), 3);
                assert_eq!(automaton.is_nullable, matches!(path, Path::ZeroOrMore(_)));
            }
        }
    }

    #[test]
    fn a_sequence_is_no_way_for_a_term_off_the_graph() {
        let optional = |number| Path::ZeroOrOne(Box::new(predicate(number)));
        let sequence = Path::OneOrMore(Box::new(Path::Sequence(vec![optional(0), optional(1)])));
        let automaton = Automaton::new(&sequence, false, &ids()).unwrap();
        assert!(automaton.is_nullable && !automaton.is_nullable_off_graph);
        let single =
            Automaton::new(&Path::OneOrMore(Box::new(optional(0))), false, &ids()).unwrap();
        assert!(single.is_nullable && single.is_nullable_off_graph);
    }

    #[test]
    fn the_inverse_of_a_sequence_turns_it_around() {
        let path = Path::OneOrMore(Box::new(Path::Sequence(vec![predicate(0), predicate(1)])));
        let forward = Automaton::new(&path, false, &ids()).unwrap();
        let backward = Automaton::new(&path, true, &ids()).unwrap();
        let label = |automaton: &Automaton| {
            let step = automaton.classes[0][0];
            (automaton.labels[step.label].clone(), step.accepts)
        };
        let any = |number: usize| Predicates::Any(vec![ids()[number].raw()]);
        assert_eq!(
            label(&forward),
            (
                Label {
                    predicates: any(0),
                    inverse: false
                },
                false
            )
        );
        assert_eq!(
            label(&backward),
            (
                Label {
                    predicates: any(1),
                    inverse: true
                },
                false
            )
        );
        assert_eq!(forward.classes.len(), 2);
    }

    #[test]
    fn more_steps_than_the_limit_are_refused_and_many_predicates_are_one() {
        let many = (0..5000).map(|_| predicate(1)).collect();
        let path = Path::ZeroOrMore(Box::new(Path::Alternative(many)));
        assert!(Automaton::new(&path, false, &ids()).unwrap().is_plain());
        let many = (0..=STEPS_MAX).map(|_| predicate(1)).collect();
        let path = Path::ZeroOrMore(Box::new(Path::Sequence(many)));
        let error = Automaton::new(&path, false, &ids()).unwrap_err();
        assert_eq!(error.code(), Code::QueryLimit);
    }
}
