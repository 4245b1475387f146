//! How deeply a text nests, found in one pass before a recursive parser sees it.

use super::scanner::{Kind, Scanner, Token, position};
use crate::error::{Code, Error, Result};

/// The most brackets and prefix operators open at once in a query text.
pub const NESTING_MAX: usize = 1_000;

/// The most infix operators and pattern keywords in a query text: each may add a level to the parser's tree,
/// which is left-deep.
pub const LINKS_MAX: usize = 200_000;

/// What decides how much stack the parser needs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Depth {
    /// Brackets and prefix operators open at once.
    pub nesting: usize,
    /// Infix operators and pattern keywords in all.
    pub links: usize,
}

const LINK_WORDS: [&str; 10] = [
    "UNION", "OPTIONAL", "MINUS", "FILTER", "BIND", "GRAPH", "VALUES", "SERVICE", "AS", "LATERAL",
];

/// Measures a text. Errors: `NestingTooDeep` with the place where a limit is passed.
pub fn measure(text: &str) -> Result<Depth> {
    let mut depth = Depth {
        nesting: 0,
        links: 0,
    };
    // The prefix operators of each open bracket that still wait for their operand.
    let mut open = 0_usize;
    let mut prefixes: Vec<u32> = vec![0];
    let mut waiting = 0_usize;
    for token in Scanner::new(text) {
        let last = prefixes.len() - 1;
        match token.kind {
            Kind::Open => {
                open += 1;
                depth.links += 1;
                prefixes.push(0);
            }
            Kind::Close => {
                open = open.saturating_sub(1);
                // What still waited inside was an error of the text; what waited before the bracket has
                // its operand now.
                if last > 0 {
                    waiting -= prefixes.pop().unwrap_or(0) as usize;
                }
                let last = prefixes.len() - 1;
                waiting -= prefixes[last] as usize;
                prefixes[last] = 0;
            }
            Kind::Operator if matches!(token.text(text), "!" | "-" | "+") => {
                depth.links += 1;
                prefixes[last] += 1;
                waiting += 1;
            }
            Kind::Operator => {
                // Separators stand between the items of lists, which are flat.
                depth.links += usize::from(!matches!(token.text(text), "." | "," | ";"));
                waiting -= prefixes[last] as usize;
                prefixes[last] = 0;
            }
            Kind::Word => {
                let word = token.text(text);
                if LINK_WORDS
                    .iter()
                    .any(|link| word.eq_ignore_ascii_case(link))
                {
                    depth.links += 1;
                }
                waiting -= prefixes[last] as usize;
                prefixes[last] = 0;
            }
            Kind::Variable | Kind::Iri | Kind::String | Kind::Unterminated => {
                waiting -= prefixes[last] as usize;
                prefixes[last] = 0;
            }
        }
        depth.nesting = depth.nesting.max(open + waiting + hidden(token, text));
        if depth.nesting > NESTING_MAX {
            return Err(Error::new(
                Code::NestingTooDeep,
                format!("the text nests more than {NESTING_MAX} levels deep"),
            )
            .at(position(text, token.start))
            .with_hint("write groups beside each other, and name inner blank nodes instead of nesting brackets"));
        }
        if depth.links > LINKS_MAX {
            return Err(Error::new(
                Code::NestingTooDeep,
                format!("the text has more than {LINKS_MAX} operators"),
            )
            .at(position(text, token.start))
            .with_hint("long lists of terms go into VALUES or IN, much data into a document"));
        }
    }
    Ok(depth)
}

/// Brackets and prefix operators within what looks like an IRI: behind an operand, `<` may compare, and then
/// the parser reads on behind it.
fn hidden(token: Token, text: &str) -> usize {
    match token.kind {
        Kind::Iri => token
            .text(text)
            .bytes()
            .filter(|byte| matches!(byte, b'(' | b'[' | b'!' | b'-' | b'+'))
            .count(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_counts_brackets_and_prefix_operators_open_at_once() {
        assert_eq!(measure("{ ( [ ] ) } { }").unwrap().nesting, 3);
        assert_eq!(measure("!!!(?x)").unwrap().nesting, 4);
        assert_eq!(measure("!?x !?y -?z").unwrap().nesting, 1);
        assert_eq!(measure("\"((((\" # ((((").unwrap().nesting, 0);
        assert_eq!(measure(")))(").unwrap().nesting, 1);
    }

    #[test]
    fn ten_thousand_levels_are_refused_with_a_place() {
        for opener in ["(", "{", "[", "<<", "!", "- "] {
            let error = measure(&opener.repeat(10_000)).unwrap_err();
            assert_eq!(error.code(), Code::NestingTooDeep, "{opener}");
            assert!(error.position().is_some());
        }
    }
}
