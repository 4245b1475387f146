//! What a result is, before any row of it is known.

use crate::algebra::Form;
use crate::algebra::Query;

/// What the rows of a cursor are.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ResultKind {
    /// SELECT: solutions, a column for each variable.
    Select,
    /// ASK: a row without columns if the answer is yes.
    Ask,
    /// CONSTRUCT: the columns subject, predicate, object; each triple once.
    Construct,
    /// DESCRIBE: as for CONSTRUCT.
    Describe,
    /// Quads of a pattern: the columns subject, predicate, object, graph; the graph is unbound in the default graph.
    Match,
}

impl ResultKind {
    /// Whether the rows are statements.
    pub fn is_graph(self) -> bool {
        match self {
            Self::Select | Self::Ask => false,
            Self::Construct | Self::Describe | Self::Match => true,
        }
    }
}

/// The kind of a result and the names of its columns, without question marks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shape {
    pub kind: ResultKind,
    pub columns: Vec<String>,
}

impl Shape {
    /// The shape of what a query gives.
    pub fn of(query: &Query) -> Self {
        let kind = match &query.form {
            Form::Select { .. } => ResultKind::Select,
            Form::Ask => ResultKind::Ask,
            Form::Construct { .. } => ResultKind::Construct,
            Form::Describe { .. } => ResultKind::Describe,
        };
        let columns = match &query.form {
            Form::Select { vars } => vars.iter().map(|&var| query.name(var)).collect(),
            Form::Ask => Vec::new(),
            Form::Construct { .. } | Form::Describe { .. } => {
                names(&["subject", "predicate", "object"])
            }
        };
        Self { kind, columns }
    }

    /// The shape of a match.
    pub fn quads() -> Self {
        Self {
            kind: ResultKind::Match,
            columns: names(&["subject", "predicate", "object", "graph"]),
        }
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}
