//! Reads RocksDB's write-ahead log where RocksDB refuses it, to tell a torn tail from damage.
//!
//! RocksDB takes an incomplete record at the end of the log for a write that power loss cut off, but refuses
//! one of full length with wrong bytes. Power loss leaves those too: a file system may write the pages of a
//! file in any order. What was synced is whole, and a later record is only written when the one before
//! is synced, so damage after which no record begins is a torn tail, and any other is real (or, without
//! `sync`, a hole among writes that were not synced).
//!
//! Format: blocks of 32 KiB; in them records of masked CRC-32C (4 bytes), length (2), type (1), bytes; a
//! record is whole (type 1) or in pieces (2 first, 3 middle, 4 last). Source: RocksDB, `db/log_format.h`.

use crate::error::{Error, Result};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

const BLOCK_BYTES: usize = 32 << 10;
const HEADER_BYTES: usize = 7;
const WHOLE: u8 = 1;
const FIRST: u8 = 2;

/// What is wrong with a log.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Nothing: RocksDB refuses something else.
    Sound,
    /// Only its end.
    TornTail,
    /// Something before a record that is whole.
    Damaged,
}

/// Looks through the log files of a database directory. Errors: `Io`.
pub fn judge(directory: &Path) -> Result<Verdict> {
    let mut files: Vec<(u64, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(|e| Error::io("listing", directory, e))? {
        let path = entry
            .map_err(|e| Error::io("listing", directory, e))?
            .path();
        let number = path
            .file_stem()
            .and_then(|stem| stem.to_str()?.parse().ok());
        if let (Some(number), Some("log")) = (number, path.extension().and_then(|e| e.to_str())) {
            files.push((number, path));
        }
    }
    files.sort_unstable();
    let mut verdict = Verdict::Sound;
    let mut block = Vec::with_capacity(BLOCK_BYTES);
    for (_, path) in &files {
        let failed = |e| Error::io("reading", path, e);
        let mut file = File::open(path).map_err(failed)?;
        loop {
            block.clear();
            let whole = (&mut file).take(BLOCK_BYTES as u64);
            if { whole }.read_to_end(&mut block).map_err(failed)? == 0 {
                break;
            }
            verdict = judge_block(&block, verdict);
            if verdict == Verdict::Damaged {
                return Ok(verdict);
            }
        }
    }
    Ok(verdict)
}

/// The verdict after another block, which may be the short last one of a file.
fn judge_block(block: &[u8], mut verdict: Verdict) -> Verdict {
    let mut rest = block;
    while rest.len() >= HEADER_BYTES {
        match record(rest) {
            Some((kind, _)) if verdict == Verdict::TornTail && begins(kind) => {
                return Verdict::Damaged;
            }
            Some((_, bytes)) => rest = &rest[bytes..],
            None => {
                verdict = Verdict::TornTail;
                // The length may be what is wrong, so every place may be that of the next record.
                let next = (1..rest.len())
                    .find(|&at| record(&rest[at..]).is_some_and(|(kind, _)| begins(kind)));
                rest = &rest[next.unwrap_or(rest.len())..];
            }
        }
    }
    verdict
}

/// The records of a file in this format, pieces joined, up to what cannot be read.
pub fn contents(file: &[u8]) -> Vec<Vec<u8>> {
    let mut records: Vec<Vec<u8>> = Vec::new();
    for block in file.chunks(BLOCK_BYTES) {
        let mut rest = block;
        while let Some((kind, bytes)) = record(rest) {
            let content = &rest[HEADER_BYTES..bytes];
            match records.last_mut() {
                Some(last) if !begins(kind) => last.extend_from_slice(content),
                _ => records.push(content.to_vec()),
            }
            rest = &rest[bytes..];
        }
    }
    records
}

fn begins(kind: u8) -> bool {
    kind == WHOLE || kind == FIRST
}

/// Type and bytes, header included, of the record that `bytes` begins with, if its checksum is right.
fn record(bytes: &[u8]) -> Option<(u8, usize)> {
    let (header, after) = bytes.split_first_chunk::<HEADER_BYTES>()?;
    let [c0, c1, c2, c3, l0, l1, kind] = *header;
    if kind == 0 {
        return None;
    }
    let length = usize::from(u16::from_le_bytes([l0, l1]));
    let content = after.get(..length)?;
    let checksum = unmask(u32::from_le_bytes([c0, c1, c2, c3]));
    (checksum == crc32c(&[&[kind], content])).then_some((kind, HEADER_BYTES + length))
}

/// RocksDB stores checksums so that one of data that holds checksums stays a good one.
fn unmask(masked: u32) -> u32 {
    masked.wrapping_sub(0xA282_EAD8).rotate_left(15)
}

/// CRC-32C (Castagnoli), a byte at a time: files are read once, and only when they are refused.
fn crc32c(parts: &[&[u8]]) -> u32 {
    let bytes = parts.iter().copied().flatten();
    !bytes.fold(!0, |crc, &byte| {
        crc >> 8 ^ CRC_OF_BYTE[usize::from(crc as u8 ^ byte)]
    })
}

const CRC_OF_BYTE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut crc, mut bit) = (byte as u32, 0);
        while bit < 8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0x82F6_3B78 } else { 0 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::super::{Kv, Open, Options};
    use super::*;
    use proptest::prelude::*;
    use std::ops::Range;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc32c(&[b"1234", b"56789"]), 0xE306_9283);
    }

    /// The log RocksDB writes for these records, as one file's bytes.
    fn log_of(lengths: &[usize]) -> Vec<u8> {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ts-wal-{}-{number}", std::process::id()));
        let options = Options {
            open: Open::ReadWrite,
            ..Options::default()
        };
        let kv = Kv::open(&path, &options).unwrap();
        for (seq, &length) in lengths.iter().enumerate() {
            let record = vec![seq as u8; length];
            kv.append_log([(seq as u64, &record[..])].into_iter(), false)
                .unwrap();
        }
        assert_eq!(judge(&path).unwrap(), Verdict::Sound);
        let log = std::fs::read_dir(&path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.extension().is_some_and(|e| e == "log"))
            .unwrap();
        let bytes = std::fs::read(log).unwrap();
        drop(kv);
        std::fs::remove_dir_all(&path).unwrap();
        bytes
    }

    fn judge_bytes(bytes: &[u8]) -> Verdict {
        bytes
            .chunks(BLOCK_BYTES)
            .fold(Verdict::Sound, |verdict, block| judge_block(block, verdict))
    }

    /// The places and types of the pieces of records.
    fn pieces(bytes: &[u8]) -> Vec<(Range<usize>, u8)> {
        let mut found = Vec::new();
        for (index, block) in bytes.chunks(BLOCK_BYTES).enumerate() {
            let mut at = 0;
            while let Some((kind, length)) = record(&block[at..]) {
                let start = index * BLOCK_BYTES + at;
                found.push((start..start + length, kind));
                at += length;
            }
        }
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn damage_in_the_last_record_is_a_torn_tail_and_before_it_is_not(
            lengths in prop::collection::vec(1usize..80_000, 2..8),
            places in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 10),
            bit in 0u8..8,
        ) {
            let log = log_of(&lengths);
            prop_assert_eq!(judge_bytes(&log), Verdict::Sound);
            let pieces = pieces(&log);
            let beginnings: Vec<usize> = pieces
                .iter()
                .filter(|(_, kind)| begins(*kind))
                .map(|(place, _)| place.start)
                .collect();
            prop_assert_eq!(beginnings.len(), lengths.len());
            let last = beginnings[lengths.len() - 1];
            for (piece, place) in places {
                let (piece, _) = &pieces[piece.index(pieces.len())];
                let at = piece.start + place.index(piece.len());
                let mut damaged = log.clone();
                damaged[at] ^= 1 << bit;
                let expected = match at >= last {
                    true => Verdict::TornTail,
                    false => Verdict::Damaged,
                };
                prop_assert_eq!(judge_bytes(&damaged), expected, "byte {} of {}", at, log.len());
            }
            // Pages that did not reach the disk read as zeros.
            let mut holes = log.clone();
            holes[last + 3..].fill(0);
            prop_assert_eq!(judge_bytes(&holes), Verdict::TornTail);
        }
    }
}
