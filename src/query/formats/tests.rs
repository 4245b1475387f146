//! The writers against `sparesults`: what they write is read back as what was given, and is byte for byte the same where
//! both are right.

use super::*;
use crate::load::Format;
use crate::term::Datatype;
use oxrdf::{BaseDirection, BlankNode, Literal, NamedNode, Term, Triple, Variable};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use sparesults::{
    QueryResultsFormat, QueryResultsParser, QueryResultsSerializer, SliceQueryResultsParserOutput,
};

type Row = Vec<Option<Term>>;

fn shape(kind: ResultKind, columns: usize) -> Shape {
    Shape {
        kind,
        columns: (0..columns).map(|number| format!("v{number}")).collect(),
    }
}

/// Writes rows in batches of a few.
fn written(
    shape: &Shape,
    format: Option<ResultFormat>,
    rows: &[Row],
    control: &Control,
    out: &mut dyn Write,
) -> Result<u64> {
    let mut batches = rows.chunks(3);
    let options = WriteOptions {
        format,
        ..WriteOptions::default()
    };
    write_result(shape, &options, out, control, &mut |batch| {
        let Some(rows) = batches.next() else {
            return Ok(false);
        };
        *batch = ResultBatch::made(shape.columns.len(), rows);
        Ok(true)
    })
}

fn document(format: RowFormat, columns: usize, rows: &[Row]) -> Result<String> {
    let mut out = Vec::new();
    let count = written(
        &shape(ResultKind::Select, columns),
        Some(ResultFormat::Rows(format)),
        rows,
        &Control::new(),
        &mut out,
    )?;
    assert_eq!(count, rows.len() as u64);
    Ok(String::from_utf8(out).unwrap())
}

fn reference_format(format: RowFormat) -> QueryResultsFormat {
    match format {
        RowFormat::Json => QueryResultsFormat::Json,
        RowFormat::Xml => QueryResultsFormat::Xml,
        RowFormat::Csv => QueryResultsFormat::Csv,
        RowFormat::Tsv => QueryResultsFormat::Tsv,
    }
}

fn reference(format: RowFormat, columns: usize, rows: &[Row]) -> String {
    let variables: Vec<Variable> = shape(ResultKind::Select, columns)
        .columns
        .iter()
        .map(Variable::new_unchecked)
        .collect();
    let mut writer = QueryResultsSerializer::from_format(reference_format(format))
        .serialize_solutions_to_writer(Vec::new(), variables.clone())
        .unwrap();
    for row in rows {
        let bound = variables.iter().zip(row);
        writer
            .serialize(bound.filter_map(|(variable, term)| Some((variable, term.as_ref()?))))
            .unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

/// Names of the columns, and the rows, as `sparesults` reads them.
fn read(format: RowFormat, document: &str) -> (Vec<String>, Vec<Row>) {
    let parsed = QueryResultsParser::from_format(reference_format(format))
        .for_slice(document.as_bytes())
        .unwrap();
    let SliceQueryResultsParserOutput::Solutions(solutions) = parsed else {
        panic!("a boolean: {document}");
    };
    let names = solutions.variables().iter();
    let names = names.map(|name| name.as_str().to_owned()).collect();
    let rows = solutions.map(|solution| solution.unwrap().values().to_vec());
    (names, rows.collect())
}

/// The cells of a document in the quoting of RFC 4180.
fn csv_cells(document: &str) -> Vec<Vec<String>> {
    let mut lines = vec![vec![String::new()]];
    let mut is_quoted = false;
    let mut rest = document.chars().peekable();
    while let Some(c) = rest.next() {
        let cells = lines.last_mut().unwrap();
        match c {
            '"' if is_quoted && rest.peek() == Some(&'"') => {
                rest.next();
                cells.last_mut().unwrap().push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            '\r' if !is_quoted => {
                assert_eq!(rest.next(), Some('\n'));
                lines.push(vec![String::new()]);
            }
            c => cells.last_mut().unwrap().push(c),
        }
    }
    assert_eq!(lines.pop(), Some(vec![String::new()]));
    lines
}

fn csv_text(term: &Term) -> String {
    match term {
        Term::NamedNode(node) => node.as_str().to_owned(),
        Term::BlankNode(node) => node.to_string(),
        Term::Literal(literal) => literal.value().to_owned(),
        Term::Triple(triple) => format!(
            "{} {} {}",
            csv_text(&triple.subject.clone().into()),
            csv_text(&triple.predicate.clone().into()),
            csv_text(&triple.object)
        ),
    }
}

fn texts(term: &Term) -> Vec<String> {
    match term {
        Term::Literal(literal) => vec![literal.value().to_owned()],
        Term::Triple(triple) => texts(&triple.object),
        Term::NamedNode(_) | Term::BlankNode(_) => Vec::new(),
    }
}

fn any_text(rows: &[Row], is_it: impl Fn(&str) -> bool) -> bool {
    let terms = rows.iter().flatten().flatten();
    terms.flat_map(texts).any(|text| is_it(&text))
}

fn lexical() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}",
        vec(
            select(vec![
                '\0', '\u{8}', '\t', '\n', '\u{b}', '\u{c}', '\r', ' ', '"', '\'', '\\', ',', '<',
                '>', '&', 'a', '\u{7f}', '\u{85}', 'é', '\u{2028}', '\u{FEFF}', '\u{FFFE}', '漢',
                '😀',
            ]),
            0..6
        )
        .prop_map(String::from_iter),
        select(vec![
            "1", "-1", "+1", "01", "1.0", ".5", "5.", "5.e1", "1e1", ".e1", "1E-3", "true", "INF",
            "", "1_0"
        ])
        .prop_map(str::to_owned),
        select(vec!["x".repeat(70_000), "\n".repeat(3000)]),
    ]
}

fn iri() -> impl Strategy<Value = NamedNode> {
    select(vec![
        "http://e/a",
        "http://e/a,b",
        "http://e/a'b",
        "http://e/?x=1&y=2",
        "http://é/漢",
        "urn:x",
    ])
    .prop_map(NamedNode::new_unchecked)
}

fn blank() -> impl Strategy<Value = BlankNode> {
    select(vec!["b0", "b1f", "bffffffffff"]).prop_map(BlankNode::new_unchecked)
}

fn term() -> impl Strategy<Value = Term> {
    let datatypes = Datatype::ALL
        .iter()
        .filter(|datatype| {
            ![Datatype::RdfLangString, Datatype::RdfDirLangString].contains(datatype)
        })
        .map(|&datatype| NamedNode::from(datatype));
    let leaf = prop_oneof![
        3 => iri().prop_map(Term::from),
        1 => blank().prop_map(Term::from),
        3 => lexical().prop_map(|text| Literal::new_simple_literal(text).into()),
        3 => (lexical(), select(datatypes.collect::<Vec<_>>()))
            .prop_map(|(text, datatype)| Literal::new_typed_literal(text, datatype).into()),
        1 => (lexical(), select(vec!["en", "de-at"])).prop_map(|(text, tag)| {
            Literal::new_language_tagged_literal_unchecked(text, tag).into()
        }),
        1 => (lexical(), select(vec![BaseDirection::Ltr, BaseDirection::Rtl])).prop_map(
            |(text, direction)| {
                Literal::new_directional_language_tagged_literal_unchecked(text, "ar", direction)
                    .into()
            }
        ),
    ];
    leaf.prop_recursive(2, 4, 1, |inner| {
        (iri(), iri(), inner).prop_map(|(s, p, o)| Triple::new(s, p, o).into())
    })
}

fn table() -> impl Strategy<Value = (usize, Vec<Row>)> {
    (0_usize..4).prop_flat_map(|columns| {
        let row = vec(option::weighted(0.8, term()), columns);
        (Just(columns), vec(row, 0..8))
    })
}

fn is_xml(text: &str) -> bool {
    text.chars()
        .all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..))
}

proptest! {
    #[test]
    fn json_is_read_back_and_is_what_sparesults_writes((columns, rows) in table()) {
        let document = document(RowFormat::Json, columns, &rows).unwrap();
        prop_assert_eq!(&document, &reference(RowFormat::Json, columns, &rows));
        let (names, read) = read(RowFormat::Json, &document);
        prop_assert_eq!(names, shape(ResultKind::Select, columns).columns);
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn tsv_is_read_back_and_is_what_sparesults_writes((columns, rows) in table()) {
        let document = document(RowFormat::Tsv, columns, &rows).unwrap();
        let is_escaped_here = |c: char| {
            c < ' ' && !matches!(c, '\t' | '\n' | '\r') || matches!(c, '\u{7f}' | '\u{FFFE}')
        };
        if !any_text(&rows, |text| text.contains(is_escaped_here)) {
            prop_assert_eq!(&document, &reference(RowFormat::Tsv, columns, &rows));
        }
        prop_assert_eq!(document.lines().count(), rows.len() + 1);
        let raw = |c: char| c < ' ' && c != '\t' && c != '\n';
        prop_assert!(!document.contains(raw));
        // Without columns a line is empty, which the parser takes for the end.
        if columns > 0 {
            let (names, read) = read(RowFormat::Tsv, &document);
            prop_assert_eq!(names, shape(ResultKind::Select, columns).columns);
            prop_assert_eq!(read, rows);
        }
    }

    #[test]
    fn csv_has_the_text_of_every_term((columns, rows) in table()) {
        let document = document(RowFormat::Csv, columns, &rows).unwrap();
        let mut expected = vec![shape(ResultKind::Select, columns).columns];
        for row in &rows {
            let cell = |term: &Option<Term>| term.as_ref().map_or_else(String::new, csv_text);
            expected.push(row.iter().map(cell).collect());
        }
        if columns == 0 {
            expected.iter_mut().for_each(|row| row.push(String::new()));
        }
        prop_assert_eq!(csv_cells(&document), expected);
        // What it leaves bare there are IRIs with a comma, and triple terms around quotes.
        let iris = rows.iter().flatten().flatten().any(|term| match term {
            Term::NamedNode(node) => node.as_str().contains(','),
            Term::Triple(_) => true,
            Term::Literal(_) | Term::BlankNode(_) => false,
        });
        if !iris {
            prop_assert_eq!(&document, &reference(RowFormat::Csv, columns, &rows));
        }
    }

    #[test]
    fn xml_is_read_back_or_refused((columns, rows) in table()) {
        let document = document(RowFormat::Xml, columns, &rows);
        if any_text(&rows, |text| !is_xml(text)) {
            prop_assert_eq!(document.unwrap_err().code(), Code::InvalidInput);
            return Ok(());
        }
        let document = document.unwrap();
        prop_assert!(!document.contains('\r'));
        let ends = [' ', '\t', '\n', '\r'];
        if !any_text(&rows, |text| text.trim_matches(ends).contains('\r')) {
            prop_assert_eq!(&document, &reference(RowFormat::Xml, columns, &rows));
        }
        let (names, read) = read(RowFormat::Xml, &document);
        prop_assert_eq!(names, shape(ResultKind::Select, columns).columns);
        prop_assert_eq!(read, rows);
    }
}

#[test]
fn answers_of_ask_are_what_sparesults_writes() {
    for format in RowFormat::ALL {
        for answer in [false, true] {
            let mut out = Vec::new();
            let rows = vec![Vec::new(); usize::from(answer)];
            let wanted = Some(ResultFormat::Rows(format));
            let shape = shape(ResultKind::Ask, 0);
            let count = written(&shape, wanted, &rows, &Control::new(), &mut out).unwrap();
            let expected = QueryResultsSerializer::from_format(reference_format(format))
                .serialize_boolean_to_writer(Vec::new(), answer)
                .unwrap();
            assert_eq!((count, out), (0, expected), "{format:?}");
        }
    }
}

#[test]
fn a_result_without_columns_has_its_rows() {
    let rows = [Vec::new(), Vec::new()];
    let documents = RowFormat::ALL.map(|format| document(format, 0, &rows).unwrap());
    assert_eq!(
        documents,
        [
            "{\"head\":{\"vars\":[]},\"results\":{\"bindings\":[{},{}]}}".to_owned(),
            format!(
                "{}<head></head><results><result></result><result></result></results></sparql>",
                xml::BEGIN
            ),
            "\r\n\r\n\r\n".to_owned(),
            "\n\n\n".to_owned(),
        ]
    );
}

#[test]
fn quads_are_written_with_their_graphs_where_the_format_has_them() {
    let node = |iri: &str| Some(Term::from(NamedNode::new_unchecked(iri)));
    let triple = Triple::new(
        NamedNode::new_unchecked("http://e/s"),
        NamedNode::new_unchecked("http://e/p"),
        Literal::new_simple_literal("a\r"),
    );
    let rows = [
        vec![
            node("http://e/s"),
            node("http://e/p"),
            Some(triple.into()),
            None,
        ],
        vec![
            Some(BlankNode::new_unchecked("b1").into()),
            node("http://e/p"),
            node("http://e/o"),
            node("http://e/g"),
        ],
    ];
    let mut out = Vec::new();
    let shape = Shape::quads();
    let count = written(&shape, None, &rows, &Control::new(), &mut out).unwrap();
    assert_eq!(count, 2);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "<http://e/s> <http://e/p> <<( <http://e/s> <http://e/p> \"a\\r\" )>> .\n\
         _:b1 <http://e/p> <http://e/o> <http://e/g> .\n"
    );
    let turtle = Some(ResultFormat::Graph(Format::Turtle));
    let error = written(&shape, turtle, &rows, &Control::new(), &mut Vec::new()).unwrap_err();
    assert_eq!(error.code(), Code::InvalidInput);
}

/// Takes some bytes and then refuses.
struct Refusing(usize);

impl Write for Refusing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 < bytes.len() {
            let refused = Error::new(Code::Callback, "no more");
            return Err(io::Error::other(refused));
        }
        self.0 -= bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn many_rows() -> Vec<Row> {
    let text = Literal::new_simple_literal("x".repeat(100));
    vec![vec![Some(text.into())]; 10_000]
}

fn formats() -> impl Iterator<Item = (Shape, ResultFormat, Vec<Row>)> {
    let rows = RowFormat::ALL.into_iter().map(|format| {
        (
            shape(ResultKind::Select, 1),
            ResultFormat::Rows(format),
            many_rows(),
        )
    });
    let graphs = Format::ALL.into_iter().map(|format| {
        let node = Term::from(NamedNode::new_unchecked("http://e/a#b"));
        let row = [Some(node.clone()), Some(node), None];
        let with_text = |text: Row| [&row[..2], &text[..]].concat();
        (
            shape(ResultKind::Construct, 3),
            ResultFormat::Graph(format),
            many_rows().into_iter().map(with_text).collect(),
        )
    });
    rows.chain(graphs)
}

#[test]
fn a_writer_that_refuses_ends_the_document_with_its_own_error() {
    for (shape, format, rows) in formats() {
        let mut out = Refusing(300 << 10);
        let error = written(&shape, Some(format), &rows, &Control::new(), &mut out).unwrap_err();
        assert_eq!(error.code(), Code::Callback, "{format:?}");
        assert!(out.0 < 300 << 10, "{format:?}");
    }
}

#[test]
fn a_cancelled_document_ends_before_its_next_piece() {
    struct Cancelling(Control, usize);
    impl Write for Cancelling {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.cancel_token().cancel();
            self.1 += 1;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for (shape, format, rows) in formats() {
        let control = Control::new();
        let mut out = Cancelling(control.clone(), 0);
        let error = written(&shape, Some(format), &rows, &control, &mut out).unwrap_err();
        assert_eq!((error.code(), out.1), (Code::Cancelled, 1), "{format:?}");
    }
}

#[test]
fn rendered_terms_are_charged_and_given_back() {
    let control = Control::new().with_memory(crate::control::Budget::new("query", 1 << 20));
    let row = |bytes: usize| vec![Some(Literal::new_simple_literal("\0".repeat(bytes)).into())];
    let shape = shape(ResultKind::Select, 1);
    let json = Some(ResultFormat::Rows(RowFormat::Json));
    let wide = vec![row(100_000)];
    written(&shape, json, &wide, &control, &mut Vec::new()).unwrap();
    assert!(
        control.memory().peak() > 600_000,
        "{}",
        control.memory().peak()
    );
    assert_eq!(control.memory().used(), 0);
    let wider = vec![row(200_000)];
    let error = written(&shape, json, &wider, &control, &mut Vec::new()).unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert_eq!(control.memory().used(), 0);
}
