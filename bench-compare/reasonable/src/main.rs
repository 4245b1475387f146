//! The reasoner `reasonable`: OWL 2 RL by datafrog, in memory. It answers no queries.

use engine::protocol::{Done, Work};
use engine::{Engine, Failure, Opening, Sink};
use oxrdf::Triple;
use oxttl::{NTriplesParser, NTriplesSerializer, TurtleParser};
use reasonable::reasoner::Reasoner;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::Instant;

struct Reasonable {
    reasoner: RefCell<Reasoner>,
    given: RefCell<HashSet<Triple>>,
}

impl Engine for Reasonable {
    const NAME: &'static str = "reasonable";
    const PACKAGE: &'static str = "reasonable";

    fn open(_: Opening) -> Result<Self, Failure> {
        Ok(Self {
            reasoner: RefCell::new(Reasoner::new()),
            given: RefCell::default(),
        })
    }

    fn settings(&self) -> BTreeMap<String, String> {
        engine::settings(&[
            ("storage", "memory".to_owned()),
            ("threads", "1".to_owned()),
            ("parser", "strict".to_owned()),
            ("rules", "OWL 2 RL, those that it has".to_owned()),
        ])
    }

    fn work(&self, work: &Work) -> Result<Done, Failure> {
        match work {
            Work::Load { file } => self.load(file),
            Work::Reason { file } => self.reason(file.as_deref()),
            Work::Quiesce | Work::Flush | Work::Nothing => Ok(Done::default()),
            Work::Query { .. }
            | Work::Update { .. }
            | Work::Fork
            | Work::All { .. }
            | Work::Open { .. }
            | Work::Close => Err(Failure::Unsupported),
        }
    }
}

impl Reasonable {
    /// Parsed by oxttl: the reasoner's own reader knows no `.nt`, and keeps a graph beside.
    fn load(&self, file: &Path) -> Result<Done, Failure> {
        let start = Instant::now();
        let input = BufReader::new(File::open(file)?);
        let mut added = Vec::new();
        let mut given = self.given.borrow_mut();
        let mut add = |triple: Triple| {
            if given.insert(triple.clone()) {
                added.push(triple);
            }
        };
        match engine::extension(file) {
            "nt" => {
                for triple in NTriplesParser::new().for_reader(input) {
                    add(triple?);
                }
            }
            "ttl" => {
                for triple in TurtleParser::new().for_reader(input) {
                    add(triple?);
                }
            }
            _ => return Err(Failure::Unsupported),
        }
        let rows = added.len() as u64;
        self.reasoner.borrow_mut().load_triples(added);
        Ok(Done {
            rows,
            ..engine::since(start)
        })
    }

    /// From nothing each time. What it gives back has the given triples too. Writing is no part of the time.
    fn reason(&self, file: Option<&Path>) -> Result<Done, Failure> {
        let mut reasoner = self.reasoner.borrow_mut();
        let start = Instant::now();
        reasoner.reason_full();
        let mut done = engine::since(start);
        let given = self.given.borrow();
        let derived = reasoner
            .view_output()
            .iter()
            .filter(|triple| !given.contains(*triple));
        done.rows = derived.count() as u64;
        if let Some(file) = file {
            let mut sink = Sink::start(Some(file))?;
            let mut out = NTriplesSerializer::new().for_writer(&mut sink);
            for triple in reasoner.view_output() {
                out.serialize_triple(triple)?;
            }
            done.bytes = sink.finish(0)?.bytes;
        }
        Ok(done)
    }
}

fn main() -> std::io::Result<()> {
    engine::serve::<Reasonable>()
}
