//! Turtle, TriG, RDF/XML and JSON-LD through the sink: statements, errors, limits, policies.

use super::*;
use crate::error::{Code, Error};
use proptest::prelude::*;
use std::io::Write;
use std::sync::Arc;

fn options(format: Format) -> ParseOptions {
    let mut options = ParseOptions::new(format);
    options.base_iri = Some("http://base/".to_owned());
    options
}

/// The statements as N-Quads lines, sorted.
fn lines(text: &str, options: &ParseOptions) -> Result<Vec<String>> {
    let (quads, _) = collect(text.as_bytes(), options)?;
    let mut lines: Vec<String> = quads.iter().map(ToString::to_string).collect();
    lines.sort();
    Ok(lines)
}

fn error(text: &str, format: Format) -> Error {
    collect(text.as_bytes(), &options(format))
        .map(|_| ())
        .unwrap_err()
}

const NESTED: [Format; 4] = [Format::Turtle, Format::TriG, Format::RdfXml, Format::JsonLd];

/// A document with `statements` statements, a few of them with long or escaped text.
fn document(format: Format, statements: usize) -> Vec<u8> {
    let mut dump = Dump::new(format, &DumpOptions::default(), Vec::new()).unwrap();
    for i in 0..statements {
        let subject = format!("http://e/s{}", i / 3);
        let text = match i % 1000 {
            999 => "long text, é, \" and \\ \n".repeat(20_000),
            _ => format!("value {i} \t \"é"),
        };
        let graph = (format.has_named_graphs() && i % 5 == 0).then_some(RawTerm::Iri("http://e/g"));
        dump.statement(
            RawTerm::Iri(&subject),
            RawTerm::Iri("http://e/p"),
            RawTerm::simple(&text),
            graph,
        )
        .unwrap();
    }
    dump.finish().unwrap()
}

#[test]
fn every_format_resolves_against_the_base() {
    for (format, text) in [
        (Format::Turtle, "<s> <p> <o> ."),
        (Format::TriG, "{ <s> <p> <o> }"),
        (
            Format::RdfXml,
            "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://base/'>\
             <r:Description r:about='s'><p r:resource='o'/></r:Description></r:RDF>",
        ),
        (
            Format::JsonLd,
            "{\"@id\": \"s\", \"http://base/p\": {\"@id\": \"o\"}}",
        ),
    ] {
        let expected = ["<http://base/s> <http://base/p> <http://base/o>"];
        assert_eq!(lines(text, &options(format)).unwrap(), expected);
        let with_mark = format!("\u{feff}{text}");
        assert_eq!(lines(&with_mark, &options(format)).unwrap(), expected);
    }
    let mut relative = options(Format::Turtle);
    relative.base_iri = Some("base".to_owned());
    let error = collect(b"", &relative).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), Code::InvalidIri);
    assert!(error.hint().is_some());
}

#[test]
fn large_documents_of_every_kind_and_compression_are_complete() {
    for format in NESTED {
        let text = document(format, 5000);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&text).unwrap();
        let packed = gzip.finish().unwrap();
        let (plain, _) = collect(&text, &options(format)).unwrap();
        assert_eq!(plain.len(), 5000, "{}", format.name());
        let (unpacked, _) = collect(&packed, &options(format)).unwrap();
        assert_eq!(plain, unpacked);
        let cut = collect(&packed[..packed.len() / 2], &options(format)).map(|_| ());
        assert_eq!(cut.unwrap_err().code(), Code::TruncatedInput);
        let control = Control::new();
        let (mut writer, reader) = pipe(10_000, &control);
        let mut sinks = [Collected::default()];
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for piece in packed.chunks(999) {
                    writer.write(piece).unwrap();
                }
                writer.finish();
            });
            let input = Input::pushed(reader, Some("push".to_owned()), None, &control).unwrap();
            parse(input, &options(format), &control, &mut sinks).unwrap();
        });
        assert_eq!(sinks[0].quads, plain);
        assert_eq!(control.progress().rows, 5000);
    }
}

#[test]
fn errors_are_placed_by_line_column_and_offset() {
    for (format, text, code, line, column) in [
        (
            Format::Turtle,
            "# é\n<s> <p> \"é\" x .",
            Code::DataParse,
            2,
            13,
        ),
        (Format::Turtle, "<s> <p> <a b> .", Code::InvalidIri, 1, 9),
        (
            Format::Turtle,
            "@prefix : <http://[> .",
            Code::InvalidIri,
            1,
            11,
        ),
        (Format::Turtle, "<s> <p>\n ex:o .", Code::DataParse, 2, 2),
        (Format::TriG, "<g> {\n <s> <p> }", Code::DataParse, 2, 10),
        (Format::JsonLd, "{\n  \"a\": }", Code::DataParse, 2, 8),
        (
            Format::JsonLd,
            "[1,\n2,\n{\"@id\": 3}]",
            Code::DataParse,
            3,
            12,
        ),
        (
            Format::RdfXml,
            "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\n  </x>\n",
            Code::DataParse,
            2,
            7,
        ),
    ] {
        let mut options = options(format);
        options.document = Some("doc".to_owned());
        let error = collect(text.as_bytes(), &options).map(|_| ()).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        let position = error.position().unwrap();
        assert_eq!((position.line, position.column), (line, column), "{error}");
        assert_eq!(position.file.as_deref(), Some("doc"));
        assert!(position.offset <= text.len() as u64);
    }
    let undeclared = error("ex:s <p> <o> .", Format::Turtle);
    assert!(undeclared.hint().unwrap().contains("@prefix"));
    let bad_iri = "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
        <r:Description r:about='http://e/ x'/></r:RDF>";
    assert_eq!(error(bad_iri, Format::RdfXml).code(), Code::InvalidIri);
}

#[test]
fn text_that_is_not_utf8_is_found_where_it_is() {
    for format in NESTED {
        let mut text = document(format, 3000);
        let at = text.len() - 40;
        let at = (0..at).rev().find(|&i| text[i] == b'v').unwrap();
        text[at] = 0xFF;
        let error = collect(&text, &options(format)).map(|_| ()).unwrap_err();
        assert_eq!(error.code(), Code::InvalidUtf8);
        assert_eq!(error.position().unwrap().offset, at as u64);
    }
    let utf16: Vec<u8> = "<s> <p> <o> ."
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let with_mark = [b"\xFE\xFF", &utf16[..]].concat();
    let error = collect(&with_mark, &options(Format::Turtle))
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.code(), Code::InvalidUtf8);
    assert!(error.hint().unwrap().contains("UTF-8"));
}

#[test]
fn nesting_beyond_the_limit_is_refused_with_its_place() {
    let repeat = |open: &str, middle: &str, close: &str, levels: usize| {
        format!("{}{middle}{}", open.repeat(levels), close.repeat(levels))
    };
    let rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
    for levels in [100, MAX_NESTING + 1, 10_000, 200_000] {
        for (format, text) in [
            (
                Format::Turtle,
                format!("<s> <p> {} .", repeat("( ", "", ")", levels)),
            ),
            (
                Format::Turtle,
                format!("<s> <p> {} .", repeat("[ <p> ", "1", "]", levels)),
            ),
            (
                Format::Turtle,
                format!("<s> <p> {} .", repeat("<<( <s> <p> ", "1", " )>>", levels)),
            ),
            (
                Format::TriG,
                format!(
                    "{{ {} <p> 1 }}",
                    repeat("<< ", "<s> <p> 1", " <p> 1 >>", levels)
                ),
            ),
            (
                Format::RdfXml,
                format!(
                    "<r:RDF xmlns:r='{rdf}'>{}</r:RDF>",
                    repeat(
                        "<r:Description><r:value>",
                        "",
                        "</r:value></r:Description>",
                        levels
                    )
                ),
            ),
            (
                Format::RdfXml,
                format!(
                    "<r:RDF xmlns:r='{rdf}'><r:Description><r:value r:parseType='Literal'>{}\
                </r:value></r:Description></r:RDF>",
                    repeat("<b>", "", "</b>", levels)
                ),
            ),
            (
                Format::JsonLd,
                repeat("{\"http://e/p\": ", "1", "}", levels),
            ),
            (
                Format::JsonLd,
                format!("{{\"@context\": {}}}", repeat("[", "", "]", levels)),
            ),
            (
                Format::JsonLd,
                format!(
                    "{{\"http://e/p\": {{\"@type\": \"@json\", \"@value\": {}}}}}",
                    repeat("[", "", "]", levels)
                ),
            ),
        ] {
            let outcome = collect(text.as_bytes(), &options(format));
            if levels > 100 {
                let error = outcome.map(|_| ()).unwrap_err();
                assert_eq!(error.code(), Code::NestingTooDeep, "{error} {text:.60}");
                assert!(error.position().unwrap().line >= 1);
            } else if let Err(error) = outcome {
                assert_ne!(error.code(), Code::Internal, "{error} {text:.60}");
            }
        }
    }
}

#[test]
fn a_string_beyond_the_limit_is_refused_before_it_is_read_whole() {
    for format in NESTED {
        let mut options = options(format);
        options.max_term_bytes = 100_000;
        let error = collect(&document(format, 1000), &options)
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error.code(), Code::TermTooLarge, "{}", format.name());
        assert!(
            error.position().unwrap().offset > 100_000,
            "{}",
            format.name()
        );
    }
}

#[test]
fn a_long_string_is_read_in_time_that_grows_with_it() {
    let text = format!("<s> <p> \"\"\"{}\"\"\" .", "x\n".repeat(10 << 20));
    let started = std::time::Instant::now();
    let (quads, _) = collect(text.as_bytes(), &options(Format::Turtle)).unwrap();
    assert_eq!(quads.len(), 1);
    assert!(started.elapsed().as_secs() < 30);
}

#[test]
fn xml_entities_that_explode_are_refused_and_others_are_not() {
    let document = |levels: usize| {
        let mut text = String::from("<!DOCTYPE r:RDF [<!ENTITY l0 \"http://e/\">");
        for level in 1..=levels {
            let inner = format!("&l{};", level - 1).repeat(10);
            text += &format!("<!ENTITY l{level} \"{inner}\">");
        }
        text + &format!(
            "]><r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
             <r:Description r:about='&l0;s'><r:value>&l{levels};</r:value></r:Description></r:RDF>"
        )
    };
    let (quads, _) = collect(document(1).as_bytes(), &options(Format::RdfXml)).unwrap();
    assert_eq!(quads[0].subject.to_string(), "<http://e/s>");
    for levels in [6, 12] {
        let error = error(&document(levels), Format::RdfXml);
        assert_eq!(error.code(), Code::DataParse);
        assert!(error.detail().contains("entit"), "{error}");
    }
}

#[test]
fn xml_literals_are_canonical_unless_the_author_wrote_them_out() {
    let head =
        "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='u:d' xmlns:h='u:h'>";
    let parsed = "<r:Bag r:about='s'><r:value r:parseType='Literal'><h:a> <b h:c='1'/></h:a></r:value></r:Bag>";
    let canonical = "<h:a xmlns:h=\"u:h\"> <b xmlns=\"u:d\" h:c=\"1\"></b></h:a>";
    let value = |text: &str| {
        let (quads, _) = collect(text.as_bytes(), &options(Format::RdfXml)).unwrap();
        let literals = quads.into_iter().filter_map(|quad| match quad.object {
            Term::Literal(literal) => Some(literal.value().to_owned()),
            _ => None,
        });
        literals.collect::<Vec<_>>()
    };
    assert_eq!(value(&format!("{head}{parsed}</r:RDF>")), [canonical]);
    let own = "<b xmlns:h=\"u:h\" xmlns=\"u:d\"></b>";
    let written = own.replace('<', "&lt;");
    let explicit = format!(
        "<r:Bag r:about='t'><r:value r:datatype='{}XMLLiteral'>{written}</r:value></r:Bag>",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    );
    assert_eq!(value(&format!("{head}{explicit}</r:RDF>")), [own]);
}

#[test]
fn keeping_going_does_what_each_format_can() {
    let turtle = "<a> <p> 1 .\n<b> <p> <q r> .\n<c> <p> 2 .\n<d> <p> 3 ; ex:p 4 .\n<e> <p> 5 .";
    let json = "[{\"@id\": \"a\", \"http://e/p\": 1},\n{\"@id\": 5, \"http://e/p\": 2},\n\
                {\"@id\": \"c\", \"http://e/p\": 3}]";
    for (format, text, statements, bad, abandoned) in [
        // Of <d>, the triple before the error is loaded.
        (Format::Turtle, turtle, 4, 2, false),
        (Format::TriG, turtle, 4, 2, false),
        (
            Format::Turtle,
            "<a> <p> 1 .\n<b> <p> \"\u{0}\u{1}\" .\n",
            2,
            0,
            false,
        ),
        (Format::JsonLd, json, 3, 1, false),
        (
            Format::JsonLd,
            "[{\"@id\": \"a\", \"http://e/p\": 1}, }",
            1,
            1,
            true,
        ),
        (
            Format::RdfXml,
            "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
             <r:Description r:about='a'><r:value>1</r:value></r:Description>\n<r:li/></r:RDF>",
            1,
            1,
            true,
        ),
    ] {
        let mut options = options(format);
        options.on_error = OnError::KeepGoing { keep: 1 };
        let (quads, parsed) = collect(text.as_bytes(), &options).unwrap();
        let found = (quads.len(), parsed.bad.total, parsed.bad.abandoned);
        assert_eq!(found, (statements, bad, abandoned), "{text} {parsed:?}");
        assert!(parsed.bad.first.len() <= 1);
        options.on_error = OnError::Stop;
        assert_eq!(collect(text.as_bytes(), &options).is_err(), bad > 0);
    }
}

#[test]
fn brackets_left_open_by_errors_do_not_add_up() {
    let mut options = options(Format::Turtle);
    options.on_error = OnError::KeepGoing { keep: 1 };
    let text = "<a> <p> [ ( x .\n".repeat(50_000) + "<a> <p> 1 .";
    let (quads, parsed) = collect(text.as_bytes(), &options).unwrap();
    assert!(!parsed.bad.abandoned, "{:?}", parsed.bad.first);
    assert!(quads.iter().any(|quad| quad.object.is_literal()));
}

#[test]
fn remote_contexts_come_from_the_caller_or_not_at_all() {
    let text = "{\"@context\": \"http://e/context\", \"@id\": \"s\", \"p\": 1}";
    let mut options = options(Format::JsonLd);
    let error = collect(text.as_bytes(), &options).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), Code::RemoteContext);
    assert!(error.hint().unwrap().contains("loader"));
    options.contexts = Some(Arc::new(|iri| match iri {
        "http://e/context" => Ok(b"{\"@context\": {\"p\": \"http://e/p\"}}".to_vec()),
        _ => Err(Error::new(Code::FileNotFound, "no such context")),
    }));
    let one = "<http://base/s> <http://e/p> \"1\"^^<http://www.w3.org/2001/XMLSchema#integer>";
    assert_eq!(lines(text, &options).unwrap(), [one]);
    let other = text.replace("context\",", "other\",");
    let error = collect(other.as_bytes(), &options).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), Code::RemoteContext);
    assert!(error.detail().contains("no such context"), "{error}");
}

/// JSON-LD has no suite among our data: the features a store meets, one each.
#[test]
fn json_ld_features_yield_the_statements_of_the_specification() {
    let xsd = "http://www.w3.org/2001/XMLSchema#";
    let rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
    for (text, expected) in [
        (
            r#"{"@context": {"@vocab": "http://e/"}, "@id": "http://e/s", "@type": "T", "p": "v"}"#,
            vec![
                format!("<http://e/s> <{rdf}type> <http://e/T>"),
                "<http://e/s> <http://e/p> \"v\"".to_owned(),
            ],
        ),
        (
            r#"{"@id": "s", "http://e/p": [1, 1.5, true, null, "x"]}"#,
            vec![
                format!("<http://base/s> <http://e/p> \"1\"^^<{xsd}integer>"),
                format!("<http://base/s> <http://e/p> \"1.5E0\"^^<{xsd}double>"),
                format!("<http://base/s> <http://e/p> \"true\"^^<{xsd}boolean>"),
                "<http://base/s> <http://e/p> \"x\"".to_owned(),
            ],
        ),
        (
            r#"{"@context": {"n": {"@id": "http://e/n", "@language": "DE"}}, "@id": "s", "n": "x"}"#,
            vec!["<http://base/s> <http://e/n> \"x\"@de".to_owned()],
        ),
        (
            r#"{"@id": "s", "http://e/p": {"@value": "x", "@language": "ar", "@direction": "rtl"}}"#,
            vec!["<http://base/s> <http://e/p> \"x\"@ar--rtl".to_owned()],
        ),
        (
            r#"{"@context": {"n": {"@id": "http://e/n", "@container": "@language"}}, "@id": "s", "n": {"en": "a", "fr": "b"}}"#,
            vec![
                "<http://base/s> <http://e/n> \"a\"@en".to_owned(),
                "<http://base/s> <http://e/n> \"b\"@fr".to_owned(),
            ],
        ),
        (
            r#"{"@context": {"d": {"@id": "http://e/d", "@type": "http://e/T"}}, "@id": "s", "d": "x"}"#,
            vec!["<http://base/s> <http://e/d> \"x\"^^<http://e/T>".to_owned()],
        ),
        (
            r#"{"@id": "g", "@graph": [{"@id": "s", "http://e/p": {"@id": "_:b"}}]}"#,
            vec!["<http://base/s> <http://e/p> _:b <http://base/g>".to_owned()],
        ),
        (
            r#"{"@context": {"of": {"@reverse": "http://e/p"}}, "@id": "s", "of": {"@id": "o"}}"#,
            vec!["<http://base/o> <http://e/p> <http://base/s>".to_owned()],
        ),
        (
            r#"{"@id": "s", "http://e/p": {"@list": []}}"#,
            vec![format!("<http://base/s> <http://e/p> <{rdf}nil>")],
        ),
        (
            r#"{"@context": {"x": "http://e/"}, "@id": "x:s", "x:p": {"@id": "x:o", "x:q": "v"}}"#,
            vec![
                "<http://e/s> <http://e/p> <http://e/o>".to_owned(),
                "<http://e/o> <http://e/q> \"v\"".to_owned(),
            ],
        ),
    ] {
        let mut expected = expected;
        expected.sort();
        assert_eq!(
            lines(text, &options(Format::JsonLd)).unwrap(),
            expected,
            "{text}"
        );
    }
    let list = r#"{"@id": "s", "http://e/p": {"@list": ["a", "b"]}}"#;
    let (quads, _) = collect(list.as_bytes(), &options(Format::JsonLd)).unwrap();
    assert_eq!(quads.len(), 5);
}

#[test]
fn a_trusted_parse_of_nested_formats_is_lenient_but_not_about_languages() {
    let mut options = options(Format::Turtle);
    options.trusted = true;
    assert!(collect(b"<s> <p> \"x\"@toolonglanguagetag .", &options).is_ok());
    let no_tag = format!("<s> <p> \"x\"^^<{RDF_LANG_STRING}> .");
    let error = collect(no_tag.as_bytes(), &options)
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.code(), Code::DataParse);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn damaged_documents_end_in_an_error_or_in_statements(
        format in 0usize..4, sample in 0usize..6, keep_going in any::<bool>(), trusted in any::<bool>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..9, "[\\[\\]{}()<>\"'\\\\:;,.@#^a-z0-9&!/=?_-]{0,3}"), 0..6),
    ) {
        let format = NESTED[format];
        let mut text = SAMPLES[match format { Format::RdfXml => 1, Format::JsonLd => 2, _ => 0 }][sample % 3].to_owned();
        for (index, remove, insert) in edits {
            let at = (0..=index.index(text.len() + 1)).rev().find(|&i| text.is_char_boundary(i)).unwrap();
            let end = (at..=(at + remove).min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap();
            text.replace_range(at..end, &insert);
        }
        let mut options = options(format);
        options.trusted = trusted;
        if keep_going {
            options.on_error = OnError::KeepGoing { keep: 3 };
        }
        if let Err(error) = collect(text.as_bytes(), &options) {
            prop_assert!(!keep_going || error.code() == Code::Internal, "{error} in {text}");
            prop_assert_ne!(error.code(), Code::Internal, "{}", text);
            prop_assert!(error.position().is_some(), "{error} in {text}");
        }
    }
}

/// Turtle and TriG, RDF/XML, JSON-LD.
const SAMPLES: [[&str; 3]; 3] = [
    [
        "@prefix e: <http://e/> . e:s a e:T ; e:p 1, 2.5, 1e3, true, \"x\"@en--ltr, \"\"\"y\n\"\"\"^^e:d .",
        "PREFIX : <http://e/> :s :p [ :q ( 1 [] <<( :a :b :c )>> ) ] {| :r 'x' |} . << :a :b :c ~ :r >> :p :o .",
        "GRAPH <http://e/g> { <s> <p> _:b . [] <p> () } _:g { _:b <q> \"\\u00e9\\n\" . }",
    ],
    [
        "<?xml version='1.0'?><r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:e='http://e/'>\
         <e:T r:about='s' e:a='1'><e:p r:resource='o'/><e:q xml:lang='en'>x &amp; y</e:q></e:T></r:RDF>",
        "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:e='http://e/' xml:base='http://b/'>\
         <r:Description r:nodeID='b'><e:p r:parseType='Collection'><r:Description r:ID='x'/></e:p>\
         <e:q r:parseType='Resource'><e:r r:datatype='d'>1</e:r></e:q></r:Description></r:RDF>",
        "<!DOCTYPE r:RDF [<!ENTITY e \"http://e/\">]><r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' \
         xmlns:e='&e;'><r:Bag><r:li>1</r:li><r:li r:parseType='Literal'>a <b c='d'>e</b><!-- f --></r:li></r:Bag>\
         <![CDATA[ ]]></r:RDF>",
    ],
    [
        r#"{"@context": {"@vocab": "http://e/", "n": {"@container": "@language"}}, "@id": "s", "n": {"en": "x"}, "l": {"@list": [1, 2.5, true]}}"#,
        r#"[{"@id": "g", "@graph": [{"@id": "_:b", "@type": ["http://e/T"], "http://e/p": {"@value": "x", "@type": "http://e/d"}}]}, {}]"#,
        r#"{"@context": [{"t": {"@id": "http://e/t", "@reverse": "http://e/r"}}, {"i": {"@id": "http://e/i", "@container": "@index"}}], "i": {"a": {"@id": "x"}}, "@included": [{"@id": "y"}], "j": {"@type": "@json", "@value": {"a": [1]}}}"#,
    ],
];
