//! What tests find outside the crate: the built library, compilers, test data.
//!
//! A test that cannot run because something optional is missing says so on standard error, where
//! the test harness does not hide it; `.ci/run` counts these lines.

// Each test binary uses its own part of this module.
#![allow(dead_code)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Root of the checkout.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The directory that holds the library this test was built with. Not the build directory itself:
/// there the library is what `cargo build` made last.
pub fn library_dir() -> PathBuf {
    let exe = std::env::current_exe().expect("a test knows its own path");
    let dir = exe.parent().expect("a program lies in a directory");
    dir.to_owned()
}

/// The shared library; beside it is the link by which programs that use it look for it.
pub fn shared_library() -> PathBuf {
    let path = library_dir().join("libtriplestore.so");
    assert!(path.exists(), "{} was not built", path.display());
    let abi = triplestore::capi::version::TS_ABI_VERSION;
    let link = library_dir().join(format!("libtriplestore.so.{abi}"));
    // Another test may have made it at the same time.
    let _ = std::os::unix::fs::symlink("libtriplestore.so", &link);
    assert!(link.exists(), "{} cannot be made", link.display());
    path
}

/// A directory of its own for a test, removed when dropped.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("triplestore-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("the temporary directory is writable");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Whether a program can be started.
pub fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

/// Says that something is not tested here and why.
pub fn skip(what: &str, why: &str) {
    // Not eprintln!, which the harness captures.
    let _ = writeln!(std::io::stderr(), "SKIPPED {what}: {why}");
}

/// Whether an optional tool is there; says so if not.
pub fn has_or_skip(program: &str, what: &str) -> bool {
    let found = has(program);
    if !found {
        skip(
            what,
            &format!("{program} is not installed (scripts/setup.sh)"),
        );
    }
    found
}

/// Runs a command that must succeed; its output is shown if it does not.
#[track_caller]
pub fn run(command: &mut Command) -> String {
    let output = output(command);
    assert!(
        output.status.success(),
        "{command:?} failed with {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
pub fn output(command: &mut Command) -> Output {
    // Cargo puts the build directory there, whose library may be older than the one under test.
    match command.env_remove("LD_LIBRARY_PATH").output() {
        Ok(output) => output,
        Err(error) => panic!(
            "{command:?} cannot be started: {error} (scripts/setup.sh installs what is needed)"
        ),
    }
}

/// The header.
pub fn header() -> String {
    let path = root().join("include/triplestore.h");
    std::fs::read_to_string(&path).expect("the header is committed")
}

/// Names and documentation of the functions in the header, in order.
pub fn functions(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut comment = String::new();
    for line in header.lines() {
        if line.starts_with("/**") {
            comment.clear();
        }
        if line.starts_with("/*") || line.starts_with(" *") {
            comment.push_str(line);
            comment.push('\n');
        } else if !line.starts_with([' ', '#', '}', '{']) {
            let name = line.split_once('(').and_then(|(before, _)| {
                before
                    .rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                    .next()
            });
            if let Some(name) = name.filter(|name| name.starts_with("ts_")) {
                found.push((name.to_owned(), std::mem::take(&mut comment)));
            }
        }
    }
    found
}

/// A folder of test data: below TRIPLESTORE_TEST_DATA, else below a folder `shared` beside the
/// checkout or above it. `None`, loudly, where it is absent; a failure if
/// TRIPLESTORE_REQUIRE_DATA is 1.
pub fn test_data(folder: &str) -> Option<PathBuf> {
    let found = match std::env::var_os("TRIPLESTORE_TEST_DATA") {
        Some(given) => Some(Path::new(&given).join(folder)).filter(|path| path.exists()),
        None => root()
            .ancestors()
            .map(|above| above.join("shared").join(folder))
            .find(|path| path.exists()),
    };
    if found.is_none() {
        let required = std::env::var("TRIPLESTORE_REQUIRE_DATA").is_ok_and(|value| value == "1");
        assert!(
            !required,
            "test data {folder} is required and absent (docs/testing.md)"
        );
        skip(folder, "no test data (docs/testing.md)");
    }
    found
}
