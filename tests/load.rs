//! Loads by every way through the module give the store the same quads.

use oxrdf::dataset::CanonicalizationAlgorithm;
use oxrdf::{Dataset, Quad};
use oxttl::NQuadsParser;
use proptest::prelude::*;
use std::sync::Arc;
use triplestore::config::Config;
use triplestore::control::{Budget, Control, Phase};
use triplestore::database::{Database, QuadPattern};
use triplestore::error::Code;
use triplestore::load::{
    Document, Format, Input, LoadSettings, Loaded, ParseOptions, Target, load,
};
use triplestore::query::{QueryOptions, ResultBatch};

const MIB: usize = 1 << 20;

fn settings(large_statements: usize, threads: usize) -> LoadSettings {
    LoadSettings {
        target: Target::DefaultGraph,
        checkpoint_statements: None,
        on_checkpoint: None,
        large_statements,
        threads,
        max_term_bytes: MIB,
    }
}

fn documents<'i>(texts: &'i [String], control: &Control) -> Vec<Document<'i>> {
    let document = |text: &'i String| Document {
        input: Input::memory(text.as_bytes(), None, control).unwrap(),
        options: ParseOptions::new(Format::NQuads),
        bytes: None,
    };
    texts.iter().map(document).collect()
}

fn load_all(database: &Database, texts: &[String], settings: &LoadSettings) -> Loaded {
    let control = Control::new();
    let loaded = load(
        database.store(),
        documents(texts, &control),
        settings,
        &control,
    )
    .unwrap();
    let report = database.store().check(&control).unwrap();
    assert!(report.problems.is_empty(), "{report:?}");
    loaded
}

fn canonical(quads: impl IntoIterator<Item = Quad>) -> Dataset {
    let mut dataset: Dataset = quads.into_iter().collect();
    dataset.canonicalize(CanonicalizationAlgorithm::Unstable);
    dataset
}

fn content(database: &Database) -> Dataset {
    let snapshot = database.snapshot().unwrap();
    let quads = snapshot.quads(&QuadPattern::default(), &Control::new());
    canonical(quads.unwrap().map(Result::unwrap))
}

/// What the reference parser reads. Labels are made those of their document.
fn expected(texts: &[String]) -> Dataset {
    canonical(texts.iter().enumerate().flat_map(|(number, text)| {
        let text = text.replace("_:", &format!("_:d{number}"));
        NQuadsParser::new()
            .for_slice(&text)
            .map(Result::unwrap)
            .collect::<Vec<_>>()
    }))
}

fn memory() -> Database {
    Database::memory(&Config::default()).unwrap()
}

fn node() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (0..9).prop_map(|n| format!("<http://example.org/item{n}>")),
        2 => (0..4).prop_map(|n| format!("<http://example.org/{n}/name>")),
        2 => (0..4).prop_map(|n| format!("_:b{n}")),
    ]
}

fn object() -> impl Strategy<Value = String> {
    let literal = prop_oneof![
        Just("\"short\""),
        Just("\"a string that is not short\""),
        Just("\"text\"@en"),
        Just("\"text\"@en--rtl"),
        Just("\"7\"^^<http://www.w3.org/2001/XMLSchema#integer>"),
        Just("\"07\"^^<http://www.w3.org/2001/XMLSchema#integer>"),
        Just("\"1.50\"^^<http://www.w3.org/2001/XMLSchema#decimal>"),
        Just("\"x\"^^<http://example.org/datatype>"),
    ]
    .prop_map(str::to_owned);
    let plain = prop_oneof![node(), literal];
    let triple = |object: BoxedStrategy<String>| {
        (node(), object).prop_map(|(s, o)| format!("<<( {s} <http://example.org/says> {o} )>>"))
    };
    prop_oneof![
        6 => plain.clone(),
        1 => triple(plain.clone().boxed()),
        1 => triple(triple(plain.boxed()).boxed()),
    ]
}

fn text() -> impl Strategy<Value = String> {
    let graph = prop_oneof![Just(String::new()), node()];
    let line = (node(), 0..3, object(), graph)
        .prop_map(|(s, p, o, g)| format!("{s} <http://example.org/p{p}> {o} {g} .\n"));
    prop::collection::vec(line, 0..40).prop_map(|lines| lines.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn large_and_small_loads_give_what_the_reference_parser_reads(
        loads in prop::collection::vec((prop::collection::vec(text(), 1..3), 0..3usize), 1..4),
    ) {
        let database = memory();
        let mut all = Vec::new();
        let mut before = 0;
        for (texts, way) in &loads {
            let large = [0, usize::MAX, 30][*way];
            let loaded = load_all(&database, texts, &settings(large, 2));
            all.extend_from_slice(texts);
            let content = content(&database);
            prop_assert_eq!(loaded.inserted, (content.len() - before) as u64);
            before = content.len();
            prop_assert_eq!(content, expected(&all));
        }
    }
}

/// Enough statements for batches and pieces that do not fit in a few MiB.
fn long_text(seed: u64, lines: u64) -> String {
    let mut text = String::new();
    for line in 0..lines {
        let mixed = (line + seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        text.push_str(&match line % 8 {
            0 => format!("_:b{} <http://example.org/p0> _:b{} .\n", mixed % 4000, line % 3000),
            1 => format!(
                "<http://example.org/item{}> <http://example.org/says> <<( <http://example.org/item{}> <http://example.org/p1> \"{}\" )>> <http://example.org/graph{}> .\n",
                mixed % 9000, line % 900, mixed % 500, line % 5,
            ),
            _ => format!(
                "<http://example.org/item{}> <http://example.org/p{}> \"the value {} of {}\" .\n",
                mixed % 9000, line % 11, mixed % 70_000, line % 400,
            ),
        });
    }
    text
}

#[test]
fn a_load_far_larger_than_its_memory_gives_the_same_store() {
    let texts = [long_text(0, 150_000), long_text(7, 150_000)];
    let roomy = memory();
    load_all(&roomy, &texts, &settings(0, 1));
    let tight = memory();
    for text in texts.chunks(1) {
        let budget = Budget::new("load", 14 * MIB);
        let control = Control::new().with_memory(budget.clone());
        let documents = documents(text, &control);
        let loaded = load(tight.store(), documents, &settings(0, 2), &control).unwrap();
        assert_eq!(loaded.statements, 150_000);
        assert_eq!(budget.used(), 0);
        assert!(budget.peak() <= budget.limit());
    }
    let report = tight.store().check(&Control::new()).unwrap();
    assert!(report.problems.is_empty(), "{report:?}");
    let counts = |database: &Database| {
        let stats = database.snapshot().unwrap().stats(&Control::new()).unwrap();
        (
            stats.quads,
            stats.named_graphs,
            stats.distinct_subjects,
            stats.distinct_objects,
        )
    };
    assert_eq!(counts(&roomy), counts(&tight));
}

#[test]
fn a_load_is_laid_out_the_same_by_any_number_of_threads() {
    // Numbers of triple terms are given as threads come to them.
    let text: String = long_text(0, 80_000)
        .split_inclusive('\n')
        .filter(|line| !line.contains("<<("))
        .collect();
    let bytes_of = |threads: usize| {
        let database = memory();
        load_all(
            &database,
            std::slice::from_ref(&text),
            &settings(0, threads),
        );
        database.store().kv().page_file_bytes()
    };
    let one = bytes_of(1);
    for threads in [2, 3, 5] {
        assert_eq!(bytes_of(threads), one, "{threads} threads");
    }
}

#[test]
fn a_load_that_fails_leaves_nothing_behind() {
    let database = memory();
    load_all(&database, &[long_text(3, 500)], &settings(0, 2));
    let before = content(&database);
    let mut bad = long_text(0, 60_000);
    bad.push_str("<http://example.org/a> <http://example.org/b> <not an IRI> .\n");
    let control = Control::new();
    let texts = [bad];
    let error = load(
        database.store(),
        documents(&texts, &control),
        &settings(0, 2),
        &control,
    )
    .unwrap_err();
    assert_eq!(error.code(), Code::InvalidIri);
    assert_eq!(error.position().unwrap().line, 60_001);
    assert_eq!(content(&database), before);
}

#[test]
fn a_cancelled_load_leaves_nothing_behind_wherever_it_is() {
    let database = memory();
    load_all(&database, &[long_text(3, 500)], &settings(0, 2));
    let before = content(&database);
    let texts = [long_text(0, 60_000)];
    for phase in [Phase::Parse, Phase::Merge, Phase::Sort, Phase::Write] {
        let control = Control::new();
        let token = control.cancel_token();
        let watched = control.clone();
        let outcome = std::thread::scope(|scope| {
            scope.spawn(|| {
                while (watched.progress().phase as u8) < phase as u8 {
                    std::thread::yield_now();
                }
                token.cancel();
            });
            load(
                database.store(),
                documents(&texts, &control),
                &settings(0, 2),
                &control,
            )
        });
        match outcome {
            Err(error) => {
                assert_eq!(error.code(), Code::Cancelled);
                assert_eq!(content(&database), before);
            }
            // The cancel came too late.
            Ok(_) => return,
        }
    }
}

#[test]
fn a_load_with_checkpoints_keeps_what_it_committed_and_says_where_it_stood() {
    let lines = 60_000;
    let text = long_text(0, lines);
    let checkpoints = LoadSettings {
        checkpoint_statements: Some(5_000),
        ..settings(20_000, 2)
    };
    let whole = memory();
    let loaded = load_all(&whole, std::slice::from_ref(&text), &checkpoints);
    assert_eq!(loaded.statements, lines);
    let end = loaded.checkpoint.unwrap();
    assert!(end.line > 1 && end.offset <= text.len() as u64);
    let at_once = memory();
    load_all(&at_once, std::slice::from_ref(&text), &settings(0, 2));
    assert_eq!(
        whole
            .snapshot()
            .unwrap()
            .stats(&Control::new())
            .unwrap()
            .quads,
        at_once
            .snapshot()
            .unwrap()
            .stats(&Control::new())
            .unwrap()
            .quads,
    );

    // The same with an error near the end: what is before stays, and the observer knows where to resume.
    let reached = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = reached.clone();
    let checkpoints = LoadSettings {
        on_checkpoint: Some(Arc::new(move |end| {
            seen.lock().unwrap().push(end);
            Ok(())
        })),
        ..checkpoints
    };
    let broken = format!("{text}<broken\n{}", long_text(9, 3_000));
    let database = memory();
    let control = Control::new();
    let texts = [broken.clone()];
    let error = load(
        database.store(),
        documents(&texts, &control),
        &checkpoints,
        &control,
    );
    assert_eq!(error.unwrap_err().code(), Code::DataParse);
    let kept = database.snapshot().unwrap().stats(&control).unwrap().quads;
    assert!(kept > 0);
    let reached = reached.lock().unwrap();
    assert!(
        reached
            .windows(2)
            .all(|pair| pair[0].offset < pair[1].offset)
    );
    let last = reached.last().unwrap().offset as usize;
    let loaded = memory();
    load_all(&loaded, &[broken[..last].to_owned()], &settings(0, 2));
    let before = loaded.snapshot().unwrap().stats(&control).unwrap().quads;
    assert_eq!(kept, before);
}

#[test]
fn a_blank_node_label_is_one_node_across_checkpoints() {
    let mut text = String::from("_:x <http://example.org/first> <http://example.org/o> .\n");
    text.push_str(&long_text(0, 30_000).replace("_:b", "_:other"));
    text.push_str("_:x <http://example.org/last> <http://example.org/o> .\n");
    let database = memory();
    let checkpoints = LoadSettings {
        checkpoint_statements: Some(3_000),
        ..settings(2_000, 1)
    };
    load_all(&database, &[text], &checkpoints);
    let query = "SELECT ?x { ?x <http://example.org/first> ?o ; <http://example.org/last> ?o }";
    let snapshot = database.snapshot().unwrap();
    let results = snapshot
        .query(query, &QueryOptions::default(), &Control::new())
        .unwrap();
    let mut batch = ResultBatch::new();
    assert!(results.rows().unwrap().next(10, &mut batch).unwrap());
    assert_eq!(batch.rows(), 1);
}

#[test]
fn statements_without_a_graph_go_to_the_target() {
    for large in [0, usize::MAX] {
        let database = memory();
        let target = LoadSettings {
            target: Target::Iri("http://example.org/target".to_owned()),
            ..settings(large, 2)
        };
        let text = "<http://a.example/s> <http://a.example/p> 'x' .\n".replace('\'', "\"")
            + "<http://a.example/s> <http://a.example/p> \"y\" <http://a.example/g> .\n";
        load_all(&database, &[text], &target);
        let stats = database.snapshot().unwrap().stats(&Control::new()).unwrap();
        assert_eq!((stats.default_graph_quads, stats.named_graphs), (0, 2));
    }
}

#[test]
fn a_prefix_that_many_iris_have_is_learned_by_the_first_load_only() {
    let text = |prefixes: u64| -> String {
        let item = |n: u64| format!("<http://example.org/{}/item{n}>", n % prefixes);
        (0..4000)
            .map(|n| format!("{} <http://example.org/next> {} .\n", item(n), item(n * 7)))
            .collect()
    };
    let learned = |database: &Database| {
        let stats = database.snapshot().unwrap().stats(&Control::new()).unwrap();
        stats.iri_prefixes
    };
    for (prefixes, expected) in [(1, 1), (50, 0)] {
        let database = memory();
        let texts = [text(prefixes)];
        load_all(&database, &texts, &settings(0, 2));
        assert_eq!(learned(&database), expected);
        // What is encoded stays so, and an IRI in the dictionary is never encoded as well (definition 7).
        let again = [text(1), text(50)];
        for text in &again {
            load_all(&database, std::slice::from_ref(text), &settings(0, 2));
        }
        assert_eq!(learned(&database), expected);
        let all = [texts.as_slice(), &again].concat();
        assert_eq!(content(&database), expected_of_unlabelled(&all));
    }
}

/// As [`expected`], for documents without blank nodes.
fn expected_of_unlabelled(texts: &[String]) -> Dataset {
    let quads = texts
        .iter()
        .flat_map(|text| NQuadsParser::new().for_slice(text).map(Result::unwrap));
    quads.collect()
}
