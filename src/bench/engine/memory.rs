//! A limit of memory that the kernel keeps: a control group of its own for a process, page cache included.
//!
//! Both hierarchies are known: version 2 (`memory.max`) and version 1 (`memory.limit_in_bytes`). Where neither may be
//! changed the run goes on without and says so.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const MOUNT: &str = "/sys/fs/cgroup";

/// A group with a limit; removed when dropped, which its processes must not outlive.
pub struct Limit {
    directory: PathBuf,
    bytes: u64,
    version: u32,
}

/// The files of a hierarchy: where groups lie, and what is written to them.
struct Hierarchy {
    version: u32,
    /// Its line in `/proc/self/cgroup` ends with the group of this process behind this.
    line: &'static str,
    mount: &'static str,
    limit: &'static str,
}

const HIERARCHIES: [Hierarchy; 2] = [
    Hierarchy {
        version: 2,
        line: "0::",
        mount: "",
        limit: "memory.max",
    },
    Hierarchy {
        version: 1,
        line: ":memory:",
        mount: "memory",
        limit: "memory.limit_in_bytes",
    },
];

impl Limit {
    /// Errors: those of the last hierarchy that was tried.
    pub fn new(name: &str, bytes: u64) -> io::Result<Self> {
        let own = fs::read_to_string("/proc/self/cgroup")?;
        let mut refused = io::Error::other("no control groups");
        for hierarchy in &HIERARCHIES {
            let group = own
                .lines()
                .find_map(|line| line.split_once(hierarchy.line))
                .map_or("", |(_, group)| group.trim_matches('/'));
            let above = Path::new(MOUNT).join(hierarchy.mount).join(group);
            let directory = above.join(format!("triplestore-bench-{}-{name}", std::process::id()));
            match Self::make(hierarchy, directory, bytes) {
                Ok(limit) => return Ok(limit),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    fn make(hierarchy: &Hierarchy, directory: PathBuf, bytes: u64) -> io::Result<Self> {
        fs::create_dir(&directory)?;
        let limit = Self {
            directory,
            bytes,
            version: hierarchy.version,
        };
        // Not created if it is absent: a plain directory would keep nothing.
        let file = limit.directory.join(hierarchy.limit);
        let mut file = fs::OpenOptions::new().write(true).open(file)?;
        io::Write::write_all(&mut file, bytes.to_string().as_bytes())?;
        Ok(limit)
    }

    /// Processes join by writing their number here.
    pub fn members(&self) -> PathBuf {
        self.directory.join("cgroup.procs")
    }

    /// As it stands among the settings of an engine.
    pub fn describe(&self) -> String {
        format!(
            "{} bytes, control group version {}",
            self.bytes, self.version
        )
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        // A group that is still in use stays behind, empty and harmless.
        let _ = fs::remove_dir(&self.directory);
    }
}
