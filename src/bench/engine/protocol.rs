//! What the runner says to an engine and hears from it: one JSON object a line, requests on the engine's standard
//! input, replies on its standard output. Every engine is a process of its own, so that memory, processor time and
//! bytes read and written are those of the process, and ends when its input ends.
//!
//! Durations are taken by the engine with a monotonic clock around the work itself, so that a reply costs nothing of
//! what is measured. An engine opened with several threads works on as many requests at once, and its replies come in
//! any order.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Request {
    /// Chosen by the runner; the reply has it too.
    pub id: u64,
    #[serde(flatten)]
    pub work: Work,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "do", rename_all = "lowercase")]
pub enum Work {
    /// First of all: the store in this directory, made if it is absent. What an engine cannot set it ignores and does
    /// not name among its settings.
    Open {
        directory: PathBuf,
        threads: u32,
        /// How much the engine may use for caches and work; none: its own default.
        memory_bytes: Option<u64>,
        /// Whether commits wait for the device.
        sync: bool,
    },
    /// Loads a file (`.nt`, `.ttl` or `.nq`) with the engine's fastest documented way.
    Load {
        file: PathBuf,
    },
    /// Waits until nothing is left to do in the background.
    Quiesce,
    /// Writes to disk what is not there yet, drops nothing. For sizes on disk.
    Flush,
    /// Answers a query: SPARQL JSON for SELECT and ASK, N-Triples for CONSTRUCT and DESCRIBE, every byte made.
    Query {
        text: String,
        /// Keeps what is prepared for this text and uses it again; preparing is not part of the time then.
        prepared: bool,
        /// Where the answer goes; none: bytes are counted and dropped.
        file: Option<PathBuf>,
    },
    Update {
        text: String,
    },
    /// Derives all that OWL 2 RL says, and writes given and derived triples to `file` if there is one.
    Reason {
        file: Option<PathBuf>,
    },
    /// Does nothing: what a request costs in itself.
    Nothing,
    /// Starts a process of its own that ends at once, and waits for its end. For native engines, whose instructions are
    /// counted.
    Fork,
    /// Does works (of those above, after opening) one after the other, until one fails, whose failure is that of all. So
    /// many that are short cost one request.
    All {
        works: Vec<Work>,
    },
    /// Closes the store; the process ends after the reply.
    Close,
}

impl Work {
    /// A query that is parsed each time, and whose answer is counted.
    pub fn query(text: &str) -> Self {
        Self::Query {
            text: text.to_owned(),
            prepared: false,
            file: None,
        }
    }
}

/// A work as a request has it, made before any time is taken: texts of some KB take longer to write down than to send.
/// Clones are cheap.
#[derive(Clone, Debug)]
pub struct Encoded(Arc<str>);

impl Encoded {
    /// Errors: a path that is no Unicode.
    pub fn new(work: &Work) -> serde_json::Result<Self> {
        serde_json::to_string(work).map(|text| Self(text.into()))
    }
}

/// Writes a request down, in a line: for one work, or for several as [`Work::All`].
pub fn write_request(id: u64, works: &[Encoded], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("{{\"id\":{id},").as_bytes());
    match works {
        [Encoded(only)] => out.extend_from_slice(&only.as_bytes()[1..]),
        works => {
            out.extend_from_slice(b"\"do\":\"all\",\"works\":[");
            for (place, Encoded(work)) in works.iter().enumerate() {
                out.extend_from_slice(if place > 0 { b"," } else { b"" });
                out.extend_from_slice(work.as_bytes());
            }
            out.extend_from_slice(b"]}");
        }
    }
    out.push(b'\n');
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(try_from = "ReplyLine")]
pub struct Reply {
    pub id: u64,
    #[serde(flatten)]
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Done(Done),
    /// The engine goes on.
    Failed(Failed),
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Failed {
    /// Whether it has no such work.
    pub unsupported: bool,
    pub message: String,
}

/// A reply as it is read. Through `flatten` each of a thousand works would be read twice, first as values of any type.
#[derive(Deserialize)]
struct ReplyLine {
    id: u64,
    done: Option<Done>,
    failed: Option<Failed>,
}

impl TryFrom<ReplyLine> for Reply {
    type Error = &'static str;

    fn try_from(line: ReplyLine) -> Result<Self, Self::Error> {
        let outcome = match (line.done, line.failed) {
            (Some(done), None) => Outcome::Done(done),
            (None, Some(failed)) => Outcome::Failed(failed),
            _ => return Err("a reply is one of `done` and `failed`"),
        };
        Ok(Self {
            id: line.id,
            outcome,
        })
    }
}

/// What a reply says; absent what does not apply.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Done {
    pub nanoseconds: u64,
    /// Rows of a SELECT, 1 for ASK, triples of a graph; statements that changed for an update or a load; derived ones
    /// for reasoning.
    #[serde(default)]
    pub rows: u64,
    /// Of the answer.
    #[serde(default)]
    pub bytes: u64,
    /// Of `all`, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub each: Vec<Done>,
    /// To `open` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_encoded_works_is_read_as_those_works() {
        let query = Work::Query {
            text: "SELECT * {\n ?s ?p \"é\\t\" }".to_owned(),
            prepared: true,
            file: None,
        };
        let read = |works: &[Work]| {
            let works: Vec<Encoded> = works.iter().map(|w| Encoded::new(w).unwrap()).collect();
            let mut line = Vec::new();
            write_request(7, &works, &mut line);
            assert_eq!(
                line.iter().position(|&byte| byte == b'\n'),
                Some(line.len() - 1)
            );
            let request: Request = serde_json::from_slice(&line).unwrap();
            assert_eq!(request.id, 7);
            request.work
        };
        assert_eq!(read(&[Work::Nothing]), Work::Nothing);
        assert_eq!(read(std::slice::from_ref(&query)), query);
        let works = vec![query, Work::Quiesce];
        assert_eq!(read(&works), Work::All { works });
    }

    #[test]
    fn a_reply_is_one_of_done_and_failed() {
        let done = Done {
            nanoseconds: 5,
            each: vec![Done::default(); 2],
            ..Done::default()
        };
        let failed = Failed {
            unsupported: true,
            message: "no \"updates\"".to_owned(),
        };
        for outcome in [Outcome::Done(done), Outcome::Failed(failed)] {
            let reply = Reply { id: 3, outcome };
            let line = serde_json::to_string(&reply).unwrap();
            assert_eq!(serde_json::from_str::<Reply>(&line).unwrap(), reply);
        }
        let both =
            r#"{"id":1,"done":{"nanoseconds":1},"failed":{"unsupported":true,"message":""}}"#;
        for wrong in [r#"{"id":1}"#, both, r#"{"done":{"nanoseconds":1}}"#] {
            assert!(serde_json::from_str::<Reply>(wrong).is_err(), "{wrong}");
        }
    }
}
