//! Properties that hold across the module: losslessness, and agreement of ids, keys and values on order.

use super::key::datatype_suffix;
use super::value::{Comparison, Value, compare, equal, id_compare, id_equal};
use super::*;
use proptest::prelude::*;
use proptest::sample::select;
use std::cmp::Ordering;
use strategies::{
    date_time_form, duration_form, inline_id, iri, literal, term, valued_literal, valued_pair,
};

mod strategies;

fn prefixes() -> IriPrefixes {
    let mut prefixes = IriPrefixes::new();
    for prefix in ["http://example.com/product", "urn:x:"] {
        prefixes.add(prefix).unwrap();
    }
    prefixes
}

fn decoded(id: Id) -> TermBuf {
    let mut term = TermBuf::new();
    decode_inline(id, &prefixes(), &mut term).unwrap();
    term
}

fn inlined(term: &TermBuf) -> Option<Id> {
    inline(term.as_ref(), &prefixes())
}

fn order_of_ids(a: Id, b: Id) -> Ordering {
    order(&decoded(a), &decoded(b))
}

fn order(a: &TermBuf, b: &TermBuf) -> Ordering {
    compare_terms(Some(a.as_ref()), Some(b.as_ref()), &mut order_of_ids)
}

fn slow_compare(a: &TermBuf, b: &TermBuf) -> Option<Comparison> {
    compare(
        &Value::of(a.as_ref()),
        &Value::of(b.as_ref()),
        &mut |a, b| slow_compare(&decoded(a), &decoded(b)),
    )
}

fn slow_equal(a: &TermBuf, b: &TermBuf) -> Option<bool> {
    equal(
        &Value::of(a.as_ref()),
        &Value::of(b.as_ref()),
        &mut |a, b| slow_equal(&decoded(a), &decoded(b)),
    )
}

fn typed(lexical: &str, datatype: Datatype) -> TermBuf {
    TermBuf::from(TermRef::typed(lexical, datatype.iri()))
}

#[test]
fn forms_that_print_otherwise_are_not_inline() {
    for (lexical, datatype) in [
        ("01", Datatype::Integer),
        ("+5", Datatype::Integer),
        ("-0", Datatype::Integer),
        (
            "1234567890123456789012345678901234567890",
            Datatype::Integer,
        ),
        ("abc", Datatype::Integer),
        ("300", Datatype::Byte),
        ("-0.0", Datatype::Double),
        ("NaN", Datatype::Double),
        ("INF", Datatype::Float),
        ("1.50", Datatype::Double),
        ("2024-01-01T00:00:00-00:00", Datatype::DateTime),
        ("P1D", Datatype::Duration),
        ("a\u{0}", Datatype::String),
        ("eight by", Datatype::String),
    ] {
        assert_eq!(inlined(&typed(lexical, datatype)), None, "{lexical}");
    }
    let mut tagged = TermBuf::new();
    tagged.set_language("a", "en", None);
    assert_eq!(inlined(&tagged), None);
}

#[test]
fn usual_forms_are_inline() {
    for (lexical, datatype) in [
        ("1", Datatype::Integer),
        ("-42", Datatype::Long),
        ("1.0", Datatype::Decimal),
        ("1.50", Datatype::Decimal),
        ("1.0E3", Datatype::Double),
        ("1000.0", Datatype::Double),
        ("1000", Datatype::Double),
        ("1.5", Datatype::Float),
        ("true", Datatype::Boolean),
        ("0", Datatype::Boolean),
        ("2024-02-29T12:30:00.000+01:00", Datatype::DateTime),
        ("2024-02-29", Datatype::Date),
        ("2024", Datatype::GYear),
        ("", Datatype::String),
        ("日本", Datatype::String),
    ] {
        let term = typed(lexical, datatype);
        let id = inlined(&term).expect(lexical);
        assert_eq!(decoded(id).as_ref(), term.as_ref());
    }
}

#[test]
fn ids_of_classes_ascend() {
    let ids = [
        Id::UNBOUND,
        Id::new(Tag::Blank, PAYLOAD_MAX),
        Id::new(Tag::IriEncoded, 0),
        Id::new(Tag::IriDictionary, PAYLOAD_MAX),
        inlined(&typed("false", Datatype::Boolean)).unwrap(),
        Id::new(Tag::DictionaryOther, PAYLOAD_MAX),
        Id::new(Tag::Triple, 0),
        inlined(&typed("-1.0E38", Datatype::Double)).unwrap(),
    ];
    assert!(ids.is_sorted());
}

#[test]
fn ids_of_booleans_are_those_of_their_literals() {
    for value in [true, false] {
        let literal = typed(&value.to_string(), Datatype::Boolean);
        assert_eq!(inlined(&literal), Some(boolean_id(value)));
    }
}

#[test]
fn nested_triple_terms_are_ordered_by_their_parts() {
    let id = |term: TermRef<'_>| inline(term, &prefixes()).unwrap();
    let parts = |object| [id(TermRef::Blank(1)), id(TermRef::Iri("urn:x:1")), object];
    let two = id(TermRef::typed("2", Datatype::Integer.iri()));
    let ten = id(TermRef::typed("1.0E1", Datatype::Double.iri()));
    // Ids of triple terms are the caller's: here the tag's payload says which of the two is meant.
    let inner = |id: Id| {
        TermBuf::from(TermRef::Triple(parts(if id.payload() == 0 {
            two
        } else {
            ten
        })))
    };
    let outer = |payload| TermBuf::from(TermRef::Triple(parts(Id::new(Tag::Triple, payload))));
    let mut nested = |a: Id, b: Id| {
        if a.is_triple() {
            order(&inner(a), &inner(b))
        } else {
            order_of_ids(a, b)
        }
    };
    let compared = compare_terms(
        Some(outer(0).as_ref()),
        Some(outer(1).as_ref()),
        &mut nested,
    );
    assert_eq!(compared, Ordering::Less);
}

#[test]
fn operators_follow_the_specification_at_the_edges() {
    let less = |a: &TermBuf, b: &TermBuf| slow_compare(a, b).map(Comparison::is_lt);
    let nan = typed("NaN", Datatype::Double);
    assert_eq!(slow_equal(&nan, &nan), Some(false));
    assert_eq!(less(&nan, &typed("1", Datatype::Integer)), Some(false));
    assert_eq!(
        slow_equal(
            &typed("01", Datatype::Integer),
            &typed("1.0", Datatype::Decimal)
        ),
        Some(true)
    );
    // Different known types are not equal, an unknown or ill-typed one is an error.
    assert_eq!(
        slow_equal(
            &typed("1", Datatype::Integer),
            &typed("1", Datatype::String)
        ),
        Some(false)
    );
    let unknown = |lexical| TermBuf::from(TermRef::typed(lexical, "http://example.com/type"));
    assert_eq!(slow_equal(&unknown("a"), &unknown("a")), Some(true));
    assert_eq!(slow_equal(&unknown("a"), &unknown("b")), None);
    assert_eq!(
        slow_equal(
            &typed("x", Datatype::Integer),
            &typed("1", Datatype::Integer)
        ),
        None
    );
    assert_eq!(
        less(
            &typed("a", Datatype::String),
            &typed("1", Datatype::Integer)
        ),
        None
    );
    // Without a time zone an instant is known to 14 hours.
    let zoned = typed("2024-01-02T00:00:00Z", Datatype::DateTime);
    assert_eq!(
        less(&typed("2024-01-01T12:00:00", Datatype::DateTime), &zoned),
        None
    );
    assert_eq!(
        less(&typed("2024-01-01T09:00:00", Datatype::DateTime), &zoned),
        Some(true)
    );
    assert!(Value::of(typed("x", Datatype::Integer).as_ref()).is_ill_typed());
    assert!(!Value::of(unknown("x").as_ref()).is_ill_typed());
}

#[test]
fn id_order_stands_in_only_within_one_ordered_class() {
    let id = |tag, payload| Id::new(tag, payload);
    assert_eq!(
        ordered_range(id(Tag::Integer, 1), id(Tag::Integer, 9)),
        OrderedRange::Always
    );
    assert_eq!(
        ordered_range(id(Tag::Integer, 1), id(Tag::Long, 9)),
        OrderedRange::No
    );
    assert_eq!(
        ordered_range(id(Tag::IriEncoded, 1), id(Tag::IriEncoded, 9)),
        OrderedRange::No
    );
    assert_eq!(
        ordered_range(id(Tag::DictionaryString, 1), id(Tag::DictionaryString, 9)),
        OrderedRange::InSortedSegment
    );
    for tag in [
        Tag::DictionaryNumeric,
        Tag::DictionaryTemporal,
        Tag::LocalLiteral,
        Tag::Triple,
    ] {
        assert_eq!(ordered_range(id(tag, 1), id(tag, 9)), OrderedRange::No);
        assert_eq!(ordered_range(id(tag, 1), id(tag, 1)), OrderedRange::Always);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_term_survives_its_id_or_its_key(term in term()) {
        let mut back = TermBuf::new();
        if let Some(id) = inlined(&term) {
            decode_inline(id, &prefixes(), &mut back).unwrap();
            prop_assert!(id.is_inline());
            prop_assert_eq!(inline_datatype(id.tag().unwrap()).is_some(), id.is_literal());
        } else if let TermRef::Triple(_) = term.as_ref() {
            prop_assert_eq!(dictionary_key(term.as_ref(), &mut Vec::new()), None);
            return Ok(());
        } else {
            let mut key = Vec::new();
            let tag = dictionary_key(term.as_ref(), &mut key).unwrap();
            prop_assert!(tag.is_dictionary());
            parse_key(tag, &key, &mut back).unwrap();
        }
        prop_assert_eq!(back.as_ref(), term.as_ref());
    }

    #[test]
    fn any_term_survives_its_key(term in prop_oneof![literal(), iri()]) {
        let mut key = Vec::new();
        let tag = dictionary_key(term.as_ref(), &mut key).unwrap();
        let mut back = TermBuf::new();
        parse_key(tag, &key, &mut back).unwrap();
        prop_assert_eq!(back.as_ref(), term.as_ref());
    }

    #[test]
    fn any_bits_are_the_id_of_one_term_or_of_none(
        tag in select(Tag::ALL), payload in prop_oneof![any::<u64>(), 0u64..1000],
    ) {
        let id = match tag {
            Tag::Double => Id::double(payload & (u64::MAX >> 2)),
            _ => Id::new(tag, payload & PAYLOAD_MAX),
        };
        let mut term = TermBuf::new();
        match decode_inline(id, &prefixes(), &mut term) {
            Ok(()) => prop_assert_eq!(inlined(&term), Some(id)),
            Err(error) if tag.is_inline() => prop_assert_eq!(error.code(), Code::Corruption),
            Err(_) => {}
        }
    }

    #[test]
    fn a_key_of_any_bytes_is_of_one_term_or_of_none(
        tag in select(Tag::ALL), key in prop::collection::vec(0u8..4, 0..12), tail in any::<Vec<u8>>(),
    ) {
        let mut term = TermBuf::new();
        let key = [key, tail].concat();
        match parse_key(tag, &key, &mut term) {
            Ok(()) => {
                let mut again = Vec::new();
                prop_assert_eq!(dictionary_key(term.as_ref(), &mut again), Some(tag));
                prop_assert_eq!(again, key);
            }
            Err(error) => prop_assert_eq!(error.code(), Code::Corruption),
        }
    }

    #[test]
    fn keys_compare_like_lexical_form_and_suffix(a in literal(), b in literal()) {
        let (mut key, mut other) = (Vec::new(), Vec::new());
        let tag = dictionary_key(a.as_ref(), &mut key).unwrap();
        if dictionary_key(b.as_ref(), &mut other).unwrap() == tag {
            let (TermRef::Literal(a), TermRef::Literal(b)) = (a.as_ref(), b.as_ref()) else {
                unreachable!("both are literals");
            };
            let suffix = |literal: LiteralRef<'_>| match literal.kind {
                LiteralKind::Language { tag, direction } => (0, format!("{tag}{direction:?}")),
                _ => {
                    let (code, iri) = datatype_suffix(literal.datatype());
                    (code, iri.to_owned())
                }
            };
            prop_assert_eq!(key.cmp(&other), (a.lexical, suffix(a)).cmp(&(b.lexical, suffix(b))));
        }
    }

    #[test]
    fn dictionary_order_is_sparql_order_in_ordered_classes(
        a in prop_oneof![literal(), iri()], b in prop_oneof![literal(), iri()],
    ) {
        let (mut key, mut other) = (Vec::new(), Vec::new());
        let tag = dictionary_key(a.as_ref(), &mut key).unwrap();
        let other_tag = dictionary_key(b.as_ref(), &mut other).unwrap();
        // Inline terms of the class would not be in the segment.
        let stored = inlined(&a).is_none() && inlined(&b).is_none();
        let range = ordered_range(Id::new(tag, 1), Id::new(other_tag, 2));
        if stored && range == OrderedRange::InSortedSegment {
            prop_assert_eq!(key.cmp(&other), order(&a, &b));
        }
    }

    #[test]
    fn id_order_is_value_order_within_a_kind((a, b) in valued_pair()) {
        let (Some(id), Some(other)) = (inlined(&a), inlined(&b)) else { return Ok(()) };
        if id.tag() == other.tag() {
            let by_value = id_compare(id, other);
            prop_assert_eq!(by_value.map(|order| Comparison::from(Some(order))), slow_compare(&a, &b));
            if by_value != Some(Ordering::Equal) {
                prop_assert_eq!(by_value, Some(id.cmp(&other)));
            }
            prop_assert_eq!(ordered_range(id.min(other), id.max(other)), OrderedRange::Always);
            prop_assert_eq!(order(&a, &b), id.cmp(&other));
        }
    }

    #[test]
    fn operators_on_ids_agree_with_operators_on_terms(a in inline_id(), b in inline_id()) {
        let (term, other) = (decoded(a), decoded(b));
        if a.is_literal() && b.is_literal() {
            prop_assert_eq!(
                id_compare(a, b).map(|order| Comparison::from(Some(order))),
                slow_compare(&term, &other)
            );
        }
        prop_assert_eq!(id_equal(a, b), slow_equal(&term, &other));
        prop_assert_eq!(id_equal(a, a), slow_equal(&term, &term));
        let by_id = compare_ids(a, b);
        prop_assert!(by_id.is_some() || a.is_iri() && b.is_iri());
        prop_assert!(by_id.is_none_or(|by_id| by_id == order(&term, &other)));
    }

    #[test]
    fn what_ids_tell_of_dictionary_terms_is_true(a in term(), b in term()) {
        let id = |term: &TermBuf, ordinal| {
            inlined(term)
                .or_else(|| Some(Id::new(dictionary_key(term.as_ref(), &mut Vec::new())?, ordinal)))
                .unwrap_or(Id::new(Tag::Triple, ordinal))
        };
        let same = a.as_ref() == b.as_ref();
        let (id, other) = (id(&a, 1), id(&b, if same { 1 } else { 2 }));
        if let Some(equal) = id_equal(id, other) {
            prop_assert_eq!(Some(equal), slow_equal(&a, &b));
        }
        if let Some(by_id) = compare_ids(id, other) {
            prop_assert_eq!(by_id, order(&a, &b));
        }
    }

    #[test]
    fn values_of_ids_are_values_of_terms(id in inline_id()) {
        if let Some(value) = Value::of_inline(id) {
            let term = decoded(id);
            let TermRef::Literal(literal) = term.as_ref() else { unreachable!("it has a value") };
            let text = literal.lexical;
            // The independent reference: the parsers of `oxsdatatypes`.
            let of_term = match value {
                Value::DateTime(_) => Value::DateTime(text.parse().unwrap()),
                Value::Date(_) => Value::Date(text.parse().unwrap()),
                Value::Time(_) => Value::Time(text.parse().unwrap()),
                Value::GYear(_) => Value::GYear(text.parse().unwrap()),
                Value::GYearMonth(_) => Value::GYearMonth(text.parse().unwrap()),
                Value::GMonth(_) => Value::GMonth(text.parse().unwrap()),
                Value::GMonthDay(_) if text.starts_with("--02-29") => return Ok(()),
                Value::GMonthDay(_) => Value::GMonthDay(text.parse().unwrap()),
                Value::GDay(_) => Value::GDay(text.parse().unwrap()),
                _ => Value::of(term.as_ref()),
            };
            prop_assert_eq!(equal(&value, &of_term, &mut |_, _| None), Some(true));
            prop_assert_eq!(compare(&value, &of_term, &mut |_, _| None), Some(Comparison::Equal));
            if let (Value::DateTime(value), Value::DateTime(of_term)) = (value, of_term) {
                prop_assert!(value.is_identical_with(of_term));
            }
        }
    }

    #[test]
    fn comparing_dates_agrees_with_the_reference(
        a in date_time_form(), b in date_time_form(),
    ) {
        use oxsdatatypes::{Date, DateTime, GYear, Time};
        let parts = |text: &str| {
            let zone = &text[19..];
            (format!("{}{zone}", &text[..10]), format!("{}{zone}", &text[11..19]), format!("{}{zone}", &text[..4]))
        };
        let ((date, time, year), (other_date, other_time, other_year)) = (parts(&a), parts(&b));
        macro_rules! check {
            ($type:ty, $datatype:ident, $a:expr, $b:expr) => {{
                let expected = $a.parse::<$type>().unwrap().partial_cmp(&$b.parse::<$type>().unwrap());
                let (a, b) = (typed($a, Datatype::$datatype), typed($b, Datatype::$datatype));
                prop_assert_eq!(id_compare(inlined(&a).unwrap(), inlined(&b).unwrap()), expected);
                prop_assert_eq!(slow_compare(&a, &b), expected.map(|order| Some(order).into()));
            }};
        }
        check!(DateTime, DateTime, &a, &b);
        check!(Date, Date, &date, &other_date);
        check!(Time, Time, &time, &other_time);
        check!(GYear, GYear, &year, &other_year);
    }

    #[test]
    fn the_order_is_total(a in term(), b in term(), c in term()) {
        prop_assert_eq!(order(&a, &b), order(&b, &a).reverse());
        prop_assert_eq!(order(&a, &b) == Ordering::Equal, a.as_ref() == b.as_ref());
        if order(&a, &b) != Ordering::Greater && order(&b, &c) != Ordering::Greater {
            prop_assert_ne!(order(&a, &c), Ordering::Greater);
        }
        prop_assert_eq!(compare_terms(None, Some(a.as_ref()), &mut order_of_ids), Ordering::Less);
    }

    #[test]
    fn the_order_extends_less_than(
        (a, b) in prop_oneof![valued_pair(), (valued_literal(), valued_literal())],
    ) {
        match slow_compare(&a, &b) {
            Some(Comparison::Less) => prop_assert_eq!(order(&a, &b), Ordering::Less),
            Some(Comparison::Greater) => prop_assert_eq!(order(&a, &b), Ordering::Greater),
            _ => {}
        }
    }

    #[test]
    fn durations_keep_their_partial_order(a in duration_form(), b in duration_form(), c in duration_form()) {
        let (a, b, c) = (
            typed(&a, Datatype::Duration),
            typed(&b, Datatype::Duration),
            typed(&c, Datatype::Duration),
        );
        if let Some(comparison) = slow_compare(&a, &b).filter(|&order| order != Comparison::Equal) {
            prop_assert_eq!(Comparison::from(Some(order(&a, &b))), comparison);
        }
        if order(&a, &b) != Ordering::Greater && order(&b, &c) != Ordering::Greater {
            prop_assert_ne!(order(&a, &c), Ordering::Greater);
        }
    }
}
