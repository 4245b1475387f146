//! How much of the cache that cores share is this machine's, again and again through a run.
//!
//! On a virtual machine it is shared with neighbours, and engines feel that by how much of their data is in no cache of
//! their own, so that it does not cancel in their ratios. What was just read is read again: that is as quick as the
//! cache if neighbours leave it alone, and as slow as memory if they do not, which changes within seconds. Two records
//! whose probes differ were taken on different machines, as it were.

use crate::bench::random::Random;
use std::hint::black_box;
use std::time::Instant;

/// More than a core has for itself, and less than all share.
const RING_BYTES: usize = 4 << 20;
/// What memory is read by.
const LINE_BYTES: usize = 64;
const LINES: u32 = (RING_BYTES / LINE_BYTES) as u32;
/// Steps of one measurement, after the ring was walked once: 2 to 12 ms together.
const STEPS: u32 = 20_000;

#[repr(align(64))]
#[derive(Clone, Copy)]
struct Line {
    next: u32,
}

const _: () = assert!(size_of::<Line>() == LINE_BYTES);

/// A walk in an order that no prefetcher knows.
pub struct CacheProbe {
    ring: Vec<Line>,
    at: u32,
    samples: Vec<f64>,
}

impl CacheProbe {
    /// Cost: memory for the ring.
    pub fn new() -> Self {
        Self {
            ring: ring(LINES),
            at: 0,
            samples: Vec::new(),
        }
    }

    /// Takes one more sample.
    pub fn measure(&mut self) {
        self.walk(LINES);
        let started = Instant::now();
        self.walk(STEPS);
        let taken = started.elapsed().as_nanos() as f64;
        self.samples.push(taken / f64::from(STEPS));
    }

    fn walk(&mut self, steps: u32) {
        for _ in 0..steps {
            self.at = self.ring[self.at as usize].next;
        }
        black_box(self.at);
    }

    /// Nanoseconds a read, in the order they were taken.
    pub fn samples(&self) -> &[f64] {
        &self.samples
    }
}

/// One cycle through all lines (Sattolo: An algorithm to generate a random cyclic permutation, 1986).
fn ring(lines: u32) -> Vec<Line> {
    let mut ring: Vec<Line> = (0..lines).map(|next| Line { next }).collect();
    let mut random = Random::new(0, 0);
    for last in (1..ring.len()).rev() {
        let other = random.below(last as u64) as usize;
        ring.swap(last, other);
    }
    ring
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_goes_through_every_line_before_it_closes() {
        let ring = ring(1000);
        let mut at = 0;
        for step in 1..=1000 {
            at = ring[at as usize].next;
            assert_eq!(at == 0, step == 1000);
        }
    }

    #[test]
    fn a_sample_is_the_time_of_a_read() {
        let mut probe = CacheProbe::new();
        probe.measure();
        probe.measure();
        let samples = probe.samples();
        assert!(
            samples.len() == 2 && samples.iter().all(|&ns| ns > 0.5),
            "{samples:?}"
        );
    }
}
