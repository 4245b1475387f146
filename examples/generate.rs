//! Writes a generated N-Triples document: `generate lubm|bsbm SEED STATEMENTS > FILE`.

use std::error::Error;
use std::io::Write;
use triplestore::bench::{Document, Shape};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [shape, seed, statements] = &arguments[..] else {
        return Err("usage: generate lubm|bsbm SEED STATEMENTS > FILE".into());
    };
    let shape = match shape.as_str() {
        "lubm" => Shape::Lubm,
        "bsbm" => Shape::Bsbm,
        _ => return Err("the shape is lubm or bsbm".into()),
    };
    let mut document = Document::new(shape, seed.parse()?, statements.parse()?);
    let mut out = std::io::stdout().lock();
    let mut part = Vec::new();
    while document.next_part(&mut part) {
        out.write_all(&part)?;
    }
    out.flush()?;
    Ok(())
}
