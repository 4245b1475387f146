//! A test that runs a part of itself in another process, to be killed or to have its files fail.
//!
//! The test starts its own binary again with its own name and a task in the environment; in that process it
//! finds the task and does it instead. What the child says goes through its standard output, a line each,
//! and reaches the parent even if the child is killed at once.

// Each test binary uses its own part of this module.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const TASK: &str = "TRIPLESTORE_TEST_TASK";
/// Starts a line of the child, so that those of the test harness are not taken for one.
const MARK: &str = "@ ";

/// What the parent asks for, if this process is a child.
pub fn task() -> Option<String> {
    std::env::var(TASK).ok()
}

/// Tells the parent something.
pub fn say(line: &str) {
    let text = format!("\n{MARK}{line}\n");
    // One write, and no buffer that a kill would empty.
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A command that runs the test `name` of this binary with a task.
pub fn command(name: &str, task: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a test knows its own path"));
    command
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(TASK, task)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What a child has said, and how it ended.
#[derive(Debug)]
pub struct Ended {
    pub lines: Vec<String>,
    pub success: bool,
    /// Its standard error.
    pub errors: String,
}

/// Kills the child a time after its first line, unless it ends by itself, and collects what it said.
pub fn kill_after(mut child: Child, time: Duration) -> Ended {
    let mut output = BufReader::new(child.stdout.take().expect("the output is piped"));
    let mut errors = child.stderr.take().expect("the errors are piped");
    std::thread::scope(|scope| {
        let (first, has_begun) = std::sync::mpsc::channel();
        let output = scope.spawn(move || {
            let mut lines = Vec::new();
            let mut line = String::new();
            // The last line may be cut, and is then no line.
            while output.read_line(&mut line).is_ok_and(|bytes| bytes > 0) && line.ends_with('\n') {
                if let Some(said) = line.trim_end().strip_prefix(MARK) {
                    lines.push(said.to_owned());
                    let _ = first.send(());
                }
                line.clear();
            }
            lines
        });
        let errors = scope.spawn(move || {
            let mut text = String::new();
            let _ = errors.read_to_string(&mut text);
            text
        });
        // Ends at the first line, or at the end of the output.
        let _ = has_begun.recv_timeout(Duration::from_secs(300));
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("the child can be waited for") {
                break status;
            }
            if started.elapsed() >= time {
                let _ = child.kill();
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        Ended {
            lines: output.join().expect("the reader of the output ends"),
            success: status.success(),
            errors: errors.join().expect("the reader of the errors ends"),
        }
    })
}

/// Waits for a child that is not to be killed.
pub fn wait(child: Child) -> Ended {
    kill_after(child, Duration::from_secs(300))
}

/// A number from the environment, for longer runs.
pub fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name}={text} is not a number")),
        Err(_) => default,
    }
}
