//! Operators that spill have the rows of a plain model, whatever their memory.

use super::batch::Batch;
use super::distinct::Distinct;
use super::fixed::{Fixed, FixedRows};
use super::group::{Aggregated, Group};
use super::hash_join::{HashJoin, JoinShape};
use super::operator::{BoxOperator, Operator, Runtime};
use super::semi_join::SemiJoin;
use super::sort::Sort;
use crate::algebra::{AggregateFunction, Expr, Var};
use crate::control::{Budget, Control};
use crate::error::{Code, Error, Result};
use crate::expr::{Binding, Context, Evaluator, Terms};
use crate::plan::{JoinColumns, JoinKind, SemiColumns, SortColumn};
use crate::store::tests::Spools;
use crate::store::{Dictionary, View};
use crate::term::{
    Datatype, Id, IriPrefixes, TermBuf, TermRef, compare_terms, decode_inline, inline_literal,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// An expression that is a column.
fn column(number: usize, runtime: &Runtime) -> Evaluator {
    let binding = Binding {
        constants: &[],
        terms: &runtime.terms,
        context: &runtime.context,
        subplan: &|_| Err(Error::new(Code::Internal, "there are no patterns")),
    };
    let var = Expr::Var(Var(number as u32));
    Evaluator::new(&var, &|var| Some(var.0 as usize), binding).unwrap()
}

/// A dictionary of inline terms.
struct Inline;

fn term(id: Id) -> TermBuf {
    let mut term = TermBuf::new();
    decode_inline(id, &IriPrefixes::default(), &mut term).unwrap();
    term
}

impl Dictionary for Inline {
    fn id(&self, _: TermRef<'_>) -> Result<Option<Id>> {
        Ok(None)
    }

    fn terms(
        &self,
        ids: &[Id],
        sink: &mut dyn FnMut(usize, TermRef<'_>) -> Result<()>,
    ) -> Result<()> {
        for (index, &id) in ids.iter().enumerate() {
            sink(index, term(id).as_ref())?;
        }
        Ok(())
    }
}

pub(super) fn runtime(memory: usize) -> Arc<Runtime> {
    with_control(Control::new().with_memory(Budget::new("test", memory)))
}

fn with_control(control: Control) -> Arc<Runtime> {
    let terms = Terms::new(Arc::new(Inline), &control);
    let context = Arc::new(Context::new(None, Arc::default(), &control));
    Arc::new(Runtime::new(
        Arc::new(Spools),
        terms,
        context,
        control,
        View::Both,
        0,
        3,
    ))
}

type Rows = Vec<Vec<u64>>;

/// The id of one of `count` terms of several kinds; 0 is none.
fn value(number: u32) -> u64 {
    let number = number as usize;
    let literal = |lexical: &str, datatype: Datatype| {
        let TermRef::Literal(literal) = TermRef::typed(lexical, datatype.iri()) else {
            return 0;
        };
        inline_literal(literal).map_or(0, Id::raw)
    };
    match number % 5 {
        0 if number < 25 => 0,
        0 | 1 => literal(&(number / 5).to_string(), Datatype::Integer),
        2 => literal(&(number / 5).to_string(), Datatype::Short),
        3 => literal(&format!("{}.5", number / 7), Datatype::Decimal),
        _ => literal(&format!("s{}", number / 3), Datatype::String),
    }
}

fn rows(width: usize, kinds: u32, most: usize) -> impl Strategy<Value = Rows> {
    let row = proptest::collection::vec((0..kinds).prop_map(value), width);
    proptest::collection::vec(row, 0..most)
}

fn input(rows: &Rows, width: usize) -> BoxOperator {
    let column = |index: usize| rows.iter().map(|row| row[index]).collect();
    Box::new(Fixed::new(Arc::new(FixedRows {
        columns: (0..width).map(column).collect(),
        rows: rows.len(),
    })))
}

fn drain(mut operator: impl Operator) -> Rows {
    let mut batch = Batch::new();
    let mut found = Vec::new();
    while operator.next(&mut batch).unwrap() {
        assert!(!batch.is_empty());
        batch.compact();
        found.extend((0..batch.rows()).map(|row| {
            let values = batch.columns.iter().map(|column| column[row]);
            values.collect::<Vec<_>>()
        }));
    }
    assert!(!operator.next(&mut batch).unwrap());
    found
}

fn sorted(mut rows: Rows) -> Rows {
    rows.sort();
    rows
}

/// Memory that is much, or so little that nearly everything spills.
fn memories() -> impl Strategy<Value = usize> {
    prop_oneof![
        Just(usize::MAX),
        Just(256 << 10),
        Just(96 << 10),
        Just(64 << 10)
    ]
}

/// Columns of both sides of a join: a key, some that may be unbound, and one that is not shared.
const JOIN_WIDTH: usize = 2 + COMPATIBLE_MAX;
/// So many that rows bind more sets of columns than a table chains its rows by.
const COMPATIBLE_MAX: usize = 5;
const LAST: usize = JOIN_WIDTH - 1;

#[derive(Clone, Copy, Debug)]
struct Join {
    keys: bool,
    /// Columns that are compatible, after the key.
    compatible: usize,
    kind: JoinKind,
    must_share: bool,
    is_ordered: bool,
}

impl Join {
    const BY_KEY: Self = Self {
        keys: true,
        compatible: 0,
        kind: JoinKind::Inner,
        must_share: false,
        is_ordered: true,
    };

    fn keys(self) -> Vec<(usize, usize)> {
        (0..usize::from(self.keys))
            .map(|column| (column, column))
            .collect()
    }

    fn compatible(self) -> Vec<(usize, usize)> {
        (1..=self.compatible)
            .map(|column| (column, column))
            .collect()
    }

    /// By the definition of compatible solutions.
    fn is_match(self, left: &[u64], right: &[u64]) -> bool {
        let both = |column: usize| left[column] != 0 && right[column] != 0;
        let mut columns = 1..=self.compatible;
        (!self.keys || left[0] == right[0])
            && columns
                .clone()
                .all(|column| !both(column) || left[column] == right[column])
            && (!self.must_share || columns.any(both))
    }
}

fn joins() -> impl Strategy<Value = Join> {
    let kinds = [
        JoinKind::Inner,
        JoinKind::Left,
        JoinKind::Semi,
        JoinKind::Anti,
    ];
    let compatible = prop_oneof![0..=2_usize, 0..=COMPATIBLE_MAX];
    (
        any::<[bool; 3]>(),
        compatible,
        proptest::sample::select(kinds.to_vec()),
    )
        .prop_map(|([keys, must_share, is_ordered], compatible, kind)| Join {
            keys,
            compatible,
            kind,
            must_share,
            is_ordered,
        })
}

fn join(runtime: &Arc<Runtime>, probe: &Rows, build: &Rows, join: Join) -> HashJoin {
    let shape = JoinShape {
        columns: JoinColumns {
            keys: join.keys(),
            compatible: join.compatible(),
            outputs: match join.kind {
                JoinKind::Inner | JoinKind::Left => vec![LAST],
                JoinKind::Semi | JoinKind::Anti => Vec::new(),
            },
        },
        probe_width: JOIN_WIDTH,
        build_width: JOIN_WIDTH,
        kind: join.kind,
        must_share: join.must_share,
        is_ordered: join.is_ordered,
    };
    let sides = [probe, build].map(|rows| input(rows, JOIN_WIDTH));
    let [probe, build] = sides;
    HashJoin::new(runtime, probe, build, shape, None)
}

/// Nested loops.
fn model_join(probe: &Rows, build: &Rows, join: Join) -> Rows {
    let mut found = Vec::new();
    for left in probe {
        let before = found.len();
        for right in build {
            if join.is_match(left, right) {
                let mut row = left.clone();
                for (column, _) in join.compatible() {
                    row[column] = left[column].max(right[column]);
                }
                row.push(right[LAST]);
                found.push(row);
            }
        }
        let matched = found.len() > before;
        match join.kind {
            JoinKind::Inner => {}
            JoinKind::Left if matched => {}
            JoinKind::Left => found.push(left.iter().copied().chain([0]).collect()),
            JoinKind::Semi | JoinKind::Anti => {
                found.truncate(before);
                if matched == (join.kind == JoinKind::Semi) {
                    found.push(left.clone());
                }
            }
        }
    }
    found
}

/// Rows whose last value is their number, so that their order shows.
fn numbered(mut rows: Rows) -> Rows {
    for (number, row) in rows.iter_mut().enumerate() {
        *row.last_mut().unwrap() = number as u64 + 1;
    }
    rows
}

/// Rows of a side of a join; few kinds of values, so that many are equal and many unbound.
fn side(most: usize) -> impl Strategy<Value = Rows> {
    prop_oneof![rows(JOIN_WIDTH, 12, most), rows(JOIN_WIDTH, 60, most)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_hash_join_has_the_rows_of_nested_loops(
        probe in side(400), build in side(1200), kind in joins(), memory in memories(),
    ) {
        // A join on little gives much.
        let build = if kind.keys { build } else { build.into_iter().take(700).collect() };
        let probe = numbered(if kind.keys { probe } else { probe.into_iter().take(100).collect() });
        let runtime = runtime(memory);
        let found = drain(join(&runtime, &probe, &build, kind));
        if kind.is_ordered && kind.kind != JoinKind::Left {
            prop_assert!(found.is_sorted_by_key(|row| row[LAST]));
        }
        prop_assert_eq!(sorted(found), sorted(model_join(&probe, &build, kind)));
        prop_assert!(runtime.control.spool().used() == 0);
    }

    #[test]
    fn a_semi_join_keeps_the_rows_of_nested_loops(
        probe in side(400), build in side(1200), kind in joins(), anti in any::<bool>(), memory in memories(),
    ) {
        let kind = Join { kind: if anti { JoinKind::Anti } else { JoinKind::Semi }, ..kind };
        let probe = numbered(probe);
        let runtime = runtime(memory);
        let columns = SemiColumns { keys: kind.keys(), compatible: kind.compatible(), shared: kind.must_share };
        let sides = ((input(&probe, JOIN_WIDTH), JOIN_WIDTH), input(&build, JOIN_WIDTH));
        let found = drain(SemiJoin::new(&runtime, sides.0, sides.1, columns, anti, kind.is_ordered));
        let expected = model_join(&probe, &build, kind);
        if kind.is_ordered {
            prop_assert_eq!(found, expected);
        } else {
            prop_assert_eq!(sorted(found), sorted(expected));
        }
        prop_assert!(runtime.control.spool().used() == 0);
    }

    #[test]
    fn distinct_gives_each_row_once_in_order(
        given in rows(2, 200, 6000), is_ordered in any::<bool>(), memory in memories(),
    ) {
        let runtime = runtime(memory);
        let found = drain(Distinct::new(&runtime, input(&given, 2), 2, is_ordered));
        let mut seen = BTreeSet::new();
        let expected: Rows = given.into_iter().filter(|row| seen.insert(row.clone())).collect();
        if is_ordered {
            prop_assert_eq!(found, expected);
        } else {
            prop_assert_eq!(sorted(found), sorted(expected));
        }
        prop_assert!(runtime.control.spool().used() == 0);
    }

    #[test]
    fn a_sort_is_that_of_the_total_order_and_stable(
        given in rows(3, 300, 3000), descending in any::<[bool; 2]>(), two in any::<bool>(),
        limit in proptest::option::of(0_u64..3000), memory in memories(),
    ) {
        let given = numbered(given);
        let runtime = runtime(memory);
        let keys: Vec<SortColumn> = (0..1 + usize::from(two))
            .map(|column| SortColumn { column, descending: descending[column] })
            .collect();
        let found = drain(Sort::new(&runtime, input(&given, 3), keys.clone(), limit));
        // Each key in turn, the last first; the last one alone tells terms of one value apart.
        let shown: BTreeMap<u64, Option<TermBuf>> = given
            .iter()
            .flatten()
            .map(|&raw| (raw, (raw > 3000).then(|| term(Id::from_raw(raw)))))
            .collect();
        let mut expected = given;
        for (number, key) in keys.iter().enumerate().rev() {
            expected.sort_by(|left, right| {
                let terms = [left, right].map(|row| shown[&row[key.column]].as_ref().map(TermBuf::as_ref));
                let is_last = number + 1 == keys.len();
                let order = match is_last {
                    true => compare_terms(terms[0], terms[1], &mut |_, _| std::cmp::Ordering::Equal),
                    false => crate::term::SortKey::new(terms[0])
                        .compare_values(&crate::term::SortKey::new(terms[1]), &mut |_, _| std::cmp::Ordering::Equal),
                };
                if key.descending { order.reverse() } else { order }
            });
        }
        expected.truncate(limit.map_or(usize::MAX, |limit| limit as usize));
        prop_assert_eq!(found, expected);
        prop_assert!(runtime.control.spool().used() == 0);
    }

    #[test]
    fn groups_have_the_aggregates_of_their_rows(given in rows(2, 400, 6000), memory in memories()) {
        let runtime = runtime(memory);
        let aggregate = |function, argument: Option<usize>, distinct| Aggregated {
            function,
            argument: argument.map(|number| column(number, &runtime)),
            distinct,
        };
        let aggregates = vec![
            aggregate(AggregateFunction::Count, None, false),
            aggregate(AggregateFunction::Count, Some(1), true),
            aggregate(AggregateFunction::Count, None, true),
            aggregate(AggregateFunction::Sample, Some(0), false),
        ];
        let group = Group::new(&runtime, input(&given, 2), None, vec![0], aggregates, 2).unwrap();
        let found = drain(group);
        let count = |count: usize| {
            let lexical = count.to_string();
            runtime.terms.intern(TermRef::typed(&lexical, Datatype::Integer.iri())).unwrap().raw()
        };
        let mut groups: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for row in &given {
            groups.entry(row[0]).or_default().push(row[1]);
        }
        let expected = groups.into_iter().map(|(key, values)| {
            let rows: BTreeSet<u64> = values.iter().copied().collect();
            let bound = rows.iter().filter(|&&value| value != 0).count();
            vec![key, count(values.len()), count(bound), count(rows.len()), key]
        });
        prop_assert_eq!(sorted(found), sorted(expected.collect()));
        prop_assert!(runtime.control.spool().used() == 0);
    }
}

/// Rows (number % `modulus`, number, number, ...).
fn many(width: usize, count: u64, modulus: u64) -> Rows {
    let row = |number: u64| {
        let mut row = vec![number + 10_000; width];
        row[0] = number % modulus + 10_000;
        row
    };
    (0..count).map(row).collect()
}

#[test]
fn little_memory_makes_each_operator_spill() {
    let memory = 64 << 10;
    let rows = many(3, 10_000, 5_000);
    let spilled = |runtime: &Arc<Runtime>, found: usize, expected: usize| {
        assert_eq!(found, expected);
        assert!(
            runtime.spooled_bytes() > 50_000,
            "{}",
            runtime.spooled_bytes()
        );
        assert!(runtime.control.memory().peak() <= memory);
    };
    let kind = Join {
        kind: JoinKind::Left,
        ..Join::BY_KEY
    };
    let sides = many(JOIN_WIDTH, 10_000, 5_000);
    let at = runtime(memory);
    let found = drain(join(&at, &sides, &sides, kind)).len();
    spilled(&at, found, 20_000);
    let at = runtime(memory);
    let found = drain(Distinct::new(&at, input(&rows, 3), 3, true)).len();
    spilled(&at, found, 10_000);
    let at = runtime(memory);
    let count = Aggregated {
        function: AggregateFunction::Count,
        argument: None,
        distinct: false,
    };
    let group = Group::new(&at, input(&rows, 3), None, vec![1], vec![count], 3).unwrap();
    let found = drain(group).len();
    spilled(&at, found, 10_000);
}

#[test]
fn a_join_of_one_key_ends_although_dividing_does_not_help() {
    let rows = many(JOIN_WIDTH, 3_000, 1);
    let probe: Rows = rows.iter().take(20).cloned().collect();
    for (kind, expected) in [
        (JoinKind::Inner, 60_000),
        (JoinKind::Left, 60_000),
        (JoinKind::Semi, 20),
        (JoinKind::Anti, 0),
    ] {
        let kind = Join {
            kind,
            ..Join::BY_KEY
        };
        let runtime = runtime(64 << 10);
        let found = drain(join(&runtime, &probe, &rows, kind));
        assert_eq!(found.len(), expected);
        assert!(runtime.spooled_bytes() > 0);
    }
}

#[test]
fn rows_that_may_be_unbound_are_looked_up_and_not_compared_one_by_one() {
    const ROWS: u64 = 20_000;
    const UNBOUND: u64 = 10;
    // Rows of every set of bound columns, a few of each but of the one with all.
    let side = |columns: u64| -> Rows {
        let mut rows = many(JOIN_WIDTH, ROWS, 1);
        for (number, row) in rows.iter_mut().enumerate() {
            let set = number as u64 / UNBOUND;
            for column in 0..columns {
                if set < 1 << columns && set >> column & 1 == 0 {
                    row[1 + column as usize] = 0;
                }
            }
        }
        rows
    };
    // Nested loops poll 6,000 times; spools poll as well.
    for (columns, memory, polls_max) in [
        (1, usize::MAX, 600),
        (2, usize::MAX, 600),
        (3, usize::MAX, 600),
        (1, 1 << 20, 5000),
        (2, 1 << 20, 5000),
    ] {
        let polls = Arc::new(AtomicU64::new(0));
        let hook = {
            let polls = polls.clone();
            move || {
                polls.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        };
        let runtime = with_control(
            Control::new()
                .with_memory(Budget::new("test", memory))
                .with_poll_hook(Arc::new(hook)),
        );
        let rows = side(columns);
        for keys in [false, true] {
            let kind = Join {
                keys,
                compatible: columns as usize,
                is_ordered: false,
                ..Join::BY_KEY
            };
            polls.store(0, Ordering::Relaxed);
            let found = drain(join(&runtime, &rows, &rows, kind)).len() as u64;
            assert!(found >= 2 * UNBOUND * ROWS, "{found}");
            let polls = polls.load(Ordering::Relaxed);
            assert!(polls < polls_max, "{columns} {memory} {keys}: {polls}");
            assert_eq!(runtime.spooled_bytes() > 0, memory < usize::MAX);
        }
    }
}

#[test]
fn the_limit_of_temporary_files_is_an_error_with_a_code() {
    let rows = many(3, 10_000, 5_000);
    let control = Control::new()
        .with_memory(Budget::new("test", 64 << 10))
        .with_spool(Budget::disk("test", 50_000));
    let terms = Terms::new(Arc::new(Inline), &control);
    let context = Arc::new(Context::new(None, Arc::default(), &control));
    let runtime = Runtime::new(Arc::new(Spools), terms, context, control, View::Both, 0, 1);
    let runtime = Arc::new(runtime);
    let mut distinct = Distinct::new(&runtime, input(&rows, 3), 3, false);
    let mut batch = Batch::new();
    let error = loop {
        match distinct.next(&mut batch) {
            Ok(true) => {}
            Ok(false) => panic!("there was room"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert!(
        error.hint().unwrap().contains("query_spool_bytes"),
        "{error}"
    );
}
