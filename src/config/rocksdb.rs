//! What the page store is told, derived from the settings: plain numbers, no type of RocksDB.
//! Users do not set these; each has its reason here.

use super::{Config, MIB, machine};

/// Sizes in bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PageStoreTuning {
    /// Table files kept open. Half of what the process may open at the time the store is opened:
    /// the host needs files of its own, and merges open their inputs and outputs beside.
    pub max_open_files: i32,
    pub block_cache_bytes: usize,
    /// Write buffers of all families together.
    pub write_buffer_total_bytes: usize,
    /// The write-ahead log is cut by flushing once it is this long. Twice the spill size: log
    /// records of one spill period plus those written while the spill runs.
    pub max_total_wal_bytes: u64,
    /// Threads for flush and compaction. Blocks are written in id order, so compactions are
    /// mostly moves and two suffice on small machines.
    pub background_jobs: i32,
    /// Dirty file pages are given to the device in pieces of this size, so that a sync at the end
    /// of a file does not stall commits.
    pub bytes_per_sync: u64,
    /// The page store's own text log, before it is rotated; one old one is kept.
    pub info_log_bytes: usize,
}

const MIN_OPEN_FILES: u64 = 32;
const MAX_OPEN_FILES: u64 = 16_384;

impl Config {
    /// The numbers for this configuration on this machine.
    pub fn page_store_tuning(&self) -> PageStoreTuning {
        self.tuning_for(machine::open_file_limit(), self.worker_threads())
    }

    fn tuning_for(&self, open_file_limit: u64, threads: usize) -> PageStoreTuning {
        let shares = self.memory_shares();
        let max_open_files = (open_file_limit / 2).clamp(MIN_OPEN_FILES, MAX_OPEN_FILES);
        PageStoreTuning {
            max_open_files: i32::try_from(max_open_files).unwrap_or(i32::MAX),
            block_cache_bytes: usize::try_from(shares.block_cache).unwrap_or(usize::MAX),
            write_buffer_total_bytes: usize::try_from(shares.write_buffers).unwrap_or(usize::MAX),
            max_total_wal_bytes: (2 * shares.spill).max(16 * MIB),
            background_jobs: i32::try_from(threads.clamp(2, 8)).unwrap_or(2),
            bytes_per_sync: MIB,
            info_log_bytes: 1 << 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_files_stay_below_what_the_process_may_open() {
        let config = Config::default();
        assert_eq!(config.tuning_for(1024, 2).max_open_files, 512);
        assert_eq!(config.tuning_for(16, 2).max_open_files, 32);
        assert_eq!(config.tuning_for(u64::MAX, 2).max_open_files, 16_384);
    }

    #[test]
    fn one_thread_still_has_flush_beside_compaction() {
        assert_eq!(Config::default().tuning_for(1024, 1).background_jobs, 2);
        assert_eq!(Config::default().tuning_for(1024, 64).background_jobs, 8);
    }
}
