//! The C examples are compiled as a user would, run, and print what they promise.

mod environment;

use environment::{Scratch, root, run, shared_library};
use std::path::PathBuf;
use std::process::Command;

fn build(scratch: &Scratch, name: &str) -> PathBuf {
    let program = scratch.join(name);
    let library = shared_library();
    let library = library.parent().unwrap();
    run(Command::new("cc")
        .args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .arg("-I")
        .arg(root().join("include"))
        .arg(root().join(format!("examples/c/{name}.c")))
        .arg("-o")
        .arg(&program)
        .arg("-L")
        .arg(library)
        .arg("-ltriplestore")
        .arg(format!("-Wl,-rpath,{}", library.display())));
    program
}

fn prints(name: &str, arguments: &[PathBuf], expected: &str) {
    let scratch = Scratch::new(&format!("example-{name}"));
    let printed = run(Command::new(build(&scratch, name)).args(arguments));
    assert_eq!(printed, expected);
}

#[test]
fn every_example_has_a_test() {
    let mut names: Vec<String> = std::fs::read_dir(root().join("examples/c"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "building.c",
            "functions.c",
            "inspect.c",
            "load.c",
            "query.c",
            "quickstart.c",
            "read_your_writes.c",
            "service.c",
            "stream.c",
            "transaction.c",
            "update.c"
        ]
    );
}

#[test]
fn quickstart_prints_who_knows_whom() {
    prints(
        "quickstart",
        &[],
        "http://example.org/ada knows http://example.org/charles\n\
         http://example.org/ada knows http://example.org/mary\n\
         http://example.org/charles knows http://example.org/ada\n",
    );
}

#[test]
fn functions_works_equal_arguments_once() {
    prints(
        "functions",
        &[],
        "http://example.org/cellar: unknown\n\
         http://example.org/hall: 62.6\n\
         http://example.org/kitchen: 70.7\n\
         http://example.org/study: 70.7\n\
         3 calls\n",
    );
}

#[test]
fn inspect_lets_queries_pass() {
    prints(
        "inspect",
        &[],
        "may run: ?room ?h\n  \
         {\"version\":1,\"kind\":\"select\",\"columns\":[\"room\",\"h\"],\"service\":false,\"load\":false}\n\
         refused: [1004] at 1:9\n\
         refused: asks other endpoints\n  \
         {\"version\":1,\"kind\":\"ask\",\"columns\":[],\"service\":true,\
         \"endpoints\":[\"http://example.org/sparql\"],\"any_endpoint\":false,\"load\":false}\n\
         refused: an update of 2 operations\n  \
         {\"version\":1,\"kind\":\"update\",\"operations\":[\
         {\"operation\":\"INSERT DATA\",\"default_graph\":true,\"graphs\":[],\"any_named_graph\":false},\
         {\"operation\":\"CLEAR\",\"default_graph\":false,\"graphs\":[\"x:old\"],\"any_named_graph\":false}],\
         \"service\":false,\"load\":false}\n\
         refused: [1001] at 1:19\n",
    );
}

#[test]
fn building_asks_every_question_and_loses_nothing() {
    let scratch = Scratch::new("example-building");
    let data = root().join("examples/data");
    let mut questions: Vec<PathBuf> = std::fs::read_dir(data.join("questions"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    questions.sort();
    assert!(questions.len() >= 5);
    let change = data.join("changes/1-open-dampers.ru");
    let printed = run(Command::new(build(&scratch, "building"))
        .arg(scratch.join("store"))
        .arg(change)
        .args(&questions)
        .arg("--")
        .arg(data.join("harbour-house.ttl")));
    assert!(
        printed.contains("  (9 triples inserted, 0 deleted, "),
        "{printed}"
    );
    assert!(
        printed.ends_with(" triples are there, and the answers are the same\n"),
        "{printed}"
    );
}

#[test]
fn load_reports_what_it_loaded() {
    let data = Scratch::new("example-load-data");
    let file = data.join("a.ttl");
    std::fs::write(&file, "<http://e/a> <http://e/p> \"x\", 1, 1 .").unwrap();
    prints(
        "load",
        &[data.join("store"), file],
        "file: 3 statements, 2 of them new, 0 bad\n\
         memory: 2 statements, 2 of them new, 1 bad\n  \
         line 2: The subject of a triple must be an IRI or a blank node\n\
         pushed: 3 statements, 3 of them new, 0 bad\n\
         the store has 7 quads\n",
    );
}

#[test]
fn query_prints_every_kind_of_term_and_a_mistake() {
    let room =
        "?name = \"Kitchen\"@en  ?t = \"21.5\"^^<http://www.w3.org/2001/XMLSchema#decimal>\n";
    prints(
        "query",
        &[],
        &format!(
            "warm rooms:\n{room}{room}what is said:\n\
             ?what = <<( <http://example.org/room1> <http://example.org/temperature> \
             \"21.5\"^^<http://www.w3.org/2001/XMLSchema#decimal> )>>\n\
             is any room cold? yes\n\
             a mistake:\n\
             [1001] 1:22: Prefix not found (the prefix ex: at 1:22 is not declared; \
             add PREFIX ex: <...> before the query)\n"
        ),
    );
}

#[test]
fn stream_writes_documents_to_a_callback() {
    let decimal = "http://www.w3.org/2001/XMLSchema#decimal";
    let row = |name: &str, language: &str, t: &str| {
        format!(
            "{{\"name\":{{\"type\":\"literal\",\"value\":\"{name}\"{language}}},\
             \"t\":{{\"type\":\"literal\",\"value\":\"{t}\",\"datatype\":\"{decimal}\"}}}}"
        )
    };
    prints(
        "stream",
        &[],
        &format!(
            "{{\"head\":{{\"vars\":[\"name\",\"t\"]}},\"results\":{{\"bindings\":[{},{}]}}}}\n\
             name,t\r\n\"Hall, west\",17.0\r\nKitchen,21.5\r\n\n\
             ?name\t?t\n\"Hall, west\"\t17.0\n\"Kitchen\"@en\t21.5\n\n\
             @prefix : <http://example.org/> .\n:room1 a :WarmRoom .\n1 statement\n\
             stopped by the reader: yes\n",
            row("Hall, west", "", "17.0"),
            row("Kitchen", ",\"xml:lang\":\"en\"", "21.5")
        ),
    );
}

#[test]
fn service_asks_the_endpoints_that_are_allowed_and_joins_what_they_answer() {
    prints(
        "service",
        &[],
        "asked http://example.org/births/sparql: \
         SELECT ?who ?year WHERE { ?who <http://example.org/born> ?year . }\n\
         asked http://example.org/down: \
         SELECT ?who ?death WHERE { ?who <http://example.org/died> ?death . }\n\
         Ada was born in 1815\n",
    );
}

#[test]
fn transaction_counts_and_dumps() {
    prints(
        "transaction",
        &[],
        "4 inserted\n1 deleted\n1 name\n@prefix : <http://example.org/> .\n:ada :name \"Ada\"@en .\n",
    );
}

#[test]
fn update_counts_and_names_the_line_of_a_mistake() {
    prints(
        "update",
        &[],
        "loaded 2\ninserted 3, deleted 2\nrefused at line 2\n3 quads\n",
    );
}

#[test]
fn a_writer_reads_its_writes_and_a_reader_one_moment() {
    prints(
        "read_your_writes",
        &[],
        "the writer sees 2, the reader 1\n\
         undone: the writer still sees 2\n\
         committed 1\n\
         the reader still sees 1\n\
         1 reader\n\
         a new one sees 2\n",
    );
}
