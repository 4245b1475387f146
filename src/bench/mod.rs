//! Generated data for benchmarks and tests: deterministic, streamed, of any size.
//!
//! Two shapes, each after a published benchmark: [`lubm`] (many small entities, short strings, repeated
//! statements) and [`bsbm`] (products, offers, and reviews with long texts). They are minimal: vocabulary,
//! IRIs, and ratios are those of the originals, so that sizes and speeds carry over, but neither the
//! published query answers nor their exact counts do.
//!
//! A document is made of parts. Each part depends on the seed and its number alone, so that a longer document
//! begins with the shorter one, and is the same on every machine. Cost: about 0.1 us a statement.

pub mod bsbm;
pub mod dataset;
pub mod engine;
pub mod lubm;
mod ntriples;
pub mod queries;
mod random;
pub mod record;
pub mod report;
pub mod run;
mod words;

use std::io::Read;

/// The shape of a document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shape {
    Lubm,
    Bsbm,
}

/// An N-Triples document of one shape and seed, made while it is read. It ends with the first part that
/// brings it to `statements_min` statements.
pub struct Document {
    shape: Shape,
    seed: u64,
    statements_min: u64,
    statements: u64,
    next_part: u64,
    part: Vec<u8>,
    given: usize,
}

impl Document {
    pub fn new(shape: Shape, seed: u64, statements_min: u64) -> Self {
        Self {
            shape,
            seed,
            statements_min,
            statements: 0,
            next_part: 0,
            part: Vec::new(),
            given: 0,
        }
    }

    /// Statements made so far, repeated ones included.
    pub fn statements(&self) -> u64 {
        self.statements
    }

    /// Replaces `out` by the next part, whole lines; false at the end.
    pub fn next_part(&mut self, out: &mut Vec<u8>) -> bool {
        out.clear();
        if self.statements >= self.statements_min {
            return false;
        }
        self.statements += match self.shape {
            Shape::Lubm => lubm::university(self.seed, self.next_part, out),
            Shape::Bsbm => bsbm::part(self.seed, self.next_part, out),
        };
        self.next_part += 1;
        true
    }
}

impl Read for Document {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.given == self.part.len() {
            let mut part = std::mem::take(&mut self.part);
            self.next_part(&mut part);
            self.part = part;
            self.given = 0;
        }
        let count = buffer.len().min(self.part.len() - self.given);
        buffer[..count].copy_from_slice(&self.part[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Format;
    use crate::{config::Config, control::Control, database};

    fn text(shape: Shape, seed: u64, statements_min: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut document = Document::new(shape, seed, statements_min);
        document.read_to_end(&mut bytes).unwrap();
        let lines = bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
        assert_eq!(lines, document.statements());
        assert!(lines >= statements_min);
        bytes
    }

    /// FNV-1a.
    fn sum(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0xCBF2_9CE4_8422_2325, |sum, &byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        })
    }

    #[test]
    fn a_document_is_decided_by_its_seed_and_begins_with_the_shorter_one() {
        for shape in [Shape::Lubm, Shape::Bsbm] {
            let short = text(shape, 7, 1);
            let long = text(shape, 7, 300_000);
            assert!(long.len() > short.len() && long.starts_with(&short));
            assert_eq!(sum(&short), sum(&text(shape, 7, 1)));
            assert_ne!(sum(&short), sum(&text(shape, 8, 1)));
        }
    }

    /// Figures that were measured on a generated document are comparable only while it does not change.
    #[test]
    fn documents_are_those_that_were_measured() {
        let sums = [Shape::Lubm, Shape::Bsbm].map(|shape| sum(&text(shape, 1, 1)));
        assert_eq!(sums, MEASURED, "{sums:#x?}");
    }

    const MEASURED: [u64; 2] = [0x78fe_3218_0885_c92d, 0x628e_bf4b_4604_c2d9];

    #[test]
    fn documents_pass_the_strict_parser() {
        for shape in [Shape::Lubm, Shape::Bsbm] {
            let database = database::Database::memory(&Config::default()).unwrap();
            let options = database::LoadOptions {
                format: Some(Format::NTriples),
                ..database::LoadOptions::default()
            };
            let document = Document::new(shape, 3, 1);
            let report = database
                .load_reader(document, &options, &Control::new())
                .unwrap();
            assert!(report.inserted * 10 > report.statements * 9);
        }
    }
}
