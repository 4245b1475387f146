//! Each operation, and the defects of the system that this one replaces.

use crate::{lines, memory, quads, refused, set, short, store, try_update, update};
use std::collections::BTreeSet;
use triplestore::control::Control;
use triplestore::database::UpdateOptions;
use triplestore::error::Code;
use triplestore::query::{DefaultGraph, QueryOptions, QueryResults};

const GRAPHS: &str = ":a :p 1 . GRAPH :g { :b :p 2 . :c :p 3 } GRAPH :h { :d :p 4 }";

/// Original defect 1: DELETE and INSERT with a pattern did nothing.
#[test]
fn a_delete_and_insert_with_a_pattern_changes_what_matches() {
    let database = store(":a :age 1 . :b :age 2 . :c :name 'c'");
    let counts = update(
        &database,
        "DELETE { ?s :age ?o } INSERT { ?s :years ?o } WHERE { ?s :age ?o }",
    );
    assert_eq!(counts, (2, 2));
    assert_eq!(
        lines(&database),
        set(&[
            ":a :years \"1\"^^xsd:integer",
            ":b :years \"2\"^^xsd:integer",
            ":c :name \"c\""
        ])
    );
}

/// Original defect 2: every CLEAR emptied the store, SILENT was ignored, DROP did nothing.
#[test]
fn clear_and_drop_remove_the_graphs_they_name_and_no_others() {
    for verb in ["CLEAR", "DROP", "CLEAR SILENT", "DROP SILENT"] {
        for (target, left, deleted) in [
            ("DEFAULT", vec![":b", ":c", ":d"], 1),
            ("NAMED", vec![":a"], 3),
            ("ALL", vec![], 4),
            ("GRAPH :g", vec![":a", ":d"], 2),
            ("GRAPH :nothing", vec![":a", ":b", ":c", ":d"], 0),
        ] {
            let database = store(GRAPHS);
            let counts = update(&database, &format!("{verb} {target}"));
            assert_eq!(counts, (0, deleted), "{verb} {target}");
            let subjects: BTreeSet<String> = quads(&database)
                .iter()
                .map(|quad| short(&quad.subject.to_string()))
                .collect();
            assert_eq!(subjects, set(&left), "{verb} {target}");
        }
    }
}

/// Original defect 5: terms written by one way were not found by another.
#[test]
fn data_written_by_any_way_is_found_and_deleted_by_any_other() {
    let values = [
        "1",
        "01",
        "1.0",
        "1e0",
        "true",
        "'1'^^xsd:int",
        "'2020-01-02T03:04:05Z'^^xsd:dateTime",
        "'2020-01-02'^^xsd:date",
        "'x'@en",
        "'x'@en--ltr",
        "'a text that is too long to be kept in an id'",
        "'x'",
        "12345678901234567890123456789012345678901234567890",
        "<<( :s :p 1 )>>",
    ];
    for value in values {
        let data = format!(":s :p {value}");
        let database = memory();
        assert_eq!(
            update(&database, &format!("INSERT DATA {{ {data} }}")),
            (1, 0)
        );
        assert_eq!(
            update(&database, &format!("INSERT DATA {{ {data} }}")),
            (0, 0)
        );
        assert_eq!(
            update(
                &database,
                &format!("INSERT {{ :t :q ?o }} WHERE {{ ?s :p ?o . ?s ?p {value} }}")
            ),
            (1, 0),
            "{value}"
        );
        let delete = format!("DELETE {{ ?s ?p {value} }} WHERE {{ ?s ?p {value} }}");
        assert_eq!(update(&database, &delete), (0, 2), "{value}");
        // And by N-Quads and typed quads.
        update(&database, &format!("INSERT DATA {{ {data} }}"));
        let all = quads(&database);
        assert_eq!(database.insert(&all, &Control::new()).unwrap().inserted, 0);
        assert_eq!(
            update(&database, &format!("DELETE DATA {{ {data} }}")),
            (0, 1),
            "{value}"
        );
        database.insert(&all, &Control::new()).unwrap();
        assert_eq!(
            update(&database, &format!("DELETE WHERE {{ ?s :p {value} }}")),
            (0, 1)
        );
    }
}

/// Original defect 17: blank nodes of templates were not fresh for each solution, and what is no quad was not left out.
#[test]
fn blank_nodes_of_a_template_are_fresh_for_each_solution_and_shared_within_one() {
    let database = store(":a :p 1 . :b :p 2 . :c :p 3");
    let counts = update(
        &database,
        "INSERT { ?s :has _:n . _:n :value ?o . GRAPH :g { _:n :of ?s } } WHERE { ?s :p ?o }",
    );
    assert_eq!(counts, (9, 0));
    let nodes: BTreeSet<String> = quads(&database)
        .iter()
        .filter(|quad| quad.predicate.as_str() == "http://x/has")
        .map(|quad| quad.object.to_string())
        .collect();
    assert_eq!(nodes.len(), 3);
    for node in nodes {
        let of = quads(&database)
            .iter()
            .filter(|quad| quad.subject.to_string() == node)
            .count();
        assert_eq!(of, 2);
    }
}

#[test]
fn what_is_no_quad_is_left_out_of_inserts_and_deletes() {
    let database = store(":a :p 'text' , :b , <<( :a :p 1 )>> .");
    let before = lines(&database);
    let counts = update(
        &database,
        "INSERT { ?o :q ?s . ?s ?o ?s . ?s :q ?nothing . GRAPH ?o { ?s :q 1 } } WHERE { ?s :p ?o }",
    );
    assert_eq!(counts, (3, 0));
    let mut expected = before.clone();
    expected.extend(set(&[
        ":b :q :a",
        ":a :b :a",
        ":a :q \"1\"^^xsd:integer :b",
    ]));
    assert_eq!(lines(&database), expected);
    let counts = update(
        &database,
        "DELETE { ?o :q ?s . ?s ?o ?s . ?s :q ?nothing . GRAPH ?o { ?s :q 1 } } WHERE { ?s :p ?o }",
    );
    assert_eq!(counts, (0, 3));
    assert_eq!(lines(&database), before);
}

#[test]
fn deletes_come_before_inserts_and_the_pattern_sees_neither() {
    let database = store(":a :n 1 . :b :n 2 . :c :n 3");
    // Every solution deletes what another one inserts.
    let counts = update(
        &database,
        "DELETE { ?s ?p ?o } INSERT { ?s2 ?p ?o } WHERE { ?s ?p ?o . ?s2 ?p ?o2 }",
    );
    assert_eq!(counts, (6, 0));
    assert_eq!(quads(&database).len(), 9);
    // What is deleted and inserted stays, and is not counted.
    let counts = update(
        &database,
        "DELETE { ?s ?p ?o } INSERT { ?s ?p ?o } WHERE { ?s ?p ?o }",
    );
    assert_eq!(counts, (0, 0));
    assert_eq!(quads(&database).len(), 9);
}

#[test]
fn an_operation_sees_the_ones_before_it_and_counts_are_net() {
    let database = store(":a :p 1");
    let counts = update(
        &database,
        "INSERT DATA { :a :p 2 } ; INSERT { ?s :q ?o } WHERE { ?s :p ?o } ;
         DELETE WHERE { ?s :p ?o } ; INSERT DATA { :a :p 1 } ; DELETE DATA { :a :q 2 }",
    );
    assert_eq!(counts, (1, 0));
    assert_eq!(
        lines(&database),
        set(&[":a :p \"1\"^^xsd:integer", ":a :q \"1\"^^xsd:integer"])
    );
    // An insertion of one operation does not outlive a deletion of a later one.
    assert_eq!(
        update(
            &database,
            "INSERT DATA { :x :y :z } ; DELETE DATA { :x :y :z }"
        ),
        (0, 0)
    );
    assert_eq!(
        update(
            &database,
            "DELETE DATA { :a :p 1 } ; INSERT DATA { :a :p 1 }"
        ),
        (0, 0)
    );
}

/// Original defect 12.3: a request of several operations was not atomic.
#[test]
fn a_request_that_fails_changes_nothing() {
    let database = store(GRAPHS);
    let error = refused(
        &database,
        "DELETE WHERE { ?s ?p ?o } ; INSERT DATA { :new :p :q } ; CREATE GRAPH :g",
    );
    assert_eq!(error.code(), Code::InvalidInput);
    let error = refused(&database, "CLEAR ALL ; LOAD <http://x/document.ttl>");
    assert_eq!(error.code(), Code::QueryInvalidOption);
}

#[test]
fn create_fails_where_a_graph_exists_unless_it_is_silent() {
    let database = store(GRAPHS);
    assert_eq!(
        refused(&database, "CREATE GRAPH :g").code(),
        Code::InvalidInput
    );
    for text in [
        "CREATE SILENT GRAPH :g",
        "CREATE GRAPH :empty",
        "CREATE SILENT GRAPH :empty",
    ] {
        assert_eq!(update(&database, text), (0, 0));
    }
}

#[test]
fn copy_move_and_add_work_on_whole_graphs() {
    for (text, expected) in [
        ("COPY :g TO :h", vec!["a", "b g", "c g", "b h", "c h"]),
        ("COPY DEFAULT TO :g", vec!["a", "a g", "d h"]),
        ("COPY :g TO DEFAULT", vec!["b", "c", "b g", "c g", "d h"]),
        ("MOVE :g TO :h", vec!["a", "b h", "c h"]),
        ("MOVE :g TO DEFAULT", vec!["b", "c", "d h"]),
        ("ADD :g TO :h", vec!["a", "b g", "c g", "b h", "c h", "d h"]),
        (
            "ADD DEFAULT TO :new",
            vec!["a", "a new", "b g", "c g", "d h"],
        ),
        ("MOVE :g TO :g", vec!["a", "b g", "c g", "d h"]),
        ("COPY DEFAULT TO DEFAULT", vec!["a", "b g", "c g", "d h"]),
        ("ADD SILENT :absent TO :g", vec!["a", "b g", "c g", "d h"]),
    ] {
        let database = store(GRAPHS);
        update(&database, text);
        let found: BTreeSet<String> = quads(&database)
            .iter()
            .map(|quad| {
                let (s, g) = (quad.subject.to_string(), quad.graph_name.to_string());
                short(&format!("{s} {g}"))
                    .replace(':', "")
                    .trim()
                    .to_owned()
            })
            .collect();
        assert_eq!(found, set(&expected), "{text}");
    }
}

#[test]
fn with_and_using_say_where_patterns_look_and_templates_go() {
    for (text, expected) in [
        (
            "WITH :g DELETE { ?s :p ?o } INSERT { ?s :q ?o } WHERE { ?s :p ?o }",
            vec!["a p", "b q g", "c q g", "d p h"],
        ),
        (
            // GRAPH still names any graph.
            "WITH :g INSERT { ?s :q ?o } WHERE { GRAPH :h { ?s :p ?o } }",
            vec!["a p", "b p g", "c p g", "d p h", "d q g"],
        ),
        (
            "WITH :g INSERT { ?s :q ?o } USING :h WHERE { ?s :p ?o }",
            vec!["a p", "b p g", "c p g", "d p h", "d q g"],
        ),
        (
            "INSERT { ?s :q ?o } USING :g USING :h WHERE { ?s :p ?o }",
            vec!["a p", "b p g", "c p g", "d p h", "b q", "c q", "d q"],
        ),
        (
            "INSERT { ?s :q ?g } USING NAMED :h WHERE { GRAPH ?g { ?s :p ?o } }",
            vec!["a p", "b p g", "c p g", "d p h", "d q"],
        ),
        (
            // With USING NAMED alone the default graph is empty.
            "INSERT { ?s :q ?o } USING NAMED :h WHERE { ?s :p ?o }",
            vec!["a p", "b p g", "c p g", "d p h"],
        ),
        (
            "WITH :absent INSERT { :x :q 1 } WHERE { }",
            vec!["a p", "b p g", "c p g", "d p h", "x q absent"],
        ),
        (
            "DELETE WHERE { GRAPH ?g { ?s :p 3 } }",
            vec!["a p", "b p g", "d p h"],
        ),
        (
            "DELETE { GRAPH ?g { ?s :p ?o } } INSERT { GRAPH ?s { ?g :p ?o } } WHERE { GRAPH ?g { ?s :p ?o } }",
            vec!["a p", "g p b", "g p c", "h p d"],
        ),
    ] {
        let database = store(GRAPHS);
        update(&database, text);
        let found: BTreeSet<String> = quads(&database)
            .iter()
            .map(|quad| {
                let (s, p, g) = (&quad.subject, &quad.predicate, &quad.graph_name);
                short(&format!("{s} {p} {g}"))
                    .replace(':', "")
                    .trim()
                    .to_owned()
            })
            .collect();
        assert_eq!(found, set(&expected), "{text}");
    }
}

#[test]
fn the_default_graph_of_patterns_may_be_the_union() {
    let database = store(GRAPHS);
    let options = UpdateOptions {
        default_graph: DefaultGraph::Union,
        ..UpdateOptions::default()
    };
    let text = "PREFIX : <http://x/> INSERT { ?s :q ?o } WHERE { ?s :p ?o }";
    let committed = database.update(text, &options, &Control::new()).unwrap();
    assert_eq!(committed.inserted, 4);
}

#[test]
fn computed_terms_are_stored_and_computed_blank_nodes_stay_one_node() {
    let database = store(":a :p 'x' . :b :p 'y'");
    update(
        &database,
        "INSERT { ?s :iri ?t . ?s :lang ?l } WHERE { ?s :p ?o BIND(STR(?s) AS ?t) BIND(DATATYPE(?o) AS ?l) }",
    );
    assert_eq!(
        update(&database, "DELETE WHERE { ?s :iri 'http://x/a' }"),
        (0, 1)
    );
    assert_eq!(
        update(&database, "DELETE { ?s :lang ?l } WHERE { ?s :lang ?l }"),
        (0, 2)
    );
    // A computed term that the store does not have makes nothing to delete.
    let text = "DELETE { ?s :p ?t } WHERE { ?s :p ?o BIND(STR(?s) AS ?t) }";
    assert_eq!(update(&database, text), (0, 0));
}

#[test]
fn triple_terms_are_made_of_templates() {
    let database = store(":a :p 1 . :b :p 2");
    let counts = update(
        &database,
        "INSERT { :claim :says <<( ?s :p ?o )>> . _:r :reifies <<( ?s :by _:r )>> } WHERE { ?s :p ?o }",
    );
    assert_eq!(counts, (4, 0));
    assert_eq!(
        update(
            &database,
            "DELETE { ?c :says <<( :a :p ?o )>> } WHERE { ?c :says ?t . :a :p ?o }"
        ),
        (0, 1)
    );
    assert_eq!(
        update(&database, "DELETE DATA { :claim :says <<( :b :p 2 )>> }"),
        (0, 1)
    );
}

#[test]
fn labels_of_insert_data_are_new_nodes_each_time() {
    let database = memory();
    for _ in 0..2 {
        assert_eq!(
            update(&database, "INSERT DATA { _:a :p _:b . _:b :p _:a }"),
            (2, 0)
        );
    }
    assert_eq!(quads(&database).len(), 4);
}

#[test]
fn a_syntax_error_has_a_place_and_a_hint() {
    for (text, line, column, hint) in [
        ("INSERT DATA { :a :b }", 3, 21, "has 2 of them"),
        ("INSRT DATA { :a :b :c }", 3, 1, "INSERT"),
        (
            "DELETE { ?s :p } WHERE { ?s :p ?o }",
            3,
            16,
            "has 2 of them",
        ),
        ("INSERT DATA { :a foo:b :c }", 3, 18, "foo:"),
        ("SELECT * WHERE { ?s ?p ?o }", 3, 1, "query"),
        ("INSERT DATA { :a :b 'x }", 3, 21, "does not end"),
    ] {
        let error = try_update(&memory(), text).unwrap_err();
        assert_eq!(error.code(), Code::QueryParse, "{text}: {error}");
        let place = error.position().unwrap();
        assert_eq!(
            (place.line, place.column),
            (line, column),
            "{text}: {error}"
        );
        assert!(
            error.hint().is_some_and(|found| found.contains(hint)),
            "{text}: {error}"
        );
    }
    let database = memory();
    let query = database.snapshot().unwrap().query(
        "INSERT DATA { <x:a> <x:b> <x:c> }",
        &QueryOptions::default(),
        &Control::new(),
    );
    let error = query.map(|_: QueryResults| ()).unwrap_err();
    assert!(
        error.hint().is_some_and(|hint| hint.contains("update")),
        "{error}"
    );
}

#[test]
fn variables_and_blank_nodes_where_none_may_stand_are_errors() {
    for text in [
        "INSERT DATA { ?s :p 1 }",
        "DELETE DATA { _:b :p 1 }",
        "DELETE { _:b :p 1 } WHERE { ?s ?p ?o }",
        "DELETE WHERE { _:b :p 1 }",
        "INSERT DATA { 1 :p 1 }",
        "INSERT { ?s :p 1 }",
    ] {
        assert_eq!(
            try_update(&memory(), text).unwrap_err().code(),
            Code::QueryParse,
            "{text}"
        );
    }
}

#[test]
fn an_update_that_nests_too_deeply_is_refused() {
    for text in [
        format!(
            "INSERT DATA {{ :a :p {}1{} }}",
            "<<( :a :p ".repeat(10_000),
            " )>>".repeat(10_000)
        ),
        format!(
            "DELETE WHERE {{ {} ?s ?p ?o {} }}",
            "GRAPH :g {".repeat(10_000),
            "}".repeat(10_000)
        ),
        format!(
            "INSERT {{ :a :p 1 }} WHERE {{ {} ?s ?p ?o {} }}",
            "{".repeat(10_000),
            "}".repeat(10_000)
        ),
        format!(
            "INSERT {{ :a :p {}?o{} }} WHERE {{ ?s ?p ?o }}",
            "<<( :a :p ".repeat(400),
            " )>>".repeat(400)
        ),
    ] {
        let error = try_update(&memory(), &text).unwrap_err();
        let place = &text[..60];
        assert_eq!(error.code(), Code::NestingTooDeep, "{place}: {error}");
    }
}
