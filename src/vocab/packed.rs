//! Numbers as offsets from the smallest, in as many whole bytes as the largest offset needs.

use super::wire::{Reader, write_varint};

/// Appends the smallest value, the width in bytes (0-8) and the offsets.
pub(super) fn write_packed(values: &[u64], out: &mut Vec<u8>) {
    let base = values.iter().copied().min().unwrap_or(0);
    let most = values.iter().map(|value| value - base).max().unwrap_or(0);
    let width = (64 - most.leading_zeros() as usize).div_ceil(8);
    write_varint(base, out);
    out.push(width as u8);
    for value in values {
        out.extend_from_slice(&(value - base).to_le_bytes()[..width]);
    }
}

/// Packed numbers in the bytes of a page.
#[derive(Clone, Copy)]
pub(super) struct Packed<'a> {
    base: u64,
    width: usize,
    count: usize,
    offsets: &'a [u8],
}

impl<'a> Packed<'a> {
    /// `count` numbers; `None` if the bytes are damaged.
    pub(super) fn read(from: &mut Reader<'a>, count: usize) -> Option<Self> {
        let base = from.varint()?;
        let width = usize::from(from.byte()?);
        if width > 8 {
            return None;
        }
        Some(Self {
            base,
            width,
            count,
            offsets: from.bytes(count.checked_mul(width)?)?,
        })
    }

    /// The number at `index`, `None` if there are fewer.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<u64> {
        if index >= self.count {
            return None;
        }
        let bytes = self
            .offsets
            .get(index * self.width..(index + 1) * self.width)?;
        let mut offset = [0; 8];
        offset[..self.width].copy_from_slice(bytes);
        Some(self.base.wrapping_add(u64::from_le_bytes(offset)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(values: Vec<u64>, shift in 0u32..64) {
            let values: Vec<u64> = values.iter().map(|value| value >> shift).collect();
            let mut bytes = Vec::new();
            write_packed(&values, &mut bytes);
            let mut reader = Reader::new(&bytes);
            let packed = Packed::read(&mut reader, values.len()).unwrap();
            prop_assert!(reader.is_empty());
            for (index, &value) in values.iter().enumerate() {
                prop_assert_eq!(packed.get(index), Some(value));
            }
            prop_assert_eq!(packed.get(values.len()), None);
        }
    }
}
