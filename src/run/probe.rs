//! States of given keys: what a commit asks before it writes.

use super::disk::{BlockPosition, DiskRun, PageCache};
use super::row::{Key, Row, State, States};
use super::scan::Source;
use crate::codec::BlockReader;
use crate::control::Control;
use crate::error::Result;

/// Keys probed between two polls.
const POLL_KEYS: usize = 4096;

/// Writes the state of each key to `states`. `sources` are of one sort, newest first; `keys` ascend.
/// Inferred states of another epoch than `epoch` are absent. Cost: about 0.3 us a key and run on disk
/// whose key range it lies in, less where keys stand close together.
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
    // Indexes of the keys that no newer run has decided.
    let mut open: Vec<usize> = (0..keys.len()).collect();
    for source in sources {
        if open.is_empty() {
            break;
        }
        let mut found = |index: usize, row_states: States| {
            states[index] = match row_states.after() {
                1 => State::Asserted,
                2 if source.epoch() == epoch => State::Inferred,
                _ => State::Absent,
            };
        };
        match source {
            Source::Memory { run, sort } => {
                probe_rows(run.rows(*sort), keys, &mut open, &mut found)
            }
            Source::Disk(run) => probe_run(run, pages, keys, &mut open, &mut found, control)?,
        }
    }
    Ok(())
}

fn probe_rows(
    mut rows: &[Row],
    keys: &[Key],
    open: &mut Vec<usize>,
    found: &mut impl FnMut(usize, States),
) {
    open.retain(|&index| {
        rows = &rows[gallop(rows, &keys[index])..];
        match rows.first() {
            Some(row) if row.key == keys[index] => {
                found(index, row.states);
                false
            }
            _ => true,
        }
    });
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
    open: &mut Vec<usize>,
    found: &mut impl FnMut(usize, States),
    control: &Control,
) -> Result<()> {
    let mut left = Vec::new();
    let mut position = BlockPosition { fence: 0, entry: 0 };
    let mut at = 0;
    while at < open.len() {
        let Some((block_at, directory)) = run.locate(pages, &keys[open[at]], position)? else {
            break;
        };
        position = block_at;
        let entry = &directory.entries[position.entry];
        // Keys before the block are in no block of this run.
        let skip = open[at..].partition_point(|&index| keys[index] < entry.first);
        left.extend_from_slice(&open[at..at + skip]);
        at += skip;
        let within = open[at..].partition_point(|&index| keys[index] <= entry.last);
        if within == 0 {
            continue;
        }
        control.poll()?;
        let bytes = pages.block(entry.page)?;
        let block = BlockReader::open(&bytes)?;
        let mut row = 0;
        for (done, &index) in open[at..at + within].iter().enumerate() {
            if done % POLL_KEYS == POLL_KEYS - 1 {
                control.poll()?;
            }
            row = block.lower_bound(&keys[index], row);
            let hit = row < block.rows()
                && (0..4).all(|column| block.value(row, column) == keys[index][column]);
            if hit {
                let mut state = [0];
                block.states(row..row + 1, &mut state);
                found(index, States(state[0]));
            } else {
                left.push(index);
            }
        }
        at += within;
    }
    left.extend_from_slice(&open[at..]);
    *open = left;
    Ok(())
}
