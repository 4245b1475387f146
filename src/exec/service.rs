//! SERVICE: solutions from elsewhere, through a handler of the host. The library itself opens no connection.

use super::batch::Batch;
use super::fixed::{Fixed, FixedRows};
use super::hash_join::{HashJoin, JoinShape};
use super::operator::{BoxOperator, Operator, Runtime, StateCharge};
use super::service_reply::{ServiceReply, Solutions};
use crate::control::Control;
use crate::error::{Code, Error, Result};
use crate::plan::{JoinColumns, JoinKind, ServiceSpec};
use crate::store::BATCH_ROWS;
use crate::term::{Id, TermRef};
use rustc_hash::FxHashSet;
use std::collections::VecDeque;
use std::sync::Arc;

/// Input rows joined at a time.
const CHUNK_ROWS: usize = 32 * BATCH_ROWS;

/// A question to an endpoint.
pub struct ServiceCall<'c> {
    pub endpoint: &'c str,
    /// A SELECT query.
    pub query: &'c str,
    /// To be polled while the answer is waited for.
    pub control: &'c Control,
}

/// Answers SERVICE patterns. Called from the thread that works the query; several queries may call at once.
pub trait ServiceHandler: Send + Sync {
    /// Writes a SPARQL result document to `reply`. Any error fails the pattern.
    fn answer(&self, call: &ServiceCall<'_>, reply: &mut ServiceReply) -> Result<()>;
}

/// A handler and the endpoints that may be asked.
pub struct Services {
    allowed: Vec<String>,
    handler: Arc<dyn ServiceHandler>,
}

impl Services {
    /// Each entry of `allowed` is the IRI of an endpoint, or a beginning of IRIs that ends in `/*`, or `*` for all.
    /// Errors: `InvalidArgument` for an entry of another form.
    pub fn new(allowed: Vec<String>, handler: Arc<dyn ServiceHandler>) -> Result<Self> {
        for entry in &allowed {
            // http://example.org* would also allow http://example.org.elsewhere.net/.
            if entry.ends_with('*') && entry != "*" && !entry.ends_with("/*") {
                return Err(Error::new(
                    Code::InvalidArgument,
                    format!("{entry} ends in * but neither is * nor ends in /*"),
                ));
            }
        }
        Ok(Self { allowed, handler })
    }

    fn allows(&self, endpoint: &str) -> bool {
        self.allowed
            .iter()
            .any(|entry| match entry.strip_suffix('*') {
                Some(beginning) => endpoint.starts_with(beginning),
                None => entry == endpoint,
            })
    }
}

/// Asks one endpoint. Errors: `ServiceRefused`, `ServiceFailed`, `Cancelled`, `QueryTimeout`, `ResourceExhausted`.
fn ask(runtime: &Arc<Runtime>, endpoint: Id, spec: &ServiceSpec) -> Result<Solutions> {
    let term = match endpoint.is_iri() {
        true => Some(runtime.terms.term(endpoint)?),
        false => None,
    };
    let Some(TermRef::Iri(endpoint)) = term.as_ref().map(|term| term.as_ref()) else {
        return Err(Error::new(
            Code::ServiceFailed,
            "the endpoint of SERVICE is not an IRI",
        ));
    };
    let refused =
        |detail: String, hint| Err(Error::new(Code::ServiceRefused, detail).with_hint(hint));
    let Some(services) = &runtime.services else {
        return refused(
            format!("SERVICE <{endpoint}>: the store has no handler for SERVICE"),
            "the host program sets a handler and the endpoints it allows",
        );
    };
    if !services.allows(endpoint) {
        return refused(
            format!("SERVICE <{endpoint}>: the endpoint is not among those allowed"),
            "the host program lists the endpoints it allows when it sets the handler",
        );
    }
    let mut reply = ServiceReply::new(&runtime.control)?;
    let call = ServiceCall {
        endpoint,
        query: &spec.query,
        control: &runtime.control,
    };
    let answered = services.handler.answer(&call, &mut reply);
    // What ends the query is not a failure of the endpoint.
    runtime.control.poll()?;
    answered.map_err(|error| match error.code() {
        Code::ResourceExhausted | Code::ServiceFailed => error,
        _ => Error::new(
            Code::ServiceFailed,
            format!("SERVICE <{endpoint}> failed: {error}"),
        )
        .because(error),
    })?;
    reply.solutions(&spec.variables)
}

/// Whether SERVICE SILENT passes over an error: one of the endpoint, not of the query itself.
fn is_passed_over(error: &Error) -> bool {
    matches!(error.code(), Code::ServiceRefused | Code::ServiceFailed)
}

/// Solutions of one endpoint.
pub struct Service {
    runtime: Arc<Runtime>,
    endpoint: Id,
    spec: ServiceSpec,
    state: State,
    memory: StateCharge,
}

enum State {
    Waiting,
    Reading(Box<Solutions>),
    /// SILENT gives all solutions or the empty one, so they are read before any is given.
    Read(VecDeque<Batch>),
}

impl Service {
    pub fn new(runtime: &Arc<Runtime>, endpoint: Id, spec: ServiceSpec) -> Self {
        Self {
            runtime: runtime.clone(),
            endpoint,
            spec,
            state: State::Waiting,
            memory: StateCharge::new(&runtime.control),
        }
    }

    fn begin(&mut self) -> Result<State> {
        if !self.spec.is_silent {
            let solutions = ask(&self.runtime, self.endpoint, &self.spec)?;
            return Ok(State::Reading(Box::new(solutions)));
        }
        let width = self.spec.variables.len();
        let read = ask(&self.runtime, self.endpoint, &self.spec).and_then(|mut solutions| {
            let (mut batches, mut rows) = (VecDeque::new(), 0);
            let mut batch = Batch::new();
            while solutions.next(&self.runtime, &mut batch)? {
                rows += batch.rows();
                self.memory.hold(rows * (width * 8 + 1))?;
                batches.push_back(std::mem::take(&mut batch));
            }
            Ok(batches)
        });
        match read {
            Ok(batches) => Ok(State::Read(batches)),
            Err(error) if is_passed_over(&error) => Ok(State::Read([empty_solution(width)].into())),
            Err(error) => Err(error),
        }
    }
}

fn empty_solution(width: usize) -> Batch {
    let mut batch = Batch::new();
    batch.reset(width);
    batch.columns.iter_mut().for_each(|column| column.push(0));
    batch.set_rows(1);
    batch
}

impl Operator for Service {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        if let State::Waiting = self.state {
            self.state = self.begin()?;
        }
        match &mut self.state {
            State::Waiting => Ok(false),
            State::Reading(solutions) => solutions.next(&self.runtime, batch),
            State::Read(batches) => match batches.pop_front() {
                Some(next) => {
                    *batch = next;
                    Ok(true)
                }
                None => Ok(false),
            },
        }
    }
}

/// Joins each input row with the solutions of the endpoint that one of its columns names. Each endpoint is asked once.
pub struct ServiceJoin {
    runtime: Arc<Runtime>,
    input: BoxOperator,
    ended: bool,
    /// The input column with the endpoint.
    endpoint: usize,
    spec: ServiceSpec,
    /// How input rows and solutions are joined. The first column of the solutions is the endpoint.
    columns: JoinColumns,
    width: usize,
    asked: FxHashSet<u64>,
    /// The endpoint and the solutions of all that was asked.
    solutions: Vec<Vec<u64>>,
    /// The same as joins read them.
    shared: Arc<FixedRows>,
    join: Option<HashJoin>,
    memory: StateCharge,
}

impl ServiceJoin {
    /// `width` is the number of columns of the input.
    pub fn new(
        runtime: &Arc<Runtime>,
        input: BoxOperator,
        endpoint: usize,
        spec: ServiceSpec,
        columns: JoinColumns,
        width: usize,
    ) -> Self {
        Self {
            runtime: runtime.clone(),
            input,
            ended: false,
            endpoint,
            columns,
            width,
            asked: FxHashSet::default(),
            solutions: vec![Vec::new(); spec.variables.len() + 1],
            shared: Arc::default(),
            spec,
            join: None,
            memory: StateCharge::new(&runtime.control),
        }
    }

    /// Asks an endpoint and keeps what it answers.
    fn ask(&mut self, endpoint: u64) -> Result<()> {
        let id = Id::from_raw(endpoint);
        let mut service = Service::new(&self.runtime, id, self.spec.clone());
        let mut batch = Batch::new();
        while service.next(&mut batch)? {
            let rows = self.solutions[0].len() + batch.rows();
            // Twice: joins have a copy.
            self.memory.hold(rows * self.solutions.len() * 16)?;
            self.solutions[0].resize(rows, endpoint);
            for (to, from) in self.solutions[1..].iter_mut().zip(&batch.columns) {
                to.extend_from_slice(from);
            }
        }
        Ok(())
    }

    /// Begins the join of the next input rows; false at the end.
    fn begin(&mut self) -> Result<bool> {
        let mut chunk = vec![Vec::new(); self.width];
        let mut batch = Batch::new();
        let mut rows = 0;
        let mut memory = StateCharge::new(&self.runtime.control);
        while !self.ended && rows < CHUNK_ROWS {
            if !self.input.next(&mut batch)? {
                self.ended = true;
                break;
            }
            self.runtime.control.poll()?;
            batch.compact();
            rows += batch.rows();
            memory.hold(rows * self.width * 8)?;
            for (to, from) in chunk.iter_mut().zip(&batch.columns) {
                to.extend_from_slice(from);
            }
        }
        if rows == 0 {
            return Ok(false);
        }
        let endpoints: Vec<u64> = chunk[self.endpoint].clone();
        let mut is_new = false;
        for endpoint in endpoints {
            if self.asked.insert(endpoint) {
                self.ask(endpoint)?;
                is_new = true;
            }
        }
        if is_new {
            self.shared = Arc::new(FixedRows {
                columns: self.solutions.clone(),
                rows: self.solutions[0].len(),
            });
        }
        let chunk = FixedRows {
            columns: chunk,
            rows,
        };
        let shape = JoinShape {
            columns: self.columns.clone(),
            probe_width: self.width,
            build_width: self.shared.columns.len(),
            kind: JoinKind::Inner,
            must_share: false,
            is_ordered: false,
        };
        self.join = Some(HashJoin::new(
            &self.runtime,
            Box::new(Fixed::new(Arc::new(chunk))),
            Box::new(Fixed::new(self.shared.clone())),
            shape,
            None,
        ));
        Ok(true)
    }
}

impl Operator for ServiceJoin {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        loop {
            if let Some(join) = &mut self.join {
                if join.next(batch)? {
                    return Ok(true);
                }
                self.join = None;
            }
            if !self.begin()? {
                return Ok(false);
            }
        }
    }
}
