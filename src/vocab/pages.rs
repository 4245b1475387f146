//! The door between the vocabulary and the page store, and the cache of decoded pages behind it.

use crate::codec::{Page, PageDecoder};
use crate::control::Control;
use crate::error::{Code, Error, Result};
use crate::kv::cache::Cache;
use parking_lot::Mutex;
use std::sync::Arc;

/// A byte string is split into pages of this size.
const PIECE_BYTES: usize = 1 << 20;
const PIECE_STORED: u8 = 0;
const PIECE_ZSTD: u8 = 1;
const PIECE_HEADER_BYTES: usize = 5;
/// Long texts are most of what is compressed: level 3 takes 2 % less space and twice the time, which bulk loads feel.
pub(super) const ZSTD_LEVEL: i32 = 1;
/// Compression is kept if it saves at least this part; else reading would pay for nothing.
pub(super) const SAVING_PERCENT_MIN: u8 = 33;

/// Reads pages by id. Implemented by the key-value layer.
pub trait PageStore: Send + Sync {
    /// Calls `use_page` once with the bytes of a page, which it may borrow from the store.
    /// Errors: `CorruptBlock` if there is no such page, `Io`, and those of `use_page`.
    fn read(&self, page: u64, use_page: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()>;
}

/// Takes the pages of a segment that is being written.
pub trait PageSink {
    /// Stores a page and returns its id; ids ascend. Errors: `Io`.
    fn write(&mut self, bytes: &[u8]) -> Result<u64>;
}

/// A decoded page of the vocabulary, as the cache holds it.
pub enum VocabularyPage {
    /// Dictionary keys.
    Keys(Page),
    /// A part of a hash index, or ranks, or a piece of a large key.
    Bytes(Box<[u8]>),
}

/// Pages of a store through its cache. One for all segments.
pub struct Pages {
    store: Arc<dyn PageStore>,
    cache: Arc<Cache<VocabularyPage>>,
    decoders: Mutex<Vec<PageDecoder>>,
}

impl Pages {
    pub fn new(store: Arc<dyn PageStore>, cache: Arc<Cache<VocabularyPage>>) -> Self {
        Self {
            store,
            cache,
            decoders: Mutex::new(Vec::new()),
        }
    }

    pub fn cache(&self) -> &Cache<VocabularyPage> {
        &self.cache
    }

    /// A page of keys. Errors: `Corruption`, `CorruptBlock`, `Io`.
    #[inline]
    pub(super) fn keys(&self, page: u64) -> Result<KeyPage> {
        let cached = self.cache.get_or_load(page, || {
            let mut decoder = self.decoders.lock().pop().unwrap_or_default();
            let mut decoded = None;
            self.store.read(page, &mut |bytes| {
                decoded = Some(decoder.decode(bytes)?);
                Ok(())
            })?;
            self.decoders.lock().push(decoder);
            let decoded = decoded.ok_or_else(|| missing(page))?;
            let bytes = decoded.heap_bytes();
            Ok((VocabularyPage::Keys(decoded), bytes))
        })?;
        KeyPage::new(cached, page)
    }

    /// A page that is used as it is stored. Errors: `CorruptBlock`, `Io`, `Corruption`.
    pub(super) fn bytes(&self, page: u64) -> Result<BytesPage> {
        let cached = self.cache.get_or_load(page, || {
            let mut read: Option<Box<[u8]>> = None;
            self.store.read(page, &mut |bytes| {
                read = Some(bytes.into());
                Ok(())
            })?;
            let bytes = read.ok_or_else(|| missing(page))?;
            let held = bytes.len();
            Ok((VocabularyPage::Bytes(bytes), held))
        })?;
        BytesPage::new(cached, page)
    }

    /// Appends the byte string whose pieces are `pages` to `out`, past the cache: it is read once.
    /// Errors: `Cancelled`, `Corruption`, `CorruptBlock`, `Io`.
    pub(super) fn read_pieces(
        &self,
        pages: &[u64],
        control: &Control,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        for &page in pages {
            control.poll()?;
            self.store
                .read(page, &mut |bytes| decode_piece(page, bytes, out))?;
        }
        Ok(())
    }

    /// As [`read_pieces`](Self::read_pieces), through the cache, which keeps pieces as they are when decoded.
    pub(super) fn cached_pieces(&self, pages: &[u64], out: &mut Vec<u8>) -> Result<()> {
        for &page in pages {
            let cached = self.cache.get_or_load(page, || {
                let mut piece = Vec::new();
                self.store
                    .read(page, &mut |bytes| decode_piece(page, bytes, &mut piece))?;
                let held = piece.len();
                Ok((VocabularyPage::Bytes(piece.into_boxed_slice()), held))
            })?;
            out.extend_from_slice(&BytesPage::new(cached, page)?);
        }
        Ok(())
    }
}

#[cold]
fn missing(page: u64) -> Error {
    Error::new(
        Code::CorruptBlock,
        format!("vocabulary page {page} was not read"),
    )
}

#[cold]
pub(super) fn damaged(page: u64) -> Error {
    Error::new(
        Code::Corruption,
        format!("vocabulary page {page} is damaged"),
    )
}

/// A cached page of keys.
pub(super) struct KeyPage(Arc<VocabularyPage>);

impl KeyPage {
    fn new(page: Arc<VocabularyPage>, id: u64) -> Result<Self> {
        match &*page {
            VocabularyPage::Keys(_) => Ok(Self(page)),
            VocabularyPage::Bytes(_) => Err(damaged(id)),
        }
    }
}

impl std::ops::Deref for KeyPage {
    type Target = Page;

    #[inline]
    fn deref(&self) -> &Page {
        match &*self.0 {
            VocabularyPage::Keys(page) => page,
            VocabularyPage::Bytes(_) => unreachable!("the kind was checked when it was made"),
        }
    }
}

/// A cached page of bytes.
pub(super) struct BytesPage(Arc<VocabularyPage>);

impl BytesPage {
    fn new(page: Arc<VocabularyPage>, id: u64) -> Result<Self> {
        match &*page {
            VocabularyPage::Bytes(_) => Ok(Self(page)),
            VocabularyPage::Keys(_) => Err(damaged(id)),
        }
    }
}

impl std::ops::Deref for BytesPage {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &*self.0 {
            VocabularyPage::Bytes(bytes) => bytes,
            VocabularyPage::Keys(_) => unreachable!("the kind was checked when it was made"),
        }
    }
}

/// Writes a byte string as pieces of at most 1 MiB; returns their pages. Each piece is its method, its
/// length and its bytes. Errors: those of `sink`; `Internal` if compression fails.
pub(super) fn write_pieces(bytes: &[u8], sink: &mut dyn PageSink) -> Result<Vec<u64>> {
    let mut page = Vec::new();
    bytes
        .chunks(PIECE_BYTES)
        .map(|piece| {
            let packed = zstd::bulk::compress(piece, ZSTD_LEVEL)
                .map_err(|e| Error::new(Code::Internal, "compressing a page failed").because(e))?;
            let worth = packed.len() * 100 <= piece.len() * (100 - SAVING_PERCENT_MIN as usize);
            page.clear();
            page.push(if worth { PIECE_ZSTD } else { PIECE_STORED });
            page.extend_from_slice(&(piece.len() as u32).to_le_bytes());
            page.extend_from_slice(if worth { &packed } else { piece });
            sink.write(&page)
        })
        .collect()
}

fn decode_piece(page: u64, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let (header, body) = bytes
        .split_first_chunk::<PIECE_HEADER_BYTES>()
        .ok_or_else(|| damaged(page))?;
    let [method, length @ ..] = *header;
    let length = u32::from_le_bytes(length) as usize;
    match method {
        PIECE_STORED if body.len() == length => out.extend_from_slice(body),
        PIECE_ZSTD if length <= PIECE_BYTES => {
            let piece = zstd::bulk::decompress(body, length)
                .map_err(|error| damaged(page).because(error))?;
            if piece.len() != length {
                return Err(damaged(page));
            }
            out.extend_from_slice(&piece);
        }
        _ => return Err(damaged(page)),
    }
    Ok(())
}
