//! The journal of the shim, and what power loss would leave of a directory at any place in it.
//!
//! A file keeps the bytes of its last sync and loses what came after; a directory keeps the names of its
//! last sync. More may survive than that, in any combination: [`Survival`] names the ones that are tried.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

const RECORD_BYTES: usize = 24;
const CREATED: u64 = 1;
const TRUNCATED: u64 = 2;
/// A file without a name in the directory of the path: it is gone after a power cut.
const NAMELESS: u64 = 4;

/// One change, as it happened.
#[derive(Debug)]
pub enum Operation<'j> {
    Open {
        id: u32,
        how: u64,
        path: &'j Path,
    },
    Write {
        id: u32,
        offset: u64,
        bytes: &'j [u8],
    },
    Sync {
        id: u32,
    },
    Truncate {
        id: u32,
        length: u64,
    },
    Rename {
        from: &'j Path,
        to: &'j Path,
    },
    Unlink {
        path: &'j Path,
    },
    Link {
        from: &'j Path,
        to: &'j Path,
    },
    MakeDirectory {
        path: &'j Path,
    },
    RemoveDirectory {
        path: &'j Path,
    },
}

/// The operations of a journal, in order.
pub fn operations(journal: &[u8]) -> Vec<Operation<'_>> {
    let mut rest = journal;
    let mut operations = Vec::new();
    while !rest.is_empty() {
        let (header, after) = rest.split_at(RECORD_BYTES);
        let word = |at: usize| u32::from_ne_bytes(header[at..at + 4].try_into().unwrap());
        let number = u64::from_ne_bytes(header[8..16].try_into().unwrap());
        let (first, after) = after.split_at(word(16) as usize);
        let (second, after) = after.split_at(word(20) as usize);
        rest = after;
        let id = word(4);
        let as_path = |bytes| Path::new(std::ffi::OsStr::from_bytes(bytes));
        operations.push(match word(0) {
            1 => Operation::Open {
                id,
                how: number,
                path: as_path(first),
            },
            2 => Operation::Write {
                id,
                offset: number,
                bytes: first,
            },
            3 => Operation::Sync { id },
            4 => Operation::Truncate { id, length: number },
            5 => Operation::Rename {
                from: as_path(first),
                to: as_path(second),
            },
            6 => Operation::Unlink {
                path: as_path(first),
            },
            7 => Operation::Link {
                from: as_path(first),
                to: as_path(second),
            },
            8 => Operation::MakeDirectory {
                path: as_path(first),
            },
            9 => Operation::RemoveDirectory {
                path: as_path(first),
            },
            other => panic!("the journal has an operation {other}"),
        });
    }
    operations
}

/// What of the unsynced changes survives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Survival {
    /// Nothing.
    Nothing,
    /// Of each file and directory a random number of its first changes; the last write is torn.
    Prefix,
    /// Of each file random pages of what was written, its full length, and zeros between; all names.
    Pages,
    /// Every name and every length; bytes read as zeros.
    Names,
    /// Everything, as after a kill.
    Everything,
}

impl Survival {
    pub const ALL: [Survival; 5] = [
        Survival::Nothing,
        Survival::Prefix,
        Survival::Pages,
        Survival::Names,
        Survival::Everything,
    ];
}

/// Gives random numbers below a bound.
pub type Random<'r> = &'r mut dyn FnMut(u64) -> u64;

type Node = usize;

#[derive(Default)]
struct File {
    /// Contents at the last sync.
    durable: Vec<u8>,
    now: Vec<u8>,
    /// Changes since the last sync: a write, or a new length.
    changes: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(u64, Vec<u8>),
    Length(u64),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Change::Write(offset, written) => {
                let end = *offset as usize + written.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*offset as usize..end].copy_from_slice(written);
            }
            Change::Length(length) => bytes.resize(*length as usize, 0),
        }
    }
}

#[derive(Clone)]
enum NameChange {
    Set(String, Node),
    Remove(String),
    /// Both at once: a rename within a directory.
    Move(String, String, Node),
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<String, Node>) {
        match self {
            NameChange::Set(name, node) => {
                names.insert(name.clone(), *node);
            }
            NameChange::Remove(name) => {
                names.remove(name);
            }
            NameChange::Move(from, to, node) => {
                names.remove(from);
                names.insert(to.clone(), *node);
            }
        }
    }
}

#[derive(Default)]
struct Directory {
    durable: BTreeMap<String, Node>,
    now: BTreeMap<String, Node>,
    changes: Vec<NameChange>,
}

enum Entry {
    File(File),
    Directory(Directory),
}

/// Everything below one directory, as it is and as it would be found.
pub struct Disk {
    root: PathBuf,
    nodes: Vec<Entry>,
    open: BTreeMap<u32, Node>,
}

impl Disk {
    /// An empty directory.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            nodes: vec![Entry::Directory(Directory::default())],
            open: BTreeMap::new(),
        }
    }

    pub fn apply(&mut self, operation: &Operation<'_>) {
        match operation {
            Operation::Open { id, how, path } => {
                let is_created = how & CREATED != 0;
                let node = match is_created || how & NAMELESS != 0 {
                    true => {
                        self.nodes.push(Entry::File(File::default()));
                        self.nodes.len() - 1
                    }
                    false => self.node(path),
                };
                if is_created {
                    self.rename_to(path, node);
                }
                self.open.insert(*id, node);
                if how & TRUNCATED != 0 && how & CREATED == 0 {
                    self.change(node, Change::Length(0));
                }
            }
            Operation::Write { id, offset, bytes } => {
                self.change(self.open[id], Change::Write(*offset, bytes.to_vec()));
            }
            Operation::Truncate { id, length } => {
                self.change(self.open[id], Change::Length(*length))
            }
            Operation::Sync { id } => match &mut self.nodes[self.open[id]] {
                Entry::File(file) => {
                    for change in file.changes.drain(..) {
                        change.apply(&mut file.durable);
                    }
                }
                Entry::Directory(directory) => {
                    directory.durable = directory.now.clone();
                    directory.changes.clear();
                }
            },
            Operation::Rename { from, to } => {
                let node = self.node(from);
                if from.parent() == to.parent() {
                    let change = NameChange::Move(name(from), name(to), node);
                    self.name_change(from, change);
                } else {
                    self.rename_to(to, node);
                    self.name_change(from, NameChange::Remove(name(from)));
                }
            }
            Operation::Link { from, to } => {
                let node = self.node(from);
                self.rename_to(to, node);
            }
            Operation::Unlink { path } | Operation::RemoveDirectory { path } => {
                self.name_change(path, NameChange::Remove(name(path)));
            }
            Operation::MakeDirectory { path } => {
                self.nodes.push(Entry::Directory(Directory::default()));
                self.rename_to(path, self.nodes.len() - 1);
            }
        }
    }

    fn change(&mut self, node: Node, change: Change) {
        let Entry::File(file) = &mut self.nodes[node] else {
            panic!("a directory was written to");
        };
        change.apply(&mut file.now);
        file.changes.push(change);
    }

    fn rename_to(&mut self, path: &Path, node: Node) {
        self.name_change(path, NameChange::Set(name(path), node));
    }

    fn name_change(&mut self, path: &Path, change: NameChange) {
        let parent = self.node(path.parent().expect("a path below the root has a parent"));
        let Entry::Directory(directory) = &mut self.nodes[parent] else {
            panic!("{} is not in a directory", path.display());
        };
        change.apply(&mut directory.now);
        directory.changes.push(change);
    }

    fn node(&self, path: &Path) -> Node {
        let below = path
            .strip_prefix(&self.root)
            .expect("a path below the root");
        below.components().fold(0, |node, component| {
            let Entry::Directory(directory) = &self.nodes[node] else {
                panic!("{} leads through a file", path.display());
            };
            let component = component.as_os_str().to_str().expect("names are UTF-8");
            *directory
                .now
                .get(component)
                .unwrap_or_else(|| panic!("{} is not known", path.display()))
        })
    }

    /// Writes to `to` what a power cut at this place would leave.
    pub fn after_power_cut(&self, to: &Path, survival: Survival, random: Random<'_>) {
        self.write_node(0, to, survival, random);
    }

    fn write_node(&self, node: Node, to: &Path, survival: Survival, random: Random<'_>) {
        match &self.nodes[node] {
            Entry::File(file) => {
                std::fs::write(to, file.surviving(survival, random)).expect("scratch is writable");
            }
            Entry::Directory(directory) => {
                std::fs::create_dir(to).expect("scratch is writable");
                for (name, &node) in &directory.surviving(survival, random) {
                    self.write_node(node, &to.join(name), survival, random);
                }
            }
        }
    }
}

impl File {
    fn surviving(&self, survival: Survival, random: Random<'_>) -> Vec<u8> {
        const PAGE_BYTES: usize = 4096;
        let mut bytes = self.durable.clone();
        match survival {
            Survival::Nothing => {}
            Survival::Everything => bytes = self.now.clone(),
            Survival::Names => bytes.resize(self.now.len(), 0),
            Survival::Prefix => {
                let kept = random(self.changes.len() as u64 + 1) as usize;
                for change in &self.changes[..kept] {
                    change.apply(&mut bytes);
                }
                if let Some(Change::Write(offset, written)) = self.changes.get(kept) {
                    let part = random(written.len() as u64 + 1) as usize;
                    Change::Write(*offset, written[..part].to_vec()).apply(&mut bytes);
                }
            }
            Survival::Pages => {
                bytes.resize(self.now.len(), 0);
                for start in (0..bytes.len()).step_by(PAGE_BYTES) {
                    let end = bytes.len().min(start + PAGE_BYTES);
                    if random(2) == 0 {
                        bytes[start..end].copy_from_slice(&self.now[start..end]);
                    }
                }
            }
        }
        bytes
    }
}

impl Directory {
    fn surviving(&self, survival: Survival, random: Random<'_>) -> BTreeMap<String, Node> {
        let kept = match survival {
            Survival::Nothing => 0,
            Survival::Prefix => random(self.changes.len() as u64 + 1) as usize,
            Survival::Pages | Survival::Names | Survival::Everything => self.changes.len(),
        };
        let mut names = self.durable.clone();
        for change in &self.changes[..kept] {
            change.apply(&mut names);
        }
        names
    }
}

fn name(path: &Path) -> String {
    let name = path.file_name().expect("a path below the root has a name");
    name.to_str().expect("names are UTF-8").to_owned()
}
