//! `triplestore update`.

use crate::place::{Place, ROOMS_QUADS, field};

const PREFIX: &str = "PREFIX : <http://example.org/>\n";

fn text(update: &str) -> String {
    format!("{PREFIX}{update}")
}

#[test]
fn an_update_prints_what_came_and_went() {
    let place = Place::with_rooms("update");
    let update = text(
        "DELETE { ?room :area ?a } INSERT { ?room :size ?a ; :checked true } WHERE { ?room :area ?a }",
    );
    let out = place.run(&["update", &update]).ok();
    assert!(out.starts_with("4 quads inserted, 2 deleted in "), "{out}");
    assert_eq!(place.quads().len(), ROOMS_QUADS + 2);
    let out = place
        .run(&["update", "--format", "json", &text("CLEAR DEFAULT")])
        .ok();
    assert_eq!(field(&out, "deleted"), (ROOMS_QUADS + 2).to_string());
    assert_eq!(field(&out, "inserted"), "0");
    assert_eq!(field(&out, "seq"), "3");
    assert_eq!(
        place
            .run(&["update", "--quiet", &text("CREATE GRAPH :g")])
            .ok(),
        ""
    );
}

#[test]
fn an_update_is_read_from_a_file() {
    let place = Place::with_rooms("update-file");
    place.write("change.ru", text("INSERT DATA { :r3 a :Room }"));
    let out = place.run(&["update", "--file", "change.ru"]).ok();
    assert!(out.starts_with("1 quad inserted, 0 deleted"), "{out}");
}

#[test]
fn an_error_in_an_update_has_a_caret_and_changes_nothing() {
    let place = Place::with_rooms("update-error");
    let update = text("DELETE WHERE { ?s :area ?o } ;\nINSERT DATA { :r3 :area }");
    let err = place.run(&["update", &update]).failed(3);
    assert!(err.contains("error[1001 query_parse_error]"), "{err}");
    assert!(err.contains(" --> update:3:25\n"), "{err}");
    assert!(err.contains("INSERT DATA { :r3 :area }\n"), "{err}");
    assert!(err.contains('^'), "{err}");
    let update = text("CLEAR ALL ; LOAD <file:///nothing.ttl>");
    let err = place.run(&["update", &update]).failed(3);
    assert!(
        err.contains("LOAD <file:///nothing.ttl> is not allowed"),
        "{err}"
    );
    let err = place
        .run(&["update", "SELECT * WHERE { ?s ?p ?o }"])
        .failed(3);
    assert!(err.contains("the text is a query"), "{err}");
    assert_eq!(place.quads().len(), ROOMS_QUADS);
}

#[test]
fn load_reads_files_where_it_is_allowed() {
    let place = Place::with_rooms("update-load");
    let document = place.write("more.nt", "<http://e/a> <http://e/b> <http://e/c> .\n");
    let update = format!(
        "LOAD <file://{}> INTO GRAPH <http://e/g>",
        document.display()
    );
    let out = place.run(&["update", "--allow-load", &update]).ok();
    assert!(out.starts_with("1 quad inserted"), "{out}");
    std::fs::create_dir(place.0.join("documents")).unwrap();
    let err = place
        .run(&["update", "--allow-load=documents", &update])
        .failed(3);
    assert!(err.contains("invalid_path"), "{err}");
}
