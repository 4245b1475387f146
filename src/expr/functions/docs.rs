//! The section "Functions" of `docs/sparql.md`, from the table.

use crate::algebra::{CASTS, Entry, FUNCTIONS, Stability};
use std::fmt::Write;

/// The text between the marks of `docs/sparql.md`. A test keeps the file equal to it.
pub fn functions_markdown() -> String {
    let mut text = String::from(INTRODUCTION);
    let mut group = "";
    for entry in FUNCTIONS {
        // Writing to a string cannot fail, here and below.
        if entry.group != group {
            group = entry.group;
            let _ = write!(text, "\n### {group}\n\n| Function | Answers |\n|---|---|\n");
        }
        let _ = writeln!(
            text,
            "| `{}` | {}{} |",
            usage(entry).replace('|', "\\|"),
            entry.doc,
            match entry.stability {
                Stability::Always => "",
                Stability::Run => " *Once for a query.*",
                Stability::Solution | Stability::Never => " *Anew for each solution.*",
            }
        );
    }
    text.push_str(CONSTRUCTORS);
    let names: Vec<String> = CASTS
        .iter()
        .filter_map(|datatype| datatype.iri().rsplit('#').next())
        .map(|name| format!("`xsd:{name}`"))
        .collect();
    let _ = writeln!(text, "{}.", names.join(", "));
    text
}

/// How a function is written.
fn usage(entry: &Entry) -> String {
    let arguments = |count: usize| -> Vec<String> {
        let letters = "abcdefgh".chars().take(count);
        letters.map(|letter| letter.to_string()).collect()
    };
    if let Some(operator) = entry.name.strip_prefix("unary ") {
        return format!("{operator}a");
    }
    if !entry
        .name
        .starts_with(|first: char| first.is_ascii_alphabetic())
    {
        return format!("a {} b", entry.name);
    }
    let needed = arguments(entry.arguments_min).join(", ");
    match entry.arguments_max {
        None => format!("{}(a, ...)", entry.name),
        Some(max) if max > entry.arguments_min => {
            let all = arguments(max);
            let optional = all[entry.arguments_min..].join(", ");
            let comma = if needed.is_empty() { "" } else { ", " };
            format!("{}({needed}[{comma}{optional}])", entry.name)
        }
        Some(_) => format!("{}({needed})", entry.name),
    }
}

const INTRODUCTION: &str = "
All functions and operators of SPARQL 1.1 and 1.2, and `ADJUST` and date arithmetic of SEP-0002. An argument of the wrong kind, or
one without a value, gives no value: an error in SPARQL's words. `BIND` then leaves its variable unbound, `FILTER` drops the
solution, `COALESCE` goes on with its next argument. `&&`, `||`, `!`, `IF`, `COALESCE`, `IN` and `NOT IN` follow SPARQL's logic of
three values; `=`, `<` and their kin compare values, so that `1 = 1.0`.

Numbers: every type derived from `xsd:integer` is a number. Integers calculate with 64 bits, decimals exactly with 18 digits behind
the point; what does not fit is an error, never a rounded number. Operands are promoted from integer to decimal to float to double.

Regular expressions are those of XPath, worked in linear time: back-references and Unicode blocks are errors, as is an expression
that compiles to more than 1 MiB. A computed text longer than 64 MiB ends the query with `term_too_large`.
";

const CONSTRUCTORS: &str = "
### Constructors

A constructor gives the value of its argument as one of its datatype, in canonical form, or an error if it has none there
(XPath Functions 3.1 section 19). A string is read as the datatype's lexical form.

";

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: &str =
        "<!-- Generated from src/algebra/function.rs. To change it, change the table there and run
     TRIPLESTORE_BLESS=1 cargo test --release --lib expr::functions::docs -->\n";
    const END: &str = "<!-- End of what is generated. -->\n";

    #[test]
    fn the_documentation_lists_the_functions_of_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sparql.md");
        let file = std::fs::read_to_string(path).unwrap();
        let (before, rest) = file.split_once(BEGIN).unwrap();
        let (section, after) = rest.split_once(END).unwrap();
        if std::env::var_os("TRIPLESTORE_BLESS").is_some() {
            let generated = functions_markdown();
            std::fs::write(path, format!("{before}{BEGIN}{generated}{END}{after}")).unwrap();
            return;
        }
        assert!(
            section == functions_markdown(),
            "docs/sparql.md is not what the table says; write it with TRIPLESTORE_BLESS=1"
        );
    }
}
