//! The machine a run was taken on, from the text files that the kernel keeps. What is not told is empty or 0.

use crate::bench::record::Machine;
use std::fs;
use std::path::Path;
use std::thread;

/// The machine, with the file system that a directory is on.
pub fn describe(directory: &Path) -> Machine {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let kib: u64 = value(&read("/proc/meminfo"), "MemTotal", ':')
        .and_then(|text| text.split_whitespace().next()?.parse().ok())
        .unwrap_or(0);
    Machine {
        processor: value(&read("/proc/cpuinfo"), "model name", ':').unwrap_or_default(),
        cores: thread::available_parallelism()
            .ok()
            .and_then(|cores| u32::try_from(cores.get()).ok())
            .unwrap_or(0),
        memory_bytes: kib * 1024,
        system: value(&read("/etc/os-release"), "PRETTY_NAME", '=').unwrap_or_default(),
        kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        file_system: file_system(&read("/proc/mounts"), directory),
        cache_latency_ns: Vec::new(),
    }
}

/// What stands behind a name and a separator, without quotes.
fn value(text: &str, name: &str, separator: char) -> Option<String> {
    text.lines().find_map(|line| {
        let (found, value) = line.split_once(separator)?;
        (found.trim() == name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// The type of the file system that is mounted nearest above a directory.
fn file_system(mounts: &str, directory: &Path) -> String {
    let directory = fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ').skip(1);
            Some((fields.next()?, fields.next()?))
        })
        .filter(|(point, _)| directory.starts_with(point))
        .max_by_key(|(point, _)| point.len())
        .map_or_else(String::new, |(_, kind)| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_mount_is_the_file_system() {
        let mounts = "dev / ext4 rw 0 0\ntmp /nowhere/tmp tmpfs rw 0 0\n";
        assert_eq!(file_system(mounts, Path::new("/nowhere/tmp/x")), "tmpfs");
        assert_eq!(file_system(mounts, Path::new("/nowhere/tmpx")), "ext4");
    }

    #[test]
    fn this_machine_has_a_kernel_and_memory() {
        let machine = describe(Path::new("/"));
        assert!(machine.cores > 0 && machine.memory_bytes > 0 && !machine.kernel.is_empty());
    }
}
