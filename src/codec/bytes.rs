//! Bytes of records: varints, ids and texts, written and read in one place.

use crate::error::{Code, Error, Result};

/// Appends `value` in 1 to 10 bytes, seven bits each, lowest first.
#[inline]
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends an id as a varint, rotated so that the tag in its top byte does not cost ten bytes.
#[inline]
pub fn put_id(out: &mut Vec<u8>, id: u64) {
    put_varint(out, id.rotate_left(8));
}

/// Appends a signed number as a varint, small magnitudes short.
pub fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_varint(out, (value << 1 ^ value >> 63) as u64);
}

/// Appends a length and the bytes.
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads a record from its front. Every method fails with `Corruption`, naming the record, where bytes are missing or
/// malformed.
pub struct Bytes<'a> {
    rest: &'a [u8],
    record: &'static str,
}

impl<'a> Bytes<'a> {
    pub fn new(record: &'static str, bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            record,
        }
    }

    /// That the record is damaged, for checks of the caller.
    #[cold]
    pub fn corrupt(&self) -> Error {
        Error::new(Code::Corruption, format!("{} is damaged", self.record))
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn byte(&mut self) -> Result<u8> {
        let (&byte, rest) = self.rest.split_first().ok_or_else(|| self.corrupt())?;
        self.rest = rest;
        Ok(byte)
    }

    #[inline]
    pub fn varint(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.corrupt())
    }

    pub fn id(&mut self) -> Result<u64> {
        Ok(self.varint()?.rotate_right(8))
    }

    pub fn signed(&mut self) -> Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    pub fn u32(&mut self) -> Result<u32> {
        u32::try_from(self.varint()?).map_err(|_| self.corrupt())
    }

    /// A count of things that take at least one byte each, so that no damage makes a caller reserve more
    /// than the record could hold.
    pub fn count(&mut self) -> Result<usize> {
        let count = self.varint()?;
        match usize::try_from(count) {
            Ok(count) if count <= self.rest.len() => Ok(count),
            _ => Err(self.corrupt()),
        }
    }

    pub fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = self.count()?;
        self.take(length)
    }

    pub fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or_else(|| self.corrupt())?;
        self.rest = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_ids_and_texts_round_trip(numbers in any::<Vec<u64>>(), signed in any::<i64>(), text in any::<Vec<u8>>()) {
            let mut out = Vec::new();
            for &number in &numbers {
                put_varint(&mut out, number);
                put_id(&mut out, number);
            }
            put_signed(&mut out, signed);
            put_bytes(&mut out, &text);
            let mut bytes = Bytes::new("a test record", &out);
            for &number in &numbers {
                prop_assert_eq!(bytes.varint().unwrap(), number);
                prop_assert_eq!(bytes.id().unwrap(), number);
            }
            prop_assert_eq!(bytes.signed().unwrap(), signed);
            prop_assert_eq!(bytes.bytes().unwrap(), &text[..]);
            prop_assert!(bytes.is_empty());
        }

        #[test]
        fn damaged_records_are_errors_and_not_panics(junk in any::<Vec<u8>>()) {
            let mut bytes = Bytes::new("a test record", &junk);
            while bytes.varint().is_ok() && bytes.bytes().is_ok() {}
            let _ = Bytes::new("a test record", &junk).count();
        }
    }
}
