//! Writes a run: rows in, blocks and directory pages out.

use super::directory::{BlockEntry, Counts, Directory, ENTRIES_PER_PAGE, Fence};
use super::disk::{DiskRun, RunMeta, RunPlace};
use super::filter::KeyFilterBuilder;
use super::row::{Key, Row, States};
use super::sort::Sort;
use crate::codec::{BLOCK_ROWS, encode_block};
use crate::error::Result;
use crate::kv::{PageFile, WrittenExtent};

/// Builds one run in one extent. Rows come in strictly ascending key order.
pub struct RunBuilder<'k> {
    sort: Sort,
    file: PageFile<'k>,
    columns: [Vec<u64>; 4],
    states: Vec<u8>,
    entries: Vec<BlockEntry>,
    meta: RunMeta,
    buffer: Vec<u8>,
    /// Of the keys since the last directory page. For sort SPOG, in which commits ask for states.
    filter: Option<KeyFilterBuilder>,
    block_rows: usize,
}

impl<'k> RunBuilder<'k> {
    pub fn new(sort: Sort, file: PageFile<'k>) -> Self {
        Self {
            sort,
            file,
            columns: std::array::from_fn(|_| Vec::with_capacity(BLOCK_ROWS)),
            states: Vec::with_capacity(BLOCK_ROWS),
            entries: Vec::new(),
            meta: RunMeta::default(),
            buffer: Vec::new(),
            filter: (sort == Sort::Spog).then(KeyFilterBuilder::for_fence),
            block_rows: BLOCK_ROWS,
        }
    }

    /// Small blocks, so that a test with few rows has many.
    #[cfg(test)]
    pub fn with_block_rows(mut self, rows: usize) -> Self {
        self.block_rows = rows;
        self
    }

    #[inline]
    pub fn push(&mut self, row: Row) -> Result<()> {
        self.push_key(&row.key, row.states)
    }

    #[inline]
    pub fn push_key(&mut self, key: &Key, states: States) -> Result<()> {
        for (column, &value) in self.columns.iter_mut().zip(key) {
            column.push(value);
        }
        self.states.push(states.0);
        if let Some(filter) = &mut self.filter {
            filter.insert(key);
        }
        if self.states.len() == self.block_rows {
            self.write_block()?;
        }
        Ok(())
    }

    fn write_block(&mut self) -> Result<()> {
        self.buffer.clear();
        let columns = [0, 1, 2, 3].map(|column| self.columns[column].as_slice());
        let stats = encode_block(columns, &self.states, &mut self.buffer)?;
        let page = self.file.append(&self.buffer)?;
        self.entries.push(BlockEntry {
            page,
            rows: stats.rows as u32,
            first: stats.first,
            last: stats.last,
            min: stats.min,
            max: stats.max,
            counts: self.block_counts(),
        });
        self.columns.iter_mut().for_each(Vec::clear);
        self.states.clear();
        if self.entries.len() == ENTRIES_PER_PAGE {
            self.write_directory()?;
        }
        Ok(())
    }

    fn block_counts(&self) -> Counts {
        let graphs = self.sort.graph_column().map(|column| &self.columns[column]);
        let is_named = |row: usize| graphs.is_some_and(|graphs| graphs[row] != 0);
        let mut counts = Counts::default();
        let first = (self.states[0], is_named(0));
        let same_states = self.states.iter().all(|&state| state == first.0);
        let same_graphs = graphs.is_none_or(|graphs| graphs.iter().all(|&graph| graph == 0));
        if same_states && same_graphs {
            counts.add_rows(States(first.0), first.1, self.states.len());
        } else {
            for (row, &state) in self.states.iter().enumerate() {
                counts.add(States(state), is_named(row));
            }
        }
        counts
    }

    fn write_directory(&mut self) -> Result<()> {
        let (Some(first), Some(last)) = (self.entries.first(), self.entries.last()) else {
            return Ok(());
        };
        let (first, last) = (first.first, last.last);
        self.buffer.clear();
        Directory::encode(&self.entries, &mut self.buffer);
        let page = self.file.append(&self.buffer)?;
        let mut filter_page = None;
        if let Some(filter) = &mut self.filter {
            self.buffer.clear();
            filter.take().encode(&mut self.buffer);
            filter_page = Some(self.file.append(&self.buffer)?);
        }
        let mut counts = Counts::default();
        let mut rows = 0;
        for entry in &self.entries {
            counts += entry.counts;
            rows += u64::from(entry.rows);
        }
        self.meta.fences.push(Fence {
            page,
            blocks: self.entries.len() as u32,
            rows,
            first,
            last,
            counts,
            filter: filter_page,
        });
        self.meta.rows += rows;
        self.meta.blocks += self.entries.len() as u64;
        self.meta.counts += counts;
        self.entries.clear();
        Ok(())
    }

    /// Bytes of the pages written so far.
    pub fn bytes(&self) -> u64 {
        self.file.bytes()
    }

    /// Rows pushed so far.
    pub fn rows(&self) -> u64 {
        let entries: u64 = self.entries.iter().map(|entry| u64::from(entry.rows)).sum();
        self.meta.rows + entries + self.states.len() as u64
    }

    /// The run of commit `seq` with these rows (s, p, o, x), in any order, re-sorted. For runs that fit in memory.
    pub fn build_sorted(
        mut self,
        rows: &[Row],
        epoch: u32,
        seq: u64,
    ) -> Result<Option<(DiskRun, WrittenExtent)>> {
        let mut sorted: Vec<Row> = rows
            .iter()
            .map(|row| Row {
                key: self.sort.key(&row.key),
                states: row.states,
            })
            .collect();
        sorted.sort_unstable_by_key(|row| row.key);
        for row in sorted {
            self.push(row)?;
        }
        self.finish(epoch, seq, seq)
    }

    /// Closes the run; `None` when it has no row. The run is readable once the extent is ingested.
    pub fn finish(
        mut self,
        epoch: u32,
        first_seq: u64,
        last_seq: u64,
    ) -> Result<Option<(DiskRun, WrittenExtent)>> {
        if !self.states.is_empty() {
            self.write_block()?;
        }
        self.write_directory()?;
        if self.meta.rows == 0 {
            return Ok(None);
        }
        self.buffer.clear();
        self.meta.encode(&mut self.buffer);
        let meta_page = self.file.append(&self.buffer)?;
        let written = self.file.finish()?;
        let place = RunPlace {
            sort: self.sort,
            epoch,
            first_seq,
            last_seq,
            extent: written.extent,
            pages: written.pages,
            meta_page,
        };
        let run = DiskRun::new(place, Ok(self.meta));
        Ok(Some((run, written)))
    }
}
