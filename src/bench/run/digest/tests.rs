//! Answers that are equal, and answers that are not.

use super::*;
use std::sync::atomic::{AtomicU32, Ordering};

const ROWS: Form = Form::Rows { ordered: false };
const SEQUENCE: Form = Form::Rows { ordered: true };

/// A file of its own with a text, removed when dropped.
struct Text(std::path::PathBuf);

impl Text {
    fn new(text: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("triplestore-digest-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// SPARQL JSON of rows of `x` and `y`, each a JSON object of a term.
fn select(variables: &str, rows: &[[&str; 2]]) -> String {
    let rows: Vec<String> = rows
        .iter()
        .map(|[x, y]| format!("{{\"x\":{x},\"y\":{y}}}"))
        .collect();
    let rows = rows.join(",");
    format!("{{\"head\":{{\"vars\":[{variables}]}},\"results\":{{\"bindings\":[{rows}]}}}}")
}

const A: &str = r#"{"type":"uri","value":"http://e/a"}"#;
const B: &str = r#"{"type":"uri","value":"http://e/b"}"#;
const NODE: &str = r#"{"type":"bnode","value":"n1"}"#;
const OTHER: &str = r#"{"type":"bnode","value":"n2"}"#;
const HALF: &str =
    r#"{"type":"literal","value":"0.5","datatype":"http://www.w3.org/2001/XMLSchema#decimal"}"#;
const HALVES: &str =
    r#"{"type":"literal","value":"0.50","datatype":"http://www.w3.org/2001/XMLSchema#decimal"}"#;

const XY: &str = r#""x","y""#;

fn digest(text: &str, form: Form) -> Digest {
    Digest::of(&Text::new(text).0, form).unwrap()
}

fn rows(rows: &[[&str; 2]]) -> Digest {
    digest(&select(XY, rows), ROWS)
}

#[test]
fn permuted_rows_and_columns_agree() {
    let given = rows(&[[A, B], [B, A], [A, A]]);
    assert_eq!(given.rows, 3);
    assert_eq!(given, rows(&[[A, A], [A, B], [B, A]]));
    let turned = select(r#""y","x""#, &[[A, B], [B, A], [A, A]]);
    assert_eq!(given, digest(&turned, ROWS));
}

#[test]
fn changed_swapped_and_repeated_rows_differ() {
    let given = rows(&[[A, B], [B, A]]);
    assert_ne!(given, rows(&[[A, B], [A, B]]));
    assert_ne!(given, rows(&[[A, B]]));
    assert_ne!(given, rows(&[[A, B], [B, A], [B, A]]));
    assert_ne!(rows(&[[A, B]]), rows(&[[B, A]]));
}

#[test]
fn a_sequence_has_an_order() {
    let (forth, back) = (select(XY, &[[A, B], [B, A]]), select(XY, &[[B, A], [A, B]]));
    assert_ne!(digest(&forth, SEQUENCE), digest(&back, SEQUENCE));
    assert_eq!(digest(&forth, SEQUENCE), digest(&forth, SEQUENCE));
    let twice = select(XY, &[[A, B], [A, B]]);
    assert_ne!(digest(&twice, SEQUENCE), digest(&select(XY, &[]), SEQUENCE));
}

#[test]
fn labels_of_blank_nodes_do_not_count_and_their_identity_does() {
    assert_eq!(rows(&[[NODE, A]]), rows(&[[OTHER, A]]));
    assert_ne!(rows(&[[NODE, NODE]]), rows(&[[NODE, OTHER]]));
    assert_ne!(rows(&[[NODE, A]]), rows(&[[A, A]]));
}

#[test]
fn numbers_are_compared_by_value() {
    assert_eq!(rows(&[[A, HALF]]), rows(&[[A, HALVES]]));
}

#[test]
fn answers_of_ask_differ() {
    let [yes, no] = ["true", "false"]
        .map(|answer| digest(&format!("{{\"head\":{{}},\"boolean\":{answer}}}"), ROWS));
    assert_ne!(yes, no);
    assert_eq!(yes.rows, 1);
}

#[test]
fn a_graph_is_a_set_of_triples_up_to_labels() {
    let given =
        "_:a <http://e/p> _:b .\n_:b <http://e/p> \"x\" .\n<http://e/s> <http://e/p> _:a .\n";
    let same = "<http://e/s> <http://e/p> _:z .\n_:y <http://e/p> \"x\" .\n_:z <http://e/p> _:y .\n\
                _:z <http://e/p> _:y .\n";
    let other =
        "<http://e/s> <http://e/p> _:y .\n_:y <http://e/p> \"x\" .\n_:z <http://e/p> _:y .\n";
    let given = digest(given, Form::Graph);
    assert_eq!(given.rows, 3);
    assert_eq!(given, digest(same, Form::Graph));
    assert_ne!(given, digest(other, Form::Graph));
}

#[test]
fn a_broken_answer_is_an_error() {
    let cut = select(XY, &[[A, B]]).replace("]}}", "");
    assert!(Digest::of(&Text::new(&cut).0, ROWS).is_err());
    assert!(Digest::of(&Text::new("<http://e/a> <http://e/b>").0, Form::Graph).is_err());
}

#[test]
fn the_first_row_that_differs_is_named() {
    let a = Text::new(&select(XY, &[[A, B], [B, A]]));
    let b = Text::new(&select(XY, &[[B, B], [A, B]]));
    let said = first_difference(&a.0, &b.0, ROWS).unwrap();
    let expected =
        "row 2: `x=<http://e/b>\ty=<http://e/a>` against `x=<http://e/b>\ty=<http://e/b>`";
    assert_eq!(said, expected);
    let none = Text::new(&select(XY, &[]));
    let said = first_difference(&a.0, &none.0, ROWS).unwrap();
    assert!(said.ends_with("against no more rows"), "{said}");
}
