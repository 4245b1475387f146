//! Compresses the key pages of a segment on a thread of its own, while the next ones are made.

use super::pages::{SAVING_PERCENT_MIN, ZSTD_LEVEL};
use crate::codec::PageCompressor;
use crate::error::{Code, Error, Result};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

/// Pages that wait to be compressed.
const WAITING: usize = 6;

/// Takes stored pages and gives them back compressed, in the same order.
pub(super) struct Press {
    stored: Option<SyncSender<Vec<u8>>>,
    pressed: Receiver<Result<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

impl Press {
    /// The most pages it holds.
    pub const PAGES_MAX: usize = WAITING + 2;

    /// Errors: `ResourceExhausted` if the thread cannot be started, `Internal`.
    pub fn new() -> Result<Self> {
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

    /// Hands over a page; waits while too many are in front of it.
    pub fn push(&mut self, page: Vec<u8>) {
        if let Some(stored) = &self.stored {
            // A thread that is gone shows when the pages are taken.
            let _ = stored.send(page);
        }
    }

    /// A page that is done, if there is one.
    pub fn try_take(&mut self) -> Result<Option<Vec<u8>>> {
        self.pressed.try_recv().ok().transpose()
    }

    /// The next page, `None` when all have been taken. No more are handed over.
    pub fn take_last(&mut self) -> Result<Option<Vec<u8>>> {
        self.stored = None;
        self.pressed.recv().ok().transpose()
    }
}

impl Drop for Press {
    fn drop(&mut self) {
        self.stored = None;
        if let Some(thread) = self.thread.take() {
            // What it would say, the missing pages say.
            let _ = thread.join();
        }
    }
}
