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
use parking_lot::Mutex;
use rustc_hash::{FxHashMap, FxHashSet};
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

/// Replies that a query reads more than once: those to services in plans that are worked for each batch of other rows.
#[derive(Default)]
pub struct Replies(Mutex<FxHashMap<Place, Reply>>);

/// A service of the plan, by the number of its node, and the endpoint asked.
type Place = (usize, u64);

/// A reply that was read to its end.
#[derive(Clone)]
struct Reply {
    rows: Arc<FixedRows>,
    _memory: Arc<StateCharge>,
}

/// Solutions of one endpoint.
pub struct Service {
    runtime: Arc<Runtime>,
    endpoint: Id,
    spec: ServiceSpec,
    /// The number of the plan node, if its replies are kept.
    kept: Option<usize>,
    state: State,
}

enum State {
    Waiting,
    Reading(Box<Solutions>),
    Read { rows: Fixed, _reply: Reply },
}

impl Service {
    /// `kept` is the number of the plan node if it is worked more than once: then each endpoint is asked once all the same.
    pub fn new(
        runtime: &Arc<Runtime>,
        endpoint: Id,
        spec: ServiceSpec,
        kept: Option<usize>,
    ) -> Self {
        Self {
            runtime: runtime.clone(),
            endpoint,
            spec,
            kept,
            state: State::Waiting,
        }
    }

    fn begin(&mut self) -> Result<State> {
        let place = self.kept.map(|node| (node, self.endpoint.raw()));
        let replies = &self.runtime.replies.0;
        let known = place.and_then(|place| replies.lock().get(&place).cloned());
        let reply = match (known, place) {
            (Some(reply), _) => reply,
            (None, None) if !self.spec.is_silent => {
                let solutions = ask(&self.runtime, self.endpoint, &self.spec)?;
                return Ok(State::Reading(Box::new(solutions)));
            }
            (None, _) => {
                let reply = self.read()?;
                if let Some(place) = place {
                    replies.lock().insert(place, reply.clone());
                }
                reply
            }
        };
        Ok(State::Read {
            rows: Fixed::new(reply.rows.clone()),
            _reply: reply,
        })
    }

    /// All solutions, or for SILENT the empty one.
    fn read(&self) -> Result<Reply> {
        let width = self.spec.variables.len();
        let mut memory = StateCharge::new(&self.runtime.control);
        let read = ask(&self.runtime, self.endpoint, &self.spec).and_then(|mut solutions| {
            let mut all = FixedRows {
                columns: vec![Vec::new(); width],
                rows: 0,
            };
            let mut batch = Batch::new();
            while solutions.next(&self.runtime, &mut batch)? {
                all.rows += batch.rows();
                memory.hold(all.rows * width * 8)?;
                for (to, from) in all.columns.iter_mut().zip(&batch.columns) {
                    to.extend_from_slice(from);
                }
            }
            Ok(all)
        });
        let rows = match read {
            Ok(rows) => rows,
            Err(error) if self.spec.is_silent && is_passed_over(&error) => FixedRows {
                columns: vec![vec![0]; width],
                rows: 1,
            },
            Err(error) => return Err(error),
        };
        Ok(Reply {
            rows: Arc::new(rows),
            _memory: Arc::new(memory),
        })
    }
}

impl Operator for Service {
    fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        if let State::Waiting = self.state {
            self.state = self.begin()?;
        }
        match &mut self.state {
            State::Waiting => Ok(false),
            State::Reading(solutions) => solutions.next(&self.runtime, batch),
            State::Read { rows, .. } => rows.next(batch),
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
    /// As for [`Service`].
    kept: Option<usize>,
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
        kept: Option<usize>,
        columns: JoinColumns,
        width: usize,
    ) -> Self {
        Self {
            runtime: runtime.clone(),
            input,
            ended: false,
            endpoint,
            kept,
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
        let mut service = Service::new(&self.runtime, id, self.spec.clone(), self.kept);
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
