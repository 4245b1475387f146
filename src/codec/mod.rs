//! The bytes of blocks (rows of ids) and of string pages: a writer and a reader of each.
//!
//! Invariants: nothing here does I/O or knows a store. A reader accepts any bytes: what is not
//! well formed is an error when it is opened, never a panic and never a read out of bounds.
//! Format version 1 is drawn byte by byte in `docs/format.md` and fixed by the golden files in
//! `tests/golden`; a change of these bytes is a new version. `unsafe` is only in `unpack` and `patch`.
//!
//! Costs are in the head of `block` and `frontcode`.

pub mod block;
pub mod bytes;
pub mod frontcode;
#[cfg(test)]
mod golden;
mod pack;
mod patch;
mod unpack;

pub use block::{BLOCK_ROWS, Block, BlockReader, BlockStats, COLUMNS, GROUP_ROWS, encode_block};
pub use frontcode::{Compression, Page, PageBuilder, PageCompressor, PageDecoder, PageStats};
pub use patch::{STRIDE, Step, lay, lay_constant};
