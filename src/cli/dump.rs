//! `triplestore dump`.

use super::exit::{Exit, Outcome};
use super::output::{self, Output};
use super::progress::{ProgressBar, Work};
use super::store::{Access, StoreArguments};
use super::{arguments, interrupt};
use clap::Args;
use std::path::PathBuf;
use triplestore::control::Control;
use triplestore::database::{GraphPattern, QuadPattern};
use triplestore::error::Result;
use triplestore::load::{self, DumpOptions, Format, NamedGraphs};

/// Write the store, a graph or the quads that match a pattern
#[derive(Args)]
pub struct Dump {
    /// RDF format: nt, nq, ttl, trig, rdf, jsonld [default: by the extension of the output, else nq]
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// Only this named graph
    #[arg(long, value_name = "IRI", conflicts_with = "default_graph")]
    graph: Option<String>,
    /// Only the default graph
    #[arg(long)]
    default_graph: bool,
    /// Only quads with this subject: an IRI or _:label
    #[arg(long, value_name = "TERM")]
    subject: Option<String>,
    /// Only quads with this predicate
    #[arg(long, value_name = "IRI")]
    predicate: Option<String>,
    /// Only quads with this object, as Turtle writes it: an IRI, '"text"@en', 42
    #[arg(long, value_name = "TERM")]
    object: Option<String>,
    /// A prefix for Turtle, TriG and RDF/XML; may be repeated
    #[arg(long, value_name = "NAME=IRI")]
    prefix: Vec<String>,
    /// What IRIs are written relative to in Turtle, TriG and JSON-LD
    #[arg(long, value_name = "IRI")]
    base: Option<String>,
    /// Write to a file, which appears when it is complete
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Dump {
    pub fn run(&self, store: &StoreArguments) -> Outcome {
        let (name, path) = (self.format.as_deref(), self.output.as_deref());
        let format = output::format(name, path, Format::NQuads)?;
        let pattern = self.pattern()?;
        let options = DumpOptions {
            prefixes: arguments::prefixes(&self.prefix)?,
            base_iri: match &self.base {
                Some(base) => Some(arguments::iri(base)?.into_string()),
                None => None,
            },
            // One graph is what it holds, in a format without names for graphs too.
            named_graphs: match self.graph {
                Some(_) => NamedGraphs::Flatten,
                None => NamedGraphs::Refuse,
            },
        };
        let database = store.open(Access::Read)?;
        let control = Control::new();
        interrupt::cancels(&control);
        let snapshot = database.snapshot()?;
        let out = Output::new(path)?;
        let mut dump = load::Dump::new(format, &options, out)?;
        let work = Work {
            name: "dump",
            unit: "quads",
            rows_total: Some(snapshot.count(&pattern, &control)?),
        };
        // A bar would be drawn between lines of the dump.
        let quiet = store.quiet || (self.output.is_none() && output::is_terminal());
        let progress = ProgressBar::show(work, &control, quiet);
        let done = snapshot
            .dump(&pattern, &mut dump, &control)
            .and_then(|_| dump.finish()?.finish());
        drop(progress);
        done?;
        database.close()?;
        Ok(Exit::Ok)
    }

    /// Errors: `InvalidIri`, `InvalidInput`.
    fn pattern(&self) -> Result<QuadPattern> {
        let term = |text: &Option<String>| text.as_deref().map(arguments::term).transpose();
        Ok(QuadPattern {
            subject: term(&self.subject)?,
            predicate: term(&self.predicate)?,
            object: term(&self.object)?,
            graph: match &self.graph {
                Some(graph) => GraphPattern::One(arguments::graph(graph)?),
                None if self.default_graph => GraphPattern::Default,
                None => GraphPattern::Any,
            },
            ..QuadPattern::default()
        })
    }
}
