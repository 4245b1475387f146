//! Updates, named graphs, and terms that must be the same by every door.

use crate::text_queries::Texts;
use oxrdf::{GraphName, Literal, NamedNode, Quad};
use triplestore::control::Control;
use triplestore::database::QuadPattern;
use triplestore::error::Code;

#[test]
fn defect_01_delete_and_insert_where_do_nothing() {
    let texts = Texts::new(":a :p 1 . :b :p 2 . :c :p 3 .");
    let changed = texts.update("DELETE { ?s :p ?o } INSERT { ?s :q ?n } WHERE { ?s :p ?o FILTER(?o > 1) BIND(?o + 10 AS ?n) }");
    assert_eq!((changed.inserted, changed.deleted), (2, 2));
    assert_eq!(texts.rows("SELECT * { ?s ?p ?o }").len(), 3);
    assert_eq!(
        texts.rows("SELECT ?s ?p ?o { ?s ?p ?o }"),
        [":a :p 1", ":b :q 12", ":c :q 13"]
    );
    let changed = texts.update("DELETE WHERE { ?s :q ?o }");
    assert_eq!((changed.inserted, changed.deleted), (0, 2));
    assert_eq!(texts.rows("SELECT ?s ?o { ?s ?p ?o }"), [":a 1"]);
    // What matches nothing changes nothing, and says so.
    let changed = texts.update("DELETE { ?s :p ?o } INSERT { ?s :p 7 } WHERE { ?s :none ?o }");
    assert_eq!((changed.inserted, changed.deleted), (0, 0));
    assert_eq!(texts.rows("SELECT ?s ?o { ?s ?p ?o }"), [":a 1"]);
}

#[test]
fn defect_02_clear_of_anything_clears_everything_and_drop_does_nothing() {
    const DATA: &str = ":d :p 1 . GRAPH :g { :g1 :p 1 } GRAPH :h { :h1 :p 1 . :h2 :p 2 }";
    let left = |request: &str| {
        let texts = Texts::new(DATA);
        texts.update(request);
        texts
            .rows("SELECT ?s { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }")
            .join(" ")
    };
    for word in ["CLEAR", "DROP"] {
        for (target, remains) in [
            ("GRAPH :g", ":d :h1 :h2"),
            ("DEFAULT", ":g1 :h1 :h2"),
            ("NAMED", ":d"),
            ("ALL", ""),
            ("SILENT GRAPH :h", ":d :g1"),
            ("SILENT GRAPH :none", ":d :g1 :h1 :h2"),
        ] {
            assert_eq!(
                left(&format!("{word} {target}")),
                remains,
                "{word} {target}"
            );
        }
    }
}

#[test]
fn defect_05_one_literal_has_several_identities_by_the_door_it_came_through() {
    let literals = [
        ("1", "integer"),
        ("-40", "integer"),
        ("12345678901234567890123", "integer"),
        ("01", "integer"),
        ("7", "int"),
        ("1.5", "decimal"),
        ("1.50", "decimal"),
        ("2.5E3", "double"),
        ("2.5", "float"),
        ("true", "boolean"),
        ("1", "boolean"),
        ("2020-01-01T00:00:00Z", "dateTime"),
        ("2020-01-01T00:00:00.000+02:00", "dateTime"),
        ("2020-01-01", "date"),
        ("P1D", "dayTimeDuration"),
        ("text", "string"),
    ];
    for (lexical, name) in literals {
        let datatype = format!("http://www.w3.org/2001/XMLSchema#{name}");
        let literal = Literal::new_typed_literal(lexical, NamedNode::new_unchecked(datatype));
        let quad = Quad::new(
            NamedNode::new_unchecked("http://x/typed"),
            NamedNode::new_unchecked("http://x/p"),
            literal,
            GraphName::DefaultGraph,
        );
        let shown = format!("'{lexical}'^^xsd:{name}");
        // A load, a typed insert and INSERT DATA.
        let texts = Texts::new(&format!(":loaded :p {shown} ."));
        texts.database.insert([&quad], &Control::new()).unwrap();
        texts.update(&format!("INSERT DATA {{ :updated :p {shown} }}"));
        // They join, with each other and with a constant of a query.
        assert_eq!(
            texts.rows(&format!("SELECT ?s {{ ?s :p {shown} }}")),
            [":loaded", ":typed", ":updated"],
            "{shown}"
        );
        assert_eq!(
            texts.rows("SELECT ?s { :loaded :p ?o . ?s :p ?o }"),
            [":loaded", ":typed", ":updated"],
            "{shown}"
        );
        assert_eq!(
            texts.rows(&format!("SELECT ?s {{ VALUES ?o {{ {shown} }} ?s :p ?o }}")),
            [":loaded", ":typed", ":updated"],
            "{shown}"
        );
        assert_eq!(
            texts.rows("SELECT (COUNT(DISTINCT ?o) AS ?n) { ?s :p ?o }"),
            ["1"],
            "{shown}"
        );
        // DELETE DATA and a template of DELETE find it, and so does the typed delete.
        let deleted = |request: &str| texts.update(request).deleted;
        assert_eq!(
            deleted(&format!("DELETE DATA {{ :loaded :p {shown} }}")),
            1,
            "{shown}"
        );
        assert_eq!(
            deleted(&format!(
                "DELETE {{ ?s :p {shown} }} WHERE {{ ?s :p ?o FILTER(?s = :updated) }}"
            )),
            1,
            "{shown}"
        );
        texts.database.delete([&quad], &Control::new()).unwrap();
        assert!(texts.rows("SELECT * { ?s ?p ?o }").is_empty(), "{shown}");
    }
}

#[test]
fn defect_23_named_graphs_load_service_and_result_formats_are_absent() {
    let texts = Texts::new(":d :p 1 . GRAPH :g { :a :p 2 } GRAPH :h { :a :p 3 }");
    assert_eq!(
        texts.rows("SELECT ?g ?s ?o { GRAPH ?g { ?s :p ?o } }"),
        [":g :a 2", ":h :a 3"]
    );
    assert_eq!(texts.rows("SELECT ?o { GRAPH :g { ?s :p ?o } }"), ["2"]);
    assert_eq!(
        texts.rows("SELECT ?o FROM :g FROM :h { ?s :p ?o }"),
        ["2", "3"]
    );
    assert_eq!(
        texts.rows("SELECT ?g ?o FROM NAMED :h { GRAPH ?g { ?s :p ?o } }"),
        [":h 3"]
    );
    let snapshot = texts.database.snapshot().unwrap();
    let quads = snapshot.quads(&QuadPattern::default(), &Control::new());
    assert_eq!(quads.unwrap().count(), 3);
    let changed = texts.update("INSERT DATA { GRAPH :g { :b :p 4 } } ; COPY :g TO :k");
    assert_eq!((changed.inserted, changed.deleted), (3, 0));
    assert_eq!(
        texts.rows("SELECT ?s ?o { GRAPH :k { ?s :p ?o } }"),
        [":a 2", ":b 4"]
    );
    // What would reach out of the store is refused unless it was allowed, with a code, and SILENT is silent.
    let error = texts
        .try_update("LOAD <http://x/document.ttl>")
        .unwrap_err();
    assert_eq!(error.code(), Code::QueryInvalidOption, "{error}");
    let changed = texts.update("LOAD SILENT <http://x/document.ttl>");
    assert_eq!((changed.inserted, changed.deleted), (0, 0));
}
