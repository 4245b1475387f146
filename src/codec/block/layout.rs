//! The numbers of block format 1, shared by its writer and its reader. `docs/format.md` draws
//! the bytes.

/// First byte of every block.
pub(super) const FORMAT_VERSION: u8 = 1;

/// Most rows of a block.
pub const BLOCK_ROWS: usize = 4096;

/// Rows of a group, the smallest unit that is packed by itself. The last group may be shorter.
pub const GROUP_ROWS: usize = 128;

/// Most groups of a column.
pub(super) const BLOCK_GROUPS: usize = BLOCK_ROWS / GROUP_ROWS;

/// Id columns of a row.
pub const COLUMNS: usize = 4;

/// Version, state width, row count (u16), end offset of each column (u32).
pub(super) const HEADER_BYTES: usize = 4 + 4 * COLUMNS;

/// Most anchors of a column; a group names one in four bits.
pub(super) const MAX_ANCHORS: usize = 16;

/// First byte of a column that is one value; otherwise that byte counts the anchors.
pub(super) const CONSTANT_COLUMN: u8 = 0;

/// Width code of 64-bit words; smaller codes are the width itself.
pub(super) const WIDTH_CODE_64: u8 = 57;

pub(super) const KIND_OFFSETS: u8 = 0;
pub(super) const KIND_DELTAS: u8 = 1;
pub(super) const KIND_BASES: u8 = 2;

/// A state byte is `before << 2 | after`, each 0 (absent), 1 or 2.
pub(super) const fn is_state(byte: u8) -> bool {
    byte & 3 <= 2 && byte >> 2 <= 2
}
