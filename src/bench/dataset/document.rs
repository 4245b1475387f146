//! A dataset as one document, made while it is read.
//!
//! Thread t of n makes the parts t, t + n, t + 2n and so on, and hands them over through a queue of its own; the reader
//! takes from the queues in turn. So parts come in order whatever the threads do, and at most [`QUEUED`] of each thread
//! wait. Buffers go back to the threads when they are empty.

use super::{Dataset, Syntax, part};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// Parts of one thread that wait for the reader.
const QUEUED: usize = 2;

/// All parts of a dataset, in order. The bytes are the same for any number of threads.
pub struct Document {
    dataset: Arc<dyn Dataset>,
    syntax: Syntax,
    /// None: parts are made by who reads.
    workers: Vec<Worker>,
    next_part: u64,
    statements: u64,
    part: Vec<u8>,
    given: usize,
}

impl Document {
    /// `threads` make parts while others are read; with one, they are made by the reader. Errors: a thread cannot be
    /// started.
    pub fn new(dataset: Arc<dyn Dataset>, syntax: Syntax, threads: usize) -> io::Result<Self> {
        let threads = (threads as u64).min(dataset.parts());
        let workers = match threads {
            0 | 1 => Vec::new(),
            _ => (0..threads)
                .map(|first| Worker::start(dataset.clone(), syntax, first, threads))
                .collect::<io::Result<_>>()?,
        };
        Ok(Self {
            dataset,
            syntax,
            workers,
            next_part: 0,
            statements: 0,
            part: Vec::new(),
            given: 0,
        })
    }

    /// Statements of the parts so far, repeated ones included.
    pub fn statements(&self) -> u64 {
        self.statements
    }

    /// Replaces `out` by the next part that is not empty, whole statements; false at the end. Errors: a thread that
    /// makes parts has failed.
    pub fn next_part(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        out.clear();
        while out.is_empty() && self.next_part < self.dataset.parts() {
            self.statements += match self.workers.is_empty() {
                true => part(&*self.dataset, self.syntax, self.next_part, out),
                false => {
                    let worker = self.next_part % self.workers.len() as u64;
                    self.workers[worker as usize].take(out)?
                }
            };
            self.next_part += 1;
        }
        Ok(!out.is_empty())
    }
}

impl Read for Document {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.part.len() {
            let mut part = std::mem::take(&mut self.part);
            self.given = 0;
            self.next_part(&mut part)?;
            self.part = part;
        }
        let count = buffer.len().min(self.part.len() - self.given);
        buffer[..count].copy_from_slice(&self.part[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

/// The text of a part and how many statements it has.
type Part = (Vec<u8>, u64);

/// A thread that makes parts. It ends when it has made all of its own, or when nobody takes them any more.
struct Worker {
    made: Receiver<Part>,
    emptied: Sender<Vec<u8>>,
}

impl Worker {
    /// A thread for every `step`-th part from `first` on.
    fn start(dataset: Arc<dyn Dataset>, syntax: Syntax, first: u64, step: u64) -> io::Result<Self> {
        let (send, made) = sync_channel(QUEUED);
        let (emptied, buffers) = channel();
        thread::Builder::new()
            .name("dataset".to_owned())
            .spawn(move || make_parts(&*dataset, syntax, (first, step), &send, &buffers))?;
        Ok(Self { made, emptied })
    }

    fn take(&self, out: &mut Vec<u8>) -> io::Result<u64> {
        let ended = |_| io::Error::other("a thread that makes a dataset has failed");
        let (text, statements) = self.made.recv().map_err(ended)?;
        // A thread that has made all its parts needs no buffer.
        let _ = self.emptied.send(std::mem::replace(out, text));
        Ok(statements)
    }
}

fn make_parts(
    dataset: &dyn Dataset,
    syntax: Syntax,
    (first, step): (u64, u64),
    made: &SyncSender<Part>,
    buffers: &Receiver<Vec<u8>>,
) {
    let mut number = first;
    while number < dataset.parts() {
        let mut text = buffers.try_recv().unwrap_or_default();
        text.clear();
        let statements = part(dataset, syntax, number, &mut text);
        if made.send((text, statements)).is_err() {
            return;
        }
        number += step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::dataset::{Term, Writer};

    /// Parts of as many statements as their number says; of 20, each third is empty.
    struct Steps;

    impl Dataset for Steps {
        fn name(&self) -> String {
            "steps".to_owned()
        }

        fn prefixes(&self) -> &[(&'static str, &'static str)] {
            &[("e", "http://e/")]
        }

        fn parts(&self) -> u64 {
            20
        }

        fn write(&self, number: u64, writer: &mut Writer<'_>) {
            let count = if number.is_multiple_of(3) { 0 } else { number };
            for value in 0..count {
                writer.triple(
                    Term::Iri(format_args!("http://e/{number}")),
                    "http://e/value",
                    Term::Text(format_args!("{value}")),
                );
            }
        }
    }

    fn read(syntax: Syntax, threads: usize) -> (Vec<u8>, u64) {
        let mut document = Document::new(Arc::new(Steps), syntax, threads).unwrap();
        let mut bytes = Vec::new();
        document.read_to_end(&mut bytes).unwrap();
        (bytes, document.statements())
    }

    #[test]
    fn any_number_of_threads_makes_the_same_document() {
        for syntax in [Syntax::NTriples, Syntax::Turtle, Syntax::NQuads] {
            let alone = read(syntax, 1);
            assert_eq!(alone.1, (0..20).filter(|n| n % 3 != 0).sum::<u64>());
            for threads in [0, 2, 3, 7, 50] {
                assert!(read(syntax, threads) == alone, "{syntax:?}, {threads}");
            }
        }
    }

    #[test]
    fn a_document_is_its_parts() {
        for threads in [1, 3] {
            let mut document = Document::new(Arc::new(Steps), Syntax::Turtle, threads).unwrap();
            let (mut bytes, mut part, mut parts) = (Vec::new(), Vec::new(), 0);
            while document.next_part(&mut part).unwrap() {
                assert!(part.ends_with(b" .\n"));
                bytes.extend_from_slice(&part);
                parts += 1;
            }
            // The first part is the prefixes alone.
            assert_eq!(parts, 1 + (0..20).filter(|n| n % 3 != 0).count());
            assert!(bytes.starts_with(b"@prefix e: <http://e/> .\n"));
            assert!(bytes == read(Syntax::Turtle, 1).0);
        }
    }

    struct Failing;

    impl Dataset for Failing {
        fn name(&self) -> String {
            "failing".to_owned()
        }

        fn prefixes(&self) -> &[(&'static str, &'static str)] {
            &[]
        }

        fn parts(&self) -> u64 {
            4
        }

        fn write(&self, number: u64, writer: &mut Writer<'_>) {
            assert!(number < 2, "this part cannot be made");
            writer.triple(Term::Blank(number), "http://e/p", Term::Blank(number));
        }
    }

    #[test]
    fn a_document_with_a_failed_thread_does_not_end_as_if_it_were_whole() {
        let mut document = Document::new(Arc::new(Failing), Syntax::NTriples, 2).unwrap();
        let error = document.read_to_end(&mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("has failed"), "{error}");
        assert_eq!(document.statements(), 2);
    }
}
