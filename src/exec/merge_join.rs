//! Merge join of two inputs sorted on the same columns.
//!
//! Cost: a comparison for each row in and one copy for each value out. Where one side has far fewer rows, the
//! other is skipped over: first by galloping within a batch, then by [`Operator::skip_to`].

use super::batch::{Batch, gather};
use super::operator::{BoxOperator, Operator, StateCharge};
use crate::control::Control;
use crate::error::Result;
use crate::store::BATCH_ROWS;

/// Rows stepped over one by one between two matches before a side is galloped over.
const NEAR_MISSES: usize = 8;

/// If fewer than one row in this many of a batch was looked at, the rest is skipped by the source.
const SKIP_RATIO: usize = 10;

/// One input: its current batch and the place in it.
struct Side {
    input: BoxOperator,
    batch: Batch,
    at: usize,
    /// Rows of the batch compared one by one.
    touched: usize,
    ended: bool,
}

impl Side {
    fn new(input: BoxOperator) -> Self {
        Self {
            input,
            batch: Batch::new(),
            at: 0,
            touched: 0,
            ended: false,
        }
    }

    /// Gets the next batch; false at the end.
    fn refill(&mut self) -> Result<bool> {
        self.at = 0;
        self.touched = 0;
        if !self.ended {
            self.ended = !self.input.next(&mut self.batch)?;
        }
        if self.ended {
            self.batch.reset(self.batch.columns.len());
            return Ok(false);
        }
        self.batch.compact();
        Ok(true)
    }

    fn rows(&self) -> usize {
        self.batch.rows()
    }

    /// The first `K` columns.
    fn keys<const K: usize>(&self) -> [&[u64]; K] {
        let rows = self.rows();
        std::array::from_fn(|column| &self.batch.columns[column][..rows])
    }

    #[inline]
    fn key<const K: usize>(&self, row: usize) -> [u64; K] {
        std::array::from_fn(|column| self.batch.columns[column][row])
    }

    /// Moves to the first row of the batch whose key is not below `key`, by galloping.
    fn gallop<const K: usize>(&mut self, key: &[u64; K]) {
        let rows = self.rows();
        let mut low = self.at;
        let mut step = 1;
        while low + step < rows && self.key::<K>(low + step) < *key {
            low += step;
            step *= 2;
            self.touched += 1;
        }
        let mut high = (low + step).min(rows);
        // The row at `low` is below the key, that at `high` is not.
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.key::<K>(middle) < *key {
                low = middle;
            } else {
                high = middle;
            }
        }
        self.at = high;
        self.touched += 1;
    }

    /// The end of the rows from `at` that have the key of row `at`.
    fn run_end<const K: usize>(&self) -> usize {
        let key = self.key::<K>(self.at);
        let mut end = self.at + 1;
        while end < self.rows() && self.key::<K>(end) == key {
            end += 1;
        }
        end
    }
}

/// Joins two inputs whose first `K` columns are the join columns, in one order; both are sorted on them, and
/// none is ever unbound. Output: the left columns, then the right ones after the first `K`.
pub struct MergeJoin<const K: usize> {
    left: Side,
    right: Side,
    /// Right rows of the current key, if they stand in more than one batch.
    group: Vec<Vec<u64>>,
    /// The right rows of the current key that the left row at hand still joins.
    run: Option<Run<K>>,
    /// Rows to copy out, as pairs of indexes.
    left_rows: Vec<u32>,
    right_rows: Vec<u32>,
    control: Control,
    state: StateCharge,
}

struct Run<const K: usize> {
    key: [u64; K],
    /// Whether the rows are in `group`, else in the right batch.
    buffered: bool,
    start: usize,
    end: usize,
    /// The next row for the left row at hand.
    at: usize,
}

impl<const K: usize> MergeJoin<K> {
    pub fn new(left: BoxOperator, right: BoxOperator, control: &Control) -> Self {
        Self {
            left: Side::new(left),
            right: Side::new(right),
            group: Vec::new(),
            run: None,
            left_rows: Vec::with_capacity(BATCH_ROWS),
            right_rows: Vec::with_capacity(BATCH_ROWS),
            control: control.clone(),
            state: StateCharge::new(control),
        }
    }

    /// Copies the pairs collected to the output.
    fn flush(&mut self, out: &mut Batch, buffered: bool) {
        let left_width = self.left.batch.columns.len();
        for (column, from) in self.left.batch.columns.iter().enumerate() {
            gather(from, &self.left_rows, &mut out.columns[column]);
        }
        let right = if buffered {
            &self.group
        } else {
            &self.right.batch.columns
        };
        for (column, from) in right.iter().enumerate().skip(K) {
            gather(
                from,
                &self.right_rows,
                &mut out.columns[left_width + column - K],
            );
        }
        self.left_rows.clear();
        self.right_rows.clear();
    }

    fn pending(&self, out: &Batch) -> usize {
        out.columns.first().map_or(0, Vec::len) + self.left_rows.len()
    }

    /// Both batches have rows. Advances to the next equal keys; false if a batch ran out first.
    fn find_match(&mut self) -> Result<bool> {
        loop {
            let mut left_key = self.left.key::<K>(self.left.at);
            let mut right_key = self.right.key::<K>(self.right.at);
            // Near misses are stepped over one by one, since that predicts well; far ones by galloping.
            let mut misses = 0;
            while left_key != right_key && misses < NEAR_MISSES {
                misses += 1;
                if left_key < right_key {
                    self.left.at += 1;
                    self.left.touched += 1;
                    if self.left.at == self.left.rows() {
                        return Ok(false);
                    }
                    left_key = self.left.key::<K>(self.left.at);
                } else {
                    self.right.at += 1;
                    self.right.touched += 1;
                    if self.right.at == self.right.rows() {
                        return Ok(false);
                    }
                    right_key = self.right.key::<K>(self.right.at);
                }
            }
            if left_key == right_key {
                return Ok(true);
            }
            if left_key < right_key {
                self.left.gallop(&right_key);
                if self.left.at == self.left.rows() {
                    return Ok(false);
                }
            } else {
                self.right.gallop(&left_key);
                if self.right.at == self.right.rows() {
                    return Ok(false);
                }
            }
        }
    }

    /// The keys at both places are equal: finds the right rows of the key, over batches if need be.
    fn begin_run(&mut self) -> Result<()> {
        let key = self.right.key::<K>(self.right.at);
        let start = self.right.at;
        let end = self.right.run_end::<K>();
        self.right.touched += end - start;
        if end < self.right.rows() {
            self.run = Some(Run {
                key,
                buffered: false,
                start,
                end,
                at: start,
            });
            return Ok(());
        }
        // The rows may go on in the next batch: they are moved aside.
        self.group
            .resize_with(self.right.batch.columns.len(), Vec::new);
        self.group.iter_mut().for_each(Vec::clear);
        loop {
            self.control.poll()?;
            let end = self.right.run_end::<K>();
            for (to, from) in self.group.iter_mut().zip(&self.right.batch.columns) {
                to.extend_from_slice(&from[self.right.at..end]);
            }
            let rows = self.group.first().map_or(0, Vec::len);
            self.state.hold(rows * self.group.len() * 8)?;
            self.right.touched += end - self.right.at;
            self.right.at = end;
            if end < self.right.rows() || !self.right.refill()? || self.right.key::<K>(0) != key {
                break;
            }
        }
        let end = self.group.first().map_or(0, Vec::len);
        self.run = Some(Run {
            key,
            buffered: true,
            start: 0,
            end,
            at: 0,
        });
        Ok(())
    }

    /// Refills a side that ran out; false if the join has ended.
    fn refill(&mut self) -> Result<bool> {
        if self.left.at >= self.left.rows() {
            if self.left.touched * SKIP_RATIO < self.left.rows()
                && self.right.at < self.right.rows()
            {
                let key = self.right.key::<K>(self.right.at);
                self.left.input.skip_to(&key)?;
            }
            if !self.left.refill()? {
                return Ok(false);
            }
        }
        if self.right.at >= self.right.rows() {
            if self.right.touched * SKIP_RATIO < self.right.rows() {
                let key = self.left.key::<K>(self.left.at);
                self.right.input.skip_to(&key)?;
            }
            return self.right.refill();
        }
        Ok(true)
    }
}

impl<const K: usize> Operator for MergeJoin<K> {
    fn next(&mut self, out: &mut Batch) -> Result<bool> {
        let mut started = false;
        loop {
            if self.run.is_some() && self.left.at >= self.left.rows() {
                // Pairs point into the batch that is about to be replaced.
                if started {
                    let buffered = self.run.as_ref().is_some_and(|run| run.buffered);
                    self.flush(out, buffered);
                }
                if !self.left.refill()? {
                    self.run = None;
                    self.left.ended = true;
                    break;
                }
            }
            if self.run.is_none() {
                if self.left.at >= self.left.rows() || self.right.at >= self.right.rows() {
                    if started {
                        self.flush(out, false);
                    }
                    self.control.poll()?;
                    if !self.refill()? {
                        break;
                    }
                    continue;
                }
                if !started {
                    started = true;
                    out.reset(self.left.batch.columns.len() + self.right_width() - K);
                }
                if self.join_within(out) {
                    self.flush(out, false);
                    break;
                }
                if self.left.at >= self.left.rows() || self.right.at >= self.right.rows() {
                    continue;
                }
                if !self.find_match()? {
                    continue;
                }
                if self.right.run_end::<K>() == self.right.rows() {
                    self.flush(out, false);
                }
                self.begin_run()?;
            }
            if !started {
                started = true;
                out.reset(self.left.batch.columns.len() + self.right_width() - K);
            }
            if self.emit(out) {
                break;
            }
        }
        if !started {
            return Ok(false);
        }
        let rows = out.columns.first().map_or(0, Vec::len);
        out.set_rows(rows);
        Ok(rows > 0)
    }
}

impl<const K: usize> MergeJoin<K> {
    /// Joins while all rows of each key lie within the batches, which is most of the work, and stops before the first key
    /// of which that is not known. True if the output is full.
    fn join_within(&mut self, out: &mut Batch) -> bool {
        let mut room = BATCH_ROWS - self.pending(out);
        let left: [&[u64]; K] = self.left.keys();
        let right: [&[u64]; K] = self.right.keys();
        let (left_rows, right_rows) = (self.left.rows(), self.right.rows());
        let key = |columns: &[&[u64]; K], row: usize| -> [u64; K] {
            std::array::from_fn(|column| columns[column][row])
        };
        let (mut at_left, mut at_right) = (self.left.at, self.right.at);
        let mut misses = 0;
        while at_left < left_rows && at_right < right_rows {
            let (left_key, right_key) = (key(&left, at_left), key(&right, at_right));
            if left_key != right_key {
                // Far misses are for galloping.
                misses += 1;
                if misses > NEAR_MISSES {
                    break;
                }
                at_left += usize::from(left_key < right_key);
                at_right += usize::from(right_key < left_key);
                continue;
            }
            misses = 0;
            let mut left_end = at_left + 1;
            while left_end < left_rows && key(&left, left_end) == left_key {
                left_end += 1;
            }
            let mut right_end = at_right + 1;
            while right_end < right_rows && key(&right, right_end) == left_key {
                right_end += 1;
            }
            let pairs = (left_end - at_left) * (right_end - at_right);
            if left_end == left_rows || right_end == right_rows || pairs > room {
                break;
            }
            for row in at_left..left_end {
                for other in at_right..right_end {
                    self.left_rows.push(row as u32);
                    self.right_rows.push(other as u32);
                }
            }
            room -= pairs;
            (at_left, at_right) = (left_end, right_end);
        }
        self.left.touched += at_left - self.left.at;
        self.right.touched += at_right - self.right.at;
        (self.left.at, self.right.at) = (at_left, at_right);
        room == 0
    }

    fn right_width(&self) -> usize {
        match &self.run {
            Some(run) if run.buffered => self.group.len(),
            _ => self.right.batch.columns.len(),
        }
    }

    /// Collects pairs of the current run; true if the output is full.
    fn emit(&mut self, out: &mut Batch) -> bool {
        let Some(mut run) = self.run.take() else {
            return false;
        };
        while self.left.at < self.left.rows() && self.left.key::<K>(self.left.at) == run.key {
            let room = BATCH_ROWS - self.pending(out);
            let take = room.min(run.end - run.at);
            self.left_rows
                .extend(std::iter::repeat_n(self.left.at as u32, take));
            self.right_rows
                .extend(run.at as u32..(run.at + take) as u32);
            run.at += take;
            if run.at == run.end {
                self.left.at += 1;
                self.left.touched += 1;
                run.at = run.start;
            }
            if take == room {
                self.flush(out, run.buffered);
                self.run = Some(run);
                return true;
            }
        }
        if self.left.at < self.left.rows() {
            // The left key has passed: so have the right rows.
            if run.buffered {
                self.flush(out, true);
                self.state.release();
            } else {
                self.right.at = run.end;
            }
        } else {
            self.run = Some(run);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixed::Fixed;
    use super::*;
    use proptest::prelude::*;

    fn run<const K: usize>(
        left: &[[u64; 2]],
        right: &[[u64; 2]],
        batch_rows: usize,
    ) -> Vec<Vec<u64>> {
        let control = Control::new();
        let mut join = MergeJoin::<K>::new(
            Box::new(Fixed::rows(left, batch_rows)),
            Box::new(Fixed::rows(right, batch_rows)),
            &control,
        );
        let mut rows = Vec::new();
        let mut batch = Batch::new();
        while join.next(&mut batch).unwrap() {
            assert!(!batch.is_empty());
            for row in 0..batch.rows() {
                rows.push(batch.columns.iter().map(|column| column[row]).collect());
            }
        }
        assert!(!join.next(&mut batch).unwrap());
        rows
    }

    proptest! {
        #[test]
        fn a_merge_join_gives_what_nested_loops_give(
            mut left in prop::collection::vec(prop::array::uniform2(1_u64..30), 0..200),
            mut right in prop::collection::vec(prop::array::uniform2(1_u64..30), 0..200),
            batch_rows in 1_usize..50,
        ) {
            left.sort_unstable();
            right.sort_unstable();
            let mut expected: Vec<Vec<u64>> = Vec::new();
            for l in &left {
                for r in right.iter().filter(|r| r[0] == l[0]) {
                    expected.push(vec![l[0], l[1], r[1]]);
                }
            }
            let mut found = run::<1>(&left, &right, batch_rows);
            prop_assert!(found.is_sorted_by_key(|row| row[0]));
            found.sort();
            expected.sort();
            prop_assert_eq!(found, expected);
            let mut expected: Vec<Vec<u64>> = Vec::new();
            for l in &left {
                for _ in right.iter().filter(|r| *r == l) {
                    expected.push(l.to_vec());
                }
            }
            prop_assert_eq!(run::<2>(&left, &right, batch_rows), expected);
        }
    }

    #[test]
    fn a_group_larger_than_a_batch_on_both_sides_is_joined_whole() {
        let rows: Vec<[u64; 2]> = (0..300).map(|row| [7, row]).collect();
        assert_eq!(run::<1>(&rows, &rows, 64).len(), 300 * 300);
    }
}
