//! The root record: the one place on disk that says what is live. Every change of runs, segments or
//! prefixes replaces it in one synced write (definition 28).

use crate::codec::bytes::{Bytes, put_bytes, put_varint};
use crate::error::{Code, Error, Result};
use crate::kv::{self, PageId};
use crate::run::Sort;
use xxhash_rust::xxh3::xxh3_64;

/// Version of the on-disk format this library writes (`docs/format.md`).
pub const FORMAT: u32 = 1;
const MAGIC: &[u8; 8] = b"TSROOT\r\n";

/// A run on disk, as the root names it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RunRef {
    pub extent: u64,
    pub pages: u64,
    pub meta_page: PageId,
    pub epoch: u32,
    pub first_seq: u64,
    pub last_seq: u64,
}

/// A vocabulary segment, as the root names it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SegmentRef {
    pub extent: u64,
    pub pages: u64,
    /// What the vocabulary keeps of it (`vocab::SegmentMeta`), in its own encoding.
    pub meta: Vec<u8>,
}

/// Pages that no root names any more and that may be deleted once no reader holds them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FreeExtent {
    pub extent: u64,
    pub pages: u64,
}

/// The state of a store as of commit `spilled`; later commits are in the log.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Root {
    pub uuid: [u8; 16],
    /// Changes with every restore; logs of two timelines never mix (definition 36).
    pub timeline: u64,
    pub generation: u32,
    pub epoch: u32,
    pub spilled: u64,
    pub next_ordinal: u64,
    pub next_number: u64,
    pub next_extent: u64,
    /// Extents being written; garbage if the process dies before their install.
    pub reserved: Vec<u64>,
    /// Durability mode of the last writer, by number: decides how a damaged log is met (definition 27).
    pub durability: u8,
    /// Runs per sort, newest first.
    pub runs: [Vec<RunRef>; Sort::COUNT],
    /// Segments in order of their ordinals.
    pub segments: Vec<SegmentRef>,
    /// The learned IRI prefixes, in their own encoding.
    pub prefixes: Vec<u8>,
    pub free: Vec<FreeExtent>,
}

impl Root {
    /// Layout: magic, format (u32), body, XXH3-64 of all before it.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&FORMAT.to_le_bytes());
        out.extend_from_slice(&self.uuid);
        for number in [
            self.timeline,
            u64::from(self.generation),
            u64::from(self.epoch),
            self.spilled,
            self.next_ordinal,
            self.next_number,
            self.next_extent,
            u64::from(self.durability),
        ] {
            put_varint(&mut out, number);
        }
        put_varint(&mut out, self.reserved.len() as u64);
        for &extent in &self.reserved {
            put_varint(&mut out, extent);
        }
        for runs in &self.runs {
            put_varint(&mut out, runs.len() as u64);
            for run in runs {
                for number in [
                    run.extent,
                    run.pages,
                    run.meta_page.0,
                    u64::from(run.epoch),
                    run.first_seq,
                    run.last_seq,
                ] {
                    put_varint(&mut out, number);
                }
            }
        }
        put_varint(&mut out, self.segments.len() as u64);
        for segment in &self.segments {
            put_varint(&mut out, segment.extent);
            put_varint(&mut out, segment.pages);
            put_bytes(&mut out, &segment.meta);
        }
        put_bytes(&mut out, &self.prefixes);
        put_varint(&mut out, self.free.len() as u64);
        for free in &self.free {
            put_varint(&mut out, free.extent);
            put_varint(&mut out, free.pages);
        }
        let checksum = xxh3_64(&out);
        out.extend_from_slice(&checksum.to_le_bytes());
        out
    }

    /// Errors: `NotAStore`, `FormatTooNew`, `Corruption`.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let body = bytes.strip_prefix(MAGIC).ok_or_else(|| {
            Error::new(
                Code::NotAStore,
                "the root record is not one of a triplestore",
            )
        })?;
        let (format, _) = body.split_first_chunk().ok_or_else(corrupt)?;
        let format = u32::from_le_bytes(*format);
        check_format(format)?;
        let (content, checksum) = bytes.split_last_chunk().ok_or_else(corrupt)?;
        if xxh3_64(content) != u64::from_le_bytes(*checksum) {
            return Err(corrupt());
        }
        let mut input = Bytes::new("the root record", content);
        input.take(MAGIC.len() + 4)?;
        let mut root = Self::default();
        root.uuid.copy_from_slice(input.take(16)?);
        root.timeline = input.varint()?;
        root.generation = input.u32()?;
        root.epoch = input.u32()?;
        root.spilled = input.varint()?;
        root.next_ordinal = input.varint()?;
        root.next_number = input.varint()?;
        root.next_extent = input.varint()?;
        root.durability = input.varint()? as u8;
        for _ in 0..input.count()? {
            root.reserved.push(input.varint()?);
        }
        for runs in &mut root.runs {
            for _ in 0..input.count()? {
                runs.push(RunRef {
                    extent: input.varint()?,
                    pages: input.varint()?,
                    meta_page: PageId(input.varint()?),
                    epoch: input.u32()?,
                    first_seq: input.varint()?,
                    last_seq: input.varint()?,
                });
            }
        }
        for _ in 0..input.count()? {
            root.segments.push(SegmentRef {
                extent: input.varint()?,
                pages: input.varint()?,
                meta: input.bytes()?.to_vec(),
            });
        }
        root.prefixes = input.bytes()?.to_vec();
        for _ in 0..input.count()? {
            root.free.push(FreeExtent {
                extent: input.varint()?,
                pages: input.varint()?,
            });
        }
        match input.is_empty() {
            true => Ok(root),
            false => Err(corrupt()),
        }
    }
}

/// Errors: `FormatTooNew`.
pub(super) fn check_format(format: u32) -> Result<()> {
    match format > FORMAT {
        true => Err(Error::new(
            Code::FormatTooNew,
            format!("the store has format {format}, this library reads up to {FORMAT}"),
        )
        .with_hint("open it with a newer version of the library")),
        false => Ok(()),
    }
}

#[cold]
fn corrupt() -> Error {
    Error::new(Code::Corruption, "the root record is damaged").with_hint(kv::RESTORE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Root {
        let mut root = Root {
            uuid: [7; 16],
            timeline: 1,
            generation: 2,
            epoch: 3,
            spilled: 1 << 40,
            next_ordinal: 12_345,
            next_number: 77,
            next_extent: 9,
            reserved: vec![5, 8],
            durability: 1,
            prefixes: b"prefixes".to_vec(),
            free: vec![FreeExtent {
                extent: 4,
                pages: 100,
            }],
            ..Root::default()
        };
        root.runs[Sort::Posg.index()].push(RunRef {
            extent: 3,
            pages: 200,
            meta_page: PageId::new(3, 199),
            epoch: 3,
            first_seq: 1,
            last_seq: 99,
        });
        root.segments.push(SegmentRef {
            extent: 2,
            pages: 10,
            meta: vec![1, 2, 3],
        });
        root
    }

    #[test]
    fn the_root_round_trips() {
        assert_eq!(Root::decode(&sample().encode()).unwrap(), sample());
        assert_eq!(
            Root::decode(&Root::default().encode()).unwrap(),
            Root::default()
        );
    }

    #[test]
    fn every_flipped_bit_and_every_truncation_is_noticed() {
        let bytes = sample().encode();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            assert!(Root::decode(&damaged).is_err());
            assert!(Root::decode(&bytes[..at]).is_err());
        }
    }

    #[test]
    fn a_newer_format_is_refused_by_its_own_code() {
        let mut bytes = sample().encode();
        bytes[MAGIC.len()] = 2;
        assert_eq!(Root::decode(&bytes).unwrap_err().code(), Code::FormatTooNew);
    }
}
