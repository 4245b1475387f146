//! The algebra of an update request as plain data.

use super::ir::{Query, TemplateSlot, Var};
use spargebra::term::Term;

/// A request: operations, each of which sees what those before it did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Update {
    pub operations: Vec<Operation>,
}

/// An operation. ADD, COPY and MOVE are the operations that SPARQL 1.1 Update defines them by (sections 3.2.3 to
/// 3.2.5).
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// INSERT DATA and DELETE DATA.
    Data(Data),
    /// DELETE and INSERT with a pattern, DELETE WHERE.
    Modify(Box<Modify>),
    Load {
        silent: bool,
        source: String,
        /// `None`: the graphs that the document names.
        graph: Option<String>,
    },
    /// CLEAR and DROP, which are the same where empty graphs are not recorded (definition 12).
    Clear {
        silent: bool,
        target: Target,
    },
    Create {
        silent: bool,
        graph: String,
    },
}

impl Operation {
    /// Its keywords.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Data(data) if data.insert.is_empty() => "DELETE DATA",
            Self::Data(_) => "INSERT DATA",
            Self::Modify(modify) => match (modify.delete.is_empty(), modify.insert.is_empty()) {
                (false, false) => "DELETE INSERT",
                (true, _) => "INSERT",
                (_, true) => "DELETE",
            },
            Self::Load { .. } => "LOAD",
            Self::Clear { .. } => "CLEAR",
            Self::Create { .. } => "CREATE",
        }
    }
}

/// Which graphs are cleared.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Target {
    Default,
    Named,
    All,
    Graph(String),
}

/// Quads without variables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Data {
    pub delete: Vec<QuadTemplate>,
    pub insert: Vec<QuadTemplate>,
    pub constants: Vec<Term>,
}

/// Quads to delete and to insert for each solution of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Modify {
    pub delete: Vec<QuadTemplate>,
    pub insert: Vec<QuadTemplate>,
    /// A SELECT of the templates' variables. Its constants are those of the templates, its data set that of WITH and
    /// USING.
    pub query: Query,
}

/// A quad to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct QuadTemplate {
    pub triple: [TemplateSlot; 3],
    /// `None` is the default graph.
    pub graph: Option<TemplateSlot>,
}

impl QuadTemplate {
    /// Calls `visit` with every variable, repetitions included.
    pub fn visit_vars(&self, visit: &mut impl FnMut(Var)) {
        self.triple
            .iter()
            .chain(&self.graph)
            .for_each(|term| term.visit_vars(visit));
    }
}
