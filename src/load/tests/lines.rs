//! The tokenizer of N-Triples and N-Quads against the strict parser.

use super::*;
use crate::error::Code;
use oxttl::{NQuadsParser, NTriplesParser};
use proptest::prelude::*;

fn options(format: Format) -> ParseOptions {
    ParseOptions::new(format)
}

/// The strict parser on a whole document: its quads, or the line and column of the first error.
fn reference(text: &[u8], format: Format) -> Result<Vec<Quad>, (u64, u64)> {
    // Placed by the offset: behind a comment at the end of a text, `oxttl` counts columns from
    // another place than offsets.
    let place = |e: oxttl::TurtleSyntaxError| {
        let mut place = super::super::position::Place::start();
        place.advance(&text[..e.location().start.offset as usize]);
        (place.line, place.column)
    };
    match format {
        Format::NQuads => NQuadsParser::new()
            .for_slice(text)
            .collect::<Result<_, _>>()
            .map_err(place),
        _ => NTriplesParser::new()
            .for_slice(text)
            .map(|t| t.map(|t| t.in_graph(GraphName::DefaultGraph)))
            .collect::<Result<_, _>>()
            .map_err(place),
    }
}

fn agree(text: &str, format: Format) {
    let ours = collect(text.as_bytes(), &options(format));
    match reference(text.as_bytes(), format) {
        Ok(quads) => {
            let (ours, _) = ours.unwrap_or_else(|e| panic!("{e} in {text:?}"));
            assert_eq!(ours, quads, "{text:?}");
        }
        Err(place) => {
            let Err(error) = ours else {
                panic!("the strict parser refuses {text:?}");
            };
            let position = error.position().expect("a position");
            assert_eq!(
                (position.line, position.column),
                place,
                "{error} in {text:?}"
            );
        }
    }
}

/// Valid terms with everything the grammar has, and some that are not valid.
fn term_text() -> impl Strategy<Value = String> {
    let iri = prop_oneof![
        3 => "<http://e/[a-z]{0,3}>",
        1 => "<urn:[a-zé€]{1,3}>",
        1 => Just("<http://e/\\u00e9\\U0001F600>".to_owned()),
        1 => prop::sample::select(vec![
            "<>", "<a>", "<http://e/ >", "<http://e/\\u0020>", "<http://e/\\n>", "<<a>", "<http://e/%>",
            "<http://[::1]/>", "<http://[::1/>", "<x:\\uD800>", "<x:{}>", "<=>", "<-",
        ])
        .prop_map(str::to_owned),
    ];
    let blank = prop_oneof![
        3 => "_:[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,4}",
        1 => prop::sample::select(vec!["_:", "_:-", "_:a.", "_:é", "_:a:b", "_a", "_:a·b", "_:.a"])
            .prop_map(str::to_owned),
    ];
    let string = prop_oneof![
        3 => "\"[a-z é€]{0,4}\"",
        2 => "\"([a-z]|\\\\[tbnrf\"'\\\\]|\\\\u00e[0-9]|\\\\U0001F60[0-9]){0,4}\"",
        1 => prop::sample::select(vec!["\"", "\"\\x\"", "\"\\u12\"", "\"\\uD800\"", "\"a\tb\"", "'a'",
            "\"\"\"a\"\"\"", "\"\\U00110000\"", "\"\\u+0041\""])
            .prop_map(str::to_owned),
    ];
    let suffix = prop_oneof![
        3 => Just(String::new()),
        2 => prop::sample::select(vec!["@en", "@EN-gb", "@en--ltr", "@en-us--rtl", "^^<http://e/d>",
            "^^<http://www.w3.org/2001/XMLSchema#string>"])
            .prop_map(str::to_owned),
        1 => prop::sample::select(vec!["@", "@e1", "@en-", "@en--", "@en--up", "@en--ltr-x", "@abcdefghij",
            "@en-a", "^^<d>", "^^", "^<a>", " @en", " ^^ <http://e/d>", "@en--LTR", "@en-1-2", "@-en",
            "^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#langString>",
            "^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#dirLangString>", "@en@de"])
            .prop_map(str::to_owned),
    ];
    let literal = (string, suffix).prop_map(|(string, suffix)| string + &suffix);
    let leaf = prop_oneof![4 => iri, 2 => blank, 3 => literal];
    leaf.prop_recursive(3, 12, 3, |inner| {
        (
            "<http://e/[st]>|_:b",
            "<http://e/p>",
            inner,
            prop::sample::select(vec![" ", "", "\t "]),
            prop::sample::select(vec![")>>", ")>", ">>", ")"]),
        )
            .prop_map(|(s, p, o, space, close)| {
                // Mostly well formed.
                let close = if close == ")" { ")>>" } else { close };
                format!("<<({space}{s}{space}{p}{space}{o}{space}{close}")
            })
    })
}

fn line_text() -> impl Strategy<Value = String> {
    let space = prop::sample::select(vec![" ", " ", " ", "", "\t", "  "]);
    let end = prop::sample::select(vec![
        " .",
        " .",
        " .",
        ".",
        " . # comment",
        ".#c",
        " . .",
        "",
        " .x",
        ".5",
        ". <a>",
    ]);
    let subject = prop_oneof![4 => "<http://e/s>|_:s1", 1 => term_text()];
    let predicate = prop_oneof![4 => "<http://e/p>", 1 => term_text()];
    let graph = prop_oneof![3 => Just(String::new()), 2 => " <http://e/g>| _:g", 1 => term_text()];
    let statement = (subject, predicate, term_text(), graph, space, end)
        .prop_map(|(s, p, o, g, space, end)| format!("{s}{space}{p}{space}{o}{g}{end}"));
    prop_oneof![
        8 => statement,
        1 => prop::sample::select(vec!["", "# comment <", "   ", "\t# x", "#", "@prefix a: <b> ."])
            .prop_map(str::to_owned),
    ]
}

/// A line with a few characters changed.
fn mutated() -> impl Strategy<Value = String> {
    let edit = (
        any::<prop::sample::Index>(),
        "[<>\"\\\\@^_:. \t#()a-z0é-]?",
        any::<bool>(),
    );
    (line_text(), prop::collection::vec(edit, 0..3)).prop_map(|(line, edits)| {
        let mut chars: Vec<char> = line.chars().collect();
        for (index, insert, remove) in edits {
            if chars.is_empty() {
                break;
            }
            let at = index.index(chars.len());
            if remove {
                chars.remove(at);
            }
            chars.splice(at..at, insert.chars());
        }
        chars.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_line_is_accepted_exactly_when_the_strict_parser_accepts_it(
        line in prop_oneof![line_text(), mutated()], quads in any::<bool>(),
    ) {
        agree(&line, if quads { Format::NQuads } else { Format::NTriples });
    }

    #[test]
    fn a_document_yields_the_statements_of_the_strict_parser(
        lines in prop::collection::vec(line_text(), 0..8),
        end in prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n"]),
    ) {
        // Keep going per line is what a document is compared with, so the lines are valid ones.
        let lines: Vec<String> = lines
            .into_iter()
            .filter(|line| reference(line.as_bytes(), Format::NQuads).is_ok())
            .collect();
        agree(&lines.join(end), Format::NQuads);
        agree(&(lines.join(end) + end), Format::NQuads);
    }

    #[test]
    fn keeping_going_skips_bad_lines_whole_and_reports_each(
        lines in prop::collection::vec(mutated(), 0..12)
    ) {
        let mut expected = Vec::new();
        let mut bad_lines = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            match reference(line.as_bytes(), Format::NQuads) {
                Ok(quads) => expected.extend(quads),
                Err((_, column)) => bad_lines.push((number as u64 + 1, column)),
            }
        }
        let mut options = options(Format::NQuads);
        options.on_error = OnError::KeepGoing { keep: 3 };
        let (quads, parsed) = collect(lines.join("\n").as_bytes(), &options).unwrap();
        prop_assert_eq!(quads, expected);
        prop_assert_eq!(parsed.bad.total, bad_lines.len() as u64);
        let kept: Vec<(u64, u64)> = parsed
            .bad
            .first
            .iter()
            .map(|bad| (bad.position.line, bad.position.column))
            .collect();
        bad_lines.truncate(3);
        prop_assert_eq!(kept, bad_lines);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_found_where_they_are(
        lines in prop::collection::vec("<http://e/s> <http://e/p> \"[aé€]{0,9}\" \\.", 1..9),
        line in any::<prop::sample::Index>(), column in 0usize..40, byte in 0x80u8..=0xFF,
    ) {
        let line = line.index(lines.len());
        let mut bytes: Vec<Vec<u8>> = lines.iter().map(|l| l.clone().into_bytes()).collect();
        let column = column.min(bytes[line].len());
        bytes[line].insert(column, byte);
        prop_assume!(std::str::from_utf8(&bytes[line]).is_err());
        let valid = std::str::from_utf8(&bytes[line]).unwrap_err().valid_up_to();
        let text = bytes.join(&b'\n');
        let mut options = options(Format::NTriples);
        let error = collect(&text, &options).unwrap_err();
        prop_assert_eq!(error.code(), Code::InvalidUtf8);
        let position = error.position().unwrap();
        let before: usize = bytes[..line].iter().map(|l| l.len() + 1).sum();
        prop_assert_eq!(position.line, line as u64 + 1);
        prop_assert_eq!(position.offset, (before + valid) as u64);
        let start = std::str::from_utf8(&bytes[line][..valid]).unwrap();
        prop_assert_eq!(position.column, start.chars().count() as u64 + 1);
        options.on_error = OnError::KeepGoing { keep: 9 };
        let (quads, parsed) = collect(&text, &options).unwrap();
        prop_assert_eq!(quads.len(), lines.len() - 1);
        prop_assert_eq!(parsed.bad.total, 1);
    }
}

fn many_lines(lines: usize) -> String {
    (0..lines)
        .map(|i| format!("<http://e/s{i}> <http://e/p> \"value {i}\"@EN .\n"))
        .collect()
}

/// Parses with several sinks; the sinks.
fn parallel(text: &[u8], options: &ParseOptions, sinks: usize) -> Result<(Vec<Collected>, Parsed)> {
    let control = Control::new();
    let input = Input::memory(text, None, &control)?;
    let mut sinks: Vec<Collected> = (0..sinks).map(|_| Collected::default()).collect();
    let parsed = parse(input, options, &control, &mut sinks)?;
    assert_eq!(control.progress().rows, parsed.statements);
    Ok((sinks, parsed))
}

#[test]
fn several_sinks_share_the_statements_of_a_document() {
    let text = many_lines(100_000);
    let expected: HashSet<Quad> = reference(text.as_bytes(), Format::NTriples)
        .unwrap()
        .into_iter()
        .collect();
    for sinks in [1, 2, 3] {
        let (sinks, parsed) = parallel(text.as_bytes(), &options(Format::NTriples), sinks).unwrap();
        assert_eq!(parsed.statements, 100_000);
        let mut ends: Vec<ChunkEnd> = sinks.iter().flat_map(|s| s.chunks.clone()).collect();
        ends.sort_by_key(|end| end.sequence);
        assert!(
            ends.iter()
                .enumerate()
                .all(|(i, end)| end.sequence == i as u64)
        );
        let last = ends.last().unwrap();
        assert_eq!((last.offset, last.line), (text.len() as u64, 100_001));
        let all: HashSet<Quad> = sinks.into_iter().flat_map(|s| s.quads).collect();
        assert!(all == expected);
    }
}

#[test]
fn a_parse_goes_on_behind_any_chunk() {
    let text = many_lines(100_000);
    let mut options = options(Format::NTriples);
    let (sinks, _) = parallel(text.as_bytes(), &options, 1).unwrap();
    let whole = &sinks[0];
    for &end in &whole.chunks {
        options.resume_after = Some(end);
        let (rest, _) = parallel(text.as_bytes(), &options, 1).unwrap();
        let done = end.line as usize - 1;
        assert!(rest[0].quads == whole.quads[done..]);
        assert!(
            rest[0]
                .chunks
                .iter()
                .all(|chunk| chunk.sequence > end.sequence)
        );
    }
    options.format = Format::Turtle;
    let refused = parallel(text.as_bytes(), &options, 1).map(|_| ());
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
}

#[test]
fn a_parallel_parse_reports_the_first_error_of_the_document() {
    let mut lines: Vec<String> = many_lines(100_000).lines().map(str::to_owned).collect();
    for bad in [99_000, 70_000, 40_000] {
        lines[bad] = "<http://e/s> <http://e/p> <no iri> .".to_owned();
        let text = lines.join("\n");
        for sinks in [1, 2, 4] {
            let outcome = parallel(text.as_bytes(), &options(Format::NTriples), sinks);
            let error = outcome.map(|_| ()).unwrap_err();
            assert_eq!(error.code(), Code::InvalidIri);
            assert_eq!(error.position().unwrap().line, bad as u64 + 1);
        }
    }
    let mut options = options(Format::NTriples);
    options.on_error = OnError::KeepGoing { keep: 2 };
    let (_, parsed) = parallel(lines.join("\n").as_bytes(), &options, 3).unwrap();
    assert_eq!((parsed.statements, parsed.bad.total), (99_997, 3));
    let kept: Vec<u64> = parsed
        .bad
        .first
        .iter()
        .map(|bad| bad.position.line)
        .collect();
    assert_eq!(kept, [40_001, 70_001]);
}

#[test]
fn truncated_compressed_lines_end_the_parse_or_abandon_the_rest() {
    use std::io::Write;
    let text = many_lines(100_000);
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(text.as_bytes()).unwrap();
    let packed = writer.finish().unwrap();
    let mut options = options(Format::NTriples);
    let (_, parsed) = parallel(&packed, &options, 2).unwrap();
    assert_eq!(parsed.statements, 100_000);
    let cut = &packed[..packed.len() / 2];
    let error = parallel(cut, &options, 2).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), Code::TruncatedInput);
    options.on_error = OnError::KeepGoing { keep: 2 };
    let (_, parsed) = parallel(cut, &options, 2).unwrap();
    assert!(parsed.bad.abandoned && parsed.statements > 10_000);
}

#[test]
fn a_sink_that_stops_ends_the_parse_with_its_error() {
    struct Stops(u32);
    impl StatementSink for Stops {
        fn statement(
            &mut self,
            _: RawTerm<'_>,
            _: RawTerm<'_>,
            _: RawTerm<'_>,
            _: Option<RawTerm<'_>>,
        ) -> Result<(), Refusal> {
            self.0 += 1;
            match self.0 {
                1000 => Err(crate::error::Error::new(Code::ResourceExhausted, "full").into()),
                _ => Ok(()),
            }
        }
    }
    let text = many_lines(200_000);
    let control = Control::new();
    for sinks in [1, 2] {
        let mut sinks: Vec<Stops> = (0..sinks).map(|_| Stops(0)).collect();
        let input = Input::memory(text.as_bytes(), None, &control).unwrap();
        let mut options = options(Format::NTriples);
        options.on_error = OnError::KeepGoing { keep: 2 };
        let error = parse(input, &options, &control, &mut sinks).unwrap_err();
        assert_eq!(error.code(), Code::ResourceExhausted);
    }
}

#[test]
fn a_cancelled_parse_stops() {
    let text = many_lines(10);
    for sinks in [1, 2] {
        let control = Control::new();
        let input = Input::memory(text.as_bytes(), None, &control).unwrap();
        control.cancel_token().cancel();
        let mut sinks: Vec<Collected> = (0..sinks).map(|_| Collected::default()).collect();
        let error = parse(input, &options(Format::NTriples), &control, &mut sinks).unwrap_err();
        assert_eq!(error.code(), Code::Cancelled);
    }
}

#[test]
fn a_trusted_parse_takes_iris_and_tags_as_they_are() {
    let text = "<no iri> <p> \"x\"@toolonglanguagetag .\n<s> <p> \"x\"^^<d> .\n";
    let mut options = options(Format::NTriples);
    assert!(collect(text.as_bytes(), &options).is_err());
    options.trusted = true;
    let (quads, _) = collect(text.as_bytes(), &options).unwrap();
    assert_eq!(quads.len(), 2);
    let no_tag = format!("<s> <p> \"x\"^^<{RDF_LANG_STRING}> .");
    let error = collect(no_tag.as_bytes(), &options).unwrap_err();
    assert_eq!(error.code(), Code::DataParse);
}

#[test]
fn nesting_and_sizes_of_terms_are_limited() {
    let nested = |levels: usize| {
        let open = "<<( <http://e/s> <http://e/p> ".repeat(levels);
        format!(
            "<http://e/s> <http://e/p> {open}<http://e/o>{} .\n",
            " )>>".repeat(levels)
        )
    };
    let mut options = options(Format::NTriples);
    assert!(collect(nested(MAX_NESTING).as_bytes(), &options).is_ok());
    for levels in [MAX_NESTING + 1, 10_000] {
        let error = collect(nested(levels).as_bytes(), &options).unwrap_err();
        assert_eq!(error.code(), Code::NestingTooDeep);
        assert_eq!(error.position().unwrap().line, 1);
    }
    options.max_term_bytes = 100;
    let sized = |bytes: usize| format!("<http://e/s> <http://e/p> \"{}\" .", "x".repeat(bytes));
    assert!(collect(sized(100).as_bytes(), &options).is_ok());
    for bytes in [101, 1_000_000] {
        let error = collect(sized(bytes).as_bytes(), &options).unwrap_err();
        assert_eq!(error.code(), Code::TermTooLarge);
        assert_eq!(error.position().unwrap().line, 1);
    }
    options.on_error = OnError::KeepGoing { keep: 5 };
    let text = format!("{0}\n{1}\n{0}\n", sized(10), sized(1_000_000));
    let (quads, parsed) = collect(text.as_bytes(), &options).unwrap();
    assert_eq!((quads.len(), parsed.bad.total), (2, 1));
    assert_eq!(parsed.bad.first[0].position.line, 2);
}

#[test]
fn errors_carry_their_code_document_and_hint() {
    let mut options = options(Format::NTriples);
    options.document = Some("data.nt".to_owned());
    for (line, code, column) in [
        (
            "<http://e/s> <http://e/p> <http://e/ o> .",
            Code::InvalidIri,
            27,
        ),
        ("<http://e/s> <http://e/p> <o> .", Code::InvalidIri, 27),
        (
            "<http://e/s> <http://e/p> \"x\"^^<d> .",
            Code::InvalidIri,
            32,
        ),
        ("<http://e/s> <http://e/p> \"o", Code::DataParse, 27),
        ("<http://e/s> <http://e/p> .", Code::DataParse, 27),
        ("<http://e/s> <http://e/p> \"é\"@0 .", Code::DataParse, 31),
    ] {
        let text = format!("# a comment\r\n\r\n{line}\n");
        let error = collect(text.as_bytes(), &options).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        let position = error.position().unwrap();
        assert_eq!((position.line, position.column), (3, column), "{error}");
        assert_eq!(position.file.as_deref(), Some("data.nt"));
    }
    let error = collect(b"<http://e/s> <http://e/p> <o> ", &options).unwrap_err();
    assert!(error.hint().is_some(), "{error}");
}
