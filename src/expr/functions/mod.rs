//! Kernels: what each function of the table ([`crate::algebra::FUNCTIONS`]) computes.
//!
//! A kernel sees one tuple of arguments, all of which have a value; [`call`] works a column of tuples with it. `None` is
//! SPARQL's error: no value.

pub(super) mod call;
mod cast;
mod docs;
mod hash;
mod numeric;
mod string;
mod temporal;
mod term;
mod triple;

pub use docs::functions_markdown;

use super::answer::Answer;
use super::context::Context;
use super::frame::Frame;
use super::regexes::Pattern;
use crate::algebra::Function;
use crate::error::Result;
use crate::term::value::Value;
use crate::term::{Datatype, Id, TermRef};

/// How a function is worked.
#[derive(Clone, Copy)]
enum Kernel {
    /// On values; those of inline ids are had without their text.
    Values(for<'v> fn(&Context, &[Value<'v>]) -> Option<Answer<'v>>),
    /// As `Values`, to a value of the datatype.
    Cast(Datatype),
    /// On terms.
    Terms(for<'t> fn(&Context, &[TermRef<'t>]) -> Option<Answer<'t>>),
    /// On terms, the second of which is a regular expression. It is compiled anew only where its id or that of its flags
    /// changes from one tuple to the next, so not at all where they are constants.
    Matching {
        /// Which argument the flags are, if they are given.
        flags: usize,
        kernel: for<'t> fn(&Pattern, &[TermRef<'t>]) -> Option<Answer<'t>>,
    },
    /// On one term, where its id may tell.
    Term {
        by_id: fn(Id) -> Known,
        by_term: for<'t> fn(TermRef<'t>) -> Option<Answer<'t>>,
    },
    /// On columns of settled ids.
    Ids(OnColumns),
    /// Without arguments, anew for each row.
    Fresh(fn(&Frame<'_>) -> Result<Answer<'static>>),
    /// `BNODE`.
    Blank,
}

/// From a column of ids for each argument to a column of answers.
type OnColumns = fn(&Frame<'_>, &[Vec<u64>]) -> Result<Vec<u64>>;

/// What an id tells of an answer.
enum Known {
    Answer(Answer<'static>),
    NoValue,
    /// The term has to be looked at.
    Unknown,
}

impl From<bool> for Known {
    fn from(value: bool) -> Self {
        Self::Answer(Answer::Boolean(value))
    }
}

fn kernel(function: Function) -> Kernel {
    use Function as F;
    use Kernel::{Blank, Fresh, Ids, Matching, Term, Terms, Values};
    match function {
        F::Add => Values(|_, values| numeric::add(values)),
        F::Subtract => Values(|_, values| numeric::subtract(values)),
        F::Multiply => Values(|_, values| numeric::multiply(values)),
        F::Divide => Values(|_, values| numeric::divide(values)),
        F::Plus => Values(|_, values| numeric::plus(values)),
        F::Negate => Values(|_, values| numeric::negate(values)),
        F::Abs => Values(|_, values| numeric::abs(values)),
        F::Round => Values(|_, values| numeric::round(values)),
        F::Ceil => Values(|_, values| numeric::ceil(values)),
        F::Floor => Values(|_, values| numeric::floor(values)),
        F::Rand => Fresh(numeric::rand),

        F::SameTerm => Ids(|_, arguments| Ok(term::same(arguments))),
        F::IsIri => Term {
            by_id: |id| Known::from(id.is_iri()),
            by_term: |_| None,
        },
        F::IsBlank => Term {
            by_id: |id| Known::from(id.is_blank()),
            by_term: |_| None,
        },
        F::IsLiteral => Term {
            by_id: |id| Known::from(id.is_literal()),
            by_term: |_| None,
        },
        F::IsTriple => Term {
            by_id: |id| Known::from(id.is_triple()),
            by_term: |_| None,
        },
        F::IsNumeric => Term {
            by_id: term::is_numeric_id,
            by_term: term::is_numeric,
        },
        F::Str => Term {
            by_id: term::str_of_id,
            by_term: term::str,
        },
        F::Lang => Term {
            by_id: term::lang_of_id,
            by_term: term::lang,
        },
        F::LangDir => Term {
            by_id: term::lang_of_id,
            by_term: term::lang_dir,
        },
        F::HasLang => Term {
            by_id: term::has_lang_id,
            by_term: term::has_lang,
        },
        F::HasLangDir => Term {
            by_id: term::has_lang_dir_id,
            by_term: term::has_lang_dir,
        },
        F::Datatype => Term {
            by_id: term::datatype_of_id,
            by_term: term::datatype,
        },
        F::Iri => Terms(term::iri),
        F::BNode => Blank,
        F::StrDt => Terms(|_, terms| term::str_dt(terms)),
        F::StrLang => Terms(|_, terms| term::str_lang(terms)),
        F::StrLangDir => Terms(|_, terms| term::str_lang_dir(terms)),
        F::Uuid => Fresh(term::uuid),
        F::StrUuid => Fresh(term::str_uuid),

        F::Triple => Ids(triple::triple),
        F::Subject => Terms(|_, terms| triple::part(terms, 0)),
        F::Predicate => Terms(|_, terms| triple::part(terms, 1)),
        F::Object => Terms(|_, terms| triple::part(terms, 2)),

        F::StrLen => Terms(|_, terms| string::length(terms)),
        F::SubStr => Terms(|_, terms| string::substring(terms)),
        F::UCase => Terms(|_, terms| string::mapped(terms, str::to_uppercase)),
        F::LCase => Terms(|_, terms| string::mapped(terms, str::to_lowercase)),
        F::StrStarts => Terms(|_, terms| string::starts(terms)),
        F::StrEnds => Terms(|_, terms| string::ends(terms)),
        F::Contains => Terms(|_, terms| string::contains(terms)),
        F::StrBefore => Terms(|_, terms| string::before(terms)),
        F::StrAfter => Terms(|_, terms| string::after(terms)),
        F::EncodeForUri => Terms(|_, terms| string::encode_for_uri(terms)),
        F::Concat => Terms(|_, terms| string::concat(terms)),
        F::LangMatches => Terms(|_, terms| string::lang_matches(terms)),
        F::Regex => Matching {
            flags: 2,
            kernel: string::regex,
        },
        F::Replace => Matching {
            flags: 3,
            kernel: string::replace,
        },

        F::Now => Values(|context, _| temporal::now(context)),
        F::Year => Values(|_, values| temporal::year(values)),
        F::Month => Values(|_, values| temporal::month(values)),
        F::Day => Values(|_, values| temporal::day(values)),
        F::Hours => Values(|_, values| temporal::hours(values)),
        F::Minutes => Values(|_, values| temporal::minutes(values)),
        F::Seconds => Values(|_, values| temporal::seconds(values)),
        F::Timezone => Values(|_, values| temporal::timezone(values)),
        F::Tz => Values(|_, values| temporal::tz(values)),
        F::Adjust => Values(|_, values| temporal::adjust(values)),

        F::Md5 => Terms(|_, terms| hash::hash::<md5::Md5>(terms)),
        F::Sha1 => Terms(|_, terms| hash::hash::<sha1::Sha1>(terms)),
        F::Sha256 => Terms(|_, terms| hash::hash::<sha2::Sha256>(terms)),
        F::Sha384 => Terms(|_, terms| hash::hash::<sha2::Sha384>(terms)),
        F::Sha512 => Terms(|_, terms| hash::hash::<sha2::Sha512>(terms)),

        F::Cast(datatype) => Kernel::Cast(datatype),
    }
}
