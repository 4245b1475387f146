//! Prepared queries: parse once, run against any snapshot, plan once for each version.

use super::explain::{Explanation, ShownDataset, ShownDefaultGraph};
use super::kept_plan::KeptPlan;
use super::results::{QueryResults, Rows, show};
use super::shape::Shape;
use crate::algebra::{Form, ParseOptions, Query, parse};
use crate::control::{Control, Phase};
use crate::error::Result;
use crate::exec::{Batch, Runtime, Services, build};
use crate::expr::{Context, Functions, Terms};
use crate::plan::{Plan, Request, RequestGraphs, describe, plan};
use crate::store::{BATCH_ROWS, Dictionary, Graphs, QuadSource, Version, View};
use crate::term::{Id, TermBuf, TermRef, resolve};
use spargebra::term::Term;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

/// What is read: the quads and terms of one version; and the functions of the host that may be called.
#[derive(Clone)]
pub struct Snapshot {
    pub source: Arc<dyn QuadSource>,
    pub dictionary: Arc<dyn Dictionary>,
    /// The version that these are of, for which a prepared query keeps its plan. `None`: it is planned each time.
    pub version: Option<Weak<Version>>,
    /// What answers SERVICE; `None`: it is off.
    pub services: Option<Arc<Services>>,
    pub functions: Arc<Functions>,
}

/// The default graph of a query without FROM (definition 13).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum DefaultGraph {
    /// That of the store's configuration. Below the facade, which knows it, graph 0 alone.
    #[default]
    Configured,
    /// Graph 0 alone.
    Default,
    /// The distinct triples of graph 0 and all named graphs.
    Union,
}

/// How a query is run.
#[derive(Clone, Debug, Default)]
pub struct QueryOptions {
    pub default_graph: DefaultGraph,
    pub view: View,
    /// From the start of running; an earlier deadline of the control stays.
    pub timeout: Option<Duration>,
    /// The most rows a result may have; one more is `QueryLimit`.
    pub row_limit: Option<u64>,
    /// Measures the time of each operator, to be shown by EXPLAIN.
    pub timed: bool,
    /// What `NOW()` gives. `None`: the time when the query begins.
    pub began: Option<SystemTime>,
}

/// A parsed query, and its last plan. Clones are cheap and share the plan.
#[derive(Clone, Debug)]
pub struct Prepared {
    query: Arc<Query>,
    kept: Arc<KeptPlan>,
}

impl Prepared {
    /// Errors: `QueryParse` with place and hint, `QueryUnsupported`, `NestingTooDeep`, `QueryLimit`, `InvalidIri`.
    pub fn new(text: &str, options: &ParseOptions) -> Result<Self> {
        Ok(Self::of(parse(text, options)?))
    }

    /// A query that was translated already.
    pub(super) fn of(query: Query) -> Self {
        Self {
            query: Arc::new(query),
            kept: Arc::default(),
        }
    }

    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Names of the columns a SELECT gives, without a question mark; subject, predicate and object for CONSTRUCT and
    /// DESCRIBE.
    pub fn variables(&self) -> Vec<String> {
        self.shape().columns
    }

    /// What the rows are.
    pub fn shape(&self) -> Shape {
        Shape::of(&self.query)
    }

    /// Plans and starts the query. ASK is answered at once; rows are worked as they are pulled.
    /// Errors: `Cancelled`, `QueryTimeout`, `ResourceExhausted`, those of the store.
    pub fn run(
        &self,
        snapshot: &Snapshot,
        options: &QueryOptions,
        control: &Control,
    ) -> Result<QueryResults> {
        let mut rows = self.rows(snapshot, options, control)?;
        Ok(match self.query.form {
            Form::Select { .. } => QueryResults::Rows(rows),
            Form::Construct { .. } | Form::Describe { .. } => QueryResults::Graph(rows),
            Form::Ask => QueryResults::Boolean(rows.next_ids(1, &mut Batch::new())?),
        })
    }

    /// As [`Prepared::run`], for a query of any form, without working anything yet: ASK gives a row without columns if the
    /// answer is yes.
    pub fn rows(
        &self,
        snapshot: &Snapshot,
        options: &QueryOptions,
        control: &Control,
    ) -> Result<Rows> {
        let (plan, runtime) = self.plan(snapshot, options, control)?;
        runtime.control.set_phase(Phase::Query);
        let operator = build(&plan, &runtime)?;
        Ok(Rows::new(
            self.query.clone(),
            plan,
            runtime,
            operator,
            self.shape(),
            self.shown_dataset(options),
            options.row_limit,
        ))
    }

    /// The plan with estimates, as it would be run. Errors: those of [`Prepared::run`].
    pub fn explain(
        &self,
        snapshot: &Snapshot,
        options: &QueryOptions,
        control: &Control,
    ) -> Result<Explanation> {
        let (plan, runtime) = self.plan(snapshot, options, control)?;
        Ok(Explanation {
            shape: self.shape(),
            dataset: self.shown_dataset(options),
            plan: describe(&plan, &self.query, &|id| show(&runtime, id)),
            work: None,
        })
    }

    /// Runs the query to its end, gives its rows to nobody, and explains what was done. Errors: those of [`Rows::next`].
    pub fn analyze(
        &self,
        snapshot: &Snapshot,
        options: &QueryOptions,
        control: &Control,
    ) -> Result<Explanation> {
        let options = QueryOptions {
            timed: true,
            ..options.clone()
        };
        let mut rows = self.rows(snapshot, &options, control)?;
        let mut batch = Batch::new();
        let is_ask = self.query.form == Form::Ask;
        while rows.next_ids(BATCH_ROWS, &mut batch)? && !is_ask {}
        Ok(rows.explain())
    }

    fn shown_dataset(&self, options: &QueryOptions) -> ShownDataset {
        ShownDataset {
            default_graph: match (&self.query.dataset, options.default_graph) {
                (Some(dataset), _) => ShownDefaultGraph::Graphs(dataset.default.clone()),
                (None, DefaultGraph::Configured | DefaultGraph::Default) => {
                    ShownDefaultGraph::Store
                }
                (None, DefaultGraph::Union) => ShownDefaultGraph::Union,
            },
            named_graphs: self.query.dataset.as_ref().and_then(|d| d.named.clone()),
            view: options.view,
        }
    }

    fn plan(
        &self,
        snapshot: &Snapshot,
        options: &QueryOptions,
        control: &Control,
    ) -> Result<(Arc<Plan>, Arc<Runtime>)> {
        let control = snapshot.source.listening(control);
        let control = match options.timeout {
            Some(timeout) => control.with_timeout(timeout),
            None => control,
        };
        control.poll()?;
        let terms = Terms::new(snapshot.dictionary.clone(), &control);
        let graphs = self.graphs(snapshot, options)?;
        let version = snapshot.version.as_ref();
        let kept = version.and_then(|version| self.kept.get(version, options.view, &graphs));
        let plan = match kept {
            Some(plan) => {
                self.intern_again(&plan, &terms)?;
                plan
            }
            None => {
                let constants = self.query.constants.iter();
                let constants = constants.map(|term| intern(term, &terms));
                let request = Request {
                    source: &*snapshot.source,
                    control: &control,
                    view: options.view,
                    graphs,
                };
                let plan = plan(&self.query, constants.collect::<Result<_>>()?, &request)?;
                let plan = Arc::new(plan);
                if let Some(version) = version {
                    self.kept.keep(&plan, version, options.view, request.graphs);
                }
                plan
            }
        };
        let base_iri = self.query.base_iri.as_deref();
        let context =
            Context::new(base_iri, snapshot.functions.clone(), &control).at(options.began);
        let runtime = Runtime::new(
            snapshot.source.clone(),
            terms,
            Arc::new(context),
            control.clone(),
            options.view,
            plan.nodes,
            plan.states(),
        )
        .with_services(snapshot.services.clone());
        let runtime = match options.timed {
            true => runtime.timed(),
            false => runtime,
        };
        Ok((plan, Arc::new(runtime)))
    }

    /// Gives constants that are not in the dictionary the ids they have in a kept plan: local ids follow from the order in
    /// which terms are interned. Errors: those of [`Terms::intern`].
    fn intern_again(&self, plan: &Plan, terms: &Terms) -> Result<()> {
        let constants = self.query.constants.iter().zip(plan.constants.iter());
        for (term, _) in constants.filter(|(_, id)| id.is_local()) {
            intern(term, terms)?;
        }
        Ok(())
    }

    fn graphs(&self, snapshot: &Snapshot, options: &QueryOptions) -> Result<RequestGraphs> {
        let Some(dataset) = &self.query.dataset else {
            let default = match options.default_graph {
                DefaultGraph::Configured | DefaultGraph::Default => Graphs::One(0),
                DefaultGraph::Union => Graphs::UnionAll,
            };
            return Ok(RequestGraphs {
                default: Some(default),
                named: None,
            });
        };
        let ids = |iris: &[String]| -> Result<Vec<u64>> {
            let mut ids = Vec::with_capacity(iris.len());
            for iri in iris {
                ids.extend(snapshot.dictionary.id(TermRef::Iri(iri))?.map(Id::raw));
            }
            ids.sort_unstable();
            ids.dedup();
            Ok(ids)
        };
        let default = ids(&dataset.default)?;
        Ok(RequestGraphs {
            default: match default[..] {
                [] => None,
                [graph] => Some(Graphs::One(graph)),
                _ => Some(Graphs::UnionListed(default)),
            },
            named: dataset.named.as_deref().map(ids).transpose()?,
        })
    }
}

/// The id of a constant. Errors: those of [`Terms::intern`].
fn intern(term: &Term, terms: &Terms) -> Result<Id> {
    let id = resolve(
        term.as_ref(),
        // The parser has made blank nodes variables.
        &mut |_| Ok(Some(crate::term::LOCAL_BLANK)),
        // Sets a language tag in lower case, as stored terms have it.
        &mut |term| terms.intern(TermBuf::from(term).as_ref()).map(Some),
    )?;
    Ok(id.unwrap_or(Id::UNBOUND))
}
