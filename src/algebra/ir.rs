//! The algebra of a query as plain data: variables and constants are numbers, scopes are resolved, and
//! joins, unions and conjunctions are flat lists.

use super::function::{Function, Stability};
use std::fmt;

/// A variable: an index into [`Query::variables`]. Variables of one name in two scopes are two numbers.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Var(pub u32);

impl Var {
    /// What a variable is called that the text does not name.
    pub fn made_up_name(self) -> String {
        format!("_{}", self.0)
    }
}

/// A constant term: an index into [`Query::constants`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Constant(pub u32);

/// A position of a pattern or template.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Slot {
    Var(Var),
    Constant(Constant),
}

impl Slot {
    pub fn var(self) -> Option<Var> {
        match self {
            Self::Var(var) => Some(var),
            Self::Constant(_) => None,
        }
    }
}

/// Where a pattern looks for triples.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum GraphSlot {
    /// The default graph of the request (definition 13).
    Default,
    /// A named graph; a variable ranges over all of them (definition 12).
    Named(Slot),
}

/// A triple pattern in a graph.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct QuadPattern {
    /// Subject, predicate, object.
    pub triple: [Slot; 3],
    pub graph: GraphSlot,
}

impl QuadPattern {
    /// Variables in the order subject, predicate, object, graph, repetitions included.
    pub fn vars(&self) -> impl Iterator<Item = Var> + '_ {
        let graph = match self.graph {
            GraphSlot::Named(slot) => slot.var(),
            GraphSlot::Default => None,
        };
        self.triple
            .iter()
            .filter_map(|slot| slot.var())
            .chain(graph)
    }
}

/// A property path (SPARQL 1.1 section 9.1).
#[derive(Clone, Debug, PartialEq)]
pub enum Path {
    Predicate(Constant),
    Inverse(Box<Path>),
    Sequence(Vec<Path>),
    Alternative(Vec<Path>),
    ZeroOrMore(Box<Path>),
    OneOrMore(Box<Path>),
    ZeroOrOne(Box<Path>),
    /// Any predicate but these; one solution for each triple.
    Negated(Vec<Constant>),
}

/// A path between two terms in a graph. The path is a closure, `?`, a negated set, or alternatives of single steps,
/// which like a negated set have one solution for each triple; others are patterns of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct PathPattern {
    pub subject: Slot,
    pub path: Path,
    pub object: Slot,
    pub graph: GraphSlot,
}

impl PathPattern {
    /// Variables in the order subject, object, graph, repetitions included.
    pub fn vars(&self) -> impl Iterator<Item = Var> + '_ {
        let graph = match self.graph {
            GraphSlot::Named(slot) => slot.var(),
            GraphSlot::Default => None,
        };
        [self.subject.var(), self.object.var(), graph]
            .into_iter()
            .flatten()
    }
}

/// Solutions of another endpoint (SPARQL 1.1 Federated Query).
#[derive(Clone, Debug, PartialEq)]
pub struct ServicePattern {
    /// A variable has its values from the other parts of the join.
    pub endpoint: Slot,
    /// A SELECT query whose columns are `names`, perhaps with one more.
    pub query: String,
    pub vars: Vec<Var>,
    /// The name of each variable.
    pub names: Vec<String>,
    /// Whether a failure is one solution that binds nothing.
    pub is_silent: bool,
}

/// A graph pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    Quad(QuadPattern),
    Path(PathPattern),
    Service(ServicePattern),
    /// Triple terms with these parts (SPARQL 1.2): the relation of a term and its parts. A quad of the same join binds
    /// the term.
    TripleTerm {
        term: Var,
        triple: [Slot; 3],
    },
    /// The named graphs, or the one named if it exists.
    Graphs(Slot),
    /// Bag join of all parts; no part is one empty solution.
    Join(Vec<Pattern>),
    LeftJoin {
        left: Box<Pattern>,
        right: Box<Pattern>,
        /// Conjuncts evaluated on the joined solution.
        filters: Vec<Expr>,
    },
    Union(Vec<Pattern>),
    /// Solutions of `left` but those that share a variable with a compatible solution of `right` (SPARQL 1.1 section 18.5).
    Minus {
        left: Box<Pattern>,
        right: Box<Pattern>,
        /// The variable of GRAPH around it: solutions of one graph are compared, and it is no shared variable.
        graph: Option<Var>,
    },
    /// Each solution of `left` joined with the solutions `right` has once that solution's values stand for its
    /// variables (SPARQL enhancement proposal 6).
    Lateral {
        left: Box<Pattern>,
        right: Box<Pattern>,
    },
    /// Conjuncts; a solution stays if all are true.
    Filter {
        filters: Vec<Expr>,
        inner: Box<Pattern>,
    },
    /// Binds variables one after the other; one stays unbound where its expression has an error.
    Extend {
        inner: Box<Pattern>,
        bindings: Vec<(Var, Expr)>,
    },
    /// Rows of constants; `None` is UNDEF.
    Values {
        vars: Vec<Var>,
        rows: Vec<Vec<Option<Constant>>>,
    },
    Group {
        inner: Box<Pattern>,
        keys: Vec<Var>,
        aggregates: Vec<(Var, Aggregate)>,
        /// The variable of GRAPH around an aggregate without GROUP BY, which is a key: each graph has a group, also of no
        /// solutions.
        graph: Option<Var>,
    },
    Project {
        inner: Box<Pattern>,
        vars: Vec<Var>,
    },
    Distinct(Box<Pattern>),
    /// May drop duplicates and need not.
    Reduced(Box<Pattern>),
    OrderBy {
        inner: Box<Pattern>,
        keys: Vec<OrderKey>,
    },
    Slice {
        inner: Box<Pattern>,
        offset: u64,
        limit: Option<u64>,
        /// The variable of GRAPH around it: the solutions of each graph are sliced.
        graph: Option<Var>,
    },
}

impl Pattern {
    /// The pattern with one empty solution.
    pub fn unit() -> Self {
        Self::Join(Vec::new())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct OrderKey {
    pub expr: Expr,
    pub descending: bool,
}

/// An aggregate over the solutions of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    pub function: AggregateFunction,
    /// `None` is `*`: the solutions themselves.
    pub expr: Option<Expr>,
    pub distinct: bool,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AggregateFunction {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    Sample,
    GroupConcat {
        separator: String,
    },
    /// One that the host registered under an IRI.
    Custom(String),
}

impl fmt::Display for AggregateFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Count => "COUNT",
            Self::Sum => "SUM",
            Self::Avg => "AVG",
            Self::Min => "MIN",
            Self::Max => "MAX",
            Self::Sample => "SAMPLE",
            Self::GroupConcat { .. } => "GROUP_CONCAT",
            Self::Custom(iri) => return write!(f, "<{iri}>"),
        })
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// An expression. Error and unbound are one outcome: no value (SPARQL 1.1 section 17.2).
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Var(Var),
    Constant(Constant),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Compare(Comparison, Box<Expr>, Box<Expr>),
    In(Box<Expr>, Vec<Expr>),
    Bound(Var),
    /// Condition, then, else.
    If(Box<[Expr; 3]>),
    /// The first that has a value.
    Coalesce(Vec<Expr>),
    Call(Function, Vec<Expr>),
    /// Operators, one before each operand but the first, worked from the left. A sum may have more terms than the stack has
    /// room for.
    Chain(Vec<Function>, Vec<Expr>),
    /// A function that the host registered under an IRI.
    Custom {
        iri: String,
        /// Whether it answers the same to the same arguments.
        deterministic: bool,
        arguments: Vec<Expr>,
    },
    /// Whether the pattern has a solution once the row's values stand for its variables (SPARQL 1.1 section 18.6).
    Exists(Box<Pattern>),
    /// As `Exists`, of a pattern that is planned: an index into the plan's list of subplans.
    SubPlan(usize),
}

impl Expr {
    /// Calls `visit` with every variable read, in order, repetitions included.
    pub fn visit_vars(&self, visit: &mut impl FnMut(Var)) {
        match self {
            Self::Var(var) | Self::Bound(var) => visit(*var),
            Self::Exists(pattern) => pattern.visit_vars(visit),
            _ => {
                for child in self.children() {
                    child.visit_vars(visit);
                }
            }
        }
    }

    /// The operands; a pattern is none.
    pub fn children(&self) -> impl Iterator<Item = &Expr> {
        let (first, second, rest): (Option<&Expr>, Option<&Expr>, &[Expr]) = match self {
            Self::Var(_)
            | Self::Constant(_)
            | Self::Bound(_)
            | Self::Exists(_)
            | Self::SubPlan(_) => (None, None, &[]),
            Self::And(parts)
            | Self::Or(parts)
            | Self::Coalesce(parts)
            | Self::Call(_, parts)
            | Self::Chain(_, parts)
            | Self::Custom {
                arguments: parts, ..
            } => (None, None, parts),
            Self::If(parts) => (None, None, &**parts),
            Self::Not(inner) => (Some(inner), None, &[]),
            Self::Compare(_, left, right) => (Some(left), Some(right), &[]),
            Self::In(needle, list) => (Some(needle), None, list),
        };
        first.into_iter().chain(second).chain(rest)
    }

    /// As [`Expr::children`], to be changed.
    pub fn children_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        let (first, second, rest): (Option<&mut Expr>, Option<&mut Expr>, &mut [Expr]) = match self
        {
            Self::Var(_)
            | Self::Constant(_)
            | Self::Bound(_)
            | Self::Exists(_)
            | Self::SubPlan(_) => (None, None, &mut []),
            Self::And(parts)
            | Self::Or(parts)
            | Self::Coalesce(parts)
            | Self::Call(_, parts)
            | Self::Chain(_, parts)
            | Self::Custom {
                arguments: parts, ..
            } => (None, None, parts),
            Self::If(parts) => (None, None, &mut **parts),
            Self::Not(inner) => (Some(inner), None, &mut []),
            Self::Compare(_, left, right) => (Some(left), Some(right), &mut []),
            Self::In(needle, list) => (Some(needle), None, list),
        };
        first.into_iter().chain(second).chain(rest)
    }

    /// Whether it looks at texts of what it reads, which ids do not tell.
    pub fn reads_texts(&self) -> bool {
        let own = matches!(self, Self::Call(function, _) if function.reads_texts());
        own || self.children().any(Self::reads_texts)
    }

    /// Whether equal values may give another answer each time, so that work which rows share would give them one answer:
    /// RAND, UUID, STRUUID, BNODE, and functions of the host that are not said to be deterministic.
    pub fn is_volatile(&self) -> bool {
        let own = match self {
            Self::Call(function, _) => {
                matches!(function.stability(), Stability::Solution | Stability::Never)
            }
            Self::Custom { deterministic, .. } => !deterministic,
            Self::Exists(pattern) => pattern.is_volatile(),
            _ => false,
        };
        own || self.children().any(Self::is_volatile)
    }

    /// Whether it asks for a pattern that is not planned.
    pub fn has_exists(&self) -> bool {
        matches!(self, Self::Exists(_)) || self.children().any(Self::has_exists)
    }

    /// Calls `visit` with the number of every subplan it asks for.
    pub fn visit_subplans(&self, visit: &mut dyn FnMut(usize)) {
        if let Self::SubPlan(number) = self {
            visit(*number);
        }
        for child in self.children() {
            child.visit_subplans(visit);
        }
    }

    /// The distinct variables read, ascending.
    pub fn vars(&self) -> Vec<Var> {
        let mut vars = Vec::new();
        self.visit_vars(&mut |var| vars.push(var));
        vars.sort_unstable();
        vars.dedup();
        vars
    }
}

/// A position of a template, of CONSTRUCT or of an update.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TemplateSlot {
    Var(Var),
    Constant(Constant),
    /// A blank node, one for each solution; the number tells those of a template apart.
    Blank(u32),
    /// A triple term of these parts.
    Triple(Box<[TemplateSlot; 3]>),
}

impl TemplateSlot {
    /// Calls `visit` with every variable, repetitions included.
    pub fn visit_vars(&self, visit: &mut impl FnMut(Var)) {
        match self {
            Self::Var(var) => visit(*var),
            Self::Triple(parts) => parts.iter().for_each(|part| part.visit_vars(visit)),
            Self::Constant(_) | Self::Blank(_) => {}
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    Select {
        vars: Vec<Var>,
    },
    Ask,
    Construct {
        template: Vec<[TemplateSlot; 3]>,
    },
    /// The description of every resource that one of the variables has in some solution.
    Describe {
        vars: Vec<Var>,
    },
}

/// FROM and FROM NAMED of a query, WITH and USING of an update: IRIs, distinct, in order of appearance.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Dataset {
    pub default: Vec<String>,
    /// `None` is every named graph: WITH leaves them alone.
    pub named: Option<Vec<String>>,
}

/// A query.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub form: Form,
    pub pattern: Pattern,
    /// Names of variables; made-up ones have none.
    pub variables: Vec<Option<String>>,
    pub constants: Vec<spargebra::term::Term>,
    /// `None`: the data set of the request.
    pub dataset: Option<Dataset>,
    /// What `IRI()` resolves against.
    pub base_iri: Option<String>,
}

impl Query {
    /// A name to show for a variable.
    pub fn name(&self, var: Var) -> String {
        match self.variables.get(var.0 as usize) {
            Some(Some(name)) => name.clone(),
            _ => var.made_up_name(),
        }
    }
}
