//! Dump, then parse: the same statements, in every format.

use super::*;
use crate::error::Code;
use oxrdf::dataset::CanonicalizationAlgorithm;
use oxrdf::{Dataset, GraphNameRef, QuadRef, TermRef};
use proptest::prelude::*;

const XSD: &str = "http://www.w3.org/2001/XMLSchema#";

fn iri() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "http://e/[a-c]",
        1 => "http://e/(p/|p#|é|%41|a\\.|-|_|1|~|\\(|'|,|;|@|&|=|\\?|!|\\$|\\*|:){0,4}",
        1 => "(urn:x:|ex:|http://f\\.org#|mailto:)[a-z.0-9]{0,3}[a-z]",
        1 => Just("http://www.w3.org/1999/02/22-rdf-syntax-ns#type".to_owned()),
    ]
    .prop_filter("an IRI", |iri| check_iri(iri).is_ok())
}

/// A predicate that RDF/XML has a name for, mostly.
fn predicate_iri() -> impl Strategy<Value = String> {
    prop_oneof![9 => "(http://e/|http://e/p#|urn:x:)[a-c][a-c0-9é.-]{0,2}", 1 => iri()]
        .prop_filter("an IRI", |iri| check_iri(iri).is_ok())
}

fn blank() -> impl Strategy<Value = String> {
    "[a-z0-9_]|[a-z0-9_][a-z0-9_.-]{0,3}[a-z0-9]"
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-zé€😀 ]{0,6}",
        1 => "(\t|\n|\r|\"|\"\"\"|\\\\|'|<|>|&|]]>|\\.|é|\u{fffd}){0,6}",
        1 => "(\0|\u{1}|\u{7f}|\u{85}|\u{2028}|\u{fffe}|\u{ffff}|\u{feff}|\u{10ffff}|\r\n){0,4}",
    ]
}

fn literal() -> impl Strategy<Value = Literal> {
    let number = prop_oneof![
        "[+-]?[0-9]{0,3}(\\.[0-9]{0,2})?([eE][+-]?[0-9]{0,2})?",
        Just("true".to_owned()),
        Just("0".to_owned()),
        Just("INF".to_owned()),
    ];
    let datatype = prop::sample::select(vec!["integer", "decimal", "double", "boolean", "string"]);
    let tag = prop::sample::select(vec!["en", "de-at", "zh-hant-tw"]);
    let direction = prop::sample::select(vec![
        None,
        Some(BaseDirection::Ltr),
        Some(BaseDirection::Rtl),
    ]);
    prop_oneof![
        2 => text().prop_map(Literal::new_simple_literal),
        2 => (number, datatype).prop_map(|(n, d)| {
            Literal::new_typed_literal(n, NamedNode::new_unchecked(format!("{XSD}{d}")))
        }),
        1 => (text(), iri())
            .prop_map(|(text, d)| Literal::new_typed_literal(text, NamedNode::new_unchecked(d))),
        1 => text().prop_map(|text| {
            Literal::new_typed_literal(text, oxrdf::vocab::rdf::JSON)
        }),
        1 => (text(), tag, direction).prop_map(|(text, tag, direction)| match direction {
            None => Literal::new_language_tagged_literal_unchecked(text, tag),
            Some(d) => Literal::new_directional_language_tagged_literal_unchecked(text, tag, d),
        }),
    ]
}

fn some_node() -> impl Strategy<Value = NamedOrBlankNode> {
    prop_oneof![
        3 => iri().prop_map(|iri| NamedNode::new_unchecked(iri).into()),
        1 => blank().prop_map(|label| BlankNode::new_unchecked(label).into()),
    ]
}

fn object() -> impl Strategy<Value = Term> {
    let leaf = prop_oneof![
        1 => some_node().prop_map(Term::from),
        2 => literal().prop_map(Term::from),
    ];
    leaf.prop_recursive(3, 6, 1, |inner| {
        (some_node(), predicate_iri(), inner)
            .prop_map(|(s, p, o)| Triple::new(s, NamedNode::new_unchecked(p), o).into())
    })
}

fn quads() -> impl Strategy<Value = Vec<Quad>> {
    let graph = prop_oneof![
        2 => Just(GraphName::DefaultGraph),
        1 => some_node().prop_map(GraphName::from),
    ];
    let quad = (some_node(), predicate_iri(), object(), graph)
        .prop_map(|(s, p, o, g)| Quad::new(s, NamedNode::new_unchecked(p), o, g));
    prop::collection::vec(quad, 0..8)
}

fn dump_options() -> impl Strategy<Value = DumpOptions> {
    let prefixes = prop::sample::subsequence(
        vec![
            ("e", "http://e/"),
            ("", "http://e/p#"),
            ("ex", "http://e/a"),
            ("urn", "urn:x:"),
            ("rdf", "http://e/"),
        ],
        0..=5,
    );
    let base = prop::sample::select(vec![
        None,
        Some("http://e/"),
        Some("http://e/p/q#r"),
        Some("urn:x:y"),
    ]);
    (prefixes, base).prop_map(|(prefixes, base)| DumpOptions {
        prefixes: prefixes
            .into_iter()
            .map(|(name, iri)| (name.to_owned(), iri.to_owned()))
            .collect(),
        base_iri: base.map(str::to_owned),
        named_graphs: NamedGraphs::Refuse,
    })
}

/// The characters that XML 1.0 cannot hold, and predicates it has no name for.
fn xml_can_hold(quad: QuadRef<'_>) -> bool {
    fn holds(term: TermRef<'_>) -> bool {
        match term {
            TermRef::Literal(literal) => literal
                .value()
                .chars()
                .all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)),
            TermRef::Triple(t) => named(&t.predicate) && holds(t.object.as_ref()),
            TermRef::NamedNode(_) | TermRef::BlankNode(_) => true,
        }
    }
    fn named(predicate: &NamedNode) -> bool {
        predicate
            .as_str()
            .ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))
            && predicate
                .as_str()
                .rsplit([
                    '/', '#', ':', '~', '(', '\'', ',', ';', '@', '&', '=', '?', '!', '$', '*', '%',
                ])
                .next()
                .is_some_and(|local| local.contains(|c: char| c.is_alphabetic() || c == '_'))
    }
    named(&quad.predicate.into_owned()) && holds(quad.object)
}

fn with_statement<R>(
    quad: &Quad,
    mut then: impl FnMut(RawTerm<'_>, RawTerm<'_>, RawTerm<'_>, Option<RawTerm<'_>>) -> R,
) -> R {
    use super::super::statement::with_raw;
    let graph = match quad.graph_name.as_ref() {
        GraphNameRef::DefaultGraph => None,
        GraphNameRef::NamedNode(iri) => Some(RawTerm::Iri(iri.as_str())),
        GraphNameRef::BlankNode(blank) => Some(RawTerm::Blank(blank.as_str())),
    };
    with_raw(quad.subject.as_ref().into(), &mut |s| {
        with_raw(quad.object.as_ref(), &mut |o| {
            then(s, RawTerm::Iri(quad.predicate.as_str()), o, graph)
        })
    })
}

fn canonical(quads: &[Quad]) -> Dataset {
    let mut dataset: Dataset = quads.iter().collect();
    dataset.canonicalize(CanonicalizationAlgorithm::Unstable);
    dataset
}

/// Dumps what the format can express and parses it again.
fn round_trip(quads: &[Quad], format: Format, options: &DumpOptions) {
    let mut dump = Dump::new(format, options, Vec::new()).unwrap();
    let mut expected = Vec::new();
    for quad in quads {
        let expressible = match format {
            Format::NTriples | Format::Turtle => quad.graph_name.is_default_graph(),
            Format::NQuads | Format::TriG => true,
            Format::RdfXml => quad.graph_name.is_default_graph() && xml_can_hold(quad.as_ref()),
            Format::JsonLd => !quad.object.is_triple(),
        };
        let written = with_statement(quad, |s, p, o, g| dump.statement(s, p, o, g));
        if expressible {
            written.unwrap_or_else(|e| panic!("{quad} in {}: {e}", format.name()));
            expected.push(quad.clone());
        } else {
            assert_eq!(written.unwrap_err().code(), Code::InvalidInput, "{quad}");
        }
    }
    let text = dump.finish().unwrap();
    let mut parse_options = ParseOptions::new(format);
    // RDF/XML and JSON-LD name their base, or need none.
    parse_options.base_iri = None;
    let (parsed, _) = collect(&text, &parse_options)
        .unwrap_or_else(|e| panic!("{e} in our own dump:\n{}", String::from_utf8_lossy(&text)));
    if format == Format::RdfXml {
        // Labels are written as XML names.
        assert_eq!(
            canonical(&parsed),
            canonical(&expected),
            "{}",
            String::from_utf8_lossy(&text)
        );
        return;
    }
    let parsed: HashSet<&Quad> = parsed.iter().collect();
    let expected: HashSet<&Quad> = expected.iter().collect();
    assert_eq!(parsed, expected, "{}", String::from_utf8_lossy(&text));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn what_is_dumped_is_parsed_again(quads in quads(), options in dump_options(), format in 0usize..6) {
        round_trip(&quads, Format::ALL[format], &options);
    }
}

#[test]
fn named_graphs_are_refused_or_skipped_by_triple_formats() {
    let graph = Some(RawTerm::Iri("http://e/g"));
    let (s, p, o) = (
        RawTerm::Blank("s"),
        RawTerm::Iri("http://e/p"),
        RawTerm::simple("o"),
    );
    for format in [Format::NTriples, Format::Turtle, Format::RdfXml] {
        let mut options = DumpOptions::default();
        let mut dump = Dump::new(format, &options, Vec::new()).unwrap();
        let error = dump.statement(s, p, o, graph).unwrap_err();
        assert_eq!(error.code(), Code::InvalidInput);
        assert!(error.hint().unwrap().contains("N-Quads"));
        options.named_graphs = NamedGraphs::Skip;
        let mut dump = Dump::new(format, &options, Vec::new()).unwrap();
        dump.statement(s, p, o, graph).unwrap();
        dump.statement(s, p, o, None).unwrap();
        assert_eq!((dump.written(), dump.skipped()), (1, 1));
        let (quads, _) = collect(&dump.finish().unwrap(), &ParseOptions::new(format)).unwrap();
        assert_eq!(quads.len(), 1);
        options.named_graphs = NamedGraphs::Flatten;
        let mut dump = Dump::new(format, &options, Vec::new()).unwrap();
        dump.statement(s, p, o, graph).unwrap();
        assert_eq!((dump.written(), dump.skipped()), (1, 0));
        let (flat, _) = collect(&dump.finish().unwrap(), &ParseOptions::new(format)).unwrap();
        assert_eq!(flat, quads);
    }
}

#[test]
fn an_empty_dump_is_an_empty_document() {
    for format in Format::ALL {
        let dump = Dump::new(format, &DumpOptions::default(), Vec::new()).unwrap();
        let text = dump.finish().unwrap();
        let (quads, _) = collect(&text, &ParseOptions::new(format)).unwrap();
        assert!(quads.is_empty());
    }
}

#[test]
fn bad_prefixes_and_bases_are_refused() {
    for (name, iri) in [
        ("a b", "http://e/"),
        ("a", "no iri"),
        ("1", "http://e/"),
        ("é:", "http://e/"),
    ] {
        let mut options = DumpOptions::default();
        options.prefixes.push((name.to_owned(), iri.to_owned()));
        for format in Format::ALL {
            let refused = Dump::new(format, &options, Vec::new()).map(|_| ());
            assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
        }
    }
    let options = DumpOptions {
        base_iri: Some("relative".to_owned()),
        ..DumpOptions::default()
    };
    let refused = Dump::new(Format::Turtle, &options, Vec::new()).map(|_| ());
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
}

#[test]
fn a_writer_that_fails_is_an_io_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for format in Format::ALL {
        let mut dump = Dump::new(format, &DumpOptions::default(), Full).unwrap();
        let (s, p, o) = (
            RawTerm::Blank("s"),
            RawTerm::Iri("http://e/p"),
            RawTerm::simple("o"),
        );
        let written = (0..100_000).try_for_each(|_| dump.statement(s, p, o, None));
        assert_eq!(written.unwrap_err().code(), Code::Io, "{}", format.name());
    }
}
