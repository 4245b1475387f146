//! From text to [`Query`] and [`Update`], with the place of an error and a hint.

use super::ir::Query;
use super::nesting::{Depth, measure};
use super::request::{PARTS_MAX, parse_request, parts};
use super::respell::{improper_subject, respelled, torn, with_marked_distinct, without_reuse};
use super::scanner::position;
use super::syntax::{Language, syntax_error};
use super::translate::{translate, translate_update};
use super::update::Update;
use crate::control::{STACK_BYTES_OF_CALLER, with_stack};
use crate::error::{Code, Error, Result};
use spargebra::term::NamedNode;
use spargebra::{SparqlParser, SparqlSyntaxError};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The longest query text, in bytes, unless configured otherwise.
pub const QUERY_BYTES_MAX: usize = 4 << 20;

/// Stack the recursive parser takes for each level of nesting (measured: at most
/// 12 KiB, for brackets in expressions), doubled for safety.
const STACK_BYTES_PER_LEVEL: usize = 32 << 10;
/// Stack to walk and free one link of the parser's left-deep trees.
const STACK_BYTES_PER_LINK: usize = 512;
/// What parsing needs before the first level.
const STACK_BYTES_BASE: usize = 256 << 10;

/// What the parser says of an expression with a variable that it does not know.
const REUSED: &str = "expression with a variable that is unbound";

/// How to read a query text.
#[derive(Clone, Debug)]
pub struct ParseOptions {
    /// Resolves relative IRIs.
    pub base_iri: Option<String>,
    /// Prefixes the text may use without declaring them.
    pub prefixes: Vec<(String, String)>,
    pub bytes_max: usize,
    /// Functions that may be called beside SPARQL's own.
    pub functions: Arc<CustomFunctions>,
    /// The IRIs under which the host has registered aggregates.
    pub aggregates: Arc<BTreeSet<String>>,
}

/// The functions that the host has registered, by their IRIs.
pub type CustomFunctions = BTreeMap<String, CustomSignature>;

/// What is known of a function of the host.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CustomSignature {
    /// How many arguments it takes.
    pub arguments: RangeInclusive<usize>,
    /// Whether it answers the same to the same arguments.
    pub deterministic: bool,
}

impl Default for ParseOptions {
    fn default() -> Self {
        Self {
            base_iri: None,
            prefixes: Vec::new(),
            bytes_max: QUERY_BYTES_MAX,
            functions: Arc::default(),
            aggregates: Arc::default(),
        }
    }
}

/// Parses a query.
/// Errors: `QueryParse` with place and hint, `QueryUnsupported`, `NestingTooDeep`, `QueryLimit` for a text that is
/// too long, `InvalidIri` for a bad base or prefix.
pub fn parse(text: &str, options: &ParseOptions) -> Result<Query> {
    let parser = SparqlParser::parse_query;
    read(text, options, Language::Query, parser, translate)
}

/// Parses an update request. Errors: as [`parse`].
pub fn parse_update(text: &str, options: &ParseOptions) -> Result<Update> {
    // A longer text is refused before it is looked at.
    if text.len() <= options.bytes_max && parts(text) > PARTS_MAX {
        return Err(Error::new(
            Code::QueryLimit,
            format!(
                "more than {PARTS_MAX} operations of the update have declarations of their own"
            ),
        )
        .with_hint("declare prefixes at the beginning"));
    }
    read(
        text,
        options,
        Language::Update,
        parse_request,
        translate_update,
    )
}

/// Parses and translates a text on a stack that suffices for its nesting.
fn read<P, T: Send>(
    text: &str,
    options: &ParseOptions,
    language: Language,
    parse: fn(SparqlParser, &str) -> std::result::Result<P, SparqlSyntaxError>,
    translate: fn(&P, &str, &CustomFunctions) -> Result<T>,
) -> Result<T> {
    if text.len() > options.bytes_max {
        return Err(Error::new(
            Code::QueryLimit,
            format!(
                "the {} has {} bytes, the limit is {}",
                language.noun(),
                text.len(),
                options.bytes_max
            ),
        )
        .with_hint(language.hint_if_too_long()));
    }
    let parser = parser(options)?;
    let depth = measure(text)?;
    // The parser's tree is freed on the same stack that built it.
    let work = move || {
        let parsed = accepted(&parser, language, text, options, parse)?;
        if let Some(subject) = improper_subject(text) {
            return Err(Error::new(
                Code::QueryParse,
                format!("unexpected {}", subject.text(text)),
            )
            .at(position(text, subject.start))
            .with_hint("the subject of a triple term is an IRI, a variable or a blank node"));
        }
        translate(&parsed, text, &options.functions)
    };
    with_stack(stack_bytes(depth), work)
}

/// What the parser makes of a text, as far as the grammar agrees.
fn accepted<P>(
    parser: &SparqlParser,
    language: Language,
    text: &str,
    options: &ParseOptions,
    parse: fn(SparqlParser, &str) -> std::result::Result<P, SparqlSyntaxError>,
) -> Result<P> {
    let parsed = |text: &str| parse(parser.clone(), text.trim_end());
    let spelled = respelled(text);
    let error = match parsed(&spelled) {
        Ok(whole) => {
            return match torn(&spelled, |text| parsed(text).is_ok()) {
                None => Ok(whole),
                Some(token) => Err(Error::new(
                    Code::QueryParse,
                    format!("unexpected {}", token.text(text)),
                )
                .at(position(text, token.start))
                .with_hint("this is an IRI; to compare, write spaces around < and >")),
            };
        }
        Err(error) => error.to_string(),
    };
    let respelled_more = if error.contains(REUSED) {
        without_reuse(&spelled, options.bytes_max)
    } else if !options.aggregates.is_empty() {
        with_marked_distinct(&spelled)
    } else {
        None
    };
    if let Some(spelled) = respelled_more
        && measure(&spelled).is_ok_and(|depth| stack_bytes(depth) <= STACK_BYTES_OF_CALLER)
        && let Ok(whole) = parsed(&spelled)
    {
        return Ok(whole);
    }
    Err(syntax_error(
        parser,
        language,
        &options.prefixes,
        &spelled,
        &error,
    ))
}

fn stack_bytes(depth: Depth) -> usize {
    STACK_BYTES_BASE + depth.nesting * STACK_BYTES_PER_LEVEL + depth.links * STACK_BYTES_PER_LINK
}

fn parser(options: &ParseOptions) -> Result<SparqlParser> {
    let mut parser = SparqlParser::new();
    if let Some(base) = &options.base_iri {
        parser = parser.with_base_iri(base).map_err(|error| {
            Error::new(
                Code::InvalidIri,
                format!("the base IRI {base} is not valid: {error}"),
            )
        })?;
    }
    for (prefix, iri) in &options.prefixes {
        parser = parser.with_prefix(prefix, iri).map_err(|error| {
            Error::new(
                Code::InvalidIri,
                format!("the IRI of prefix {prefix}: is not valid: {error}"),
            )
        })?;
    }
    for iri in &*options.aggregates {
        // An IRI is checked when it is registered.
        parser = parser.with_custom_aggregate_function(NamedNode::new_unchecked(iri));
    }
    Ok(parser)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(text: &str) -> Error {
        parse(text, &ParseOptions::default()).unwrap_err()
    }

    fn place_of(error: &Error) -> (u64, u64, u64) {
        let place = error.position().unwrap();
        (place.line, place.column, place.offset)
    }

    #[test]
    fn a_syntax_error_has_line_column_and_offset() {
        let error = fails("SELECT *\nWHERE { ?s ?p ?ö ) }");
        assert_eq!(error.code(), Code::QueryParse);
        assert_eq!(place_of(&error), (2, 18, 27));
    }

    #[test]
    fn an_undeclared_prefix_is_named() {
        let error = fails("SELECT * WHERE { ?s foaf:name ?o }");
        assert!(error.hint().unwrap().contains("foaf:"), "{error}");
        assert!(error.hint().unwrap().contains("PREFIX foaf:"), "{error}");
    }

    #[test]
    fn a_missing_brace_is_named_with_the_place_of_its_partner() {
        let error = fails("SELECT * WHERE { ?s ?p ?o ");
        assert!(
            error
                .hint()
                .unwrap()
                .contains("missing } for the { at 1:16"),
            "{error}"
        );
        let error = fails("SELECT * WHERE { ?s ?p ?o FILTER(?o > 1 }");
        assert!(error.hint().unwrap().contains('('), "{error}");
    }

    #[test]
    fn misspelt_words_and_unknown_functions_are_named() {
        for (text, part) in [
            ("SELCT * WHERE { ?s ?p ?o }", "SELECT"),
            ("SELECT * WHRE { ?s ?p ?o }", "WHERE"),
            ("SELECT * WHERE { ?s ?p ?o FLITER(?o > 1) }", "FILTER"),
            (
                "SELECT * WHERE { ?s ?p ?o FILTER(STRSTART(?o, 'a')) }",
                "STRSTARTS",
            ),
            (
                "SELECT * WHERE { ?s ?p ?o FILTER(FROBNICATE(?o)) }",
                "no function FROBNICATE",
            ),
            ("SELECT * WHERE { ?s ?p ?o FILTER(?o == 1) }", "="),
            ("SELECT * WHERE { ?s ?p 'abc }", "does not end"),
        ] {
            let error = fails(text);
            assert_eq!(error.code(), Code::QueryParse, "{text}");
            assert!(
                error.hint().is_some_and(|hint| hint.contains(part)),
                "{text}: {error}"
            );
        }
    }

    /// The hint for a text, which has an error at `place`.
    fn hint_at(text: &str, place: (u64, u64)) -> String {
        let error = fails(text);
        assert_eq!(error.code(), Code::QueryParse, "{text}");
        let (line, column, _) = place_of(&error);
        assert_eq!((line, column), place, "{text}: {error}");
        error.hint().unwrap_or_default().to_owned()
    }

    #[test]
    fn an_undeclared_prefix_that_everybody_knows_comes_with_its_iri() {
        let hint = hint_at("SELECT *\nWHERE { ?s foaf:name ?o }", (2, 12));
        assert!(
            hint.contains("PREFIX foaf: <http://xmlns.com/foaf/0.1/>"),
            "{hint}"
        );
        let hint = hint_at("PREFIX ex: <http://x/> ASK { ?s exx:name ?o }", (1, 33));
        assert!(hint.contains("did you mean ex:"), "{hint}");
        let hint = hint_at("ASK { ?s zz:name ?o }", (1, 10));
        assert!(hint.contains("add PREFIX zz: <...>"), "{hint}");
    }

    #[test]
    fn a_triple_term_whose_subject_cannot_be_one_is_refused_with_its_place() {
        for (text, column) in [
            (
                "SELECT * { BIND(<<( <<( <x:s> <x:p> 1 )>> <x:q> 2 )>> AS ?x) }",
                21,
            ),
            ("SELECT (<<( 'a' <x:q> 2 )>> AS ?x) {}", 13),
            ("ASK { FILTER(?x = <<( TRUE <x:q> 2 )>>) }", 23),
        ] {
            let hint = hint_at(text, (1, column));
            assert!(hint.contains("subject of a triple term"), "{text}: {hint}");
        }
    }

    #[test]
    fn a_prefix_of_the_options_is_not_called_undeclared() {
        let options = ParseOptions {
            prefixes: vec![("ex".into(), "http://x/".into())],
            ..Default::default()
        };
        assert!(parse("ASK { ?s ex:p ?o }", &options).is_ok());
        let error = parse("ASK { ?s ex:p }", &options).unwrap_err();
        assert!(!error.to_string().contains("not declared"), "{error}");
    }

    #[test]
    fn a_missing_pattern_is_named() {
        for (text, place) in [
            ("SELECT ?s ?s ?p ?o }", (1, 20)),
            ("SELECT ?s WHERE ?s ?p ?o }", (1, 17)),
            ("SELECT *", (1, 9)),
        ] {
            let hint = hint_at(text, place);
            assert!(hint.contains("WHERE {"), "{text}: {hint}");
        }
    }

    #[test]
    fn an_incomplete_triple_is_named_with_its_place() {
        let hint = hint_at("SELECT * WHERE {\n ?s ?p }", (2, 8));
        assert!(hint.contains("2:2 has 2"), "{hint}");
        let hint = hint_at("SELECT * WHERE { ?s ?p 'a'@en . <x:s> . ?s ?p 1 }", (1, 39));
        assert!(hint.contains("1:33 has 1"), "{hint}");
        let hint = hint_at("SELECT * WHERE { ?s ?p 1 ; ?q }", (1, 31));
        assert!(
            hint.contains("semicolon") && hint.contains("1:28"),
            "{hint}"
        );
    }

    #[test]
    fn a_missing_full_stop_between_triples_is_named() {
        let hint = hint_at("SELECT * WHERE { ?s ?p ?o ?x ?y ?z }", (1, 27));
        assert!(
            hint.contains("full stop") && hint.contains("1:18"),
            "{hint}"
        );
        let hint = hint_at("SELECT * WHERE { ?s ?p 1, 'a'^^<x:d> ?x ?y ?z }", (1, 38));
        assert!(hint.contains("full stop"), "{hint}");
    }

    #[test]
    fn an_iri_without_its_brackets_is_named() {
        let hint = hint_at("SELECT * WHERE { ?s http://x/p ?o }", (1, 21));
        assert!(hint.contains("<http://x/p>"), "{hint}");
        let hint = hint_at("SELECT * WHERE { ?s <http://x/p ?o }", (1, 21));
        assert!(hint.contains("1:21 does not end"), "{hint}");
        let hint = hint_at("SELECT * WHERE { ?s <http://x/a p> ?o }", (1, 21));
        assert!(hint.contains("character"), "{hint}");
    }

    #[test]
    fn a_string_that_does_not_end_is_named_where_it_begins() {
        let hint = hint_at("SELECT * WHERE { ?s ?p 'abc }\n", (1, 24));
        assert!(hint.contains("1:24 does not end"), "{hint}");
    }

    #[test]
    fn a_variable_without_its_question_mark_is_named() {
        for (text, place) in [
            ("SELECT name WHERE { ?x <x:n> ?name }", (1, 8)),
            ("SELECT ?x nm WHERE { ?x <x:n> ?nm }", (1, 11)),
            ("SELECT * WHERE { s ?p ?s }", (1, 18)),
        ] {
            let hint = hint_at(text, place);
            assert!(hint.contains("did you mean ?"), "{text}: {hint}");
        }
    }

    #[test]
    fn an_unsupported_feature_is_named_with_its_place() {
        for (text, name, at) in [
            ("SELECT * WHERE { ?s ?p ?o FILTER(<x:f>(?o)) }", "<x:f>", 33),
            (
                "PREFIX x: <x:> SELECT * WHERE { ?s ?p ?o FILTER(x:f(?o)) }",
                "<x:f>",
                48,
            ),
        ] {
            let error = fails(text);
            assert_eq!(error.code(), Code::QueryUnsupported, "{text}: {error}");
            assert!(error.detail().contains(name), "{text}: {error}");
            assert_eq!(place_of(&error).2, at, "{text}: {error}");
        }
    }

    /// Nested to the limit in every way the grammar nests; each must come back, from a thread with the
    /// stack other languages give theirs.
    fn nested(levels: usize) -> Vec<String> {
        let within = |open: &str, core: &str, close: &str| {
            format!(
                "SELECT * WHERE {{ {}{core}{} }}",
                open.repeat(levels),
                close.repeat(levels)
            )
        };
        vec![
            format!(
                "SELECT * WHERE {{ ?s ?p ?o FILTER({}1{}) }}",
                "(".repeat(levels),
                ")".repeat(levels)
            ),
            format!(
                "SELECT * WHERE {{ ?s ?p ?o FILTER({}?o) }}",
                "!".repeat(levels)
            ),
            format!(
                "SELECT * WHERE {{ ?s ?p ?o FILTER({}?o{}) }}",
                "STR(".repeat(levels),
                ")".repeat(levels)
            ),
            format!(
                "SELECT * WHERE {{ ?s ?p ?o FILTER(1 IN {}(1){}) }}",
                "(1, 1 IN ".repeat(levels),
                ")".repeat(levels)
            ),
            within("{", "?s ?p ?o", "}"),
            within("OPTIONAL {", "?s ?p ?o", "}"),
            within("{ SELECT * {", "?s ?p ?o", "}}"),
            within("GRAPH ?g {", "?s ?p ?o", "}"),
            format!(
                "SELECT * WHERE {{ ?s ?p {}1{} }}",
                "[ ?q ".repeat(levels),
                "]".repeat(levels)
            ),
            format!(
                "SELECT * WHERE {{ ?s ?p {}1{} }}",
                "( ".repeat(levels),
                ")".repeat(levels)
            ),
            format!(
                "SELECT * WHERE {{ ?s {}<p:p>{} ?o }}",
                "(".repeat(levels),
                ")".repeat(levels)
            ),
            format!(
                "SELECT * WHERE {{ ?s ?p {}1{} }}",
                "<<( <p:a> <p:b> ".repeat(levels),
                ")>>".repeat(levels)
            ),
            within("FILTER EXISTS { ?s ?p ?o ", "", "}"),
            format!(
                "SELECT * WHERE {{ ?s ?p ?o {}{} }}",
                "{| ?q ?r ".repeat(levels),
                "|}".repeat(levels)
            ),
            // What could hide in a token of the scanner and be many to the parser.
            format!(
                "SELECT * WHERE {{ ?s ?p ?o FILTER(?o{}1 > 0) }}",
                "-".repeat(levels)
            ),
            format!(
                "SELECT * WHERE {{ ?s ?p ?o FILTER(1{}1 > 0) }}",
                "-".repeat(levels)
            ),
            format!(
                "SELECT * WHERE {{ ?s ?p ?o FILTER(?o<{}1{}&&?o>0) }}",
                "(".repeat(levels),
                ")".repeat(levels)
            ),
            format!(
                "SELECT * WHERE {{ VALUES ?s {{ '''a' }} ?s ?p ?o FILTER({}1{}) }}",
                "(".repeat(levels),
                ")".repeat(levels)
            ),
            format!(
                "PREFIX a: <http://x/> SELECT * WHERE {{ a:\\'a ?p ?o FILTER({}1{}) }}",
                "(".repeat(levels),
                ")".repeat(levels)
            ),
        ]
    }

    #[test]
    fn nesting_to_the_limit_and_beyond_is_safe_on_a_small_stack() {
        let run = || {
            for levels in [100, 300, super::super::NESTING_MAX / 2 - 10, 10_000] {
                for text in nested(levels) {
                    let start = std::time::Instant::now();
                    let result = parse(&text, &ParseOptions::default());
                    if levels == 10_000 {
                        assert_eq!(result.unwrap_err().code(), Code::NestingTooDeep);
                    } else if let Err(error) = result {
                        let known = [Code::QueryUnsupported, Code::NestingTooDeep];
                        // Two signs in a row are an error of the grammar, found at the first, and what stands
                        // between < and > without a space is an IRI.
                        let refused = (text.contains("----") || text.contains("<("))
                            && error.code() == Code::QueryParse;
                        assert!(
                            refused || known.contains(&error.code()),
                            "{}: {error}",
                            &text[..60]
                        );
                    }
                    assert!(start.elapsed().as_secs() < 5, "{levels}: {}", &text[..60]);
                }
            }
        };
        std::thread::Builder::new()
            .stack_size(2 << 20)
            .spawn(run)
            .unwrap()
            .join()
            .unwrap();
    }

    #[test]
    fn long_chains_are_safe_on_a_small_stack() {
        let run = || {
            for link in [" || ?x = 1", " && ?x = 1", " + 1", " - ?x", " * 2 / ?x"] {
                let text = format!("SELECT * {{ ?s ?p ?x FILTER(?x{}) }}", link.repeat(60_000));
                parse(&text, &ParseOptions::default()).unwrap();
            }
            for link in [
                " UNION { ?s ?p 1 }",
                " OPTIONAL { ?s ?p 1 }",
                " { ?s ?p ?o } ",
                " BIND(1 AS ?y) {} ",
                " ?s ?p ?o . ",
                " ?s ?p 1 ; ?p 2 . ",
                " ?s ?p 1, 2 . ",
            ] {
                let text = format!("SELECT * {{ {{ ?s ?p ?x }} {} }}", link.repeat(20_000));
                let result = parse(&text, &ParseOptions::default());
                assert!(result.map_or_else(
                    |error| error.position().is_some() || error.code() == Code::NestingTooDeep,
                    |_| true
                ));
            }
        };
        std::thread::Builder::new()
            .stack_size(2 << 20)
            .spawn(run)
            .unwrap()
            .join()
            .unwrap();
    }

    #[test]
    fn a_text_longer_than_the_limit_is_refused() {
        let options = ParseOptions {
            bytes_max: 10,
            ..Default::default()
        };
        assert_eq!(
            parse("SELECT * WHERE {}", &options).unwrap_err().code(),
            Code::QueryLimit
        );
    }
}
