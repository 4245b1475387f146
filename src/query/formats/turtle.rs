//! Literals that Turtle and SPARQL write without quotes.

use crate::term::Datatype;

/// Whether Turtle reads the bare text as the literal of this datatype (RDF 1.2 Turtle, BooleanLiteral, INTEGER, DECIMAL,
/// DOUBLE).
pub fn is_bare(text: &str, datatype: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let digits = |part: &str| !part.is_empty() && is_digits(part);
    let decimal = |part: &str| {
        part.split_once('.')
            .is_some_and(|(whole, rest)| is_digits(whole) && digits(rest))
    };
    match Datatype::from_iri(datatype) {
        Some(Datatype::Boolean) => matches!(text, "true" | "false"),
        Some(Datatype::Integer) => digits(unsigned),
        Some(Datatype::Decimal) => decimal(unsigned),
        Some(Datatype::Double) => unsigned.split_once(['e', 'E']).is_some_and(|(base, rest)| {
            let whole = base.strip_suffix('.').unwrap_or(base);
            (digits(whole) || decimal(base))
                && digits(rest.strip_prefix(['+', '-']).unwrap_or(rest))
        }),
        _ => false,
    }
}
