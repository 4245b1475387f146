//! Loads an N-Triples file into an Oxigraph store: `oxigraph-load DIRECTORY FILE`.
//!
//! With its bulk loader, which is its fastest way, and its defaults, which check IRIs as ours do. Quiescent is when
//! memory is flushed and the store is closed: there is no call that waits for its compactions.

#[path = "../../report.rs"]
mod report;

use oxigraph::io::RdfFormat;
use oxigraph::store::Store;
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [directory, file] = &arguments[..] else {
        return Err("usage: oxigraph-load DIRECTORY FILE".into());
    };
    let store = Store::open(directory)?;
    let report = report::Report::start();
    let mut loader = store.bulk_loader();
    loader.parallel_load_from_file(RdfFormat::NTriples, file)?;
    loader.commit()?;
    report.returned();
    store.flush()?;
    drop(store);
    report.quiescent();
    let triples = Store::open(directory)?.len()?;
    report.closed(Path::new(directory), triples as u64);
    Ok(())
}
