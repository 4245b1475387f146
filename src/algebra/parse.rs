//! From text to [`Query`], with the place of an error and a hint.

use super::ir::Query;
use super::nesting::{Depth, measure};
use super::syntax::syntax_error;
use super::translate::translate;
use crate::error::{Code, Error, Result};
use spargebra::SparqlParser;

/// The longest query text, in bytes, unless configured otherwise.
pub const QUERY_BYTES_MAX: usize = 4 << 20;

/// Stack the recursive parser takes for each level of nesting (measured: at most
/// 12 KiB, for brackets in expressions), doubled for safety.
const STACK_BYTES_PER_LEVEL: usize = 32 << 10;
/// Stack to walk and free one link of the parser's left-deep trees.
const STACK_BYTES_PER_LINK: usize = 512;
/// What parsing needs before the first level.
const STACK_BYTES_BASE: usize = 256 << 10;
/// Texts at most this deep are parsed on the caller's stack, of which the library may take this much.
const STACK_BYTES_OF_CALLER: usize = 448 << 10;

/// How to read a query text.
#[derive(Clone, Debug)]
pub struct ParseOptions {
    /// Resolves relative IRIs.
    pub base_iri: Option<String>,
    /// Prefixes the text may use without declaring them.
    pub prefixes: Vec<(String, String)>,
    pub bytes_max: usize,
}

impl Default for ParseOptions {
    fn default() -> Self {
        Self {
            base_iri: None,
            prefixes: Vec::new(),
            bytes_max: QUERY_BYTES_MAX,
        }
    }
}

/// Parses a query.
/// Errors: `QueryParse` with place and hint, `QueryUnsupported`, `NestingTooDeep`, `QueryLimit` for a text that is
/// too long, `InvalidIri` for a bad base or prefix.
pub fn parse(text: &str, options: &ParseOptions) -> Result<Query> {
    if text.len() > options.bytes_max {
        return Err(Error::new(
            Code::QueryLimit,
            format!(
                "the query has {} bytes, the limit is {}",
                text.len(),
                options.bytes_max
            ),
        ));
    }
    let parser = parser(options)?;
    let depth = measure(text)?;
    // The parser's tree is freed on the same stack that built it.
    let work = move || match parser.clone().parse_query(text.trim_end()) {
        Ok(parsed) => translate(&parsed, text),
        Err(error) => Err(syntax_error(&parser, text, &error.to_string())),
    };
    let stack = stack_bytes(depth);
    if stack <= STACK_BYTES_OF_CALLER {
        return work();
    }
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("ts-parse".into())
            .stack_size(stack)
            .spawn_scoped(scope, work)
            .map_err(|error| {
                Error::new(
                    Code::ResourceExhausted,
                    "no thread to parse a deeply nested query",
                )
                .because(error)
            })?
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
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

    #[test]
    fn an_unsupported_feature_is_named_with_its_place() {
        for (text, name) in [
            ("SELECT * WHERE { ?s ?p ?o MINUS { ?s ?p 1 } }", "MINUS"),
            (
                "SELECT * WHERE { ?s ?p ?o FILTER EXISTS { ?s ?p 1 } }",
                "EXISTS",
            ),
            ("SELECT (SUM(?o) AS ?n) WHERE { ?s ?p ?o }", "SUM"),
            (
                "SELECT * WHERE { ?s ?p ?o FILTER(STRLEN(?o) = 2) }",
                "STRLEN",
            ),
            ("DESCRIBE <http://x/>", "DESCRIBE"),
        ] {
            let error = fails(text);
            assert_eq!(error.code(), Code::QueryUnsupported, "{text}");
            assert!(error.detail().contains(name), "{error}");
            assert_eq!(
                error.position().unwrap().offset as usize,
                text.find(name).unwrap(),
                "{text}"
            );
        }
        let error = fails("SELECT * WHERE { ?s <http://p>+ ?o }");
        assert_eq!(error.code(), Code::QueryUnsupported);
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
                "SELECT * WHERE {{ ?s ?p ?o FILTER(1 IN {}1{}) }}",
                "(1, 1 IN ".repeat(levels),
                ")".repeat(levels)
            ),
            within("{", "?s ?p ?o", "}"),
            within("OPTIONAL {", "?s ?p ?o", "}"),
            within("{ SELECT * {", "?s ?p ?o", "}}"),
            within("GRAPH ?g {", "?s ?p ?o", "}"),
            within("?s ?p [ ?q ", "1", "]"),
            within("?s ?p ( ", "1", ")"),
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
            format!(
                "SELECT * WHERE {{ {} ?p ?o {} }}",
                "FILTER EXISTS { ?s".repeat(levels),
                "}".repeat(levels)
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
                        assert!(known.contains(&error.code()), "{}: {error}", &text[..60]);
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
            for (link, core) in [(" || ?x = 1", "?x"), (" && ?x = 1", "?x"), (" + 1", "?x")] {
                let text = format!(
                    "SELECT * {{ ?s ?p ?x FILTER({core}{}) }}",
                    link.repeat(60_000)
                );
                let result = parse(&text, &ParseOptions::default());
                assert!(
                    result.map_or_else(|error| error.code() == Code::QueryUnsupported, |_| true)
                );
            }
            for link in [
                " UNION { ?s ?p 1 }",
                " OPTIONAL { ?s ?p 1 }",
                " { ?s ?p ?o } ",
                " BIND(1 AS ?y) {} ",
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
