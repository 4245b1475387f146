//! The files of the suites: IRI to path, and documents read through our own parser.

use oxrdf::Dataset;
use std::path::{Path, PathBuf};
use triplestore::control::Control;
use triplestore::load::{
    Format, Input, ParseOptions, RawTerm, Refusal, StatementSink, check_iri, parse, write_statement,
};

/// Where the suites say they are published; their data is resolved against it.
const PUBLISHED: &str = "https://w3c.github.io/rdf-tests/";

/// Statements as canonical N-Quads, after the checks an interner makes.
#[derive(Default)]
struct Lines(Vec<u8>);

fn check(term: RawTerm<'_>) -> Result<(), Refusal> {
    match term {
        RawTerm::Iri(iri) => Ok(check_iri(iri)?),
        RawTerm::Triple(parts) => parts.iter().try_for_each(|part| check(*part)),
        RawTerm::Blank(_) | RawTerm::Literal(_) => Ok(()),
    }
}

impl StatementSink for Lines {
    fn statement(
        &mut self,
        s: RawTerm<'_>,
        p: RawTerm<'_>,
        o: RawTerm<'_>,
        g: Option<RawTerm<'_>>,
    ) -> Result<(), Refusal> {
        for term in [Some(s), Some(p), Some(o), g].into_iter().flatten() {
            check(term)?;
        }
        write_statement(&mut self.0, s, p, o, g);
        Ok(())
    }
}

/// The suites on disk.
pub struct Suites {
    /// The folder of what is published; `None` if only other manifests are run.
    pub root: Option<PathBuf>,
}

impl Suites {
    /// The IRI of a file: the published one for those of the suites.
    pub fn iri(&self, path: &Path) -> String {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let published = self.root.as_ref().and_then(|root| {
            let root = root.canonicalize().ok()?;
            let relative = path.strip_prefix(root).ok()?;
            Some(format!("{PUBLISHED}{}", relative.display()))
        });
        published.unwrap_or_else(|| format!("file://{}", path.display()).replace(' ', "%20"))
    }

    pub fn path(&self, iri: &str) -> Result<PathBuf, String> {
        let elsewhere = || format!("{iri} is elsewhere");
        if let Some(path) = iri.strip_prefix("file://") {
            return Ok(PathBuf::from(path.replace("%20", " ")));
        }
        let relative = iri.strip_prefix(PUBLISHED).ok_or_else(elsewhere)?;
        Ok(self.root.as_ref().ok_or_else(elsewhere)?.join(relative))
    }

    /// The folder of a manifest as test names begin: `sparql11/bind`.
    pub fn folder(&self, manifest: &str) -> String {
        let short = manifest
            .strip_prefix(PUBLISHED)
            .unwrap_or_else(|| manifest.trim_start_matches("file:///"));
        let short = ["sparql/", "rdf/"]
            .iter()
            .find_map(|top| short.strip_prefix(top))
            .unwrap_or(short);
        let short = short.strip_suffix(".ttl").unwrap_or(short);
        short.strip_suffix("/manifest").unwrap_or(short).to_owned()
    }

    pub fn bytes(&self, iri: &str) -> Result<Vec<u8>, String> {
        let path = self.path(iri)?;
        std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
    }

    pub fn text(&self, iri: &str) -> Result<String, String> {
        String::from_utf8(self.bytes(iri)?).map_err(|error| format!("{iri}: {error}"))
    }

    /// The statements of a document, as canonical N-Quads.
    pub fn lines(&self, iri: &str) -> Result<Vec<u8>, String> {
        let path = self.path(iri)?;
        let format = Format::from_path(&path).map_err(|e| e.to_string())?;
        let control = Control::new();
        let input = Input::file(&path, None, &control).map_err(|e| e.to_string())?;
        let mut options = ParseOptions::new(format);
        options.base_iri = Some(iri.to_owned());
        let mut sinks = [Lines::default()];
        parse(input, &options, &control, &mut sinks).map_err(|e| e.to_string())?;
        let [Lines(lines)] = sinks;
        Ok(lines)
    }

    pub fn dataset(&self, iri: &str) -> Result<Dataset, String> {
        let lines = self.lines(iri)?;
        let mut dataset = Dataset::new();
        for quad in oxttl::NQuadsParser::new().for_slice(&lines) {
            dataset.insert(&quad.map_err(|e| format!("our own dump of {iri}: {e}"))?);
        }
        Ok(dataset)
    }
}
