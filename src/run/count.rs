//! Exact counts of key ranges: from the directory, and from blocks only at the two ends.

use super::directory::Counts;
use super::disk::{BlockPosition, DiskRun, PageCache};
use super::row::{Key, Row, States};
use super::scan::Source;
use crate::codec::BlockReader;
use crate::control::Control;
use crate::error::Result;

/// After minus before of every row of `sources` with a key in the inclusive range. Inferred rows of another
/// epoch than `epoch` count as absent. Cost: O(log n) and two blocks a source.
/// Errors: `Cancelled`, `QueryTimeout`, `CorruptBlock`.
pub fn count(
    sources: &[Source],
    pages: &PageCache,
    low: &Key,
    high: &Key,
    epoch: u32,
    control: &Control,
) -> Result<Counts> {
    let mut total = Counts::default();
    for source in sources {
        control.poll()?;
        let counts = match source {
            Source::Memory { run, sort } => {
                count_rows(slice(run.rows(*sort), low, high), sort.graph_column())
            }
            Source::Disk(run) => count_run(run, pages, low, high, control)?,
        };
        total += if source.epoch() == epoch {
            counts
        } else {
            counts.without_inferred()
        };
    }
    Ok(total)
}

/// The rows with keys in the inclusive range.
pub(super) fn slice<'r>(rows: &'r [Row], low: &Key, high: &Key) -> &'r [Row] {
    let start = rows.partition_point(|row| row.key < *low);
    let end = start + rows[start..].partition_point(|row| row.key <= *high);
    &rows[start..end]
}

fn count_rows(rows: &[Row], graph_column: Option<usize>) -> Counts {
    let mut counts = Counts::default();
    for row in rows {
        counts.add(
            row.states,
            graph_column.is_some_and(|column| row.key[column] != 0),
        );
    }
    counts
}

fn count_run(
    run: &DiskRun,
    pages: &PageCache,
    low: &Key,
    high: &Key,
    control: &Control,
) -> Result<Counts> {
    let mut counts = Counts::default();
    for (index, fence) in run.meta()?.fences.iter().enumerate() {
        if fence.last < *low {
            continue;
        }
        if fence.first > *high {
            break;
        }
        if *low <= fence.first && fence.last <= *high {
            counts += fence.counts;
            continue;
        }
        control.poll()?;
        let from = BlockPosition {
            fence: index,
            entry: 0,
        };
        let Some((position, directory)) = run.locate(pages, low, from)? else {
            break;
        };
        if position.fence != index {
            continue;
        }
        for entry in &directory.entries[position.entry..] {
            if entry.first > *high {
                break;
            }
            if *low <= entry.first && entry.last <= *high {
                counts += entry.counts;
                continue;
            }
            let block = pages.block(entry.page)?;
            // An end of the block that is within the range needs no search.
            let low = (entry.first < *low).then_some(low);
            let high = (*high < entry.last).then_some(high);
            counts += count_block(&block.reader(), low, high, run.sort.graph_column());
        }
    }
    Ok(counts)
}

/// Counts the rows between two keys, or from the first row and to the last.
fn count_block(
    block: &BlockReader<'_>,
    low: Option<&Key>,
    high: Option<&Key>,
    graph_column: Option<usize>,
) -> Counts {
    let start = low.map_or(0, |low| block.lower_bound(low, 0));
    let end = high.map_or(block.rows(), |high| block.upper_bound(high, start));
    let mut counts = Counts::default();
    let graph = match graph_column {
        Some(column) => block.constant(column),
        None => Some(0),
    };
    if let (Some(states), Some(graph)) = (block.constant_state(), graph) {
        counts.add_rows(States(states), graph != 0, end - start);
        return counts;
    }
    let mut states = vec![0; end - start];
    block.states(start..end, &mut states);
    let mut graphs = vec![0; end - start];
    if let Some(column) = graph_column {
        block.column(column, start..end, &mut graphs);
    }
    for (states, graph) in states.into_iter().zip(graphs) {
        counts.add(States(states), graph != 0);
    }
    counts
}
