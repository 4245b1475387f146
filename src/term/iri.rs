//! Encoded IRIs: a learned prefix and trailing digits in the id itself (definition 7).

use super::{Code, Error, Result};
use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// Prefixes that a table can hold: their number has 15 bits of the payload.
pub const PREFIXES_MAX: usize = 1 << 15;
/// Digits that an encoded IRI can end with.
pub const DIGITS_MAX: usize = 12;
/// Longest prefix, in bytes.
pub const PREFIX_BYTES_MAX: usize = 4096;
const CODE_BITS: u32 = 41;

/// First code of the digit strings of each length: they are enumerated by length, then by value.
const FIRST_CODE: [u64; DIGITS_MAX + 2] = {
    let mut first = [0; DIGITS_MAX + 2];
    let mut length = 2;
    while length < first.len() {
        first[length] = first[length - 1] + super::number::power_of_ten(length - 1);
        length += 1;
    }
    first
};

/// Splits an IRI before its trailing digits. `None` if there are none or too many, so that a prefix never
/// ends with a digit and an IRI has one split only.
#[inline]
pub fn split(iri: &str) -> Option<(&str, &str)> {
    let bytes = iri.as_bytes();
    let mut at = bytes.len();
    while at > 0 && bytes[at - 1].is_ascii_digit() {
        at -= 1;
    }
    let digits = bytes.len() - at;
    // The bytes from `at` are ASCII, so it is a boundary.
    (1..=DIGITS_MAX).contains(&digits).then(|| iri.split_at(at))
}

/// The learned prefixes of encoded IRIs. Numbers are given in order of arrival and for good; a table is
/// an argument of encoding and decoding, never a global.
///
/// Encoding is canonical: an IRI whose prefix is in the table and that ends with 1 to 12 digits is always
/// encoded. Ids of one prefix are ordered by the number of digits, then by value, which packs well and is
/// not the order of the text.
#[derive(Clone, Default)]
pub struct IriPrefixes {
    text: String,
    /// Where each prefix ends in `text`.
    ends: Vec<u32>,
    by_text: HashTable<u16>,
}

impl IriPrefixes {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The prefix with this number.
    #[inline]
    pub fn get(&self, number: usize) -> Option<&str> {
        let end = *self.ends.get(number)? as usize;
        let start = match number.checked_sub(1) {
            Some(before) => self.ends[before] as usize,
            None => 0,
        };
        self.text.get(start..end)
    }

    /// The prefixes in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|number| self.get(number))
    }

    #[inline]
    fn find(&self, prefix: &str) -> Option<u16> {
        self.by_text
            .find(xxh3_64(prefix.as_bytes()), |&number| {
                self.get(usize::from(number)) == Some(prefix)
            })
            .copied()
    }

    /// The number of a prefix, added if it is new. The caller has shown that no dictionary IRI has this
    /// prefix followed by 1 to 12 digits (definition 7). Errors: `InvalidInput` for a prefix that is
    /// empty, too long or ends with a digit, `ResourceExhausted` if the table is full.
    pub fn add(&mut self, prefix: &str) -> Result<usize> {
        if let Some(number) = self.find(prefix) {
            return Ok(usize::from(number));
        }
        if prefix.is_empty()
            || prefix.len() > PREFIX_BYTES_MAX
            || prefix.as_bytes()[prefix.len() - 1].is_ascii_digit()
        {
            return Err(Error::new(
                Code::InvalidInput,
                "a prefix of encoded IRIs is empty, too long or ends with a digit",
            ));
        }
        if self.len() == PREFIXES_MAX {
            return Err(Error::new(
                Code::ResourceExhausted,
                format!("there are already {PREFIXES_MAX} prefixes of encoded IRIs"),
            ));
        }
        let number = self.len() as u16;
        self.text.push_str(prefix);
        // At most PREFIXES_MAX * PREFIX_BYTES_MAX = 2^27 bytes.
        self.ends.push(self.text.len() as u32);
        let Self {
            text,
            ends,
            by_text,
        } = self;
        by_text.insert_unique(xxh3_64(prefix.as_bytes()), number, |&other| {
            let other = usize::from(other);
            let start = other
                .checked_sub(1)
                .map_or(0, |before| ends[before] as usize);
            xxh3_64(&text.as_bytes()[start..ends[other] as usize])
        });
        Ok(usize::from(number))
    }

    /// The payload of an IRI, if it is encoded.
    #[inline]
    pub fn encode(&self, iri: &str) -> Option<u64> {
        if self.is_empty() {
            return None;
        }
        let (prefix, digits) = split(iri)?;
        let number = self.find(prefix)?;
        let value = digits
            .bytes()
            .fold(0, |value, byte| value * 10 + u64::from(byte - b'0'));
        Some(u64::from(number) << CODE_BITS | (FIRST_CODE[digits.len()] + value))
    }

    /// Appends the IRI of a payload. Errors: `Corruption` if the table has no such prefix or there are no
    /// such digits; nothing is appended then.
    pub fn decode(&self, payload: u64, iri: &mut String) -> Result<()> {
        let code = payload & ((1 << CODE_BITS) - 1);
        let length = FIRST_CODE[1..].partition_point(|&first| first <= code);
        let prefix = self.get((payload >> CODE_BITS) as usize);
        let (1..=DIGITS_MAX, Some(prefix)) = (length, prefix) else {
            return Err(Error::new(
                Code::Corruption,
                format!("there is no encoded IRI with payload {payload:#x}"),
            ));
        };
        let mut line = super::line::Line::new();
        line.push_number(code - FIRST_CODE[length], length);
        iri.push_str(prefix);
        iri.push_str(line.as_str());
        Ok(())
    }

    /// Appends the table: count and lengths as 32-bit little-endian numbers, then the text.
    pub fn serialize(&self, out: &mut Vec<u8>) {
        out.extend((self.len() as u32).to_le_bytes());
        for prefix in self.iter() {
            out.extend((prefix.len() as u32).to_le_bytes());
        }
        out.extend(self.text.as_bytes());
    }

    /// Reads a table that [`IriPrefixes::serialize`] wrote. Errors: `Corruption`.
    pub fn deserialize(bytes: &[u8]) -> Result<Self> {
        Self::read(bytes)
            .ok_or_else(|| Error::new(Code::Corruption, "the table of IRI prefixes is damaged"))
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (count, bytes) = bytes.split_first_chunk()?;
        let count = u32::from_le_bytes(*count) as usize;
        if count > PREFIXES_MAX {
            return None;
        }
        let (lengths, text) = bytes.split_at_checked(count * 4)?;
        let mut text = str::from_utf8(text).ok()?;
        let mut table = Self::new();
        let (lengths, _) = lengths.as_chunks();
        for (number, &length) in lengths.iter().enumerate() {
            let (prefix, rest) = text.split_at_checked(u32::from_le_bytes(length) as usize)?;
            if table.add(prefix).ok()? != number {
                return None;
            }
            text = rest;
        }
        text.is_empty().then_some(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table() -> IriPrefixes {
        let mut table = IriPrefixes::new();
        for prefix in ["http://example.com/a", "http://example.com/a/", "urn:x:"] {
            table.add(prefix).unwrap();
        }
        table
    }

    #[test]
    fn all_lengths_of_digits_fit_in_the_code() {
        assert_eq!(FIRST_CODE[1], 0);
        assert_eq!(FIRST_CODE[2], 10);
        assert_eq!(FIRST_CODE[3], 110);
        assert!(FIRST_CODE[DIGITS_MAX + 1] <= 1 << CODE_BITS);
    }

    #[test]
    fn iris_without_a_known_prefix_or_fitting_digits_are_not_encoded() {
        let table = table();
        for iri in [
            "",
            "7",
            "http://example.com/a",
            "http://example.com/b7",
            "http://example.com/a1234567890123",
            "http://example.com/a7b",
            "http://example.com/a/٧",
        ] {
            assert_eq!(table.encode(iri), None, "{iri}");
        }
    }

    #[test]
    fn unusable_prefixes_are_refused() {
        let mut table = table();
        for prefix in [
            "",
            "http://example.com/7",
            &"a".repeat(PREFIX_BYTES_MAX + 1),
        ] {
            assert_eq!(table.add(prefix).unwrap_err().code(), Code::InvalidInput);
        }
        assert_eq!(table.add("urn:x:").unwrap(), 2);
        assert_eq!(table.len(), 3);
    }

    #[test]
    fn a_full_table_refuses_more() {
        let mut table = IriPrefixes::new();
        for number in 0..PREFIXES_MAX {
            assert_eq!(table.add(&format!("urn:{number}/")).unwrap(), number);
        }
        assert_eq!(
            table.add("urn:/").unwrap_err().code(),
            Code::ResourceExhausted
        );
        assert_eq!(
            table
                .encode("urn:32767/5")
                .map(|payload| payload >> CODE_BITS),
            Some(32767)
        );
    }

    #[test]
    fn payloads_without_prefix_or_digits_are_corruption() {
        let table = table();
        let mut iri = String::new();
        for payload in [
            3 << CODE_BITS,
            FIRST_CODE[DIGITS_MAX + 1],
            (1 << CODE_BITS) - 1,
        ] {
            assert_eq!(
                table.decode(payload, &mut iri).unwrap_err().code(),
                Code::Corruption
            );
            assert_eq!(iri, "");
        }
    }

    proptest! {
        #[test]
        fn encoded_iris_decode_to_themselves(number in 0usize..3, digits in "[0-9]{1,12}") {
            let table = table();
            let iri = format!("{}{digits}", table.get(number).unwrap());
            let payload = table.encode(&iri).unwrap();
            prop_assert!(payload < 1 << 56);
            let mut decoded = String::new();
            table.decode(payload, &mut decoded).unwrap();
            prop_assert_eq!(decoded, iri);
        }

        #[test]
        fn codes_enumerate_digits_by_length_then_value(a in "[0-9]{1,12}", b in "[0-9]{1,12}") {
            let table = table();
            let code = |digits: &str| table.encode(&format!("urn:x:{digits}")).unwrap();
            prop_assert_eq!(code(&a).cmp(&code(&b)), (a.len(), &a).cmp(&(b.len(), &b)));
        }

        #[test]
        fn a_table_reads_back_as_written(prefixes in prop::collection::vec("[a-z:/é]{0,9}[a-z]", 0..20)) {
            let mut table = IriPrefixes::new();
            for prefix in &prefixes {
                table.add(prefix).unwrap();
            }
            let mut bytes = Vec::new();
            table.serialize(&mut bytes);
            let read = IriPrefixes::deserialize(&bytes).unwrap();
            prop_assert!(read.iter().eq(table.iter()));
        }

        #[test]
        fn a_damaged_table_is_corruption_or_another_table(
            bytes in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            if let Err(error) = IriPrefixes::deserialize(&bytes) {
                prop_assert_eq!(error.code(), Code::Corruption);
            }
        }
    }
}
