//! Lays changed values over a decoded column: what a scan of a base and its delta does with every column.
//!
//! A column is copied from change to change. Mostly few values are between two changes, so a fixed number of them is
//! copied, which needs no call and no loop; what was copied too much is overwritten by what follows. The loop exists
//! twice, as those of [`unpack`](super::unpack). Cost: 2-5 ns a change, and copying.

/// Values copied at least between two changes.
pub const STRIDE: usize = 32;

/// What one change does: so many rows of the base are copied, then the value of the change follows if it is laid, and
/// the next row of the base is left out if the change hides it.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub copied: u16,
    pub is_laid: bool,
    pub hides: bool,
}

/// Replaces `out` by the first `rows` values of the base with those of the changes laid over, one for each step. The
/// base has [`STRIDE`] values more, which are of no meaning. Panics if steps go beyond `rows`.
pub fn lay(base: &[u64], rows: usize, steps: &[Step], values: &[u64], out: &mut Vec<u64>) {
    // Not cleared, so that only what is longer than the last time is filled.
    out.resize(rows + steps.len() + STRIDE, 0);
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        let len = unsafe { lay_avx2(base, rows, steps, values, out) };
        return out.truncate(len);
    }
    let len = lay_over(base, rows, steps, values, out);
    out.truncate(len);
}

/// As [`lay`] over a base that has one value in all its rows.
pub fn lay_constant(base: u64, rows: usize, steps: &[Step], values: &[u64], out: &mut Vec<u64>) {
    out.clear();
    out.resize(rows + steps.len(), base);
    let (mut from, mut at) = (0, 0);
    for (step, &value) in steps.iter().zip(values) {
        at += usize::from(step.copied);
        // What is not laid is taken back by what follows.
        out[at] = if step.is_laid { value } else { base };
        at += usize::from(step.is_laid);
        from += usize::from(step.copied) + usize::from(step.hides);
    }
    out.truncate(at + rows - from);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn lay_avx2(base: &[u64], rows: usize, steps: &[Step], values: &[u64], out: &mut [u64]) -> usize {
    lay_over(base, rows, steps, values, out)
}

/// How many values there are then.
#[inline(always)]
fn lay_over(base: &[u64], rows: usize, steps: &[Step], values: &[u64], out: &mut [u64]) -> usize {
    let (mut from, mut at) = (0, 0);
    for (step, &value) in steps.iter().zip(values) {
        let copied = usize::from(step.copied);
        if copied <= STRIDE {
            copy_stride(&base[from..from + STRIDE], &mut out[at..at + STRIDE]);
        } else {
            out[at..at + copied].copy_from_slice(&base[from..from + copied]);
        }
        at += copied;
        out[at] = value;
        at += usize::from(step.is_laid);
        from += copied + usize::from(step.hides);
    }
    let rest = rows - from;
    out[at..at + rest].copy_from_slice(&base[from..rows]);
    at + rest
}

/// In parts that need no call.
#[inline(always)]
fn copy_stride(from: &[u64], to: &mut [u64]) {
    const PART: usize = 8;
    let parts = to.as_chunks_mut::<PART>().0.iter_mut();
    for (to, from) in parts.zip(from.as_chunks::<PART>().0) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gaps, values, and what each change does, over a base of so many rows behind the last gap.
    type Case = (Vec<(u16, u64, bool, bool)>, usize);

    fn cases() -> impl Strategy<Value = Case> {
        let gap = prop_oneof![4 => 0..40u16, 1 => 0..400u16];
        let change = (gap, 1000..2000u64, any::<bool>(), any::<bool>());
        (proptest::collection::vec(change, 0..60), 0..100usize)
    }

    /// The base, the steps and their values, and what they give.
    fn expected(
        case: &Case,
        base_of: impl Fn(usize) -> u64,
    ) -> (Vec<u64>, Vec<Step>, Vec<u64>, Vec<u64>) {
        let (mut base, mut steps, mut values, mut laid) = (vec![], vec![], vec![], vec![]);
        for &(copied, value, is_laid, hides) in &case.0 {
            let copies = (0..copied).map(|row| base_of(base.len() + usize::from(row)));
            let copies: Vec<u64> = copies.collect();
            laid.extend(&copies);
            base.extend(copies);
            laid.extend(is_laid.then_some(value));
            if hides {
                base.push(base_of(base.len()));
            }
            steps.push(Step {
                copied,
                is_laid,
                hides,
            });
            values.push(value);
        }
        for _ in 0..case.1 {
            let value = base_of(base.len());
            laid.push(value);
            base.push(value);
        }
        (base, steps, values, laid)
    }

    proptest! {
        #[test]
        fn changes_stand_where_they_are_laid(case in cases(), other in cases()) {
            let mut out = Vec::new();
            // The second finds what the first left.
            for case in [other, case] {
                let (mut base, steps, values, laid) = expected(&case, |row| row as u64);
                let rows = base.len();
                base.extend([7; STRIDE]);
                lay(&base, rows, &steps, &values, &mut out);
                prop_assert_eq!(&out, &laid);
                let mut portable = vec![0; rows + steps.len() + STRIDE];
                let len = lay_over(&base, rows, &steps, &values, &mut portable);
                prop_assert_eq!(&portable[..len], &laid[..]);

                let (base, steps, values, laid) = expected(&case, |_| 5);
                lay_constant(5, base.len(), &steps, &values, &mut out);
                prop_assert_eq!(&out, &laid);
            }
        }
    }
}
