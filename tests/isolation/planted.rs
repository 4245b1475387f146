//! The checker finds what it is there to find: a history for each anomaly, and one without.

use crate::checker::{Anomaly, anomalies};
use crate::history::{Operation, Outcome, Transaction, Version};
use std::collections::BTreeSet;

const X: usize = 0;
const Y: usize = 1;

fn read(key: usize, version: Version) -> Operation {
    Operation::Read { key, version }
}

fn write(key: usize, version: Version, replaced: Version) -> Operation {
    Operation::Write {
        key,
        version,
        replaced,
    }
}

/// Transactions that all ran at the same time.
fn concurrent(transactions: &[&[Operation]]) -> Vec<Transaction> {
    transactions
        .iter()
        .map(|operations| Transaction {
            operations: operations.to_vec(),
            outcome: Outcome::Committed,
            begun: 0,
            ended: 1,
        })
        .collect()
}

fn finds(history: &[Transaction], expected: &[Anomaly]) {
    assert_eq!(
        anomalies(history),
        BTreeSet::from_iter(expected.iter().copied())
    );
}

#[test]
fn a_serial_history_has_no_anomaly() {
    let mut history = concurrent(&[
        &[write(X, 1, 0), write(Y, 2, 0)],
        &[read(X, 1), read(Y, 2)],
        &[write(X, 3, 1), read(X, 3), write(X, 4, 3)],
        &[read(X, 4), read(Y, 2)],
        &[write(X, 5, 4)],
    ]);
    history[4].outcome = Outcome::Aborted;
    for (number, transaction) in history.iter_mut().enumerate() {
        (transaction.begun, transaction.ended) = (2 * number as u64, 2 * number as u64 + 1);
    }
    finds(&history, &[]);
}

#[test]
fn interleaved_writes_are_a_dirty_write() {
    let history = concurrent(&[
        &[write(X, 1, 0), write(Y, 2, 4)],
        &[write(X, 3, 1), write(Y, 4, 0)],
    ]);
    finds(&history, &[Anomaly::DirtyWrite]);
}

#[test]
fn a_read_of_a_rolled_back_write_is_an_aborted_read() {
    let mut history = concurrent(&[&[write(X, 1, 0)], &[read(X, 1)]]);
    history[0].outcome = Outcome::Aborted;
    finds(&history, &[Anomaly::AbortedRead]);
}

#[test]
fn a_read_of_a_version_that_was_replaced_before_the_commit_is_an_intermediate_read() {
    let history = concurrent(&[&[write(X, 1, 0), write(X, 2, 1)], &[read(X, 1)]]);
    finds(&history, &[Anomaly::IntermediateRead]);
}

#[test]
fn two_transactions_that_see_each_other_are_circular_information() {
    let history = concurrent(&[&[write(X, 1, 0), read(Y, 2)], &[write(Y, 2, 0), read(X, 1)]]);
    finds(&history, &[Anomaly::CircularInformation]);
}

#[test]
fn a_version_replaced_twice_is_a_lost_update() {
    let history = concurrent(&[&[write(X, 1, 0)], &[write(X, 2, 0)]]);
    assert!(anomalies(&history).contains(&Anomaly::LostUpdate));
}

#[test]
fn a_reader_that_sees_half_of_a_transaction_has_read_skew() {
    let history = concurrent(&[&[write(X, 1, 0), write(Y, 2, 0)], &[read(X, 1), read(Y, 0)]]);
    finds(&history, &[Anomaly::SingleAntiDependency]);
}

#[test]
fn two_writers_that_read_what_the_other_writes_have_write_skew() {
    let history = concurrent(&[
        &[read(X, 0), read(Y, 0), write(X, 1, 0)],
        &[read(X, 0), read(Y, 0), write(Y, 2, 0)],
    ]);
    finds(&history, &[Anomaly::WriteSkew]);
}

#[test]
fn readers_that_disagree_about_the_order_of_writers_are_found() {
    let history = concurrent(&[
        &[write(X, 1, 0)],
        &[write(Y, 2, 0)],
        &[read(X, 1), read(Y, 0)],
        &[read(X, 0), read(Y, 2)],
    ]);
    finds(&history, &[Anomaly::WriteSkew]);
}

#[test]
fn a_read_that_misses_an_acknowledged_commit_is_stale() {
    let mut history = concurrent(&[&[write(X, 1, 0)], &[read(X, 0)]]);
    (history[1].begun, history[1].ended) = (2, 3);
    finds(&history, &[Anomaly::StaleRead]);
}

#[test]
fn a_transaction_that_does_not_read_its_own_write_is_found() {
    let history = concurrent(&[&[write(X, 1, 0), read(X, 0)]]);
    finds(&history, &[Anomaly::Internal]);
    let history = concurrent(&[&[write(X, 1, 0)], &[read(X, 0), read(X, 1)]]);
    assert!(anomalies(&history).contains(&Anomaly::Internal));
}

#[test]
fn a_version_from_nowhere_is_found() {
    finds(&concurrent(&[&[read(X, 7)]]), &[Anomaly::UnknownVersion]);
}
