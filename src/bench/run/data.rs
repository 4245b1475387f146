//! The data of a run: files that are generated once and kept, and their closures.

use super::contender::Contender;
use super::findings::Findings;
use super::{Options, reason};
use crate::bench::dataset::{Document, Kind, Parameters, Syntax};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;

/// Datasets that have named graphs, and so cannot be N-Triples.
const WITH_GRAPHS: [&str; 1] = ["named-graphs"];

/// A dataset at a scale, as generated or with all that follows from it.
pub struct Data {
    pub kind: &'static Kind,
    pub scale: u64,
    pub closed: bool,
}

impl Data {
    /// As figures name it.
    pub fn name(&self) -> String {
        let closed = if self.closed { " closed" } else { "" };
        format!("{}-{}{closed}", self.kind.name, self.scale)
    }

    /// The file that engines load, made if it is not kept from an earlier run.
    /// Errors: those of files; no engine can make the closure.
    pub fn file(&self, options: &Options, findings: &mut Findings<'_>) -> io::Result<PathBuf> {
        if let (true, Some(given)) = (self.closed, &options.closed) {
            return Ok(given.clone());
        }
        let seed = match options.seed {
            0 => String::new(),
            seed => format!("-seed-{seed}"),
        };
        let stem = format!("{}-{}{seed}", self.kind.name, self.scale);
        let (syntax, extension) = match WITH_GRAPHS.contains(&self.kind.name) {
            true => (Syntax::NQuads, "nq"),
            false => (Syntax::NTriples, "nt"),
        };
        let file = options.directory.join(format!("{stem}.{extension}"));
        if !file.exists() {
            findings.tell(&format!("{}: generating", file.display()));
            self.generate(syntax, &file, options.seed)?;
        }
        if !self.closed {
            return Ok(file);
        }
        let closed = options.directory.join(format!("{stem}-closed.nt"));
        if !closed.exists() {
            findings.tell(&format!("{}: reasoning", closed.display()));
            close(&file, &closed, options)?;
        }
        Ok(closed)
    }

    /// The document, with its ontology if it has one; the file appears when it is complete.
    fn generate(&self, syntax: Syntax, path: &Path, seed: u64) -> io::Result<()> {
        let dataset = (self.kind.make)(&Parameters {
            scale: self.scale,
            seed,
            ontology: self.kind.ontology,
        });
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let mut document = Document::new(dataset, syntax, threads)?;
        let partial = path.with_extension("partial");
        let mut file = File::create(&partial)?;
        let mut part = Vec::new();
        while document.next_part(&mut part)? {
            file.write_all(&part)?;
        }
        fs::rename(&partial, path)
    }
}

/// Makes the closure of a file with the first engine that reasons.
fn close(file: &Path, closed: &Path, options: &Options) -> io::Result<()> {
    let commands = options.engines.iter();
    let mut contenders: Vec<_> = commands
        .map(|command| Contender::new(command, options, file))
        .collect();
    reason::make_closed(file, closed, &mut contenders).map_err(|fault| {
        io::Error::other(format!(
            "no engine can reason over {}: {fault}",
            file.display()
        ))
    })
}
