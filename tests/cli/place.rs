//! A directory with documents and a store, and the tool that is run there.

use crate::environment::Scratch;
use json_event_parser::{JsonEvent, SliceJsonParser};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// Two rooms and stairs.
pub const ROOMS: &str = "@prefix : <http://example.org/> .
:r1 a :Room ; :label \"Küche\"@de , \"kitchen, \\\"small\\\"\" ; :area 12.5 ; :floor 1 .
:r2 a :Room ; :area 30 ; :floor 2 ; :near :r1 , [ :label \"stairs\" ] .
";
/// Statements in [`ROOMS`].
pub const ROOMS_QUADS: usize = 11;

/// Their areas.
pub const AREAS: &str = "PREFIX : <http://example.org/>
SELECT ?room ?area WHERE { ?room :area ?area } ORDER BY ?area";

/// What a run of the tool gave.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Done {
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// The output of standard error of a run that ended with `code`.
    #[track_caller]
    pub fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        self.err
    }
}

/// A directory with documents and a store, and the tool that works there.
pub struct Place(pub Scratch);

impl Place {
    pub fn new(name: &str) -> Self {
        Self(Scratch::new(&format!("cli-{name}")))
    }

    /// With [`ROOMS`] loaded.
    pub fn with_rooms(name: &str) -> Self {
        let place = Self::new(name);
        place.write("rooms.ttl", ROOMS);
        place.run(&["load", "rooms.ttl"]).ok();
        place
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_triplestore"));
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env("TRIPLESTORE_STORE", self.0.join("store"))
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Done {
        finish(&mut self.command(arguments))
    }

    pub fn run_with(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Done {
        let path = self.write("stdin", input);
        finish(self.command(arguments).stdin(fs::File::open(path).unwrap()))
    }

    pub fn quads(&self) -> BTreeSet<String> {
        let dumped = self.run(&["dump", "--format", "nq"]).ok();
        dumped.lines().map(str::to_owned).collect()
    }
}

/// Starts a command with pipes to all its streams.
pub fn start(mut command: Command) -> Child {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs a command to its end.
pub fn finish(command: &mut Command) -> Done {
    let output = command.output().unwrap();
    Done {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The values of a flat JSON object by name, numbers and flags as text.
fn json(text: &str) -> Vec<(String, String)> {
    let mut parser = SliceJsonParser::new(text.as_bytes());
    let mut found: Vec<(String, String)> = Vec::new();
    loop {
        let mut value = |text: String| {
            if let Some((_, last)) = found.last_mut() {
                last.push_str(&text);
            }
        };
        match parser.parse_next().unwrap() {
            JsonEvent::Eof => return found,
            JsonEvent::ObjectKey(name) => found.push((name.into_owned(), String::new())),
            JsonEvent::Number(number) => value(number.into_owned()),
            JsonEvent::String(text) => value(text.into_owned()),
            JsonEvent::Boolean(flag) => value(flag.to_string()),
            _ => {}
        }
    }
}

/// A value of a flat JSON object.
#[track_caller]
pub fn field(text: &str, name: &str) -> String {
    let fields = json(text);
    let found = fields.iter().find(|(known, _)| known == name);
    found
        .unwrap_or_else(|| panic!("no {name} in {text}"))
        .1
        .clone()
}
