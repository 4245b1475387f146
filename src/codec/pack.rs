//! Bit packing, the inverse of `unpack`.

use super::unpack::{MAX_PACKED_WIDTH, packed_bytes};

/// Bits needed for `value`; above [`MAX_PACKED_WIDTH`] words are not packed but take 64.
pub(super) fn width_of(value: u64) -> u32 {
    let bits = 64 - value.leading_zeros();
    if bits > MAX_PACKED_WIDTH { 64 } else { bits }
}

/// Appends `words` to `out`, `width` bits each, least significant bit first, the last byte filled
/// with zero bits. Every word fits in `width`, a result of [`width_of`].
///
/// Cost: about 1 ns a word. Narrow words are first joined in twos or fours, because the loop is
/// bound by the chain through its accumulator.
pub(super) fn pack_words(words: &[u64], width: u32, out: &mut Vec<u8>) {
    match width {
        0 => {}
        1..=14 => pack_joined::<4>(words, width, out),
        15..=28 => pack_joined::<2>(words, width, out),
        29..=MAX_PACKED_WIDTH => pack_joined::<1>(words, width, out),
        _ => {
            for word in words {
                out.extend_from_slice(&word.to_le_bytes());
            }
        }
    }
}

fn pack_joined<const JOIN: usize>(words: &[u64], width: u32, out: &mut Vec<u8>) {
    let start = out.len();
    let end = start + packed_bytes(words.len(), width);
    // Each step stores eight bytes, of which the next step overwrites the unfinished ones.
    out.resize(end + 8, 0);
    let mut at = start;
    let mut pending = 0;
    let mut pending_bits = 0;
    let mut push = |word: u64, bits: u32| {
        // At most 7 + 56 bits: whole bytes leave at once, so `pending` never overflows.
        pending |= word << pending_bits;
        pending_bits += bits;
        out[at..at + 8].copy_from_slice(&pending.to_le_bytes());
        at += (pending_bits / 8) as usize;
        pending >>= pending_bits & !7;
        pending_bits &= 7;
    };
    let (joined, rest) = words.as_chunks::<JOIN>();
    for part in joined {
        let mut word = 0;
        for (index, &one) in part.iter().enumerate() {
            word |= one << (index as u32 * width);
        }
        push(word, JOIN as u32 * width);
    }
    for &word in rest {
        push(word, width);
    }
    out.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_above_the_packed_maximum_become_64() {
        assert_eq!(width_of(0), 0);
        assert_eq!(width_of((1 << MAX_PACKED_WIDTH) - 1), MAX_PACKED_WIDTH);
        assert_eq!(width_of(1 << MAX_PACKED_WIDTH), 64);
    }

    #[test]
    fn words_lie_least_significant_bit_first_and_end_with_zero_bits() {
        let mut out = vec![7];
        pack_words(&[0b101, 0b011, 0b111], 3, &mut out);
        assert_eq!(out, [7, 0b1101_1101, 0b0000_0001]);
    }
}
