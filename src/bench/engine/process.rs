//! An engine as the runner sees it: a child process that is sent works and gives replies in any order.
//!
//! Invariants: nothing here waits without a limit. Both pipes are non-blocking and one thread serves them, so that an
//! engine that does not read cannot hold the runner, and no other thread has to be woken for a reply, which would cost
//! more than all the rest. A process that ends, or says what is no reply, is a fault and stays one.
//!
//! Cost: 11 us for a work and its reply; three descriptors a process.

use super::memory::Limit;
use super::protocol::{Done, Encoded, Failed, Outcome, Reply, Work, write_request};
use super::usage::{self, Usage};
use crate::bench::record::FailureKind;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a process may take to end after its input has.
const END_WAIT: Duration = Duration::from_secs(20);
/// What is read at once: a reply to one work has about 100 bytes, to many some KB.
const READ_BYTES: usize = 16 << 10;
/// Of an engine's input: some hundred texts.
const PIPE_BYTES: libc::c_int = 1 << 20;

/// Why a work has no result.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub kind: FailureKind,
    pub message: String,
}

impl Fault {
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// Whether the process is of no use any more.
    pub fn is_fatal(&self) -> bool {
        matches!(self.kind, FailureKind::TimedOut | FailureKind::Died)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// A reply and when it came.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub id: u64,
    pub result: Result<Done, Fault>,
    pub at: Instant,
}

/// A running engine. Dropping it kills the process.
pub struct Process {
    child: Child,
    /// Closed when nothing more is to be sent, or the process reads no more.
    input: Option<ChildStdin>,
    output: ChildStdout,
    /// Requests that the pipe had no room for.
    unsent: Vec<u8>,
    /// The beginning of replies whose end has not come, or which nobody has asked for.
    unread: Vec<u8>,
    /// How much of `unread` has no end of a reply: a reply to many works comes in parts.
    searched: usize,
    /// When the last bytes of `unread` came.
    read_at: Instant,
    log: PathBuf,
    next_id: u64,
}

impl Process {
    /// Starts a command of the shell, whose errors go to `log`, within a memory limit if there is one.
    pub fn start(command: &str, log: &Path, limit: Option<&Limit>) -> Result<Self, Fault> {
        Self::spawn(command, log, limit).map_err(|error| {
            Fault::new(
                FailureKind::Died,
                format!("cannot start {command}: {error}"),
            )
        })
    }

    fn spawn(command: &str, log: &Path, limit: Option<&Limit>) -> io::Result<Self> {
        // The shell becomes the engine, so that the process that is watched is the engine itself.
        let script = match limit {
            Some(limit) => format!(
                "echo $$ > '{}' && exec {command}",
                limit.members().display()
            ),
            None => format!("exec {command}"),
        };
        let mut child = Command::new("sh")
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(log)?)
            // So that what a script starts can be ended with it.
            .process_group(0)
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("a pipe is missing"));
        };
        widen(input.as_raw_fd());
        unblock(input.as_raw_fd())?;
        unblock(output.as_raw_fd())?;
        Ok(Self {
            child,
            input: Some(input),
            output,
            unsent: Vec::new(),
            unread: Vec::new(),
            searched: 0,
            read_at: Instant::now(),
            log: log.to_owned(),
            next_id: 1,
        })
    }

    /// Sends a work and returns its id. An engine that has ended is a fault of the receiver.
    pub fn send(&mut self, work: &Work) -> Result<u64, Fault> {
        Ok(self.send_all(&[encode(work)?]))
    }

    /// As [`Process::send`], for works that were encoded before: several are one request.
    pub fn send_all(&mut self, works: &[Encoded]) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        write_request(id, works, &mut self.unsent);
        self.write();
        id
    }

    /// Writes what the pipe takes. A process that reads no more is noticed by its output.
    fn write(&mut self) {
        let mut written = 0;
        while let Some(input) = self.input.as_mut().filter(|_| written < self.unsent.len()) {
            match input.write(&self.unsent[written..]) {
                Ok(bytes) => written += bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => self.input = None,
            }
        }
        self.unsent.drain(..written);
    }

    /// The next reply, `None` if there is none until then.
    pub fn receive(&mut self, until: Instant) -> Result<Option<Arrival>, Fault> {
        loop {
            let mut new = self.unread[self.searched..].iter();
            if let Some(end) = new.position(|&byte| byte == b'\n') {
                let end = self.searched + end;
                let arrival = arrival(&self.unread[..end], self.read_at);
                self.unread.drain(..=end);
                self.searched = 0;
                return arrival.map(Some).ok_or_else(|| self.died());
            }
            self.searched = self.unread.len();
            let input = self.input.as_ref().filter(|_| !self.unsent.is_empty());
            let input = input.map(AsRawFd::as_raw_fd);
            if !wait(self.output.as_raw_fd(), input, until) {
                return Ok(None);
            }
            self.write();
            match self.read() {
                Ok(0) => return Err(self.died()),
                Ok(_) => (),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => (),
                Err(_) => return Err(self.died()),
            }
        }
    }

    /// Adds what has come to `unread`. Errors: `WouldBlock` if nothing has.
    fn read(&mut self) -> io::Result<usize> {
        let known = self.unread.len();
        self.unread.resize(known + READ_BYTES, 0);
        let read = self.output.read(&mut self.unread[known..]);
        self.read_at = Instant::now();
        self.unread
            .truncate(known + read.as_ref().map_or(0, |&bytes| bytes));
        read
    }

    /// The next reply, within a time limit; after it the process is killed.
    pub fn receive_within(&mut self, limit: Duration) -> Result<Arrival, Fault> {
        match self.receive(Instant::now() + limit)? {
            Some(arrival) => Ok(arrival),
            None => Err(self.time_out(limit)),
        }
    }

    /// Kills a process that took too long.
    pub fn time_out(&mut self, limit: Duration) -> Fault {
        self.kill();
        Fault::new(
            FailureKind::TimedOut,
            format!("no answer within {} s", limit.as_secs_f64()),
        )
    }

    /// Does one work while nothing else is under way.
    pub fn call(&mut self, work: &Work, limit: Duration) -> Result<Done, Fault> {
        let id = self.send(work)?;
        let until = Instant::now() + limit;
        loop {
            match self.receive(until)? {
                Some(arrival) if arrival.id == id => return arrival.result,
                // Of a work that was given up.
                Some(_) => (),
                None => return Err(self.time_out(limit)),
            }
        }
    }

    pub fn usage(&self) -> Usage {
        usage::of_process(self.child.id())
    }

    /// Lets the peak of resident memory count from now on.
    pub fn forget_peak(&self) {
        usage::forget_peak(self.child.id());
    }

    /// Closes the store and waits for the process to end.
    pub fn close(mut self, limit: Duration) -> Result<(), Fault> {
        self.call(&Work::Close, limit)?;
        self.input = None;
        let until = Instant::now() + END_WAIT;
        while Instant::now() < until {
            if let Ok(Some(_)) = self.child.try_wait() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(1));
        }
        Err(self.time_out(END_WAIT))
    }

    fn died(&mut self) -> Fault {
        let status = self.kill();
        let said = last_line(&self.log);
        Fault::new(
            FailureKind::Died,
            format!("the engine ended ({status}){said}"),
        )
    }

    /// Ends the process, if it has not ended, and says how it did.
    fn kill(&mut self) -> String {
        self.input = None;
        // A process whose output has ended may take a moment to be seen as ended itself.
        thread::sleep(Duration::from_millis(10));
        if let Ok(None) = self.child.try_wait() {
            kill_group(self.child.id());
        }
        match self.child.wait() {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            kill_group(self.child.id());
            // There is no one to tell.
            let _ = self.child.wait();
        }
    }
}

/// A work for [`Process::send_all`]. Refuses a path that is no Unicode.
pub fn encode(work: &Work) -> Result<Encoded, Fault> {
    Encoded::new(work).map_err(|error| Fault::new(FailureKind::Refused, error.to_string()))
}

/// Kills a process that was made the leader of a group, and what it has started.
fn kill_group(leader: u32) {
    if let Ok(group) = libc::pid_t::try_from(leader) {
        // SAFETY: the call touches no memory. The leader has not been waited for, so that its number is still its own;
        // a group that has ended is an error that says so.
        unsafe { libc::kill(-group, libc::SIGKILL) };
    }
}

/// Lets reads and writes of a pipe return `WouldBlock` instead of waiting.
fn unblock(pipe: RawFd) -> io::Result<()> {
    // SAFETY: the calls touch no memory, and the descriptor is that of a live pipe.
    let done = unsafe {
        let flags = libc::fcntl(pipe, libc::F_GETFL);
        libc::fcntl(pipe, libc::F_SETFL, flags | libc::O_NONBLOCK)
    };
    match done {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Lets a pipe take whole requests, so that the runner is not woken for each part of one. It does without where that is not
/// allowed.
fn widen(pipe: RawFd) {
    // SAFETY: the call touches no memory, and the descriptor is that of a live pipe.
    unsafe { libc::fcntl(pipe, libc::F_SETPIPE_SZ, PIPE_BYTES) };
}

/// Waits until `output` can be read, or `input` written if there is one; false if neither can before `until`.
fn wait(output: RawFd, input: Option<RawFd>, until: Instant) -> bool {
    let asked = |fd, events| libc::pollfd {
        fd,
        events,
        revents: 0,
    };
    // A negative descriptor is not looked at.
    let mut pipes = [
        asked(output, libc::POLLIN),
        asked(input.unwrap_or(-1), libc::POLLOUT),
    ];
    let left = until.saturating_duration_since(Instant::now());
    let left = libc::timespec {
        tv_sec: libc::time_t::try_from(left.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: left.subsec_nanos().into(),
    };
    // SAFETY: the kernel reads the time and writes the events of as many descriptors as are there; both outlive the call.
    let ready = unsafe { libc::ppoll(pipes.as_mut_ptr(), 2, &left, std::ptr::null()) };
    // A signal is no reason to give up: the caller asks again.
    ready != 0
}

/// What a line says; `None` if it is no reply.
fn arrival(line: &[u8], at: Instant) -> Option<Arrival> {
    let reply: Reply = serde_json::from_slice(line).ok()?;
    let result = match reply.outcome {
        Outcome::Done(done) => Ok(done),
        Outcome::Failed(Failed {
            unsupported,
            message,
        }) => {
            let kind = match unsupported {
                true => FailureKind::Unsupported,
                false => FailureKind::Refused,
            };
            Err(Fault::new(kind, message))
        }
    };
    let id = reply.id;
    Some(Arrival { id, result, at })
}

/// The last line a process wrote to its errors, as the end of a sentence.
fn last_line(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    match text.lines().rev().find(|line| !line.trim().is_empty()) {
        Some(line) => format!(": {}", line.trim()),
        None => String::new(),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(200);
    const LATE: Duration = Duration::from_secs(20);

    /// An engine that is a script of the shell. It is sent ids from 1.
    pub fn scripted(script: &str) -> Process {
        let log = Path::new("/dev/null");
        Process::start(&format!("sh -c '{script}'"), log, None).unwrap()
    }

    /// A line of a script that says a work is done.
    pub fn says(id: u64, rows: u64) -> String {
        let reply = Reply {
            id,
            outcome: Outcome::Done(Done {
                rows,
                ..Done::default()
            }),
        };
        let line = serde_json::to_string(&reply).unwrap();
        format!("echo \"{}\"", line.replace('"', "\\\""))
    }

    fn kind(result: Result<Done, Fault>) -> FailureKind {
        result.unwrap_err().kind
    }

    #[test]
    fn replies_in_any_order_reach_their_requests() {
        let (second, first) = (says(2, 20), says(1, 10));
        let mut process = scripted(&format!("read a; read b; {second}; {first}; cat"));
        let ids = [0; 2].map(|_| process.send(&Work::Nothing).unwrap());
        let arrivals = [0; 2].map(|_| process.receive_within(LATE).unwrap());
        assert_eq!(
            arrivals.each_ref().map(|arrival| arrival.id),
            [ids[1], ids[0]]
        );
        let rows = arrivals.map(|arrival| arrival.result.unwrap().rows);
        assert_eq!(rows, [20, 10]);
    }

    #[test]
    fn a_reply_that_comes_in_parts_is_one() {
        let first = r#"printf "%s" "{\"id\":1,\"done\""; sleep 0.05"#;
        let rest = r#"printf "%s" ":{\"rows\":10,"; sleep 0.05; echo "\"nanoseconds\":1}}""#;
        let (second, third) = (says(2, 20), says(3, 30));
        let script = format!("read a; read b; {first}; {rest}; {second}; read c; {third}; cat");
        let mut process = scripted(&script);
        let mut rows = |works| {
            for _ in 0..works {
                process.send(&Work::Nothing).unwrap();
            }
            let arrivals = (0..works).map(|_| process.receive_within(LATE).unwrap());
            let rows = arrivals.map(|arrival| (arrival.id, arrival.result.unwrap().rows));
            rows.collect::<Vec<_>>()
        };
        assert_eq!(rows(2), [(1, 10), (2, 20)]);
        assert_eq!(rows(1), [(3, 30)]);
    }

    #[test]
    fn an_engine_that_ends_is_a_fault_with_its_last_words() {
        let name = format!("triplestore-last-words-{}", std::process::id());
        let log = std::env::temp_dir().join(name);
        let command = "sh -c 'read a; echo out of luck >&2; exit 3'";
        let mut process = Process::start(command, &log, None).unwrap();
        let fault = process.call(&Work::Nothing, LATE).unwrap_err();
        std::fs::remove_file(log).unwrap();
        assert_eq!(fault.kind, FailureKind::Died);
        let expected = "the engine ended (exit status: 3): out of luck";
        assert_eq!(fault.message, expected);
    }

    #[test]
    fn an_engine_that_hangs_is_killed() {
        let mut process = scripted("read a; exec sleep 1000");
        let started = Instant::now();
        assert_eq!(
            kind(process.call(&Work::Nothing, SOON)),
            FailureKind::TimedOut
        );
        assert!(started.elapsed() < LATE);
        assert_eq!(kind(process.call(&Work::Nothing, SOON)), FailureKind::Died);
    }

    #[test]
    fn an_engine_that_does_not_read_cannot_hold_the_runner() {
        let mut process = scripted("exec sleep 1000");
        let text = "x".repeat(1 << 20);
        for _ in 0..4 {
            let update = Work::Update { text: text.clone() };
            process.send(&update).unwrap();
        }
        assert_eq!(
            kind(process.call(&Work::Nothing, SOON)),
            FailureKind::TimedOut
        );
    }

    #[test]
    fn what_is_no_reply_ends_the_engine() {
        let mut process = scripted("read a; echo hello; exec cat");
        assert_eq!(kind(process.call(&Work::Nothing, LATE)), FailureKind::Died);
    }

    #[test]
    fn a_command_that_does_not_exist_is_a_fault() {
        let mut process = scripted("exec /no/such/engine");
        assert_eq!(kind(process.call(&Work::Nothing, LATE)), FailureKind::Died);
    }
}
