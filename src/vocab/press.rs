//! Compresses the key pages of a segment on threads of their own, while the next ones are made.

use super::pages::{SAVING_PERCENT_MIN, ZSTD_LEVEL};
use crate::codec::PageCompressor;
use crate::error::{Code, Error, Result};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

/// Pages that wait for each thread.
const WAITING: usize = 4;

/// Takes stored pages and gives them back compressed, in the same order.
pub(super) struct Press {
    threads: Vec<Worker>,
    pushed: usize,
    taken: usize,
}

struct Worker {
    stored: Option<SyncSender<Vec<u8>>>,
    pressed: Receiver<Result<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

impl Press {
    /// Errors: `ResourceExhausted` if a thread cannot be started, `Internal`.
    pub fn new(threads: usize) -> Result<Self> {
        Ok(Self {
            threads: (0..threads).map(|_| Worker::new()).collect::<Result<_>>()?,
            pushed: 0,
            taken: 0,
        })
    }

    /// The most pages it holds.
    pub fn pages_max(&self) -> usize {
        self.threads.len() * (WAITING + 2)
    }

    /// Hands over a page; waits while too many are in front of it.
    pub fn push(&mut self, page: Vec<u8>) {
        let count = self.threads.len();
        if let Some(stored) = &self.threads[self.pushed % count].stored {
            // A thread that is gone shows when the pages are taken.
            let _ = stored.send(page);
        }
        self.pushed += 1;
    }

    /// The next page, if it is done.
    pub fn try_take(&mut self) -> Result<Option<Vec<u8>>> {
        let worker = &self.threads[self.taken % self.threads.len()];
        let page = worker.pressed.try_recv().ok().transpose()?;
        self.taken += usize::from(page.is_some());
        Ok(page)
    }

    /// The next page, `None` when all have been taken.
    /// Errors: `Internal` if its thread is gone.
    pub fn take(&mut self) -> Result<Option<Vec<u8>>> {
        if self.taken == self.pushed {
            return Ok(None);
        }
        let worker = &self.threads[self.taken % self.threads.len()];
        let gone = |_| Error::new(Code::Internal, "a thread that compresses is gone");
        self.taken += 1;
        worker.pressed.recv().map_err(gone)?.map(Some)
    }
}

impl Worker {
    fn new() -> Result<Self> {
        let (stored, pages) = sync_channel::<Vec<u8>>(WAITING);
        let (results, pressed) = channel();
        let mut compressor = PageCompressor::new(ZSTD_LEVEL, SAVING_PERCENT_MIN)?;
        let work = move || {
            for mut page in pages {
                let outcome = compressor.compress(&mut page, 0).map(|_| page);
                if results.send(outcome).is_err() {
                    return;
                }
            }
        };
        let thread = thread::Builder::new()
            .name("ts-press".to_owned())
            .spawn(work)
            .map_err(|error| {
                Error::new(
                    Code::ResourceExhausted,
                    format!("no thread to compress with: {error}"),
                )
            })?;
        Ok(Self {
            stored: Some(stored),
            pressed,
            thread: Some(thread),
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stored = None;
        if let Some(thread) = self.thread.take() {
            // What it would say, the missing page says.
            let _ = thread.join();
        }
    }
}
