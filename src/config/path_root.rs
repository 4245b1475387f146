//! The door for paths: with a root set, every path lies under it.
//!
//! A path is walked one component at a time from an open descriptor of the root, each step
//! refusing symbolic links, so what was checked is what is opened: nothing can be exchanged
//! between check and use. `..` is refused before anything is looked up. A step opens
//! `/proc/self/fd/<directory>/<name>`, which the kernel resolves as `openat` does.
//!
//! The page store opens its directory by name, not by descriptor. [`ConfinedDirectory::confirm`]
//! is called after that and fails if the name no longer leads to the directory that was checked.
//!
//! Cost: one `open` per component.

use crate::error::{Code, Error, Result};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

/// Opens files and directories; under its root where it has one.
#[derive(Debug)]
pub struct PathRoot(Option<Root>);

#[derive(Debug)]
struct Root {
    /// As it was given, and with symbolic links resolved: paths may start with either.
    given: PathBuf,
    real: PathBuf,
    directory: File,
}

/// A directory that was found under the root.
#[derive(Debug)]
pub struct ConfinedDirectory {
    path: PathBuf,
    identity: Option<(u64, u64)>,
}

impl ConfinedDirectory {
    /// The path to open by name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// To be called after the directory was opened by name.
    /// Errors: `InvalidPath` if the name leads elsewhere by now.
    pub fn confirm(&self) -> Result<()> {
        let Some(identity) = self.identity else {
            return Ok(());
        };
        match fs::symlink_metadata(&self.path) {
            Ok(found) if found.is_dir() && identity_of(&found) == identity => Ok(()),
            _ => Err(refused(
                &self.path,
                "was exchanged while it was being opened",
            )),
        }
    }
}

fn identity_of(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

fn refused(path: &Path, why: &str) -> Error {
    Error::new(Code::InvalidPath, format!("{} {why}", path.display()))
}

impl PathRoot {
    /// Confines to `root`; `None` confines nothing.
    /// Errors: `InvalidPath` if the root is not an absolute path of a directory.
    pub fn new(root: Option<&Path>) -> Result<Self> {
        let Some(given) = root else {
            return Ok(Self(None));
        };
        if !given.is_absolute() {
            return Err(refused(given, "is not an absolute path"));
        }
        let open = || -> io::Result<Root> {
            let real = fs::canonicalize(given)?;
            let directory = open_directory(&real)?;
            Ok(Root {
                given: given.to_owned(),
                real,
                directory,
            })
        };
        match open() {
            Ok(root) => Ok(Self(Some(root))),
            Err(error) => Err(
                refused(given, &format!("cannot be the root of paths: {error}"))
                    .with_hint("path_root must name a directory that exists")
                    .because(error),
            ),
        }
    }

    /// Opens a file for reading.
    /// Errors: `FileNotFound`, `InvalidPath` (outside the root, through a symbolic link, or not a
    /// regular file), `Io`.
    pub fn open_file(&self, path: &Path) -> Result<File> {
        let Some(root) = &self.0 else {
            return File::open(path).map_err(|error| Error::io("opening", path, error));
        };
        let (directory, name) = root.parent(path)?;
        let file = OpenOptions::new()
            .read(true)
            // Without NONBLOCK the open of a pipe would wait for its writer.
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
            .open(step(&directory, name))
            .map_err(|error| root.failed(path, error))?;
        let regular = file
            .metadata()
            .map_err(|error| Error::io("opening", path, error))?
            .is_file();
        match regular {
            true => Ok(file),
            false => Err(refused(path, "is not a regular file")),
        }
    }

    /// Creates a file for writing. An existing one is emptied if `overwrite`, else refused.
    /// Errors: `InvalidPath` (outside the root, through a symbolic link), `InvalidArgument` (it
    /// exists), `FileNotFound` (its directory does not exist), `Io`.
    pub fn create_file(&self, path: &Path, overwrite: bool) -> Result<File> {
        let mut options = OpenOptions::new();
        options.write(true);
        match overwrite {
            true => options.create(true).truncate(true),
            false => options.create_new(true),
        };
        let opened = match &self.0 {
            None => options.open(path),
            Some(root) => {
                let (directory, name) = root.parent(path)?;
                options
                    .custom_flags(libc::O_NOFOLLOW)
                    .open(step(&directory, name))
            }
        };
        opened.map_err(|error| match (error.kind(), &self.0) {
            (io::ErrorKind::AlreadyExists, _) => Error::new(
                Code::InvalidArgument,
                format!("{} exists already", path.display()),
            )
            .because(error),
            (_, Some(root)) => root.failed(path, error),
            (_, None) => Error::io("creating", path, error),
        })
    }

    /// A directory that will be opened by name, made together with missing ones above it if
    /// `create`. Errors: `FileNotFound`, `InvalidPath`, `Io`.
    pub fn directory(&self, path: &Path, create: bool) -> Result<ConfinedDirectory> {
        let Some(root) = &self.0 else {
            if create {
                fs::create_dir_all(path).map_err(|error| Error::io("creating", path, error))?;
            }
            return Ok(ConfinedDirectory {
                path: path.to_owned(),
                identity: None,
            });
        };
        let names = root.names(path)?;
        let mut directory = root.top(path)?;
        for name in &names {
            directory = match root.enter(&directory, name, path) {
                Err(error) if create && error.code() == Code::FileNotFound => {
                    match fs::create_dir(step(&directory, name)) {
                        Ok(()) => {}
                        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                        Err(error) => return Err(Error::io("creating", path, error)),
                    }
                    root.enter(&directory, name, path)?
                }
                other => other?,
            };
        }
        let metadata = directory
            .metadata()
            .map_err(|error| Error::io("opening", path, error))?;
        Ok(ConfinedDirectory {
            path: names
                .iter()
                .fold(root.real.clone(), |path, name| path.join(name)),
            identity: Some(identity_of(&metadata)),
        })
    }
}

impl Root {
    /// The components below the root.
    fn names<'p>(&self, path: &'p Path) -> Result<Vec<&'p Path>> {
        if path.as_os_str().as_encoded_bytes().contains(&0) {
            return Err(refused(path, "contains a zero byte"));
        }
        if path.components().any(|part| part == Component::ParentDir) {
            return Err(refused(path, "contains `..`").with_hint(self.hint()));
        }
        let below = match path.is_absolute() {
            false => path,
            true => path
                .strip_prefix(&self.given)
                .or_else(|_| path.strip_prefix(&self.real))
                .map_err(|_| refused(path, "lies outside path_root").with_hint(self.hint()))?,
        };
        Ok(below
            .components()
            .filter_map(|part| match part {
                Component::Normal(name) => Some(Path::new(name)),
                _ => None,
            })
            .collect())
    }

    fn hint(&self) -> String {
        format!(
            "give a path under {}, without `..` and symbolic links",
            self.given.display()
        )
    }

    fn top(&self, path: &Path) -> Result<File> {
        self.directory
            .try_clone()
            .map_err(|error| Error::io("opening", path, error))
    }

    /// The directory a path's last component is in, and that component.
    fn parent<'p>(&self, path: &'p Path) -> Result<(File, &'p Path)> {
        let names = self.names(path)?;
        let Some((name, above)) = names.split_last() else {
            return Err(refused(path, "is a directory"));
        };
        let mut directory = self.top(path)?;
        for name in above {
            directory = self.enter(&directory, name, path)?;
        }
        Ok((directory, name))
    }

    fn enter(&self, directory: &File, name: &Path, path: &Path) -> Result<File> {
        open_directory(&step(directory, name)).map_err(|error| self.failed(path, error))
    }

    fn failed(&self, path: &Path, error: io::Error) -> Error {
        match error.raw_os_error() {
            Some(libc::ELOOP | libc::ENOTDIR) => refused(
                path,
                "goes through a symbolic link or a file that is not a directory",
            )
            .with_hint(self.hint())
            .because(error),
            _ => Error::io("opening", path, error),
        }
    }
}

/// The name of an entry of an open directory.
fn step(directory: &File, name: &Path) -> PathBuf {
    Path::new("/proc/self/fd")
        .join(directory.as_raw_fd().to_string())
        .join(name)
}

/// A descriptor of a directory, for steps only; fails with ENOTDIR on a symbolic link.
fn open_directory(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_PATH | libc::O_DIRECTORY | libc::O_NOFOLLOW)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::fs::symlink;
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    /// A directory of its own for each test, removed afterwards.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new() -> Self {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path =
                std::env::temp_dir().join(format!("ts-path-root-{}-{number}", std::process::id()));
            fs::create_dir_all(path.join("root/sub")).unwrap();
            fs::create_dir_all(path.join("outside")).unwrap();
            fs::write(path.join("root/sub/in.nt"), "in").unwrap();
            fs::write(path.join("outside/out.nt"), "out").unwrap();
            Self(path)
        }

        fn root(&self) -> PathBuf {
            self.0.join("root")
        }

        fn door(&self) -> PathRoot {
            PathRoot::new(Some(&self.root())).unwrap()
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn code<T: std::fmt::Debug>(result: Result<T>) -> Code {
        result.unwrap_err().code()
    }

    #[test]
    fn paths_under_the_root_open_relative_and_absolute() {
        let scratch = Scratch::new();
        let door = scratch.door();
        for path in [
            PathBuf::from("sub/in.nt"),
            scratch.root().join("./sub//in.nt"),
        ] {
            let mut text = String::new();
            door.open_file(&path)
                .unwrap()
                .read_to_string(&mut text)
                .unwrap();
            assert_eq!(text, "in");
        }
        door.create_file(Path::new("sub/new.nt"), false)
            .unwrap()
            .write_all(b"new")
            .unwrap();
        assert_eq!(fs::read(scratch.root().join("sub/new.nt")).unwrap(), b"new");
        assert_eq!(
            code(door.create_file(Path::new("sub/new.nt"), false)),
            Code::InvalidArgument
        );
        door.create_file(Path::new("sub/new.nt"), true).unwrap();
        assert_eq!(fs::read(scratch.root().join("sub/new.nt")).unwrap(), b"");
    }

    #[test]
    fn paths_that_leave_the_root_are_refused() {
        let scratch = Scratch::new();
        let door = scratch.door();
        let outside = scratch.0.join("outside/out.nt");
        for path in [
            outside.as_path(),
            Path::new("../outside/out.nt"),
            Path::new("sub/../sub/in.nt"),
            Path::new("/etc/passwd"),
            Path::new("sub/in.nt\0"),
        ] {
            assert_eq!(code(door.open_file(path)), Code::InvalidPath, "{path:?}");
            assert_eq!(
                code(door.create_file(path, true)),
                Code::InvalidPath,
                "{path:?}"
            );
            assert_eq!(
                code(door.directory(path, true)),
                Code::InvalidPath,
                "{path:?}"
            );
        }
        // A sibling whose name starts with the root's is not under the root.
        fs::create_dir(scratch.0.join("root2")).unwrap();
        assert_eq!(
            code(door.directory(&scratch.0.join("root2"), false)),
            Code::InvalidPath
        );
        assert_eq!(
            code(door.open_file(Path::new("sub/absent.nt"))),
            Code::FileNotFound
        );
    }

    #[test]
    fn symbolic_links_are_refused_at_every_position() {
        let scratch = Scratch::new();
        let door = scratch.door();
        symlink(scratch.0.join("outside"), scratch.root().join("link")).unwrap();
        symlink(
            scratch.root().join("sub/in.nt"),
            scratch.root().join("inner.nt"),
        )
        .unwrap();
        symlink(
            scratch.0.join("outside/absent"),
            scratch.root().join("dangling"),
        )
        .unwrap();
        for path in ["link/out.nt", "inner.nt", "dangling"] {
            assert_eq!(
                code(door.open_file(Path::new(path))),
                Code::InvalidPath,
                "{path}"
            );
            assert_eq!(
                code(door.create_file(Path::new(path), true)),
                Code::InvalidPath,
                "{path}"
            );
        }
        for path in ["link", "link/store", "dangling"] {
            assert_eq!(
                code(door.directory(Path::new(path), true)),
                Code::InvalidPath,
                "{path}"
            );
        }
        assert!(!scratch.0.join("outside/store").exists());
        assert!(!scratch.0.join("outside/absent").exists());
    }

    #[test]
    fn a_root_that_is_itself_reached_by_a_link_works_under_both_names() {
        let scratch = Scratch::new();
        symlink(scratch.root(), scratch.0.join("alias")).unwrap();
        let door = PathRoot::new(Some(&scratch.0.join("alias"))).unwrap();
        door.open_file(&scratch.0.join("alias/sub/in.nt")).unwrap();
        door.open_file(&scratch.root().join("sub/in.nt")).unwrap();
    }

    #[test]
    fn a_directory_that_is_exchanged_is_noticed() {
        let scratch = Scratch::new();
        let door = scratch.door();
        let store = door.directory(Path::new("a/b/store"), true).unwrap();
        store.confirm().unwrap();
        assert_eq!(
            store.path(),
            fs::canonicalize(scratch.root()).unwrap().join("a/b/store")
        );
        fs::rename(
            scratch.root().join("a/b/store"),
            scratch.root().join("moved"),
        )
        .unwrap();
        symlink(scratch.0.join("outside"), scratch.root().join("a/b/store")).unwrap();
        assert_eq!(code(store.confirm()), Code::InvalidPath);
    }

    #[test]
    fn pipes_and_directories_are_not_files() {
        let scratch = Scratch::new();
        let door = scratch.door();
        assert_eq!(code(door.open_file(Path::new("sub"))), Code::InvalidPath);
        assert_eq!(code(door.open_file(&scratch.root())), Code::InvalidPath);
        let pipe = scratch.root().join("pipe");
        let made = std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap();
        assert!(made.success());
        assert_eq!(code(door.open_file(&pipe)), Code::InvalidPath);
    }

    #[test]
    fn no_root_confines_nothing_and_a_bad_root_is_refused() {
        let scratch = Scratch::new();
        let free = PathRoot::new(None).unwrap();
        free.open_file(&scratch.0.join("root/../outside/out.nt"))
            .unwrap();
        free.directory(&scratch.0.join("new"), true)
            .unwrap()
            .confirm()
            .unwrap();
        assert_eq!(
            code(PathRoot::new(Some(Path::new("relative")))),
            Code::InvalidPath
        );
        assert_eq!(
            code(PathRoot::new(Some(&scratch.0.join("absent")))),
            Code::InvalidPath
        );
        assert_eq!(
            code(PathRoot::new(Some(&scratch.0.join("outside/out.nt")))),
            Code::InvalidPath
        );
    }

    /// An attacker exchanges a directory for a link as fast as it can; no open may ever read the
    /// file outside.
    #[test]
    fn exchanging_a_directory_during_the_walk_gains_nothing() {
        let scratch = Scratch::new();
        let door = scratch.door();
        let (dir, link, spare) = (
            scratch.root().join("sub"),
            scratch.root().join("link"),
            scratch.root().join("spare"),
        );
        fs::write(scratch.0.join("outside/in.nt"), "out").unwrap();
        symlink(scratch.0.join("outside"), &link).unwrap();
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    fs::rename(&dir, &spare).unwrap();
                    fs::rename(&link, &dir).unwrap();
                    fs::rename(&dir, &link).unwrap();
                    fs::rename(&spare, &dir).unwrap();
                }
            });
            // On a busy machine the other thread may be stopped while the directory is away.
            let mut texts: Vec<io::Result<String>> = Vec::new();
            let mut tries = 0;
            while tries < 3000 || (texts.is_empty() && tries < 3_000_000) {
                tries += 1;
                texts.extend(
                    door.open_file(Path::new("sub/in.nt"))
                        .ok()
                        .map(io::read_to_string),
                );
            }
            stop.store(true, Ordering::Relaxed);
            assert!(!texts.is_empty());
            assert!(texts.iter().all(|text| text.as_ref().unwrap() == "in"));
        });
    }
}
