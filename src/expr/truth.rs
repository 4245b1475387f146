//! Three-valued logic (SPARQL 1.1 section 17.2): true, false, and an error.

use crate::term::value::Value;
use crate::term::{Id, Tag, TermRef};

/// The outcome of a condition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Truth {
    False,
    True,
    Error,
}

impl From<bool> for Truth {
    #[inline]
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl From<Option<bool>> for Truth {
    #[inline]
    fn from(value: Option<bool>) -> Self {
        value.map_or(Self::Error, Self::from)
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::True => Self::False,
            Self::Error => Self::Error,
        }
    }
}

/// The effective boolean value of an id where it alone tells (short strings do not reach the dictionary, so a
/// string there is not empty); `None` if the term is needed.
pub fn of_id(id: Id) -> Option<Truth> {
    if id.is_unbound() || !id.is_literal() {
        return Some(Truth::Error);
    }
    match id.tag()? {
        Tag::ShortString => Some(Truth::from(!is_empty_string(id))),
        Tag::DictionaryString => Some(Truth::True),
        Tag::DictionaryLanguage => Some(Truth::Error),
        tag if tag.is_temporal() => Some(Truth::Error),
        _ => of_value(&Value::of_inline(id)?),
    }
}

fn is_empty_string(id: Id) -> bool {
    crate::term::inline_literal(crate::term::LiteralRef::string("")) == Some(id)
}

/// The effective boolean value of a term (SPARQL 1.2 section 17.2.2). That of an ill-typed boolean or number is an error; it
/// was false in SPARQL 1.1, which only a negation or `COALESCE` tells apart.
pub fn of_term(term: TermRef<'_>) -> Truth {
    of_value(&Value::of(term)).unwrap_or(Truth::Error)
}

fn of_value(value: &Value<'_>) -> Option<Truth> {
    Some(match value {
        Value::Boolean(value) => Truth::from(*value),
        Value::Number(number) => {
            let value = number.to_f64();
            Truth::from(value != 0.0 && !value.is_nan())
        }
        Value::String(text) => Truth::from(!text.is_empty()),
        _ => Truth::Error,
    })
}
