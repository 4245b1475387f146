//! Where the grammar of SPARQL and the parser differ: texts are respelled for the parser, or refused.

use super::scanner::{Kind, Scanner, Token, ends_iri};
use memchr::{memchr_iter, memchr2_iter, memmem};
use std::borrow::Cow;
use std::collections::HashMap;

/// The text with `true` and `false` in lower case: keywords may be in any case (SPARQL 1.1 section 19.8), and the parser
/// takes these in one only. Every byte keeps its place.
pub fn respelled(text: &str) -> Cow<'_, str> {
    if !may_be_respelled(text) {
        return Cow::Borrowed(text);
    }
    let mut spelled: Option<String> = None;
    for token in Scanner::new(text).filter(|token| token.kind == Kind::Word) {
        let word = token.text(text);
        for keyword in BOOLEANS {
            if word.eq_ignore_ascii_case(keyword) && word != keyword {
                let spelled = spelled.get_or_insert_with(|| text.to_owned());
                spelled.replace_range(token.start..token.end, keyword);
            }
        }
    }
    spelled.map_or(Cow::Borrowed(text), Cow::Owned)
}

const BOOLEANS: [&str; 2] = ["true", "false"];

/// Whether there is such a keyword anywhere, also within other tokens: most texts have none and need no scanner.
fn may_be_respelled(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Both end with this letter.
    memchr2_iter(b'e', b'E', bytes).any(|last| {
        BOOLEANS.iter().any(|keyword| {
            let start = (last + 1).checked_sub(keyword.len());
            start.is_some_and(|start| {
                let word = &bytes[start..=last];
                word.eq_ignore_ascii_case(keyword.as_bytes()) && word != keyword.as_bytes()
            })
        })
    })
}

/// The first IRI of an accepted text that the parser has read as a comparison: of two ways to read `?a<?b&&?c>?d` the
/// longest token counts, an IRI (section 19.8, note 1). `is_accepted` parses a text.
pub fn torn(text: &str, is_accepted: impl Fn(&str) -> bool) -> Option<Token> {
    if !may_be_torn(text) {
        return None;
    }
    let tokens: Vec<Token> = Scanner::new(text)
        .filter(|token| token.kind == Kind::Iri)
        .filter(|token| is_between_comparisons(token.text(text).as_bytes()))
        .collect();
    let mut masked = text.to_owned();
    for token in &tokens {
        let inside = token.start + 1..token.end - 1;
        let name = format!("a:{}", "a".repeat(inside.len().saturating_sub(2)));
        masked.replace_range(inside, &name);
    }
    let first = tokens.first()?;
    (!is_accepted(&masked)).then_some(*first)
}

/// Two comparisons in one expression have one of these between them.
const BETWEEN_COMPARISONS: [&str; 2] = ["&&", ","];

fn is_between_comparisons(text: &[u8]) -> bool {
    let mut signs = BETWEEN_COMPARISONS.iter();
    signs.any(|sign| memmem::find(text, sign.as_bytes()).is_some())
}

/// Whether one of these stands where an IRI might be: most texts have none there and need no scanner.
fn may_be_torn(text: &str) -> bool {
    let bytes = text.as_bytes();
    is_between_comparisons(bytes)
        && memchr_iter(b'<', bytes).any(|start| {
            let rest = &bytes[start + 1..];
            let end = rest.iter().position(|&byte| ends_iri(byte));
            end.is_some_and(|end| rest[end] == b'>' && is_between_comparisons(&rest[..end]))
        })
}

/// The first subject of a triple term in an expression that is a literal or another triple term. The parser reads a triple
/// term there as a call of TRIPLE, whose arguments may be anything, while the grammar has an IRI or a variable (SPARQL 1.2
/// section 19.8, ExprTripleTermSubject). In patterns a triple term may be one.
pub fn improper_subject(text: &str) -> Option<Token> {
    if !text.contains("<<(") {
        return None;
    }
    let text = &*respelled(text);
    let tokens: Vec<Token> = Scanner::new(text).collect();
    // Of each open bracket whether an expression is in it. Outside of all braces stand only expressions.
    let mut open: Vec<bool> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let previous = at.checked_sub(1).map(|at| tokens[at]);
        match (token.kind, token.text(text)) {
            (Kind::Open, "{") => open.push(false),
            (Kind::Open, "(") => {
                let inherited = open.last().copied().unwrap_or(true);
                open.push(inherited || previous.is_some_and(|word| begins_expression(word, text)));
                let is_term = previous
                    .is_some_and(|angle| angle.text(text) == "<<" && angle.end == token.start);
                if is_term
                    && open.last() == Some(&true)
                    && let Some(subject) = tokens.get(at + 1)
                    && is_improper(*subject, text)
                {
                    return Some(*subject);
                }
            }
            (Kind::Open, _) => open.push(open.last().copied().unwrap_or(true)),
            (Kind::Close, _) => {
                open.pop();
            }
            _ => {}
        }
    }
    None
}

/// Whether a bracket behind this token in a pattern holds an expression: it is FILTER, BIND, or a function.
fn begins_expression(token: Token, text: &str) -> bool {
    let word = token.text(text);
    token.kind == Kind::Word && !word.contains(':') && word != "a"
}

fn is_improper(subject: Token, text: &str) -> bool {
    let word = subject.text(text);
    match subject.kind {
        Kind::String => true,
        Kind::Open => word == "<<",
        Kind::Operator => matches!(word, "+" | "-" | "."),
        Kind::Word => {
            word.starts_with(|c: char| c.is_ascii_digit()) || matches!(word, "true" | "false")
        }
        _ => false,
    }
}

/// Functions whose second call has another value.
const VARYING: [&str; 4] = ["RAND", "BNODE", "UUID", "STRUUID"];

/// The text with variables that a SELECT has given a value replaced by their expressions in its later ones: in a query
/// with aggregates the parser does not know them (section 18.2.4.4 extends by one after the other). `None` if there are
/// none, if an expression must not be evaluated twice, or if the text would be longer than `bytes_max`.
pub fn without_reuse(text: &str, bytes_max: usize) -> Option<String> {
    let tokens: Vec<Token> = Scanner::new(text).collect();
    let mut written = String::new();
    let mut copied = 0;
    let mut at = 0;
    while at < tokens.len() {
        let is_select =
            tokens[at].kind == Kind::Word && tokens[at].text(text).eq_ignore_ascii_case("SELECT");
        at += 1;
        if !is_select {
            continue;
        }
        let mut values: HashMap<&str, String> = HashMap::new();
        while let Some(&token) = tokens.get(at) {
            match token.kind {
                Kind::Variable => at += 1,
                Kind::Word if is_modifier(token.text(text)) => at += 1,
                Kind::Open if token.text(text) == "(" => {
                    let item = Item::at(&tokens, at, text)?;
                    let expression = item.expression(&tokens, text, &values);
                    written.push_str(&text[copied..tokens[at].end]);
                    written.push_str(&expression);
                    copied = tokens[item.end - 1].end;
                    if !item.varies(&tokens, text) {
                        values.insert(name(item.variable.text(text)), expression);
                    }
                    if written.len() > bytes_max {
                        return None;
                    }
                    at = item.close + 1;
                }
                _ => break,
            }
        }
    }
    written.push_str(&text[copied..]);
    (written != text && written.len() <= bytes_max).then_some(written)
}

/// The function that stands for DISTINCT in an aggregate of the host.
pub const DISTINCT: &str = "urn:triplestore:distinct";

/// The text with `name(DISTINCT expression)` written as `name(`[`DISTINCT`]`(expression))` where the name is an IRI: the
/// parser takes DISTINCT in SPARQL's own aggregates only. `None` if there is no such call.
pub fn with_marked_distinct(text: &str) -> Option<String> {
    let tokens: Vec<Token> = Scanner::new(text).collect();
    let mut written = String::new();
    let mut copied = 0;
    for (at, call) in tokens.windows(3).enumerate() {
        let [name, open, distinct] = call else {
            continue;
        };
        let is_iri =
            name.kind == Kind::Iri || name.kind == Kind::Word && name.text(text).contains(':');
        if !is_iri
            || open.text(text) != "("
            || !distinct.text(text).eq_ignore_ascii_case("DISTINCT")
        {
            continue;
        }
        let close = tokens[closing(&tokens, at + 1)?];
        written.push_str(&text[copied..distinct.start]);
        written.push('<');
        written.push_str(DISTINCT);
        written.push_str(">(");
        written.push_str(&text[distinct.end..close.start]);
        written.push(')');
        copied = close.start;
    }
    written.push_str(&text[copied..]);
    (copied > 0).then_some(written)
}

/// The token that closes the bracket a token opens.
fn closing(tokens: &[Token], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut close = open;
    loop {
        match tokens.get(close)?.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(close);
        }
        close += 1;
    }
}

fn is_modifier(word: &str) -> bool {
    word.eq_ignore_ascii_case("DISTINCT") || word.eq_ignore_ascii_case("REDUCED")
}

/// A variable without its `?` or `$`.
fn name(variable: &str) -> &str {
    &variable[1..]
}

/// `( expression AS ?variable )` in a SELECT.
struct Item {
    /// The tokens of the expression.
    begin: usize,
    end: usize,
    variable: Token,
    /// The bracket that ends it.
    close: usize,
}

impl Item {
    /// The item whose bracket opens at a token.
    fn at(tokens: &[Token], open: usize, text: &str) -> Option<Self> {
        let close = closing(tokens, open)?;
        let end = close.checked_sub(2).filter(|&end| end > open + 1)?;
        let is_named = tokens[end].text(text).eq_ignore_ascii_case("AS")
            && tokens[end + 1].kind == Kind::Variable;
        is_named.then(|| Self {
            begin: open + 1,
            end,
            variable: tokens[end + 1],
            close,
        })
    }

    /// The text of the expression with the variables of earlier items replaced.
    fn expression(&self, tokens: &[Token], text: &str, values: &HashMap<&str, String>) -> String {
        let mut written = String::new();
        let mut copied = tokens[self.begin - 1].end;
        for token in &tokens[self.begin..self.end] {
            if token.kind != Kind::Variable {
                continue;
            }
            if let Some(value) = values.get(name(token.text(text))) {
                written.push_str(&text[copied..token.start]);
                written.push('(');
                written.push_str(value);
                written.push(')');
                copied = token.end;
            }
        }
        written.push_str(&text[copied..tokens[self.end - 1].end]);
        written
    }

    fn varies(&self, tokens: &[Token], text: &str) -> bool {
        tokens[self.begin..self.end].iter().any(|token| {
            token.kind == Kind::Word
                && VARYING
                    .iter()
                    .any(|varying| token.text(text).eq_ignore_ascii_case(varying))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_for_booleans_are_respelled_and_nothing_else_is() {
        assert_eq!(
            respelled("ASK { ?TRUE a:TRUE True, 'FALSE', FALSE , <TRUE> }"),
            "ASK { ?TRUE a:TRUE true, 'FALSE', false , <TRUE> }"
        );
        assert!(matches!(respelled("ASK { true }"), Cow::Borrowed(_)));
        assert_eq!(respelled("False"), "false");
        assert_eq!(respelled("TRUe FALSe"), "true false");
    }

    #[test]
    fn distinct_in_an_aggregate_of_the_host_becomes_a_call() {
        assert_eq!(
            with_marked_distinct("(x:f(distinct (?x + 1)) AS ?y) (SUM(DISTINCT ?x) AS ?z)")
                .as_deref(),
            Some("(x:f(<urn:triplestore:distinct>( (?x + 1))) AS ?y) (SUM(DISTINCT ?x) AS ?z)")
        );
        for same in ["SELECT (COUNT(DISTINCT ?x) AS ?n) {}", "x:f(DISTINCT ?x"] {
            assert_eq!(with_marked_distinct(same), None, "{same}");
        }
    }

    #[test]
    fn literals_and_triple_terms_are_found_as_subjects_of_triple_terms() {
        for (text, subject) in [
            ("BIND(<<( <<( :s :p :o )>> :q :z )>> AS ?x)", "<<"),
            ("<<( :s :p <<( 'literal'@en :q :z )>> )>>", "'literal'"),
            ("<<(1.5 :q :z)>>", "1.5"),
            ("<<( -1 :q :z)>>", "-"),
            ("<<( true :q :z)>>", "true"),
        ] {
            assert_eq!(
                improper_subject(text).unwrap().text(text),
                subject,
                "{text}"
            );
        }
        for proper in [
            "<<( :s :p <<( ?s a 'literal' )>> )>> , <<( <x:s> :p 1 )>> , <<( _:b :p true )>>",
            "<< <<( :s :p :o )>> :p 1 >> , '<<( 1 a 2 )>>' , <<( true:x :p 1 )>>",
            "<<(",
            "{ <<( <<( ?s :p :o )>> :r :z )>> :q ( <<( <<( ?s :p :o )>> :r 1 )>> ) ; a ( 1 ) }",
        ] {
            assert!(improper_subject(proper).is_none(), "{proper}");
        }
    }

    #[test]
    fn an_iri_read_as_two_comparisons_is_found() {
        let accepts = |accepted: bool| move |_: &str| accepted;
        let text = "FILTER(?x<?a&&?b>?y)";
        assert_eq!(torn(text, accepts(false)).unwrap().text(text), "<?a&&?b>");
        assert!(torn(text, accepts(true)).is_none());
        assert!(torn("FILTER(?x < ?a && ?b > ?y)", accepts(false)).is_none());
        torn("?s <http://x/?a&&b,c> ?o", |masked| {
            assert_eq!(masked, "?s <a:aaaaaaaaaaaaaa> ?o");
            true
        });
    }

    #[test]
    fn variables_of_a_select_are_replaced_in_its_later_expressions() {
        let same = |text: &str| assert_eq!(without_reuse(text, 1_000), None, "{text}");
        assert_eq!(
            without_reuse(
                "SELECT ?k (COUNT(*) AS ?n) (?n + 1 AS ?m) ($m * ?m AS ?l) { ?n a ?m }",
                1_000
            )
            .as_deref(),
            Some(
                "SELECT ?k (COUNT(*) AS ?n) ((COUNT(*)) + 1 AS ?m) (((COUNT(*)) + 1) * ((COUNT(*)) + 1) AS ?l) { ?n a ?m }"
            )
        );
        same("SELECT (RAND() AS ?n) (?n + 1 AS ?m) {}");
        same("SELECT (COUNT(*) AS ?n) ?m {}");
        same("SELECT (COUNT(*) AS");
        same("SELECT (COUNT(*) ?n) (?n AS ?m)");
        let doubling: String = (1..40)
            .map(|step| format!("(?v{} + ?v{} AS ?v{step}) ", step - 1, step - 1))
            .collect();
        same(&format!("SELECT (1 AS ?v0) {doubling} {{}}"));
    }
}
