//! States of given keys: what a commit asks before it writes.

use super::disk::{BlockPosition, DiskRun, PageCache};
use super::filter::hash_of;
use super::row::{Key, Row, State, States};
use super::scan::Source;
use super::sort::Sort;
use crate::codec::BlockReader;
use crate::control::Control;
use crate::error::Result;
use std::cmp::Ordering;
use std::ops::Range;

/// Keys probed between two polls.
const POLL_KEYS: usize = 4096;
/// With a key for this many rows or less, rows are unpacked to find keys among them; else each key is searched.
const ROWS_PER_KEY_UNPACKED: usize = 200;

/// Writes the state of each key to `states`. `sources` are of one sort, newest first; `keys` ascend.
/// Inferred states of another epoch than `epoch` are absent. Cost for each run: 15 ns for a key its filter keeps out,
/// else up to 0.4 us on disk, less where keys stand close together.
/// Errors: `Cancelled`, `QueryTimeout`, `CorruptBlock`.
pub fn probe(
    sources: &[Source],
    pages: &PageCache,
    keys: &[Key],
    epoch: u32,
    states: &mut Vec<State>,
    control: &Control,
) -> Result<()> {
    states.clear();
    states.resize(keys.len(), State::Absent);
    let mut hashes = Vec::new();
    // Indexes of the keys that no newer run has decided, and of those that the run at hand may decide.
    let mut open: Vec<usize> = (0..keys.len()).collect();
    let mut asked: Vec<usize> = Vec::with_capacity(keys.len());
    let mut decided = vec![false; keys.len()];
    let mut decided_count = 0;
    for source in sources {
        if open.is_empty() {
            break;
        }
        let is_filtered = match source {
            Source::Memory { run, sort } => *sort == Sort::Spog && run.filter().is_some(),
            Source::Disk(run) => run.is_filtered(),
        };
        if is_filtered && hashes.is_empty() {
            hashes.extend(keys.iter().map(hash_of));
        }
        asked.clear();
        match source {
            Source::Memory { run, .. } => match run.filter().filter(|_| is_filtered) {
                Some(filter) => {
                    let may_hold = |&index: &usize| filter.may_contain(hashes[index]);
                    asked.extend(open.iter().copied().filter(may_hold));
                }
                None => asked.extend_from_slice(&open),
            },
            Source::Disk(run) => run.sift(pages, keys, &hashes, &open, &mut asked)?,
        }
        let before = decided_count;
        let mut found = |index: usize, row_states: States| {
            decided[index] = true;
            decided_count += 1;
            states[index] = match row_states.after() {
                1 => State::Asserted,
                2 if source.epoch() == epoch => State::Inferred,
                _ => State::Absent,
            };
        };
        match source {
            Source::Memory { run, sort } => probe_rows(run.rows(*sort), keys, &asked, &mut found),
            Source::Disk(run) => probe_run(run, pages, keys, &asked, &mut found, control)?,
        }
        if decided_count > before {
            open.retain(|&index| !decided[index]);
        }
    }
    Ok(())
}

fn probe_rows(
    mut rows: &[Row],
    keys: &[Key],
    asked: &[usize],
    found: &mut impl FnMut(usize, States),
) {
    for &index in asked {
        rows = &rows[gallop(rows, &keys[index])..];
        match rows.first() {
            Some(row) if row.key == keys[index] => found(index, row.states),
            Some(_) => {}
            None => return,
        }
    }
}

/// The first row with a key not below `key`: near the start where probes stand close together.
fn gallop(rows: &[Row], key: &Key) -> usize {
    let mut low = 0;
    let mut step = 4;
    while low + step < rows.len() && rows[low + step].key < *key {
        low += step;
        step *= 4;
    }
    let high = rows.len().min(low + step + 1);
    low + rows[low..high].partition_point(|row| row.key < *key)
}

fn probe_run(
    run: &DiskRun,
    pages: &PageCache,
    keys: &[Key],
    asked: &[usize],
    found: &mut impl FnMut(usize, States),
    control: &Control,
) -> Result<()> {
    let mut position = BlockPosition { fence: 0, entry: 0 };
    let mut unpacked = Unpacked::default();
    let mut at = 0;
    while at < asked.len() {
        let Some((block_at, directory)) = run.locate(pages, &keys[asked[at]], position)? else {
            break;
        };
        position = block_at;
        let entry = &directory.entries[position.entry];
        // Keys before the block are in no block of this run.
        at += asked[at..].partition_point(|&index| keys[index] < entry.first);
        let within = asked[at..].partition_point(|&index| keys[index] <= entry.last);
        if within == 0 {
            continue;
        }
        control.poll()?;
        let bytes = pages.block(entry.page)?;
        let block = bytes.reader();
        let asked = &asked[at..at + within];
        at += within;
        let rows = match asked {
            [first, .., last] => {
                let start = block.lower_bound(&keys[*first], 0);
                start..block.upper_bound(&keys[*last], start)
            }
            _ => 0..block.rows(),
        };
        if rows.len() <= within * ROWS_PER_KEY_UNPACKED {
            unpacked.read(&block, rows);
            unpacked.probe(&block, keys, asked, found);
            continue;
        }
        let mut row = 0;
        for (done, &index) in asked.iter().enumerate() {
            if done % POLL_KEYS == POLL_KEYS - 1 {
                control.poll()?;
            }
            row = block.lower_bound(&keys[index], row);
            let hit = row < block.rows()
                && (0..4).all(|column| block.value(row, column) == keys[index][column]);
            if hit {
                found(index, states_of(&block, row));
            }
        }
    }
    Ok(())
}

fn states_of(block: &BlockReader<'_>, row: usize) -> States {
    let mut states = [0];
    block.states(row..row + 1, &mut states);
    States(states[0])
}

/// Rows of a block as columns.
#[derive(Default)]
struct Unpacked {
    rows: Range<usize>,
    columns: [Vec<u64>; 4],
}

impl Unpacked {
    fn read(&mut self, block: &BlockReader<'_>, rows: Range<usize>) {
        for (column, values) in self.columns.iter_mut().enumerate() {
            values.resize(rows.len(), 0);
            block.column(column, rows.clone(), values);
        }
        self.rows = rows;
    }

    fn probe(
        &self,
        block: &BlockReader<'_>,
        keys: &[Key],
        asked: &[usize],
        found: &mut impl FnMut(usize, States),
    ) {
        let mut from = 0;
        for &index in asked {
            let key = &keys[index];
            from = self.lower_bound(from, key);
            if from == self.rows.len() {
                return;
            }
            if self.order(from, key).is_eq() {
                found(index, states_of(block, self.rows.start + from));
            }
        }
    }

    /// How the key of a row compares.
    #[inline]
    fn order(&self, row: usize, key: &Key) -> Ordering {
        let columns = self.columns.iter().zip(key);
        columns
            .map(|(column, value)| column[row].cmp(value))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    /// The first row at or after `from` that is not below `key`: near, as for sorted keys.
    fn lower_bound(&self, from: usize, key: &Key) -> usize {
        let mut low = from;
        let mut high = self.rows.len();
        let mut step = 16;
        while low + step < high {
            if self.order(low + step, key).is_lt() {
                low += step;
                step *= 2;
            } else {
                high = low + step;
            }
        }
        while low < high {
            let middle = low.midpoint(high);
            if self.order(middle, key).is_lt() {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}
