//! A plan as plain data: what each operator reads, gives and is expected to cost.

use super::automaton::Automaton;
use crate::algebra::{Aggregate, Expr, TemplateSlot, Var};
use crate::store::{Graphs, ScanSpec};
use crate::term::Id;
use std::sync::Arc;

/// A plan and what its numbers mean.
#[derive(Clone, Debug)]
pub struct Plan {
    pub root: Node,
    /// Ids of the query's constants; local ones for terms that the dictionary does not have.
    pub constants: Arc<[Id]>,
    /// What [`Expr::SubPlan`] refers to.
    pub subplans: Vec<SubPlan>,
    /// Nodes of the plan and its subplans; each has a number below this.
    pub nodes: usize,
    /// Operators from the root to the deepest leaf, of the plan or a subplan.
    pub depth: usize,
}

impl Plan {
    /// States that grow with the data and may have to go to disk.
    pub fn states(&self) -> usize {
        let subplans = self.subplans.iter().map(|subplan| subplan.root.states());
        self.root.states() + subplans.sum::<usize>()
    }

    /// Whether no operator keeps a computed term (definition 3) from one batch of the result to the next. What expressions
    /// have worked out when they were bound does not count, but those of dependent plans are bound later.
    pub fn forgets(&self) -> bool {
        self.subplans.is_empty() && self.root.forgets()
    }
}

/// The pattern of an EXISTS: a dependent plan whose only column is the number of a given row.
#[derive(Clone, Debug)]
pub struct SubPlan {
    pub root: Arc<Node>,
    /// The variables of the row that are given to the plan, in the order of its [`Op::Given`].
    pub given: Vec<Var>,
    /// Whether equal rows are given apart, since the pattern answers differently each time.
    pub apart: bool,
}

/// An operator of a plan with its inputs.
#[derive(Clone, Debug)]
pub struct Node {
    pub op: Op,
    /// The variable of each output column.
    pub columns: Vec<Var>,
    /// Whether each column is bound in every row.
    pub always: Vec<bool>,
    /// Variables by which the rows are sorted, by id.
    pub sorted: Vec<Var>,
    /// Rows expected.
    pub rows: f64,
    /// Nanoseconds expected for this node and those below.
    pub cost: f64,
    pub number: usize,
}

impl Node {
    pub fn column(&self, var: Var) -> Option<usize> {
        self.columns.iter().position(|&other| other == var)
    }

    /// States of this node and those below that grow with the data and may have to go to disk.
    pub fn states(&self) -> usize {
        let own = match &self.op {
            Op::HashJoin { .. }
            | Op::SemiJoin { .. }
            | Op::Distinct { .. }
            | Op::Describe { .. }
            | Op::Sort { .. } => 1,
            Op::Group { aggregates, .. } => {
                1 + aggregates
                    .iter()
                    .filter(|aggregate| aggregate.distinct)
                    .count()
            }
            _ => 0,
        };
        own + self.op.inputs().map(Self::states).sum::<usize>()
    }

    /// See [`Plan::forgets`]: computed terms only pass through operators that work each batch by itself.
    fn forgets(&self) -> bool {
        match &self.op {
            Op::Extend { input, .. }
            | Op::Filter { input, .. }
            | Op::EqualColumns { input, .. }
            | Op::Columns { input, .. }
            | Op::Slice { input, .. } => input.forgets(),
            Op::Union { inputs } => inputs.iter().all(Self::forgets),
            // Its groups are of what it reads, its results of one batch.
            Op::Group { aggregates, .. } => {
                let is_stored = |expr: &Expr| matches!(expr, Expr::Var(_));
                let mut arguments = aggregates
                    .iter()
                    .filter_map(|aggregate| aggregate.expr.as_ref());
                arguments.all(is_stored) && !self.op.inputs().any(Self::computes)
            }
            _ => !self.computes(),
        }
    }

    /// Whether this node or one below computes terms.
    fn computes(&self) -> bool {
        let own = matches!(
            self.op,
            Op::Extend { .. }
                | Op::Group { .. }
                | Op::CountScan { .. }
                | Op::CountRuns { .. }
                | Op::Construct { .. }
                | Op::Service { .. }
                | Op::ServiceJoin { .. }
                | Op::DependentJoin { .. }
        );
        own || self.op.inputs().any(Self::computes)
    }

    pub fn is_always(&self, var: Var) -> bool {
        self.column(var).is_some_and(|column| self.always[column])
    }
}

/// Columns of a hash join.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JoinColumns {
    /// Equal columns (probe, build), never unbound on either side.
    pub keys: Vec<(usize, usize)>,
    /// Columns (probe, build) that hold one variable which may be unbound: compatible if equal or one is unbound;
    /// the probe column then takes the bound value.
    pub compatible: Vec<(usize, usize)>,
    /// Build columns that follow the probe columns in the output.
    pub outputs: Vec<usize>,
}

/// Columns of a semi join.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SemiColumns {
    /// Equal columns (probe, build), never unbound on either side.
    pub keys: Vec<(usize, usize)>,
    /// Columns (probe, build) that are compatible: equal, or one is unbound.
    pub compatible: Vec<(usize, usize)>,
    /// Whether a match needs a compatible column that both rows bind (MINUS without a key).
    pub shared: bool,
}

/// How a dependent plan is joined with its outer rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DependentColumns {
    /// Input columns given to the plan, in the order of its [`Op::Given`], after the number of the row.
    pub given: Vec<usize>,
    /// Whether equal rows are given apart, since the plan answers differently each time.
    pub apart: bool,
    /// The plan's column with the number of the row.
    pub row: usize,
    /// The plan's columns that follow the input columns in the output.
    pub outputs: Vec<usize>,
    /// Columns (input, plan) of variables that may be unbound before and are bound by the plan.
    pub filled: Vec<(usize, usize)>,
}

/// Which rows a join gives.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum JoinKind {
    /// Each pair.
    #[default]
    Inner,
    /// Each pair, and left rows without a match.
    Left,
    /// Left rows with a match, once.
    Semi,
    /// Left rows without a match.
    Anti,
}

impl JoinKind {
    /// Whether pairs are given.
    pub fn gives_pairs(self) -> bool {
        matches!(self, Self::Inner | Self::Left)
    }

    /// Whether a left row is given that meets no right row.
    pub fn gives_unmatched(self) -> bool {
        matches!(self, Self::Left | Self::Anti)
    }
}

/// What a probe join reads and how its rows become columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProbeColumns {
    /// Input columns that give the key columns after the constant prefix; never unbound.
    pub keys: Vec<usize>,
    /// Quad positions of those key columns.
    pub key_positions: Vec<usize>,
    /// Quad positions that follow the input columns in the output.
    pub outputs: Vec<usize>,
    /// Quad positions that must equal an input column (position, column), never unbound.
    pub checks: Vec<(usize, usize)>,
    /// Quad positions that must be equal to each other.
    pub equal: Vec<(usize, usize)>,
    /// Quad positions that must hold a constant.
    pub constants: Vec<(usize, u64)>,
}

/// What is known of an end of a path before it is walked.
#[derive(Clone, Debug, PartialEq)]
pub enum PathEnd {
    Constant(u64),
    /// The value of an input column, never unbound.
    Column(usize),
    /// Nothing: the end is a column of the output.
    Free,
}

/// The graph that a path is walked in.
#[derive(Clone, Debug, PartialEq)]
pub enum PathGraph {
    /// The default graph of the request, which may be empty: one graph, or a union that is one set of triples.
    Default(Graphs),
    /// A named graph, if it exists.
    Named(u64),
    /// The named graph in an input column, never unbound, if it is among `named` (ascending; `None` is all).
    Column {
        column: usize,
        named: Option<Vec<u64>>,
    },
    /// Each named graph by itself; the graph is a column of the output.
    Free { named: Option<Vec<u64>> },
}

/// A path and its ends. Free ends follow the input columns in the output: subject, object, graph.
#[derive(Clone, Debug, PartialEq)]
pub struct PathSpec {
    pub forward: Arc<Automaton>,
    /// From the object to the subject.
    pub backward: Arc<Automaton>,
    pub subject: PathEnd,
    pub object: PathEnd,
    pub graph: PathGraph,
    /// Whether both ends are free and one variable, which the output has once.
    pub is_same: bool,
    /// Whether the path is a single step that gives one solution for each triple.
    pub is_bag: bool,
}

impl PathSpec {
    /// Columns of the output for `input` columns of the input.
    pub fn width(&self, input: usize) -> usize {
        input
            + usize::from(self.subject == PathEnd::Free)
            + usize::from(self.object == PathEnd::Free && !self.is_same)
            + usize::from(matches!(self.graph, PathGraph::Free { .. }))
    }
}

/// What an endpoint is asked and how its answer becomes columns.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceSpec {
    /// A SELECT query.
    pub query: String,
    /// The variable of each column.
    pub variables: Vec<String>,
    /// Whether a failure is one solution that binds nothing.
    pub is_silent: bool,
}

/// A column to sort by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SortColumn {
    pub column: usize,
    pub descending: bool,
}

#[derive(Clone, Debug)]
pub enum Op {
    /// Given rows, as columns.
    Fixed {
        columns: Vec<Vec<u64>>,
        rows: usize,
    },
    /// The rows a dependent plan is worked for: the number of each, and its values.
    Given,
    /// One scan. Output columns are quad positions; pairs of positions must be equal.
    Scan {
        spec: ScanSpec,
        outputs: Vec<usize>,
        equal: Vec<(usize, usize)>,
    },
    /// The first `keys` columns of both inputs are the join columns.
    MergeJoin {
        left: Box<Node>,
        right: Box<Node>,
        keys: usize,
    },
    ProbeJoin {
        input: Box<Node>,
        spec: ScanSpec,
        columns: ProbeColumns,
        kind: JoinKind,
    },
    /// Solutions of an endpoint.
    Service {
        endpoint: u64,
        spec: ServiceSpec,
    },
    /// Each row of the input with the solutions of the endpoint in one of its columns.
    ServiceJoin {
        input: Box<Node>,
        endpoint: usize,
        spec: ServiceSpec,
        /// The solutions have the endpoint as their first column.
        columns: JoinColumns,
    },
    /// Each row of the input with the solutions of a path.
    Path {
        input: Box<Node>,
        spec: PathSpec,
    },
    HashJoin {
        probe: Box<Node>,
        build: Box<Node>,
        columns: JoinColumns,
        /// OPTIONAL: rows of `probe` without a match stay.
        outer: bool,
        filters: Vec<Expr>,
    },
    /// Rows of `probe` that match a row of `build`, or with `anti` those that match none.
    SemiJoin {
        probe: Box<Node>,
        build: Box<Node>,
        columns: SemiColumns,
        anti: bool,
    },
    /// Each row of `input` with the solutions the dependent plan has for it.
    DependentJoin {
        input: Box<Node>,
        plan: Arc<Node>,
        columns: DependentColumns,
        /// OPTIONAL: rows of `input` without a match stay.
        outer: bool,
        filters: Vec<Expr>,
    },
    EqualColumns {
        input: Box<Node>,
        pairs: Vec<(usize, usize)>,
    },
    Filter {
        input: Box<Node>,
        filters: Vec<Expr>,
    },
    /// Appends a column for each expression.
    Extend {
        input: Box<Node>,
        expressions: Vec<Expr>,
    },
    /// Input columns in another order; `None` is never bound.
    Columns {
        input: Box<Node>,
        map: Vec<Option<usize>>,
    },
    Distinct {
        input: Box<Node>,
    },
    /// Drops rows equal to the one before.
    DropRepeated {
        input: Box<Node>,
    },
    Sort {
        input: Box<Node>,
        keys: Vec<SortColumn>,
        limit: Option<u64>,
    },
    Slice {
        input: Box<Node>,
        offset: u64,
        limit: u64,
    },
    /// OFFSET and LIMIT of the rows of each combination of the key columns.
    SliceEach {
        input: Box<Node>,
        keys: Vec<usize>,
        offset: u64,
        limit: u64,
    },
    Union {
        inputs: Vec<Node>,
    },
    Group {
        input: Box<Node>,
        /// Keys of groups that are there even if they have no rows.
        seeds: Option<Box<Node>>,
        keys: Vec<usize>,
        aggregates: Vec<Aggregate>,
    },
    /// The number of rows of a scan, as every column of one row.
    CountScan {
        spec: ScanSpec,
    },
    /// Values of the key column after the prefix and the number of rows of each, as every further column.
    CountRuns {
        spec: ScanSpec,
        position: usize,
    },
    /// Triples that describe the resources of all columns, found in `spec` by their subject.
    Describe {
        input: Box<Node>,
        spec: ScanSpec,
    },
    /// Triples of a template.
    Construct {
        input: Box<Node>,
        template: Vec<[TemplateSlot; 3]>,
    },
}

impl Op {
    /// The inputs, in order; a dependent plan is one.
    pub fn inputs(&self) -> impl Iterator<Item = &Node> {
        let (first, second, rest): (Option<&Node>, Option<&Node>, &[Node]) = match self {
            Self::Fixed { .. }
            | Self::Given
            | Self::Service { .. }
            | Self::Scan { .. }
            | Self::CountScan { .. }
            | Self::CountRuns { .. } => (None, None, &[]),
            Self::MergeJoin { left, right, .. } => (Some(left), Some(right), &[]),
            Self::HashJoin { probe, build, .. } | Self::SemiJoin { probe, build, .. } => {
                (Some(probe), Some(build), &[])
            }
            Self::DependentJoin { input, plan, .. } => (Some(input), Some(plan), &[]),
            Self::ProbeJoin { input, .. }
            | Self::Path { input, .. }
            | Self::ServiceJoin { input, .. }
            | Self::EqualColumns { input, .. }
            | Self::Filter { input, .. }
            | Self::Extend { input, .. }
            | Self::Columns { input, .. }
            | Self::Distinct { input }
            | Self::DropRepeated { input }
            | Self::Sort { input, .. }
            | Self::Slice { input, .. }
            | Self::SliceEach { input, .. }
            | Self::Describe { input, .. }
            | Self::Construct { input, .. } => (Some(input), None, &[]),
            Self::Group { input, seeds, .. } => (Some(input), seeds.as_deref(), &[]),
            Self::Union { inputs } => (None, None, inputs),
        };
        first.into_iter().chain(second).chain(rest)
    }

    /// As [`Op::inputs`], to be changed. A dependent plan is copied if it is shared.
    pub fn inputs_mut(&mut self) -> impl Iterator<Item = &mut Node> {
        let (first, second, rest): (Option<&mut Node>, Option<&mut Node>, &mut [Node]) = match self
        {
            Self::Fixed { .. }
            | Self::Given
            | Self::Service { .. }
            | Self::Scan { .. }
            | Self::CountScan { .. }
            | Self::CountRuns { .. } => (None, None, &mut []),
            Self::MergeJoin { left, right, .. } => (Some(left), Some(right), &mut []),
            Self::HashJoin { probe, build, .. } | Self::SemiJoin { probe, build, .. } => {
                (Some(probe), Some(build), &mut [])
            }
            Self::DependentJoin { input, plan, .. } => {
                (Some(input), Some(Arc::make_mut(plan)), &mut [])
            }
            Self::ProbeJoin { input, .. }
            | Self::Path { input, .. }
            | Self::ServiceJoin { input, .. }
            | Self::EqualColumns { input, .. }
            | Self::Filter { input, .. }
            | Self::Extend { input, .. }
            | Self::Columns { input, .. }
            | Self::Distinct { input }
            | Self::DropRepeated { input }
            | Self::Sort { input, .. }
            | Self::Slice { input, .. }
            | Self::SliceEach { input, .. }
            | Self::Describe { input, .. }
            | Self::Construct { input, .. } => (Some(input), None, &mut []),
            Self::Group { input, seeds, .. } => (Some(input), seeds.as_deref_mut(), &mut []),
            Self::Union { inputs } => (None, None, inputs),
        };
        first.into_iter().chain(second).chain(rest)
    }

    /// The expressions that are worked.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let (all, aggregates): (&[Expr], &[Aggregate]) = match self {
            Self::HashJoin { filters, .. }
            | Self::DependentJoin { filters, .. }
            | Self::Filter { filters, .. } => (filters, &[]),
            Self::Extend { expressions, .. } => (expressions, &[]),
            Self::Group { aggregates, .. } => (&[], aggregates),
            _ => (&[], &[]),
        };
        let aggregated = aggregates.iter().filter_map(|one| one.expr.as_ref());
        all.iter().chain(aggregated)
    }

    /// As [`Op::expressions`], to be changed.
    pub fn expressions_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        let (all, aggregates): (&mut [Expr], &mut [Aggregate]) = match self {
            Self::HashJoin { filters, .. }
            | Self::DependentJoin { filters, .. }
            | Self::Filter { filters, .. } => (filters, &mut []),
            Self::Extend { expressions, .. } => (expressions, &mut []),
            Self::Group { aggregates, .. } => (&mut [], aggregates),
            _ => (&mut [], &mut []),
        };
        let aggregated = aggregates.iter_mut().filter_map(|one| one.expr.as_mut());
        all.iter_mut().chain(aggregated)
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Fixed { .. } => "Values",
            Self::Given => "Given",
            Self::Scan { .. } => "Scan",
            Self::MergeJoin { .. } => "MergeJoin",
            Self::ProbeJoin { kind, .. } => match kind {
                JoinKind::Inner => "ProbeJoin",
                JoinKind::Left => "ProbeLeftJoin",
                JoinKind::Semi => "ProbeSemiJoin",
                JoinKind::Anti => "ProbeAntiJoin",
            },
            Self::Path { .. } => "Path",
            Self::SemiJoin { anti: false, .. } => "HashSemiJoin",
            Self::SemiJoin { anti: true, .. } => "HashAntiJoin",
            Self::DependentJoin { outer: false, .. } => "DependentJoin",
            Self::DependentJoin { outer: true, .. } => "DependentLeftJoin",
            Self::Service { .. } => "Service",
            Self::ServiceJoin { .. } => "ServiceJoin",
            Self::HashJoin { outer: true, .. } => "HashLeftJoin",
            Self::HashJoin { columns, .. }
                if columns.keys.is_empty() && columns.compatible.is_empty() =>
            {
                "CrossProduct"
            }
            Self::HashJoin { .. } => "HashJoin",
            Self::EqualColumns { .. } => "EqualColumns",
            Self::Filter { .. } => "Filter",
            Self::Extend { .. } => "Extend",
            Self::Columns { .. } => "Columns",
            Self::Distinct { .. } => "Distinct",
            Self::DropRepeated { .. } => "DropRepeated",
            Self::Sort { limit: Some(_), .. } => "TopK",
            Self::Sort { .. } => "Sort",
            Self::Slice { .. } => "Slice",
            Self::SliceEach { .. } => "SliceEach",
            Self::Union { .. } => "Union",
            Self::Group { .. } => "Group",
            Self::CountScan { .. } => "CountFromDirectory",
            Self::CountRuns { .. } => "GroupCountFromDirectory",
            Self::Describe { .. } => "Describe",
            Self::Construct { .. } => "Construct",
        }
    }
}
