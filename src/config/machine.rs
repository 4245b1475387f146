//! What the machine offers, as far as settings depend on it. Read from the text files the kernel
//! keeps for it; where one is absent a cautious constant stands in.

use super::{GIB, MIB};
use std::fs;

/// Assumed where the kernel does not tell.
const UNKNOWN_MEMORY_BYTES: u64 = 4 * GIB;
const UNKNOWN_FILE_LIMIT: u64 = 1024;

const MIN_DEFAULT_BUDGET_BYTES: u64 = 256 * MIB;

/// Physical memory, or the limit of the control group (container) if that is lower.
pub(super) fn physical_memory_bytes() -> u64 {
    let physical = fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| meminfo_total_bytes(&text))
        .unwrap_or(UNKNOWN_MEMORY_BYTES);
    [
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ]
    .iter()
    .filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok())
    .fold(physical, u64::min)
}

fn meminfo_total_bytes(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// A quarter of physical memory, at least 256 MiB; in whole MiB.
pub(super) fn default_memory_budget_bytes() -> u64 {
    (physical_memory_bytes() / 4 / MIB * MIB).max(MIN_DEFAULT_BUDGET_BYTES)
}

/// How many files the process may have open (the soft limit, which is the one that counts).
pub(super) fn open_file_limit() -> u64 {
    fs::read_to_string("/proc/self/limits")
        .ok()
        .and_then(|text| open_files_soft(&text))
        .unwrap_or(UNKNOWN_FILE_LIMIT)
}

fn open_files_soft(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

/// Threads the machine runs at once, at least 1.
pub(super) fn parallelism() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernel_files_are_understood() {
        assert_eq!(
            meminfo_total_bytes("MemTotal:       24576000 kB\nMemFree: 1 kB\n"),
            Some(24_576_000 * 1024)
        );
        let limits = "Limit  Soft Limit  Hard Limit  Units\n\
                      Max open files            1024                 524288               files\n";
        assert_eq!(open_files_soft(limits), Some(1024));
        assert_eq!(
            open_files_soft("Max open files  unlimited unlimited files"),
            Some(u64::MAX)
        );
        assert_eq!(meminfo_total_bytes("nonsense"), None);
        assert_eq!(open_files_soft("nonsense"), None);
    }

    #[test]
    fn this_machine_answers_with_something_sane() {
        assert!(physical_memory_bytes() >= 64 * MIB);
        assert!(default_memory_budget_bytes() >= MIN_DEFAULT_BUDGET_BYTES);
        assert!(open_file_limit() >= 16);
        assert!(parallelism() >= 1);
    }
}
