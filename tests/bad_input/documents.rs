//! Documents with errors, damaged compression, too deep nesting, too long terms.

use crate::environment::Scratch;
use crate::{assert_told, assert_usable, config, count, subprocess};
use oxrdf::Quad;
use std::io::{Read, Write};
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions, QuadPattern};
use triplestore::error::Code;
use triplestore::load::Format;

const FORMATS: [Format; 6] = [
    Format::NTriples,
    Format::NQuads,
    Format::Turtle,
    Format::TriG,
    Format::RdfXml,
    Format::JsonLd,
];

fn format(format: Format) -> LoadOptions {
    LoadOptions {
        format: Some(format),
        ..LoadOptions::default()
    }
}

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
    let test = "documents::a_literal_of_a_gigabyte_is_refused_within_the_memory_of_the_store";
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
