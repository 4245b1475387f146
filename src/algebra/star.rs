//! The columns of `SELECT *`. SPARQL says which variables they are and leaves their order open; the parser sorts them by
//! name, which is no order anyone wrote. Here they come as the text first names them.

use super::ir::{Pattern, Var};
use super::scanner::{Kind, Scanner};
use rustc_hash::FxHashMap;

/// Puts the columns of the outermost SELECT into the order of the text, if it is a `SELECT *`. `name` gives the name of a
/// variable.
pub fn order_columns<'n>(text: &str, pattern: &mut Pattern, name: impl Fn(Var) -> Option<&'n str>) {
    let Some(vars) = projected(pattern) else {
        return;
    };
    if vars.len() > 1 && is_star(text) {
        let places = first_places(text);
        // One whose name the text writes with an escape is not found and comes last.
        vars.sort_by_key(|&var| {
            let place = name(var).and_then(|name| places.get(name));
            place.copied().unwrap_or(usize::MAX)
        });
    }
}

/// The variables a SELECT delivers: those of its outermost projection.
pub fn projected(pattern: &mut Pattern) -> Option<&mut Vec<Var>> {
    match pattern {
        Pattern::Project { vars, .. } => Some(vars),
        Pattern::Distinct(inner)
        | Pattern::Reduced(inner)
        | Pattern::Slice { inner, .. }
        | Pattern::OrderBy { inner, .. } => projected(inner),
        _ => None,
    }
}

/// Whether the first SELECT of a text has a star.
fn is_star(text: &str) -> bool {
    let is = |word: &str, keyword: &str| word.eq_ignore_ascii_case(keyword);
    let mut words = Scanner::new(text).map(|token| token.text(text));
    words.any(|word| is(word, "SELECT"))
        && words.find(|word| !is(word, "DISTINCT") && !is(word, "REDUCED")) == Some("*")
}

/// The first place of each variable, by name.
fn first_places(text: &str) -> FxHashMap<&str, usize> {
    let mut places = FxHashMap::default();
    for token in Scanner::new(text) {
        if token.kind == Kind::Variable {
            places.entry(&token.text(text)[1..]).or_insert(token.start);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use crate::algebra::{Form, ParseOptions, parse};

    fn columns(text: &str) -> String {
        let query = parse(text, &ParseOptions::default()).unwrap();
        let Form::Select { vars } = &query.form else {
            panic!("{text} is no SELECT");
        };
        let names: Vec<String> = vars.iter().map(|&var| query.name(var)).collect();
        names.join(" ")
    }

    #[test]
    fn columns_of_a_star_come_as_the_text_names_them() {
        for (text, expected) in [
            ("SELECT * { ?s ?p ?o }", "s p o"),
            ("SELECT DISTINCT * { ?z <x:p> ?a . ?m <x:p> $z }", "z a m"),
            (
                "PREFIX SELECT: <x:> # ?a ?b\nselect reduced*{ ?z SELECT:p ?b OPTIONAL { ?b <x:q> ?a } } ORDER BY ?b LIMIT 5",
                "z b a",
            ),
            (
                "SELECT * { ?z <x:p> '?b' { SELECT ?c ?b { ?b <x:p> ?c } } BIND(1 AS ?a) }",
                "z c b a",
            ),
            ("SELECT ?o ?s { ?s ?p ?o }", "o s"),
            ("SELECT ?b ?a { { SELECT * { ?a ?p ?b } } }", "b a"),
            ("SELECT * { <x:s> <x:p> 1 }", ""),
        ] {
            assert_eq!(columns(text), expected, "{text}");
        }
    }
}
