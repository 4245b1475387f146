//! What a process has used, as the kernel counts it: processor time, resident memory, bytes of the device.
//!
//! Processor time is that of all threads, ended ones included, to the nanosecond. Memory and bytes are those of
//! `/proc/PID`; where the kernel does not tell, they are 0.

use std::fs;
use std::ops::Sub;

/// Used since the process began; the peak since it began or was last forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    pub processor_ns: u64,
    pub peak_bytes: u64,
    /// From and to the device; what the page cache gave or kept is not in it.
    pub read_bytes: u64,
    pub written_bytes: u64,
}

impl Sub for Usage {
    type Output = Usage;

    /// What was used between two moments; the peak is the later one.
    fn sub(self, earlier: Usage) -> Usage {
        Usage {
            processor_ns: self.processor_ns.saturating_sub(earlier.processor_ns),
            peak_bytes: self.peak_bytes,
            read_bytes: self.read_bytes.saturating_sub(earlier.read_bytes),
            written_bytes: self.written_bytes.saturating_sub(earlier.written_bytes),
        }
    }
}

/// Zeros for a process that has ended.
pub fn of_process(pid: u32) -> Usage {
    let text = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let (status, io) = (text("status"), text("io"));
    Usage {
        processor_ns: processor_ns(pid),
        peak_bytes: field(&status, "VmHWM:") * 1024,
        read_bytes: field(&io, "read_bytes:"),
        written_bytes: field(&io, "write_bytes:"),
    }
}

/// Lets the peak of a process count from what is resident now, where the kernel allows it.
pub fn forget_peak(pid: u32) {
    // Else the peak is that since the process began, which is no less.
    let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
}

/// The number behind a name at the start of a line.
fn field(text: &str, name: &str) -> u64 {
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// Processor time of all threads of a process, 0 if there is none.
pub fn processor_ns(pid: u32) -> u64 {
    let Ok(pid) = libc::pid_t::try_from(pid) else {
        return 0;
    };
    let mut clock: libc::clockid_t = 0;
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: both calls write to the live value they are given and to nothing else; a process that does not exist is
    // an error they return.
    let known = unsafe {
        libc::clock_getcpuclockid(pid, &mut clock) == 0
            && libc::clock_gettime(clock, &mut time) == 0
    };
    match known {
        true => time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64,
        false => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_and_memory_of_a_process_are_seen() {
        let pid = std::process::id();
        let before = of_process(pid);
        let mut block = vec![0u8; 64 << 20];
        for round in 0..20u8 {
            block
                .iter_mut()
                .for_each(|byte| *byte = byte.wrapping_add(round));
        }
        std::hint::black_box(&block);
        let used = of_process(pid) - before;
        assert!(used.processor_ns > 100_000, "{used:?}");
        assert!(used.peak_bytes >= 64 << 20, "{used:?}");
    }

    #[test]
    fn no_process_has_used_nothing() {
        assert_eq!(of_process(u32::MAX), Usage::default());
    }
}
