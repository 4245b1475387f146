//! The lexical forms of numbers that engines may choose, made one.
//!
//! SPARQL says which value an aggregate or an operator gives and not how it is written, how many digits a division has,
//! or in which order a sum is taken. So `2.50` is `2.5`, `+07` is `7`, and numbers that are not exact are compared to as
//! many digits as any order of the same sum agrees on.

use oxrdf::vocab::xsd;
use oxrdf::{Literal, NamedNodeRef};

/// Significant digits that are compared, by datatype.
const INEXACT: [(NamedNodeRef<'static>, usize); 3] =
    [(xsd::DECIMAL, 12), (xsd::DOUBLE, 12), (xsd::FLOAT, 6)];

/// The canonical form of a literal of a number or boolean; `None` for any other and for ill-typed ones.
pub fn canonical(literal: &Literal) -> Option<String> {
    let (datatype, text) = (literal.datatype(), literal.value());
    if let Some(&(_, digits)) = INEXACT.iter().find(|(known, _)| *known == datatype) {
        return rounded(text, digits);
    }
    match datatype {
        xsd::BOOLEAN => match text {
            "true" | "1" => Some("true".to_owned()),
            "false" | "0" => Some("false".to_owned()),
            _ => None,
        },
        xsd::INTEGER | xsd::INT | xsd::LONG | xsd::SHORT | xsd::NON_NEGATIVE_INTEGER => {
            integer(text)
        }
        _ => None,
    }
}

fn integer(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(match digits.trim_start_matches('0') {
        "" => "0".to_owned(),
        digits => format!("{sign}{digits}"),
    })
}

/// The value to a number of significant digits, in scientific form.
fn rounded(text: &str, digits: usize) -> Option<String> {
    let value: f64 = match text {
        "INF" | "+INF" => f64::INFINITY,
        "-INF" => f64::NEG_INFINITY,
        "NaN" => f64::NAN,
        _ if text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) =>
        {
            text.parse().ok()?
        }
        _ => return None,
    };
    // Minus zero is equal to zero.
    let value = if value == 0.0 { 0.0 } else { value };
    Some(format!("{value:.*e}", digits - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str, datatype: NamedNodeRef<'_>) -> Option<String> {
        canonical(&Literal::new_typed_literal(text, datatype))
    }

    #[test]
    fn forms_of_one_value_are_one() {
        for (datatype, forms) in [
            (xsd::INTEGER, ["7", "+07"]),
            (xsd::INTEGER, ["-0", "0"]),
            (xsd::DECIMAL, ["2.50", "2.5"]),
            (
                xsd::DECIMAL,
                ["0.333333333333333333", "0.333333333333333333333333"],
            ),
            (xsd::DOUBLE, ["123.45", "1.2345000000000002E2"]),
            (xsd::FLOAT, ["0.1", "0.100000001"]),
            (xsd::BOOLEAN, ["1", "true"]),
        ] {
            let [a, b] = forms.map(|text| form(text, datatype));
            assert!(a.is_some() && a == b, "{forms:?}: {a:?} {b:?}");
        }
    }

    #[test]
    fn different_values_differ() {
        assert_ne!(
            form("9007199254740993", xsd::INTEGER),
            form("9007199254740992", xsd::INTEGER)
        );
        assert_ne!(form("2.5", xsd::DECIMAL), form("2.51", xsd::DECIMAL));
        assert_ne!(form("1E0", xsd::DOUBLE), form("-1E0", xsd::DOUBLE));
    }

    #[test]
    fn what_is_no_number_has_no_form() {
        assert_eq!(form("seven", xsd::INTEGER), None);
        assert_eq!(form("inf", xsd::DOUBLE), None);
        assert_eq!(form("7", xsd::STRING), None);
    }
}
