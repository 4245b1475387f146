//! What users give wrongly and what disks do to stores: each has a code of its own and a message that says
//! what to do, and the store is usable afterwards.

mod environment;
mod subprocess;

use environment::Scratch;
use oxrdf::{GraphName, Literal, NamedNode, NamedOrBlankNode, Quad};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use triplestore::config::{Config, Durability};
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions, QuadPattern};
use triplestore::error::{Code, Error};
use triplestore::load::Format;
use triplestore::query::QueryOptions;

const FORMATS: [Format; 6] = [
    Format::NTriples,
    Format::NQuads,
    Format::Turtle,
    Format::TriG,
    Format::RdfXml,
    Format::JsonLd,
];

fn config() -> Config {
    let mut config = Config::preset("tiny").unwrap();
    config.set("spill_bytes", "1 MiB").unwrap();
    config
}

fn format(format: Format) -> LoadOptions {
    LoadOptions {
        format: Some(format),
        ..LoadOptions::default()
    }
}

fn iri(name: &str) -> NamedNode {
    NamedNode::new_unchecked(format!("http://example.org/{name}"))
}

fn count(database: &Database, pattern: &QuadPattern) -> u64 {
    let snapshot = database.snapshot().unwrap();
    snapshot.count(pattern, &Control::new()).unwrap()
}

/// The store takes a commit and finds it.
fn assert_usable(database: &Database) {
    let quad = Quad::new(
        iri("usable"),
        iri("p"),
        Literal::from("afterwards, by a text"),
        GraphName::DefaultGraph,
    );
    let pattern = QuadPattern {
        subject: Some(iri("usable").into()),
        ..QuadPattern::default()
    };
    database.insert([&quad], &Control::new()).unwrap();
    assert_eq!(count(database, &pattern), 1);
    database.delete([&quad], &Control::new()).unwrap();
    assert_eq!(count(database, &pattern), 0);
}

/// An error with this code, whose message tells what to do.
#[track_caller]
fn assert_told<T>(result: Result<T, Error>, code: Code) -> Error {
    let error = result.err().expect("this must fail");
    assert_eq!(error.code(), code, "{error:?}");
    assert!(
        error.hint().is_some_and(|hint| hint.len() > 10),
        "no hint: {error:?}"
    );
    assert!(!error.detail().is_empty());
    error
}

// ---- Paths

#[test]
fn a_path_that_is_no_store_is_told_apart_from_one_that_is_not_there() {
    let scratch = Scratch::new("paths");
    let open = |name: &str, change: fn(&mut Config)| {
        let mut config = config();
        change(&mut config);
        Database::open(scratch.join(name), &config)
    };
    assert_told(
        open("absent", |config| config.create_if_missing = false),
        Code::NotFound,
    );
    assert_told(
        open("absent", |config| config.read_only = true),
        Code::NotFound,
    );
    assert!(
        !scratch.join("absent").exists(),
        "it was looked at and created"
    );

    std::fs::write(scratch.join("file"), "text").unwrap();
    assert_told(open("file", |_| {}), Code::NotAStore);
    std::fs::create_dir(scratch.join("other")).unwrap();
    std::fs::write(scratch.join("other/notes.txt"), "text").unwrap();
    assert_told(open("other", |_| {}), Code::NotAStore);
    assert_told(
        open("other", |config| config.read_only = true),
        Code::NotAStore,
    );
    std::fs::remove_file(scratch.join("other/notes.txt")).unwrap();
    std::fs::write(scratch.join("other/TRIPLESTORE"), "a file of someone else").unwrap();
    assert_told(open("other", |_| {}), Code::NotAStore);
    assert_eq!(std::fs::read_dir(scratch.join("other")).unwrap().count(), 1);
}

#[test]
fn a_store_of_a_newer_version_is_refused_before_its_files_are_touched() {
    let scratch = Scratch::new("newer");
    let store = scratch.join("store");
    drop(Database::open(&store, &config()).unwrap());
    let before = std::fs::read_to_string(store.join("TRIPLESTORE")).unwrap();
    std::fs::write(store.join("TRIPLESTORE"), "triplestore format 2\n").unwrap();
    let error = assert_told(Database::open(&store, &config()), Code::FormatTooNew);
    assert!(error.detail().contains("format 2"), "{error}");
    std::fs::write(store.join("TRIPLESTORE"), before).unwrap();
    assert_usable(&Database::open(&store, &config()).unwrap());
}

#[test]
fn a_store_that_has_lost_its_data_is_not_taken_for_a_new_one() {
    let scratch = Scratch::new("lost");
    let store = scratch.join("store");
    drop(Database::open(&store, &config()).unwrap());
    std::fs::rename(store.join("data"), scratch.join("data")).unwrap();
    assert_told(Database::open(&store, &config()), Code::Corruption);
    std::fs::create_dir(store.join("data")).unwrap();
    assert_told(Database::open(&store, &config()), Code::Corruption);
    std::fs::remove_dir_all(store.join("data")).unwrap();
    std::fs::rename(scratch.join("data"), store.join("data")).unwrap();
    assert_usable(&Database::open(&store, &config()).unwrap());
}

#[test]
fn creating_a_store_that_was_interrupted_anywhere_is_taken_up_again() {
    let scratch = Scratch::new("interrupted");
    let whole = scratch.join("whole");
    drop(Database::open(&whole, &config()).unwrap());
    // The files in the order in which they come to be.
    let leftovers: [&[&str]; 4] = [
        &[],
        &["lock"],
        &["lock", "data"],
        &["lock", "data", "TRIPLESTORE.new"],
    ];
    for (place, names) in leftovers.into_iter().enumerate() {
        let store = scratch.join(&format!("store-{place}"));
        std::fs::create_dir(&store).unwrap();
        for name in names {
            match *name {
                "data" => std::fs::create_dir(store.join(name)).unwrap(),
                _ => std::fs::write(store.join(name), "").unwrap(),
            }
        }
        let mut read_only = config();
        read_only.read_only = true;
        assert_told(Database::open(&store, &read_only), Code::NotFound);
        assert_usable(&Database::open(&store, &config()).unwrap());
        assert_usable(&Database::open(&store, &config()).unwrap());
    }
}

#[test]
fn a_directory_that_cannot_be_written_to_is_an_io_error_that_names_it() {
    let scratch = Scratch::new("unwritable");
    std::fs::write(scratch.join("file"), "").unwrap();
    // Below a file nothing can be created, not even by the superuser.
    let error = Database::open(scratch.join("file/below/store"), &config())
        .err()
        .unwrap();
    assert!(
        matches!(error.code(), Code::NotAStore | Code::Io | Code::InvalidPath),
        "{error:?}"
    );
    assert!(error.detail().contains("file/below"), "{error}");
}

// ---- Documents

/// A document, why it is bad, and its code.
fn bad_documents() -> Vec<(Format, Vec<u8>, Code)> {
    let line = |text: &str| text.as_bytes().to_vec();
    vec![
        (
            Format::NTriples,
            line("<http://a/s> <http://a/p> .\n"),
            Code::DataParse,
        ),
        (
            Format::Turtle,
            line("<http://a/s> <http://a/p> ; .. [\n"),
            Code::DataParse,
        ),
        (
            Format::RdfXml,
            line("<rdf:RDF><open></rdf:RDF>"),
            Code::DataParse,
        ),
        (Format::JsonLd, line("{\"@id\": "), Code::DataParse),
        (
            Format::NTriples,
            line("<http://a/ s> <http://a/p> \"o\" .\n"),
            Code::InvalidIri,
        ),
        (
            Format::NTriples,
            line("<http://a/%zz> <http://a/p> <relative> .\n"),
            Code::InvalidIri,
        ),
        (
            Format::NTriples,
            b"<http://a/s> <http://a/p> \"\xFF\xFE\" .\n".to_vec(),
            Code::InvalidUtf8,
        ),
        (
            Format::Turtle,
            b"<http://a/s> <http://a/p> \"\xC3\x28\" .\n".to_vec(),
            Code::InvalidUtf8,
        ),
        (
            Format::NTriples,
            [
                b"<http://a/s> <http://a/p> \"".to_vec(),
                vec![b'x'; 5 << 20],
                b"\" .\n".to_vec(),
            ]
            .concat(),
            Code::TermTooLarge,
        ),
    ]
}

#[test]
fn a_bad_document_has_a_code_and_a_place_and_leaves_nothing() {
    let database = Database::memory(&config()).unwrap();
    for (of, document, code) in bad_documents() {
        let start = String::from_utf8_lossy(&document[..document.len().min(40)]).into_owned();
        let error = database
            .load_bytes(&document, &format(of), &Control::new())
            .err()
            .unwrap_or_else(|| panic!("{start} was loaded"));
        assert_eq!(error.code(), code, "{start}: {error:?}");
        let position = error.position();
        assert!(
            position.is_some_and(|at| at.line >= 1 && at.column >= 1),
            "{start}: {error:?}"
        );
        assert_eq!(count(&database, &QuadPattern::default()), 0, "{start}");
        assert_usable(&database);
    }
}

#[test]
fn a_file_that_is_not_there_too_large_or_of_no_known_format_is_told_before_anything_is_read() {
    let scratch = Scratch::new("files");
    let mut config = config();
    config.max_file_size_bytes = 100;
    let database = Database::memory(&config).unwrap();
    let load = |name: &str| {
        database.load_files(
            &[scratch.join(name)],
            &LoadOptions::default(),
            &Control::new(),
        )
    };
    let good = "<http://a/s> <http://a/p> <http://a/o> .\n";
    std::fs::write(scratch.join("good.nt"), good).unwrap();
    std::fs::write(scratch.join("good.docx"), good).unwrap();
    std::fs::write(scratch.join("large.nt"), good.repeat(10)).unwrap();
    assert_eq!(load("absent.nt").unwrap_err().code(), Code::FileNotFound);
    assert_told(load("good.docx"), Code::UnknownFormat);
    assert_told(load("large.nt"), Code::FileTooLarge);
    let unnamed = database.load_bytes(good.as_bytes(), &LoadOptions::default(), &Control::new());
    assert_eq!(unnamed.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(load("good.nt").unwrap().inserted, 1);
    assert_usable(&database);
}

#[test]
fn compressed_input_that_ends_early_or_is_damaged_is_told_and_loads_nothing() {
    let scratch = Scratch::new("compressed");
    let database = Database::memory(&config()).unwrap();
    let text: String = (0..2000)
        .map(|i| {
            format!(
                "<http://a/{}> <http://a/p> \"{}\" .\n",
                i * 7919,
                i * 104_729
            )
        })
        .collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let mut bzip = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip.write_all(text.as_bytes()).unwrap();
    let packed = [
        ("gz", gzip.finish().unwrap()),
        ("bz2", bzip.finish().unwrap()),
        ("zst", zstd::bulk::compress(text.as_bytes(), 3).unwrap()),
    ];
    for (extension, bytes) in packed {
        let name = scratch.join(&format!("data.nt.{extension}"));
        let load = |bytes: &[u8]| {
            std::fs::write(&name, bytes).unwrap();
            database.load_files(&[&name], &LoadOptions::default(), &Control::new())
        };
        for kept in [bytes.len() / 2, bytes.len() - 1, 12] {
            let error = load(&bytes[..kept]).err().unwrap();
            assert_eq!(
                error.code(),
                Code::TruncatedInput,
                "{extension} {kept}: {error:?}"
            );
            assert_eq!(count(&database, &QuadPattern::default()), 0);
        }
        let mut damaged = bytes.clone();
        damaged[bytes.len() / 2] ^= 0x55;
        // Damage that decompresses to something is found by the parser, or by the checksum.
        assert!(load(&damaged).is_err(), "{extension}");
        assert_eq!(count(&database, &QuadPattern::default()), 0);
        assert_eq!(load(&bytes).unwrap().inserted, 2000, "{extension}");
        let all: Vec<Quad> = database
            .snapshot()
            .unwrap()
            .quads(&QuadPattern::default(), &Control::new())
            .unwrap()
            .map(Result::unwrap)
            .collect();
        database.delete(&all, &Control::new()).unwrap();
        assert_usable(&database);
    }
}

/// A document with something nested `depth` levels deep.
fn nested(of: Format, depth: usize) -> Vec<Vec<u8>> {
    let around = |before: &str, open: &str, middle: &str, close: &str, after: &str| {
        let (open, close) = (open.repeat(depth), close.repeat(depth));
        format!("{before}{open}{middle}{close}{after}").into_bytes()
    };
    let start = "<http://a/s> <http://a/p> ";
    let triple_terms = around(
        start,
        "<<( <http://a/s> <http://a/p> ",
        "<http://a/o>",
        " )>>",
        " .\n",
    );
    let blanks = around(start, "[ <http://a/p> ", "<http://a/o>", " ]", " .\n");
    let lists = around(start, "( ", "<http://a/o>", " )", " .\n");
    match of {
        Format::NTriples | Format::NQuads => vec![triple_terms],
        Format::Turtle | Format::TriG => vec![triple_terms, blanks, lists],
        Format::RdfXml => vec![around(
            "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:a=\"http://a/\">",
            "<rdf:Description><a:p>",
            "<rdf:Description/>",
            "</a:p></rdf:Description>",
            "</rdf:RDF>",
        )],
        Format::JsonLd => vec![
            around("", "{\"http://a/p\": ", "\"o\"", "}", ""),
            around("{\"http://a/p\": ", "[", "1", "]", "}"),
        ],
    }
}

#[test]
fn documents_nested_too_deeply_are_refused_in_every_format() {
    let database = Database::memory(&config()).unwrap();
    for of in FORMATS {
        for document in nested(of, 10_000) {
            let error = database
                .load_bytes(&document, &format(of), &Control::new())
                .err()
                .unwrap();
            assert_eq!(
                error.code(),
                Code::NestingTooDeep,
                "{}: {error:?}",
                of.name()
            );
            assert_usable(&database);
        }
        for document in nested(of, 20) {
            database
                .load_bytes(&document, &format(of), &Control::new())
                .unwrap_or_else(|error| panic!("{}: {error:?}", of.name()));
        }
    }
}

#[test]
fn queries_nested_too_deeply_are_refused() {
    let database = Database::memory(&config()).unwrap();
    let nested = |before: &str, open: &str, middle: &str, close: &str, after: &str| {
        let (open, close) = (open.repeat(10_000), close.repeat(10_000));
        format!("{before}{open}{middle}{close}{after}")
    };
    let queries = [
        nested("SELECT * WHERE ", "{ ", "?s ?p ?o", " }", ""),
        nested("SELECT * WHERE { ?s ?p ?o FILTER (", "(", "?o", ")", ") }"),
        nested("SELECT * WHERE { ?s ?p ?o FILTER (", "!", "?o", "", ") }"),
        nested("SELECT * WHERE { ?s ?p ", "[ ?p ", "?o", " ]", " }"),
        nested("SELECT * WHERE { ?s ?p ", "( ", "?o", " )", " }"),
        nested("SELECT * WHERE { ", "OPTIONAL { ", "?s ?p ?o", " }", " }"),
        nested("SELECT * WHERE { ?s ", "(", "<http://a/p>", ")", " ?o }"),
        nested("SELECT * WHERE { ?s ?p ", "<<( ?s ?p ", "?o", " )>>", " }"),
    ];
    for query in queries {
        let result = database.snapshot().unwrap().query(
            &query,
            &QueryOptions::default(),
            &database.query_control(),
        );
        let start = &query[..60];
        let error = result.err().unwrap_or_else(|| panic!("{start} was run"));
        assert_eq!(error.code(), Code::NestingTooDeep, "{start}: {error:?}");
        assert_usable(&database);
    }
}

/// Gives a document with one literal of `left` bytes, made while it is read.
struct LongLiteral {
    before: std::io::Cursor<&'static str>,
    left: u64,
    after: std::io::Cursor<&'static str>,
}

impl LongLiteral {
    fn new(of: Format, bytes: u64) -> Self {
        let (before, after) = match of {
            Format::RdfXml => (
                "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:a=\"http://a/\"><rdf:Description><a:p>",
                "</a:p></rdf:Description></rdf:RDF>",
            ),
            Format::JsonLd => ("{\"http://a/p\": \"", "\"}"),
            _ => ("<http://a/s> <http://a/p> \"", "\" .\n"),
        };
        Self {
            before: std::io::Cursor::new(before),
            left: bytes,
            after: std::io::Cursor::new(after),
        }
    }
}

impl Read for LongLiteral {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.before.read(buffer)? {
            0 => {}
            bytes => return Ok(bytes),
        }
        let bytes = self.left.min(buffer.len() as u64) as usize;
        if bytes == 0 {
            return self.after.read(buffer);
        }
        buffer[..bytes].fill(b'x');
        self.left -= bytes as u64;
        Ok(bytes)
    }
}

#[test]
fn a_literal_of_a_gigabyte_is_refused_within_the_memory_of_the_store() {
    let test = "a_literal_of_a_gigabyte_is_refused_within_the_memory_of_the_store";
    if let Some(task) = subprocess::task() {
        return load_long_literal(&task);
    }
    for of in FORMATS {
        // A process of its own, so that its peak is that of this load.
        let child = subprocess::command(test, of.name()).spawn().unwrap();
        let ended = subprocess::wait(child);
        assert!(ended.success, "{}: {}", of.name(), ended.errors);
        let peak_kib: u64 = ended.lines[0].parse().unwrap();
        // The budget is 128 MiB, and some of it is for caches that are not filled.
        assert!(peak_kib < 128 << 10, "{}: {peak_kib} KiB", of.name());
    }
}

/// In the child: loads, and says the largest memory it had.
fn load_long_literal(name: &str) {
    let of = Format::from_name(name).unwrap();
    let mut config = config();
    config.set("memory_budget_bytes", "128 MiB").unwrap();
    let database = Database::memory(&config).unwrap();
    let reader = LongLiteral::new(of, 1 << 30);
    let error = assert_told(
        database.load_reader(reader, &format(of), &Control::new()),
        Code::TermTooLarge,
    );
    assert!(error.hint().unwrap().contains("max_term_bytes"), "{error}");
    assert_usable(&database);
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    subprocess::say(peak.split_whitespace().nth(1).unwrap());
}

// ---- Damage

/// A closed store with several blocks of each sort, and terms.
fn filled(scratch: &Scratch) -> PathBuf {
    let store = scratch.join("store");
    let database = Database::open(&store, &config()).unwrap();
    let quads: Vec<Quad> = (0..60_000)
        .map(|i| {
            Quad::new(
                iri(&format!("subject/{}", i / 3)),
                iri(&format!("p{}", i % 3)),
                Literal::from(format!("a text with the number {i} in it")),
                GraphName::DefaultGraph,
            )
        })
        .collect();
    database.insert(&quads, &Control::new()).unwrap();
    database.compact(&Control::new()).unwrap();
    database.close().unwrap();
    store
}

/// Requests that need different parts of the store: what each finds, or its error.
fn requests(database: &Database) -> Vec<Result<u64, Error>> {
    let snapshot = database.snapshot().unwrap();
    let control = Control::new();
    let subject = NamedOrBlankNode::from(iri("subject/1"));
    let object = Literal::from("a text with the number 40000 in it");
    let patterns = [
        QuadPattern::default(),
        QuadPattern {
            predicate: Some(iri("p1").into()),
            ..QuadPattern::default()
        },
        QuadPattern {
            object: Some(object.into()),
            ..QuadPattern::default()
        },
        QuadPattern {
            subject: Some(subject.into()),
            ..QuadPattern::default()
        },
    ];
    let read = |pattern: &QuadPattern| {
        snapshot
            .quads(pattern, &control)?
            .try_fold(0, |count, quad| {
                quad?;
                Ok(count + 1)
            })
    };
    let mut results: Vec<_> = patterns.iter().map(read).collect();
    results.push(snapshot.count(&QuadPattern::default(), &control));
    results
}

#[test]
fn a_damaged_block_fails_only_the_requests_that_need_it_and_check_reports_it() {
    let scratch = Scratch::new("damaged-block");
    let store = filled(&scratch);
    let expected: Vec<u64> = {
        let database = Database::open(&store, &config()).unwrap();
        requests(&database)
            .into_iter()
            .map(Result::unwrap)
            .collect()
    };
    let mut files = files(&store.join("data"), "sst");
    files.retain(|path| std::fs::metadata(path).unwrap().len() > 4_000);
    assert!(files.len() >= 5, "four sorts and the terms: {files:?}");
    let mut failed_somewhere = 0;
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        let mut damaged = bytes.clone();
        damaged[bytes.len() / 3] ^= 1;
        std::fs::write(&path, damaged).unwrap();
        let database = Database::open(&store, &config()).unwrap();
        let mut failed = 0;
        for (result, expected) in requests(&database).into_iter().zip(&expected) {
            match result {
                Ok(found) => assert_eq!(found, *expected, "{path:?}"),
                Err(error) => {
                    assert_told::<()>(Err(error), Code::CorruptBlock);
                    failed += 1;
                }
            }
        }
        failed_somewhere += failed;
        assert!(failed < expected.len(), "{path:?}: nothing can be read");
        let report = database.check(&Control::new()).unwrap();
        assert!(!report.is_sound(), "{path:?}: check does not see it");
        assert_usable(&database);
        database.close().unwrap();
        std::fs::write(&path, bytes).unwrap();
    }
    assert!(failed_somewhere > 0, "no request needed what was damaged");
    let database = Database::open(&store, &config()).unwrap();
    assert!(database.check(&Control::new()).unwrap().is_sound());
}

#[test]
fn a_damaged_root_is_told_and_nothing_is_made_up() {
    let scratch = Scratch::new("damaged-root");
    let store = filled(&scratch);
    let magic = b"TSROOT\r\n";
    let place = |bytes: &[u8]| {
        bytes
            .windows(magic.len())
            .position(|window| window == magic)
    };
    let (path, bytes, at) = files(&store.join("data"), "sst")
        .into_iter()
        .find_map(|path| {
            let bytes = std::fs::read(&path).unwrap();
            let at = place(&bytes)?;
            Some((path, bytes, at))
        })
        .expect("a closed store has its root in a table");
    let mut damaged = bytes.clone();
    damaged[at + 20] ^= 1;
    std::fs::write(&path, damaged).unwrap();
    let error = assert_told(Database::open(&store, &config()), Code::Corruption);
    assert!(error.hint().unwrap().contains("backup"), "{error}");
    std::fs::write(&path, bytes).unwrap();
    assert_usable(&Database::open(&store, &config()).unwrap());
}

/// A copy of a store as a kill after `commits` commits would leave it, all of them in the log, and the log.
fn killed(scratch: &Scratch, durability: Durability, commits: u64) -> (PathBuf, PathBuf) {
    let mut config = config();
    config.durability = durability;
    let database = Database::open(scratch.join("live"), &config).unwrap();
    for number in 0..commits {
        let quad = Quad::new(
            iri(&format!("subject/{number}")),
            iri("p"),
            Literal::from("a text that is not inline".repeat(20)),
            GraphName::DefaultGraph,
        );
        database.insert([&quad], &Control::new()).unwrap();
    }
    let store = scratch.join("killed");
    copy_directory(&scratch.join("live"), &store);
    let log = files(&store.join("data"), "log")
        .into_iter()
        .max_by_key(|path| std::fs::metadata(path).unwrap().len())
        .unwrap();
    (store, log)
}

#[test]
fn a_damaged_log_is_refused_and_recover_keeps_what_comes_before_the_damage() {
    let scratch = Scratch::new("damaged-log");
    let (store, log) = killed(&scratch, Durability::Sync, 40);
    let mut bytes = std::fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&log, bytes).unwrap();
    for read_only in [false, true] {
        let mut config = config();
        config.read_only = read_only;
        let error = assert_told(Database::open(&store, &config), Code::WalDamaged);
        assert!(
            error.hint().unwrap().contains("triplestore recover"),
            "{error}"
        );
    }
    let database = Database::recover(&store, &config()).unwrap();
    let kept = count(&database, &QuadPattern::default());
    assert!((5..35).contains(&kept), "{kept} of 40 commits");
    for number in 0..40 {
        let pattern = QuadPattern {
            subject: Some(iri(&format!("subject/{number}")).into()),
            ..QuadPattern::default()
        };
        assert_eq!(
            count(&database, &pattern),
            u64::from(number < kept),
            "commit {number}"
        );
    }
    assert_usable(&database);
    database.close().unwrap();
    let database = Database::open(&store, &config()).unwrap();
    assert_eq!(count(&database, &QuadPattern::default()), kept);
    assert!(database.check(&Control::new()).unwrap().is_sound());
}

#[test]
fn a_log_damaged_at_its_end_is_a_torn_write_and_opens() {
    let scratch = Scratch::new("torn-log");
    let (store, log) = killed(&scratch, Durability::Sync, 10);
    let bytes = std::fs::read(&log).unwrap();
    let last = bytes.len() - 100;
    let torn: [Vec<u8>; 3] = [
        bytes[..last].to_vec(),
        [&bytes[..last], &[0; 100][..]].concat(),
        [&bytes[..last], &[bytes[last] ^ 1], &bytes[last + 1..]].concat(),
    ];
    for (kind, torn) in torn.into_iter().enumerate() {
        let copy = scratch.join(&format!("copy-{kind}"));
        copy_directory(&store, &copy);
        std::fs::write(copy.join("data").join(log.file_name().unwrap()), torn).unwrap();
        let database =
            Database::open(&copy, &config()).unwrap_or_else(|error| panic!("{kind}: {error:?}"));
        assert_eq!(count(&database, &QuadPattern::default()), 9, "kind {kind}");
        assert_usable(&database);
    }
}

#[test]
fn a_log_that_was_never_synced_may_be_damaged_anywhere() {
    let scratch = Scratch::new("unsynced-log");
    let (store, log) = killed(&scratch, Durability::OsBuffered, 40);
    let mut bytes = std::fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&log, bytes).unwrap();
    let database = Database::open(&store, &config()).unwrap();
    let kept = count(&database, &QuadPattern::default());
    assert!((5..35).contains(&kept), "{kept} of 40 commits");
    assert_usable(&database);
    database.close().unwrap();
    let database = Database::open(&store, &config()).unwrap();
    assert_eq!(count(&database, &QuadPattern::default()), kept);
}

#[test]
fn a_log_table_that_cannot_be_read_is_refused_and_recovered_from() {
    let scratch = Scratch::new("log-table");
    let store = scratch.join("store");
    // So large that closing leaves these commits in the log, and only moves that to a table.
    let mut config = self::config();
    config.set("memory_budget_bytes", "1 GiB").unwrap();
    config.set("spill_bytes", "64 MiB").unwrap();
    let database = Database::open(&store, &config).unwrap();
    for number in 0..20 {
        let quad = Quad::new(
            iri(&format!("subject/{number}")),
            iri("p"),
            Literal::from(format!("{number:0>700}")),
            GraphName::DefaultGraph,
        );
        database.insert([&quad], &Control::new()).unwrap();
    }
    database.close().unwrap();
    let (path, mut bytes) = files(&store.join("data"), "sst")
        .into_iter()
        .map(|path| (path.clone(), std::fs::read(&path).unwrap()))
        .find(|(_, bytes)| !bytes.windows(8).any(|window| window == b"TSROOT\r\n"))
        .expect("there is a table of the log beside that of the root");
    bytes[100] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let error = assert_told(Database::open(&store, &config), Code::WalDamaged);
    assert!(
        error.hint().unwrap().contains("triplestore recover"),
        "{error}"
    );
    let database = Database::recover(&store, &config).unwrap();
    assert_usable(&database);
    database.close().unwrap();
    assert_usable(&Database::open(&store, &config).unwrap());
}

fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    found.sort();
    found
}

fn copy_directory(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_directory(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}
