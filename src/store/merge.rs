//! Merging runs on disk, and deleting pages that nobody reads.

use super::Shared;
use super::install::Install;
use super::pace::Pace;
use super::pins::Replaced;
use crate::codec::{BLOCK_ROWS, BlockReader};
use crate::control::Control;
use crate::error::Result;
use crate::kv::{PageId, WrittenExtent};
use crate::run::{DiskRun, Key, MemRun, PageCache, Row, RunBuilder, Sort, States, combine};
use std::sync::Arc;

/// More runs than this over one key slow readers (definition 29).
const RUNS_MAX: usize = 4;
/// A run joins a merge if it has at most this many times the rows of all newer ones together.
const SIZE_RATIO: u64 = 4;

/// Bytes written between two looks at the pace.
const PACED_BYTES: u64 = 256 << 10;

impl Shared {
    /// Merges runs in memory until no two are worth it. What recovery has left unsorted is sorted first.
    pub(super) fn merge_memory(&self, control: &Control) -> Result<()> {
        let memory = self.published.read().memory.clone();
        memory.iter().for_each(|run| run.complete_large());
        loop {
            control.poll()?;
            let Some(pair) = self.head.lock().mergeable() else {
                return Ok(());
            };
            let merged = MemRun::merge(&pair.0, &pair.1);
            let mut head = self.head.lock();
            if let Some(version) = head.replace_pair(&pair, merged) {
                *self.published.write() = version;
            }
        }
    }

    /// Merges runs of one sort if that is due, at the given rate. Returns whether it did.
    pub(super) fn merge_one(
        &self,
        bytes_per_second: Option<u64>,
        control: &Control,
    ) -> Result<bool> {
        let _merging = self.merging.lock();
        let version = self.published.read().clone();
        for sort in Sort::ALL {
            let count = due(&version.disk[sort.index()]);
            if count > 1 {
                self.merge_runs(
                    sort,
                    &version.disk[sort.index()][..count],
                    version.epoch,
                    bytes_per_second,
                    control,
                )?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Merges all runs of every sort into one each.
    pub(super) fn merge_all(&self, control: &Control) -> Result<()> {
        let _merging = self.merging.lock();
        for sort in Sort::ALL {
            let version = self.published.read().clone();
            let runs = &version.disk[sort.index()];
            if runs.len() > 1 {
                self.merge_runs(sort, runs, version.epoch, None, control)?;
            }
        }
        Ok(())
    }

    /// Merges the newest runs of a sort, newest first.
    fn merge_runs(
        &self,
        sort: Sort,
        runs: &[Arc<DiskRun>],
        epoch: u32,
        bytes_per_second: Option<u64>,
        control: &Control,
    ) -> Result<()> {
        let extent = self.reserve_extent();
        let merged = self
            .write_merged(sort, runs, epoch, extent, bytes_per_second, control)
            .and_then(|merged| {
                let mut install = Install {
                    replaced: runs.iter().map(|run| run.extent).collect(),
                    ..Install::default()
                };
                let mut pages = Vec::new();
                if let Some((run, written)) = merged {
                    install.runs.push(Arc::new(run));
                    pages.push(written);
                }
                self.install(pages, install)
            });
        self.release_extents([extent]);
        merged
    }

    /// Writes the merge of runs of one sort, newest first, to an extent. `None` if nothing is left of them.
    pub(super) fn write_merged(
        &self,
        sort: Sort,
        runs: &[Arc<DiskRun>],
        epoch: u32,
        extent: u64,
        bytes_per_second: Option<u64>,
        control: &Control,
    ) -> Result<Option<(DiskRun, WrittenExtent)>> {
        let pace = Pace::new(bytes_per_second);
        let mut builder = RunBuilder::new(sort, self.kv.page_file(extent));
        let mut paced = 0;
        merge_rows(runs, &self.pages, epoch, control, |row| {
            builder.push(row)?;
            if builder.bytes() > paced + PACED_BYTES {
                paced = builder.bytes();
                pace.keep(paced, &self.signal, control)?;
            }
            Ok(())
        })?;
        let first_seq = runs.iter().map(|run| run.first_seq).min().unwrap_or(0);
        let last_seq = runs.iter().map(|run| run.last_seq).max().unwrap_or(0);
        builder.finish(epoch, first_seq, last_seq)
    }

    /// Deletes the pages of runs and segments that no reader has any more, or only readers whose pins were ended.
    pub(super) fn collect_garbage(&self) -> Result<()> {
        let mut free = Vec::new();
        self.head.lock().retired.retain(|retired| {
            let unread =
                Arc::strong_count(&retired.held) == 1 || self.pins.is_only_ended(retired.install);
            if unread {
                free.push(retired.extent);
            }
            !unread
        });
        let pages: Vec<_> = free.iter().map(|&extent| PageId::all_of(extent)).collect();
        self.kv.drop_pages(&pages)?;
        // The root forgets them at its next flip; until then the next open would delete them once more.
        let mut head = self.head.lock();
        head.root.free.retain(|entry| !free.contains(&entry.extent));
        Ok(())
    }

    /// Ends pins beyond the limits and deletes what only they kept. Errors: those of deleting.
    pub(super) fn enforce_pins(&self) -> Result<()> {
        if !self.pins.has_limits() {
            return Ok(());
        }
        let retired: Vec<(u64, u64)> = self
            .head
            .lock()
            .retired
            .iter()
            .map(|retired| (retired.extent, retired.install))
            .collect();
        let mut replaced = Vec::with_capacity(retired.len());
        for (extent, install) in retired {
            replaced.push(Replaced {
                install,
                bytes: self.kv.extent_bytes(extent)?,
            });
        }
        self.pins.enforce(&replaced);
        self.collect_garbage()
    }
}

/// How many of the newest runs to merge; 0 or 1 for none. One that is damaged stays as it is, and with it those before.
pub(super) fn due(runs: &[Arc<DiskRun>]) -> usize {
    let sound = runs.iter().take_while(|run| run.damage().is_none());
    let rows_of: Vec<u64> = sound
        .filter_map(|run| run.sound_meta())
        .map(|meta| meta.rows)
        .collect();
    let mut rows = rows_of.first().copied().unwrap_or(0);
    let mut count = rows_of.len().min(1);
    for &rows_of_one in rows_of.iter().skip(1) {
        let forced = runs.len() > RUNS_MAX && count < runs.len() + 1 - RUNS_MAX;
        if !forced && rows_of_one > SIZE_RATIO * rows {
            break;
        }
        rows += rows_of_one;
        count += 1;
    }
    count
}

/// Calls `out` for each row of the merge of `runs`, newest first, in key order.
pub(super) fn merge_rows(
    runs: &[Arc<DiskRun>],
    pages: &PageCache,
    epoch: u32,
    control: &Control,
    mut out: impl FnMut(Row) -> Result<()>,
) -> Result<()> {
    let mut readers: Vec<RowReader<'_>> = Vec::new();
    for run in runs {
        let mut reader = RowReader::new(run, pages, run.epoch == epoch);
        reader.advance(control)?;
        readers.push(reader);
    }
    loop {
        // The least key, which run has it, and the least key of the others: up to that one the run is alone.
        let mut lead: Option<(Key, usize)> = None;
        let mut bound: Option<Key> = None;
        for (rank, reader) in readers.iter().enumerate() {
            let Some(Row { key, .. }) = reader.row else {
                continue;
            };
            match lead {
                Some((least, _)) if key >= least => {
                    bound = Some(bound.map_or(key, |bound| bound.min(key)));
                }
                _ => {
                    bound = lead.map(|(least, _)| least).or(bound);
                    lead = Some((key, rank));
                }
            }
        }
        let Some((key, rank)) = lead else {
            return Ok(());
        };
        if bound != Some(key) {
            let reader = &mut readers[rank];
            while let Some(row) = reader
                .row
                .filter(|row| Some(row.key) < bound || bound.is_none())
            {
                out(row)?;
                reader.advance(control)?;
            }
            continue;
        }
        // Oldest first, so that newer states go on top.
        let mut merged: Option<Row> = None;
        for reader in readers.iter_mut().rev() {
            let Some(row) = reader.row.filter(|row| row.key == key) else {
                continue;
            };
            merged = match merged {
                Some(older) => combine(older, row),
                None => Some(row),
            };
            reader.advance(control)?;
        }
        if let Some(row) = merged {
            out(row)?;
        }
    }
}

/// Reads the rows of a run in key order.
struct RowReader<'r> {
    run: &'r DiskRun,
    pages: &'r PageCache,
    inferred: bool,
    fence: usize,
    entry: usize,
    columns: [Vec<u64>; 4],
    states: Vec<u8>,
    next: usize,
    row: Option<Row>,
}

impl<'r> RowReader<'r> {
    fn new(run: &'r DiskRun, pages: &'r PageCache, inferred: bool) -> Self {
        Self {
            run,
            pages,
            inferred,
            fence: 0,
            entry: 0,
            columns: std::array::from_fn(|_| Vec::with_capacity(BLOCK_ROWS)),
            states: Vec::new(),
            next: 0,
            row: None,
        }
    }

    /// Moves to the next row that is a change; `row` is `None` at the end.
    #[inline]
    fn advance(&mut self, control: &Control) -> Result<()> {
        loop {
            if self.next == self.states.len() {
                let run = self.run;
                let has_more = self.read_block(control);
                if !has_more.map_err(|error| run.note_damage(error))? {
                    self.row = None;
                    return Ok(());
                }
            }
            let row = Row {
                key: [0, 1, 2, 3].map(|column| self.columns[column][self.next]),
                states: States(self.states[self.next]),
            };
            self.next += 1;
            self.row = match self.inferred {
                true => Some(row),
                false => row.without_inferred(),
            };
            if self.row.is_some() {
                return Ok(());
            }
        }
    }

    fn read_block(&mut self, control: &Control) -> Result<bool> {
        control.poll()?;
        let Some(fence) = self.run.meta()?.fences.get(self.fence) else {
            return Ok(false);
        };
        let directory = self.pages.directory(fence.page)?;
        let Some(entry) = directory.entries.get(self.entry) else {
            self.fence += 1;
            self.entry = 0;
            return self.read_block(control);
        };
        self.entry += 1;
        // Read past the cache: a merge would push out what readers use.
        let bytes = self.pages.kv().page(entry.page)?;
        let block = BlockReader::open(&bytes)?;
        for (column, values) in self.columns.iter_mut().enumerate() {
            values.resize(block.rows(), 0);
            block.column(column, 0..block.rows(), values);
        }
        self.states.resize(block.rows(), 0);
        block.states(0..block.rows(), &mut self.states);
        self.next = 0;
        Ok(true)
    }
}
