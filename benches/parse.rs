//! Parse and dump speed. `cargo bench --bench parse`.
//!
//! Reads `lubm10.nt.gz` and `bsbm1000.nt.gz` from `$TRIPLESTORE_TEST_DATA/data` (default
//! `../shared`), the first 40 MB of each; without them, lines of its own. The sink hashes every
//! term, as an interner would, and does nothing else.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hashbrown::HashTable;
use std::hint::black_box;
use std::path::PathBuf;
use triplestore::control::Control;
use triplestore::load::{
    Dump, DumpOptions, Format, Input, ParseOptions, RawTerm, Refusal, StatementSink, parse,
};
use xxhash_rust::xxh3::xxh3_64;

const TEXT_BYTES: usize = 40 << 20;

#[derive(Default)]
struct Hashes(u64);

impl Hashes {
    fn term(&mut self, term: RawTerm<'_>) {
        self.0 ^= match term {
            RawTerm::Iri(text) | RawTerm::Blank(text) => xxh3_64(text.as_bytes()),
            RawTerm::Literal(literal) => xxh3_64(literal.lexical.as_bytes()),
            RawTerm::Triple(_) => 1,
        };
    }
}

impl StatementSink for Hashes {
    fn statement(
        &mut self,
        s: RawTerm<'_>,
        p: RawTerm<'_>,
        o: RawTerm<'_>,
        _: Option<RawTerm<'_>>,
    ) -> Result<(), Refusal> {
        self.term(s);
        self.term(p);
        self.term(o);
        Ok(())
    }
}

/// Numbers distinct terms, and checks an IRI when it is new: what a strict load pays per term.
#[derive(Default)]
struct Interned {
    /// Hash, start and end of each distinct term in `text`.
    table: HashTable<(u64, usize, usize)>,
    text: Vec<u8>,
}

impl Interned {
    fn term(&mut self, term: RawTerm<'_>) -> Result<(), Refusal> {
        let text = match term {
            RawTerm::Iri(text) | RawTerm::Blank(text) => text,
            RawTerm::Literal(literal) => literal.lexical,
            RawTerm::Triple(_) => return Ok(()),
        };
        let hash = xxh3_64(text.as_bytes());
        let is_same = |&(known, start, end): &(u64, usize, usize)| {
            known == hash && &self.text[start..end] == text.as_bytes()
        };
        if self.table.find(hash, is_same).is_none() {
            term.check()?;
            let start = self.text.len();
            self.text.extend_from_slice(text.as_bytes());
            let entry = (hash, start, self.text.len());
            self.table.insert_unique(hash, entry, |&(hash, ..)| hash);
        }
        Ok(())
    }
}

impl StatementSink for Interned {
    fn statement(
        &mut self,
        s: RawTerm<'_>,
        p: RawTerm<'_>,
        o: RawTerm<'_>,
        _: Option<RawTerm<'_>>,
    ) -> Result<(), Refusal> {
        self.term(s)?;
        self.term(p)?;
        self.term(o)
    }
}

/// Writes what it gets in another format.
struct Rewriter(Option<Dump<Vec<u8>>>);

impl StatementSink for Rewriter {
    fn statement(
        &mut self,
        s: RawTerm<'_>,
        p: RawTerm<'_>,
        o: RawTerm<'_>,
        g: Option<RawTerm<'_>>,
    ) -> Result<(), Refusal> {
        if let Some(dump) = &mut self.0 {
            dump.statement(s, p, o, g)?;
        }
        Ok(())
    }
}

/// Dumps to memory but keeps nothing: the cost of writing without that of a disk.
struct Rewritten(Dump<std::io::Sink>);

impl StatementSink for Rewritten {
    fn statement(
        &mut self,
        s: RawTerm<'_>,
        p: RawTerm<'_>,
        o: RawTerm<'_>,
        g: Option<RawTerm<'_>>,
    ) -> Result<(), Refusal> {
        Ok(self.0.statement(s, p, o, g)?)
    }
}

fn data_path(name: &str) -> PathBuf {
    let root = std::env::var_os("TRIPLESTORE_TEST_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    root.join("data").join(name).join(format!("{name}.nt.gz"))
}

/// Whole lines of the file, or generated ones.
fn lines_of(name: &str) -> Vec<u8> {
    let path = data_path(name);
    let mut text = vec![0; TEXT_BYTES];
    let read =
        Input::file(&path, None, &Control::new()).and_then(|mut input| input.read(&mut text));
    match read {
        Ok(n) => text.truncate(n),
        Err(error) => {
            eprintln!("{error}; using generated lines");
            text.clear();
            for i in 0..TEXT_BYTES / 140 {
                let line = format!(
                    "<http://www.example.org/University{}/Person{i}> \
                     <http://www.example.org/ontology#name{}> \"A name of person {i}\" .\n",
                    i % 1000,
                    i % 20
                );
                text.extend_from_slice(line.as_bytes());
            }
        }
    }
    let end = text
        .iter()
        .rposition(|&b| b == b'\n')
        .map_or(0, |at| at + 1);
    text.truncate(end);
    text
}

fn run<S: StatementSink + Send>(text: &[u8], options: &ParseOptions, sinks: &mut [S]) -> u64 {
    let control = Control::new();
    let input = Input::memory(text, None, &control).expect("memory can be read");
    let parsed = parse(input, options, &control, sinks);
    parsed.expect("the data is valid").statements
}

/// The same statements in another format.
fn rewritten(text: &[u8], format: Format) -> Vec<u8> {
    let dump = Dump::new(format, &DumpOptions::default(), Vec::new());
    let mut sinks = [Rewriter(Some(dump.expect("no options")))];
    run(text, &ParseOptions::new(Format::NTriples), &mut sinks);
    let dump = sinks[0].0.take().expect("put there above");
    dump.finish().expect("memory can be written")
}

fn benches(c: &mut Criterion) {
    for name in ["lubm10", "bsbm1000"] {
        let text = lines_of(name);
        let lines = text.iter().filter(|&&b| b == b'\n').count() as u64;
        let mut group = c.benchmark_group(format!("kernel/parse/{name}"));
        group.sample_size(10);
        group.throughput(Throughput::Elements(lines));
        let strict = ParseOptions::new(Format::NTriples);
        group.bench_function("parse N-Triples", |b| {
            b.iter(|| black_box(run(&text, &strict, &mut [Hashes::default()])));
        });
        group.bench_function("parse and intern N-Triples", |b| {
            b.iter(|| black_box(run(&text, &strict, &mut [Interned::default()])));
        });
        group.bench_function("parse N-Triples, 2 threads", |b| {
            b.iter(|| {
                let mut sinks = [Hashes::default(), Hashes::default()];
                black_box(run(&text, &strict, &mut sinks))
            });
        });
        for format in Format::ALL {
            // Reading all of it in the slow formats would only take longer.
            let share = match format.is_line_based() {
                true => &text[..],
                false => {
                    let part = &text[..text.len() / 8];
                    &part[..part
                        .iter()
                        .rposition(|&b| b == b'\n')
                        .map_or(0, |at| at + 1)]
                }
            };
            let statements = share.iter().filter(|&&b| b == b'\n').count() as u64;
            group.throughput(Throughput::Elements(statements));
            if format != Format::NTriples {
                let document = rewritten(share, format);
                let options = ParseOptions::new(format);
                group.bench_function(format!("parse {}", format.name()), |b| {
                    b.iter(|| black_box(run(&document, &options, &mut [Hashes::default()])));
                });
            }
            group.bench_function(format!("parse and dump {}", format.name()), |b| {
                b.iter(|| {
                    let dump = Dump::new(format, &DumpOptions::default(), std::io::sink());
                    let mut sinks = [Rewritten(dump.expect("no options"))];
                    black_box(run(share, &strict, &mut sinks))
                });
            });
        }
        group.finish();
    }
}

criterion_group!(parsing, benches);
criterion_main!(parsing);
