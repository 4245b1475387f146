//! Bit unpacking: the loops every scan spends its time in.
//!
//! Words of `width` bits lie one after the other, least significant bit first, so word `i`
//! starts at bit `i * width` and eight words fill exactly `width` bytes. That keeps a single word
//! readable with one eight-byte load, wastes no bits in a short group, and still suits vectors:
//! within eight words every shift and byte offset depends on the width alone, so one table of
//! byte shuffles serves all widths.
//!
//! Every loop exists twice: portable, and with AVX2 where the processor has it. Both give the
//! same result for every input, bytes of a damaged block included, and all arithmetic wraps.
//! `src` must hold [`SLACK_BYTES`] readable bytes beyond the packed words; the functions panic
//! before reading anything if it does not, and a block proves it once when it is opened.
//!
//! Cost (AVX2, in cache): 0.3 ns a value for offsets, 0.5 for deltas and bases.

/// Readable bytes behind the last packed word, so that a load may be wider than the word.
pub(super) const SLACK_BYTES: usize = 16;

/// Widest word that a single eight-byte load still covers at every bit offset of a byte, with
/// room for the packing loop; wider words take 64 bits.
pub(super) const MAX_PACKED_WIDTH: u32 = 56;

/// Most bases a group of several bases can have.
pub(super) const MAX_BASES: usize = 16;

/// Bytes that `count` words of `width` bits occupy.
pub(super) const fn packed_bytes(count: usize, width: u32) -> usize {
    (count * width as usize).div_ceil(8)
}

const fn mask(width: u32) -> u64 {
    match width {
        0 => 0,
        _ => u64::MAX >> (64 - width),
    }
}

/// Word `index` of the packed words in `src`.
#[inline]
pub(super) fn word(src: &[u8], width: u32, index: usize) -> u64 {
    let bit = index * width as usize;
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&src[bit / 8..bit / 8 + 8]);
    (u64::from_le_bytes(bytes) >> (bit % 8)) & mask(width)
}

/// `out[i] = base + word(i)`.
#[inline]
pub(super) fn unpack_offsets(src: &[u8], width: u32, base: u64, out: &mut [u64]) {
    check(src, width, out.len());
    if width == 0 {
        return out.fill(base);
    }
    #[cfg(target_arch = "x86_64")]
    if width <= MAX_PACKED_WIDTH && is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, `check` has shown that `src` is long enough for `out`.
        return unsafe { avx2::offsets(src, width, base, out) };
    }
    portable::offsets(src, width, base, out, 0);
}

/// `out[i] = first + (word(1) + step) + ... + (word(i) + step)`; `word(0)` counts as zero only
/// because the writer stores zero there.
#[inline]
pub(super) fn unpack_deltas(src: &[u8], width: u32, first: u64, step: u64, out: &mut [u64]) {
    check(src, width, out.len());
    let before = first.wrapping_sub(step);
    #[cfg(target_arch = "x86_64")]
    if width <= MAX_PACKED_WIDTH && is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, `check` has shown that `src` is long enough for `out`.
        return unsafe { avx2::deltas(src, width, before, step, out) };
    }
    portable::deltas(src, width, before, step, out, 0);
}

/// `out[i] = bases[word(i) mod 2^index_bits] + word(i) / 2^index_bits`, `index_bits` in 1..=4.
#[inline]
pub(super) fn unpack_bases(
    src: &[u8],
    width: u32,
    index_bits: u32,
    bases: &[u64; MAX_BASES],
    out: &mut [u64],
) {
    check(src, width, out.len());
    assert!(
        (1..=4).contains(&index_bits),
        "the parser bounds index bits"
    );
    #[cfg(target_arch = "x86_64")]
    if width <= MAX_PACKED_WIDTH && is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, `check` has shown that `src` is long enough for `out`,
        // and an index of at most four bits lies within the sixteen bases.
        return unsafe { avx2::bases(src, width, index_bits, bases, out) };
    }
    portable::bases(src, width, index_bits, bases, out, 0);
}

#[inline]
fn check(src: &[u8], width: u32, count: usize) {
    assert!(
        width <= MAX_PACKED_WIDTH || width == 64,
        "the parser lets no other width pass"
    );
    assert!(
        src.len() >= packed_bytes(count, width) + SLACK_BYTES,
        "a block ends with slack bytes"
    );
}

/// The reference loops. `from` is the first value to fill; values before it are done.
mod portable {
    use super::{MAX_BASES, word};

    pub(super) fn offsets(src: &[u8], width: u32, base: u64, out: &mut [u64], from: usize) {
        for (index, value) in out.iter_mut().enumerate().skip(from) {
            *value = base.wrapping_add(word(src, width, index));
        }
    }

    /// `before` is the value before `out[from]`.
    pub(super) fn deltas(
        src: &[u8],
        width: u32,
        before: u64,
        step: u64,
        out: &mut [u64],
        from: usize,
    ) {
        let mut sum = before;
        for (index, value) in out.iter_mut().enumerate().skip(from) {
            sum = sum.wrapping_add(word(src, width, index)).wrapping_add(step);
            *value = sum;
        }
    }

    pub(super) fn bases(
        src: &[u8],
        width: u32,
        index_bits: u32,
        bases: &[u64; MAX_BASES],
        out: &mut [u64],
        from: usize,
    ) {
        let index_mask = (1 << index_bits) - 1;
        for (index, value) in out.iter_mut().enumerate().skip(from) {
            let word = word(src, width, index);
            *value = bases[(word & index_mask) as usize].wrapping_add(word >> index_bits);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{MAX_BASES, MAX_PACKED_WIDTH, mask, portable};
    use std::arch::x86_64::*;

    /// How to spread eight words of one width over two vectors of four 64-bit lanes.
    #[repr(align(32))]
    #[derive(Clone, Copy)]
    struct Spread {
        /// Per vector: for each byte of the lanes, which byte of the 16 loaded ones it takes.
        bytes: [[u8; 32]; 2],
        /// Per vector and lane: bits to shift right after the shuffle.
        shifts: [[u64; 4]; 2],
        /// Per vector: where its lower and upper 16 bytes are loaded from.
        loads: [[usize; 2]; 2],
    }

    static SPREADS: [Spread; MAX_PACKED_WIDTH as usize + 1] = {
        let mut all = [Spread {
            bytes: [[0; 32]; 2],
            shifts: [[0; 4]; 2],
            loads: [[0; 2]; 2],
        }; MAX_PACKED_WIDTH as usize + 1];
        let mut width = 0;
        while width <= MAX_PACKED_WIDTH as usize {
            let mut word = 0;
            while word < 8 {
                let (vector, lane) = (word / 4, word % 4);
                // Two words share a load, which starts at the byte the first of them starts in.
                let load = (word & !1) * width / 8;
                all[width].loads[vector][lane / 2] = load;
                all[width].shifts[vector][lane] = (word * width % 8) as u64;
                let mut byte = 0;
                while byte < 8 {
                    all[width].bytes[vector][lane * 8 + byte] =
                        (word * width / 8 - load + byte) as u8;
                    byte += 1;
                }
                word += 1;
            }
            width += 1;
        }
        all
    };

    /// The tables of one width, held in registers.
    #[derive(Clone, Copy)]
    struct Unpacker {
        bytes: [__m256i; 2],
        shifts: [__m256i; 2],
        loads: [[usize; 2]; 2],
        mask: __m256i,
    }

    impl Unpacker {
        #[inline]
        #[target_feature(enable = "avx2")]
        fn new(width: u32) -> Self {
            let spread = &SPREADS[width as usize];
            let bytes = |vector: usize| {
                // SAFETY: the array has 32 bytes; the load needs no alignment.
                unsafe { _mm256_loadu_si256(spread.bytes[vector].as_ptr().cast()) }
            };
            let shifts = |vector: usize| {
                // SAFETY: the array has 32 bytes; the load needs no alignment.
                unsafe { _mm256_loadu_si256(spread.shifts[vector].as_ptr().cast()) }
            };
            Self {
                bytes: [bytes(0), bytes(1)],
                shifts: [shifts(0), shifts(1)],
                loads: spread.loads,
                mask: _mm256_set1_epi64x(mask(width) as i64),
            }
        }

        /// Four of the eight words that start at `src`.
        ///
        /// SAFETY: the `width` bytes at `src` and [`super::SLACK_BYTES`] after them are readable.
        #[inline]
        #[target_feature(enable = "avx2")]
        unsafe fn four(&self, src: *const u8, vector: usize) -> __m256i {
            let [lower, upper] = self.loads[vector];
            // SAFETY: both offsets are below the width, and 16 bytes are the slack.
            let loaded = unsafe {
                _mm256_inserti128_si256::<1>(
                    _mm256_castsi128_si256(_mm_loadu_si128(src.add(lower).cast())),
                    _mm_loadu_si128(src.add(upper).cast()),
                )
            };
            let spread = _mm256_shuffle_epi8(loaded, self.bytes[vector]);
            _mm256_and_si256(_mm256_srlv_epi64(spread, self.shifts[vector]), self.mask)
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn store(out: &mut [u64; 4], values: __m256i) {
        // SAFETY: `out` is 32 bytes; the store needs no alignment.
        unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), values) }
    }

    /// SAFETY: `src` holds the packed words for `out` and the slack; `width <= MAX_PACKED_WIDTH`.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn offsets(src: &[u8], width: u32, base: u64, out: &mut [u64]) {
        let unpacker = Unpacker::new(width);
        let base_lanes = _mm256_set1_epi64x(base as i64);
        let mut at = src.as_ptr();
        let (fours, _) = out.as_chunks_mut::<4>();
        for pair in fours.chunks_exact_mut(2) {
            for (vector, four) in pair.iter_mut().enumerate() {
                // SAFETY: `at` is the start of eight words that belong to `out`.
                let words = unsafe { unpacker.four(at, vector) };
                store(four, _mm256_add_epi64(words, base_lanes));
            }
            // SAFETY: eight words take `width` bytes, all of them within `src`.
            at = unsafe { at.add(width as usize) };
        }
        let done = out.len() & !7;
        portable::offsets(src, width, base, out, done);
    }

    /// SAFETY: as for [`offsets`].
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn deltas(src: &[u8], width: u32, before: u64, step: u64, out: &mut [u64]) {
        let unpacker = Unpacker::new(width);
        let steps = _mm256_set1_epi64x(step as i64);
        let mut sum = _mm256_set1_epi64x(before as i64);
        let mut at = src.as_ptr();
        let (fours, _) = out.as_chunks_mut::<4>();
        for pair in fours.chunks_exact_mut(2) {
            for (vector, four) in pair.iter_mut().enumerate() {
                // SAFETY: `at` is the start of eight words that belong to `out`.
                let words = unsafe { unpacker.four(at, vector) };
                let x = _mm256_add_epi64(words, steps);
                // Running sums inside each half, then the lower half's total into the upper.
                let x = _mm256_add_epi64(x, _mm256_slli_si256::<8>(x));
                let lower_total = _mm256_blend_epi32::<0xF0>(
                    _mm256_setzero_si256(),
                    _mm256_permute4x64_epi64::<0b01_01_01_01>(x),
                );
                let x = _mm256_add_epi64(x, lower_total);
                store(four, _mm256_add_epi64(x, sum));
                // Only this addition depends on the previous four values.
                sum = _mm256_add_epi64(sum, _mm256_permute4x64_epi64::<0b11_11_11_11>(x));
            }
            // SAFETY: eight words take `width` bytes, all of them within `src`.
            at = unsafe { at.add(width as usize) };
        }
        let done = out.len() & !7;
        let last = if done == 0 { before } else { out[done - 1] };
        portable::deltas(src, width, last, step, out, done);
    }

    /// SAFETY: as for [`offsets`], and `index_bits` is in 1..=4.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn bases(
        src: &[u8],
        width: u32,
        index_bits: u32,
        bases: &[u64; MAX_BASES],
        out: &mut [u64],
    ) {
        let unpacker = Unpacker::new(width);
        let index_mask = _mm256_set1_epi64x((1 << index_bits) - 1);
        let index_count = _mm_cvtsi32_si128(index_bits as i32);
        // Four bases fit in one register and are looked up there, each as two 32-bit parts; of the registers
        // that the upper bits of the index tell apart, one is chosen after.
        let four_bases = |four: usize| {
            // SAFETY: there are sixteen bases, and `four` is below four.
            unsafe { _mm256_loadu_si256(bases.as_ptr().add(4 * four).cast()) }
        };
        let tables = [four_bases(0), four_bases(1), four_bases(2), four_bases(3)];
        let upper_part = _mm256_set1_epi64x(1 << 32);
        let mut at = src.as_ptr();
        let (fours, _) = out.as_chunks_mut::<4>();
        for pair in fours.chunks_exact_mut(2) {
            for (vector, four) in pair.iter_mut().enumerate() {
                // SAFETY: `at` is the start of eight words that belong to `out`.
                let words = unsafe { unpacker.four(at, vector) };
                let index = _mm256_and_si256(words, index_mask);
                let delta = _mm256_srl_epi64(words, index_count);
                let lower = _mm256_add_epi64(index, index);
                let parts = _mm256_or_si256(
                    _mm256_or_si256(lower, _mm256_slli_epi64::<32>(lower)),
                    upper_part,
                );
                // Only the lower three bits of a part count, so the index is taken modulo four.
                let mut base = _mm256_permutevar8x32_epi32(tables[0], parts);
                if index_bits > 2 {
                    // The sign bit of a lane decides a blend.
                    let bit2 = _mm256_castsi256_pd(_mm256_slli_epi64::<61>(index));
                    let choose = |low: __m256i, high: __m256i, bit: __m256d| {
                        let (low, high) = (_mm256_castsi256_pd(low), _mm256_castsi256_pd(high));
                        _mm256_castpd_si256(_mm256_blendv_pd(low, high, bit))
                    };
                    let second = _mm256_permutevar8x32_epi32(tables[1], parts);
                    base = choose(base, second, bit2);
                    if index_bits > 3 {
                        let third = _mm256_permutevar8x32_epi32(tables[2], parts);
                        let fourth = _mm256_permutevar8x32_epi32(tables[3], parts);
                        let bit3 = _mm256_castsi256_pd(_mm256_slli_epi64::<60>(index));
                        base = choose(base, choose(third, fourth, bit2), bit3);
                    }
                }
                store(four, _mm256_add_epi64(delta, base));
            }
            // SAFETY: eight words take `width` bytes, all of them within `src`.
            at = unsafe { at.add(width as usize) };
        }
        let done = out.len() & !7;
        portable::bases(src, width, index_bits, bases, out, done);
    }
}

#[cfg(test)]
mod tests {
    use super::super::pack::pack_words;
    use super::*;
    use proptest::prelude::*;

    /// Reads bit by bit, from the sentence in the format document.
    fn naive_word(bytes: &[u8], width: u32, index: usize) -> u64 {
        (0..width as usize).fold(0, |value, bit| {
            let position = index * width as usize + bit;
            value | u64::from(bytes[position / 8] >> (position % 8) & 1) << bit
        })
    }

    fn any_width() -> impl Strategy<Value = u32> {
        prop_oneof![8 => 0..=MAX_PACKED_WIDTH, 1 => Just(64)]
    }

    proptest! {
        #[test]
        fn packed_words_read_back_bit_by_bit_and_by_load(
            width in any_width(), seeds in prop::collection::vec(any::<u64>(), 0..=128)
        ) {
            let words: Vec<u64> = seeds.iter().map(|seed| seed & mask(width)).collect();
            let mut bytes = Vec::new();
            pack_words(&words, width, &mut bytes);
            prop_assert_eq!(bytes.len(), packed_bytes(words.len(), width));
            bytes.extend([0xFF; SLACK_BYTES]);
            for (index, &expected) in words.iter().enumerate() {
                prop_assert_eq!(naive_word(&bytes, width, index), expected);
                prop_assert_eq!(word(&bytes, width, index), expected);
            }
        }

        #[test]
        fn every_unpacking_loop_equals_the_naive_reader(
            width in any_width(), count in 0usize..=128, base: u64, step in 0u64..=255,
            index_bits in 1u32..=4, bases: [u64; MAX_BASES],
            bytes in prop::collection::vec(any::<u8>(), 128 * 8 + SLACK_BYTES)
        ) {
            compare_loops(&bytes, width, count, base, step, index_bits, &bases);
        }
    }

    #[test]
    fn every_width_is_unpacked_alike_by_every_loop() {
        let spread = |index: usize| (index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let bytes: Vec<u8> = (0..128 * 8 + SLACK_BYTES)
            .map(|index| (spread(index) >> 56) as u8)
            .collect();
        let bases = std::array::from_fn(spread);
        for width in (0..=MAX_PACKED_WIDTH).chain([64]) {
            for index_bits in 1..=4 {
                compare_loops(&bytes, width, 128, spread(7), 3, index_bits, &bases);
            }
        }
    }

    /// On any bytes, so the loops agree even where no writer was.
    fn compare_loops(
        bytes: &[u8],
        width: u32,
        count: usize,
        base: u64,
        step: u64,
        index_bits: u32,
        bases: &[u64; MAX_BASES],
    ) {
        let src = &bytes[..packed_bytes(count, width) + SLACK_BYTES];
        let words: Vec<u64> = (0..count)
            .map(|index| naive_word(src, width, index))
            .collect();
        let (mut fast, mut slow) = (vec![0; count], vec![0; count]);

        unpack_offsets(src, width, base, &mut fast);
        portable::offsets(src, width, base, &mut slow, 0);
        let naive: Vec<u64> = words.iter().map(|word| base.wrapping_add(*word)).collect();
        assert_eq!((&fast, &slow), (&naive, &naive), "width {width}");

        unpack_deltas(src, width, base, step, &mut fast);
        portable::deltas(src, width, base.wrapping_sub(step), step, &mut slow, 0);
        let mut sum = base.wrapping_sub(step);
        let add = |word: &u64| {
            sum = sum.wrapping_add(*word).wrapping_add(step);
            sum
        };
        let naive: Vec<u64> = words.iter().map(add).collect();
        assert_eq!((&fast, &slow), (&naive, &naive), "width {width}");

        unpack_bases(src, width, index_bits, bases, &mut fast);
        portable::bases(src, width, index_bits, bases, &mut slow, 0);
        let from_base = |word: &u64| {
            bases[(word % (1 << index_bits)) as usize].wrapping_add(word >> index_bits)
        };
        let naive: Vec<u64> = words.iter().map(from_base).collect();
        assert_eq!((&fast, &slow), (&naive, &naive), "width {width}");
    }

    #[test]
    #[should_panic(expected = "slack")]
    fn unpacking_without_slack_stops_before_it_reads() {
        unpack_offsets(&[0; 16 + SLACK_BYTES - 1], 1, 0, &mut [0; 128]);
    }
}
