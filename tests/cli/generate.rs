//! Generated data: to standard output, to a file, into a store.

use crate::place::{Done, Place, field};
use std::collections::BTreeSet;

/// Statements of LUBM 1, seed 0, and how many of them differ.
const STATEMENTS: u64 = 171_757;
const QUADS: u64 = 166_961;

fn generate(place: &Place, arguments: &[&str]) -> Done {
    place.run(&[&["generate", "lubm"], arguments].concat())
}

#[test]
fn a_dataset_is_the_same_on_standard_output_in_a_file_and_in_a_store() {
    let place = Place::new("generate");
    let done = generate(&place, &[]);
    let counted = "generated 171,757 statements in ";
    assert!(done.err.starts_with(counted), "{}", done.err);
    let lines = done.ok();
    assert!(lines.starts_with("<http://www.University0.edu> "));

    for threads in ["1", "3"] {
        let arguments = [
            "--seed",
            "0",
            "--threads",
            threads,
            "--output",
            "data.nt",
            "--quiet",
        ];
        let done = generate(&place, &arguments);
        assert_eq!(done.err, "");
        assert_eq!(done.ok(), "");
        assert!(place.read("data.nt") == lines, "{threads} threads");
    }

    let done = generate(&place, &["--into", "store"]);
    let loaded = "loaded 171,757 statements in ";
    assert!(done.err.starts_with(loaded), "{}", done.err);
    assert_eq!(done.ok(), "");
    let stats = place.run(&["stats", "--format", "json"]).ok();
    assert_eq!(field(&stats, "quads"), QUADS.to_string());
    let lines: BTreeSet<&str> = lines.lines().collect();
    let quads = place.quads();
    let quads: BTreeSet<&str> = quads.iter().map(String::as_str).collect();
    assert!(quads == lines);
}

#[test]
fn a_dataset_is_loaded_from_each_format_it_is_written_in() {
    for (name, format) in [("data.ttl", "ttl"), ("data.nq", "nq"), ("data", "nt")] {
        let place = Place::new(&format!("generate-{format}"));
        generate(&place, &["--format", format, "--output", name]).ok();
        let loaded = place
            .run(&["load", "--report", "json", "--format", format, name])
            .ok();
        assert_eq!(field(&loaded, "statements"), STATEMENTS.to_string());
        assert_eq!(field(&loaded, "inserted"), QUADS.to_string());
    }
}

#[test]
fn seed_scale_and_ontology_are_what_is_asked_for() {
    let place = Place::new("generate-more");
    let one = generate(&place, &["--quiet"]).ok();
    let two = generate(&place, &["--scale", "2"]).ok();
    assert!(two.starts_with(&one) && two.contains("\"University1\""));
    assert!(generate(&place, &["--seed", "1"]).ok() != one);
    let ontology = generate(&place, &["--ontology", "--format", "ttl"]).ok();
    assert!(ontology.starts_with("@prefix "));
    assert!(ontology.contains("ub:Student a owl:Class ;"));
    assert!(!one.contains("#Class>"));
}

#[test]
fn what_cannot_be_made_is_refused() {
    let place = Place::new("generate-refused");
    let error = place.run(&["generate", "nothing"]).failed(2);
    assert!(error.contains("lubm"), "{error}");
    for arguments in [
        &["--scale", "0"][..],
        &["--into", "store", "--output", "data.nt"],
        &["--into", "store", "--format", "nt"],
    ] {
        generate(&place, arguments).failed(2);
    }
    let error = generate(&place, &["--format", "rdf"]).failed(3);
    assert!(
        error.contains("datasets are not written as RDF/XML"),
        "{error}"
    );
    let error = generate(&place, &["--output", "data.nt.gz"]).failed(3);
    assert!(error.contains("would not be compressed"), "{error}");
    assert!(!place.0.join("data.nt.gz").exists());
}
