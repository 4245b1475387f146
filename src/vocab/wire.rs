//! The primitives of what the vocabulary serialises besides pages: numbers of variable length and byte
//! strings. A reader of damaged bytes answers `None`, never panics and never allocates more than it has
//! bytes for.

/// Seven bits a byte, lowest first, the top bit set in all but the last.
pub(super) fn write_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The number of values, the first value, then the differences of ascending values.
pub(super) fn write_ascending(values: &[u64], out: &mut Vec<u8>) {
    write_varint(values.len() as u64, out);
    let mut previous = 0;
    for &value in values {
        write_varint(value.wrapping_sub(previous), out);
        previous = value;
    }
}

pub(super) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(byte)
    }

    pub(super) fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(bytes)
    }

    pub(super) fn word(&mut self) -> Option<u64> {
        let bytes = self.bytes(8)?;
        bytes.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
    }

    pub(super) fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7F);
            if shift == 63 && bits > 1 {
                return None;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// A number of things that take at least a byte each.
    pub(super) fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.varint()?).ok()?;
        (count <= self.bytes.len()).then_some(count)
    }

    /// The inverse of [`write_ascending`]; refuses values that do not ascend strictly.
    pub(super) fn ascending(&mut self) -> Option<Vec<u64>> {
        let count = self.count()?;
        let mut values: Vec<u64> = Vec::with_capacity(count);
        for _ in 0..count {
            let step = self.varint()?;
            let value = match values.last() {
                None => step,
                Some(_) if step == 0 => return None,
                Some(last) => last.checked_add(step)?,
            };
            values.push(value);
        }
        Some(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(number: u64, mut numbers: Vec<u64>) {
            numbers.sort_unstable();
            numbers.dedup();
            let mut bytes = Vec::new();
            write_varint(number, &mut bytes);
            write_ascending(&numbers, &mut bytes);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.varint(), Some(number));
            prop_assert_eq!(reader.ascending(), Some(numbers));
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            let _ = (reader.ascending(), reader.varint(), reader.word(), reader.count());
        }
    }
}
