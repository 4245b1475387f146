//! Regular expressions of XPath (Functions and Operators 3.1 section 5.6), compiled once and kept.
//!
//! They are worked by the `regex` crate, in time linear in the text whatever the expression. Back-references and
//! Unicode blocks, which that engine does not have, make an expression that is not valid. What it has beyond XPath, such as
//! `\b` and `(?i)`, works as its documentation says.

use crate::control::{Charge, Control};
use parking_lot::Mutex;
use regex::{Regex, RegexBuilder};
use std::sync::Arc;

/// The most bytes a compiled expression may take, and again its cache of states. A larger one is not valid.
const PROGRAM_BYTES_MAX: usize = 1 << 20;
/// Compiled expressions that a run keeps; the one not used for longest goes first.
const KEPT_MAX: usize = 16;

/// A compiled expression.
pub struct Pattern {
    pub regex: Regex,
    /// Flag q: expression and replacement are plain text.
    pub is_literal: bool,
}

struct Kept {
    source: String,
    flags: String,
    /// `None`: it is not valid.
    pattern: Option<Arc<Pattern>>,
    _charge: Charge,
}

/// The compiled expressions of a run.
pub struct Regexes {
    control: Control,
    /// The last used one is last.
    kept: Mutex<Vec<Kept>>,
}

impl Regexes {
    pub fn new(control: &Control) -> Self {
        Self {
            control: control.clone(),
            kept: Mutex::new(Vec::new()),
        }
    }

    /// The compiled expression, kept for the next time if there is memory for it; `None` if it or the flags are not
    /// valid.
    pub fn get(&self, source: &str, flags: &str) -> Option<Arc<Pattern>> {
        let mut kept = self.kept.lock();
        let found = kept
            .iter()
            .rposition(|kept| kept.source == source && kept.flags == flags);
        if let Some(at) = found {
            if at + 1 < kept.len() {
                let used = kept.remove(at);
                kept.push(used);
            }
            return kept.last()?.pattern.clone();
        }
        let pattern = compile(source, flags).map(Arc::new);
        if kept.len() >= KEPT_MAX {
            kept.remove(0);
        }
        match self.control.charge(2 * PROGRAM_BYTES_MAX + source.len()) {
            Ok(charge) => kept.push(Kept {
                source: source.to_owned(),
                flags: flags.to_owned(),
                pattern: pattern.clone(),
                _charge: charge,
            }),
            // It works without being kept, only slower.
            Err(_) => kept.clear(),
        }
        pattern
    }
}

fn compile(source: &str, flags: &str) -> Option<Pattern> {
    if !flags
        .chars()
        .all(|flag| matches!(flag, 's' | 'm' | 'i' | 'x' | 'q'))
    {
        return None;
    }
    let has = |flag| flags.contains(flag);
    let is_literal = has('q');
    let translated = match is_literal {
        true => regex::escape(source),
        false => translate(source, has('s'), has('x'))?,
    };
    let regex = RegexBuilder::new(&translated)
        .size_limit(PROGRAM_BYTES_MAX)
        .dfa_size_limit(PROGRAM_BYTES_MAX)
        .case_insensitive(has('i'))
        .multi_line(has('m') && !is_literal)
        .build()
        .ok()?;
    Some(Pattern { regex, is_literal })
}

/// Characters that may begin an XML name, and those that may follow, as a character class without brackets
/// (XML 1.0 section 2.3).
const NAME_START: &str = r":A-Z_a-z\u{C0}-\u{D6}\u{D8}-\u{F6}\u{F8}-\u{2FF}\u{370}-\u{37D}\u{37F}-\u{1FFF}\u{200C}-\u{200D}\u{2070}-\u{218F}\u{2C00}-\u{2FEF}\u{3001}-\u{D7FF}\u{F900}-\u{FDCF}\u{FDF0}-\u{FFFD}\u{10000}-\u{EFFFF}";
const NAME_REST: &str = r"\-.0-9\u{B7}\u{300}-\u{36F}\u{203F}-\u{2040}";

/// From XPath's syntax to that of the `regex` crate: `.` without flag s excludes carriage returns too, `\i` and `\c` are the
/// characters of XML names, `[a-z-[aeiou]]` is a class less another, and flag x removes white space outside of classes and is
/// no leave to comment. `None` if a class does not end.
fn translate(source: &str, dot_all: bool, skips_space: bool) -> Option<String> {
    let mut out = String::with_capacity(source.len() + 16);
    let mut classes = 0_usize;
    let mut chars = source.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next()? {
                name @ ('i' | 'I' | 'c' | 'C') => {
                    let negated = if name.is_ascii_uppercase() { "^" } else { "" };
                    let rest = if name.eq_ignore_ascii_case(&'c') {
                        NAME_REST
                    } else {
                        ""
                    };
                    // A class within a class is allowed, and joins it.
                    out.push_str(&format!("[{negated}{NAME_START}{rest}]"));
                }
                // XPath has no other digits than those of `\p{Nd}`, as this engine.
                other => {
                    out.push('\\');
                    out.push(other);
                }
            },
            '[' => {
                // Within a class only as its subtraction.
                if classes > 0 && !out.ends_with('-') {
                    return None;
                }
                if classes > 0 {
                    out.push('-');
                }
                classes += 1;
                out.push('[');
                if chars.peek() == Some(&'^') {
                    chars.next();
                    out.push('^');
                }
                // A bracket that closes at once would be a character of the class for this engine.
                if chars.peek() == Some(&']') {
                    return None;
                }
            }
            ']' if classes > 0 => {
                classes -= 1;
                out.push(']');
            }
            // Operators on classes that XPath does not have.
            '&' | '~' if classes > 0 => {
                out.push('\\');
                out.push(char);
            }
            '.' if classes == 0 => out.push_str(if dot_all { r"(?s:.)" } else { r"[^\n\r]" }),
            '\t' | '\n' | '\r' | ' ' if skips_space && classes == 0 => {}
            _ => out.push(char),
        }
    }
    (classes == 0).then_some(out)
}

impl Pattern {
    /// The text with all matches replaced, at most `bytes_max` long; `Err` if it would be longer. `Ok(None)`: the expression
    /// matches the empty text, or the replacement is not valid (FORX0003, FORX0004).
    pub fn replace_all(
        &self,
        text: &str,
        replacement: &str,
        bytes_max: usize,
    ) -> Result<Option<String>, TooLong> {
        if self.regex.is_match("") {
            return Ok(None);
        }
        let groups = self.regex.captures_len() - 1;
        let parts = match self.is_literal {
            true => vec![Part::Text(replacement.to_owned())],
            false => match parts(replacement, groups) {
                Some(parts) => parts,
                None => return Ok(None),
            },
        };
        let mut out = String::new();
        let mut copied = 0;
        let append = |out: &mut String, part: &str| match out.len() + part.len() > bytes_max {
            true => Err(TooLong),
            false => {
                out.push_str(part);
                Ok(())
            }
        };
        for found in self.regex.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            append(&mut out, &text[copied..whole.start()])?;
            for part in &parts {
                match part {
                    Part::Text(text) => append(&mut out, text)?,
                    Part::Group(group) => append(
                        &mut out,
                        found.get(*group).map_or("", |group| group.as_str()),
                    )?,
                }
            }
            copied = whole.end();
        }
        append(&mut out, &text[copied..])?;
        Ok(Some(out))
    }
}

/// A text is longer than a term may be.
#[derive(Debug)]
pub struct TooLong;

enum Part {
    Text(String),
    /// What a group matched; 0 is the whole match.
    Group(usize),
}

/// The parts of a replacement: `$N` is what group N matched, `\$` and `\\` stand for themselves; other uses of the two are
/// not valid.
fn parts(replacement: &str, groups: usize) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut chars = replacement.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next()? {
                escaped @ ('\\' | '$') => text.push(escaped),
                _ => return None,
            },
            '$' => {
                let mut group = chars.next()?.to_digit(10)? as usize;
                // As many digits as name a group there is; one that there is not matched nothing.
                while let Some(digit) = chars.peek().and_then(|char| char.to_digit(10)) {
                    let longer = group * 10 + digit as usize;
                    if longer > groups {
                        break;
                    }
                    group = longer;
                    chars.next();
                }
                parts.push(Part::Text(std::mem::take(&mut text)));
                if group <= groups {
                    parts.push(Part::Group(group));
                }
            }
            _ => text.push(char),
        }
    }
    parts.push(Part::Text(text));
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(source: &str, flags: &str, text: &str) -> Option<bool> {
        let regexes = Regexes::new(&Control::new());
        Some(regexes.get(source, flags)?.regex.is_match(text))
    }

    #[test]
    fn expressions_match_as_xpath_says() {
        for (source, flags, text, expected) in [
            ("^ab", "", "abc", Some(true)),
            ("a.c", "", "a\nc", Some(false)),
            ("a.c", "", "a\rc", Some(false)),
            ("a.c", "s", "a\nc", Some(true)),
            ("^b$", "", "a\nb\nc", Some(false)),
            ("^b$", "m", "a\nb\nc", Some(true)),
            ("A", "i", "a", Some(true)),
            ("a b", "x", "ab", Some(true)),
            ("a[ ]b", "x", "a b", Some(true)),
            ("a#b", "x", "a#b", Some(true)),
            ("a.b", "q", "a.b", Some(true)),
            ("a.b", "q", "axb", Some(false)),
            ("^[a-z-[aeiou]]+$", "", "bcd", Some(true)),
            ("^[a-z-[aeiou]]+$", "", "bad", Some(false)),
            (r"^\i\c*$", "", "a-b.c", Some(true)),
            (r"^\i\c*$", "", "-b", Some(false)),
            (r"^[\c]+$", "", "a-1", Some(true)),
            ("[a&&b]", "", "&", Some(true)),
            ("(", "", "", None),
            ("[a", "", "", None),
            ("a", "y", "", None),
            ("(a)\\1", "", "aa", None),
        ] {
            assert_eq!(
                matches(source, flags, text),
                expected,
                "{source} {flags} {text}"
            );
        }
    }

    #[test]
    fn a_large_expression_is_not_valid_and_a_nested_one_is_linear() {
        assert_eq!(matches("(a{1000}){1000}", "", "a"), None);
        let text = format!("{}b", "a".repeat(100_000));
        assert_eq!(matches("^(a+)+$", "", &text), Some(false));
        assert_eq!(matches(&"(".repeat(10_000), "", "a"), None);
    }

    #[test]
    fn replacements_name_groups_by_number() {
        let regexes = Regexes::new(&Control::new());
        let replace = |source: &str, flags: &str, text: &str, replacement: &str| {
            let pattern = regexes.get(source, flags).unwrap();
            pattern.replace_all(text, replacement, 1000).unwrap()
        };
        for (source, flags, text, replacement, expected) in [
            ("bra", "", "abracadabra", "*", Some("a*cada*")),
            ("a.*a", "", "abracadabra", "*", Some("*")),
            ("a.*?a", "", "abracadabra", "*", Some("*c*bra")),
            ("a", "", "abracadabra", "", Some("brcdbr")),
            ("a(.)", "", "abracadabra", "a$1$1", Some("abbraccaddabbra")),
            (".*?", "", "abracadabra", "$1", None),
            ("A+", "", "AAAA", "b", Some("b")),
            ("A+?", "", "AAAA", "b", Some("bbbb")),
            ("^(.*?)d(.*)$", "", "darted", "$1c$2", Some("carted")),
            ("(ab)|(a)", "", "abcd", "[1=$1][2=$2]", Some("[1=ab][2=]cd")),
            ("(a)", "", "a", "$10", Some("a0")),
            ("(a)", "", "a", "<$0$2>", Some("<a>")),
            ("a", "", "a", "\\$\\\\", Some("$\\")),
            ("a", "", "a", "$x", None),
            ("a", "", "a", "\\x", None),
            ("a.", "q", "a.ab", "$", Some("$ab")),
        ] {
            let found = replace(source, flags, text, replacement);
            assert_eq!(found.as_deref(), expected, "{source} {text} {replacement}");
        }
    }

    #[test]
    fn a_replacement_that_grows_too_long_is_refused() {
        let regexes = Regexes::new(&Control::new());
        let pattern = regexes.get("a", "").unwrap();
        assert!(pattern.replace_all(&"a".repeat(600), "bb", 1000).is_err());
    }

    #[test]
    fn few_expressions_are_kept() {
        let regexes = Regexes::new(&Control::new());
        for number in 0..3 * KEPT_MAX {
            assert!(regexes.get(&format!("a{number}"), "").is_some());
            assert!(regexes.get("kept", "").is_some());
        }
        assert_eq!(regexes.kept.lock().len(), KEPT_MAX);
    }
}
