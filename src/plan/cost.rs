//! Cost constants, in nanoseconds on one core of the machine of `docs/performance.md`. All of the planner's weights are
//! here.

/// A row delivered by a scan.
pub const SCAN_ROW: f64 = 2.0;
/// Opening a scan: directory search and first block.
pub const SCAN_OPEN: f64 = 2_000.0;
/// A row on either side of a merge join.
pub const MERGE_ROW: f64 = 4.0;
/// A row skipped by a merge join because the other side is far smaller.
pub const MERGE_SKIPPED_ROW: f64 = 0.05;
/// A seek of a merge join that skips.
pub const SEEK: f64 = 500.0;
/// A key of a sorted batch probe.
pub const PROBE_KEY: f64 = 300.0;
/// The least a probed key costs where keys stand close together in few blocks.
pub const PROBE_KEY_DENSE: f64 = 20.0;
/// A row on the build side of a hash join.
pub const HASH_BUILD_ROW: f64 = 40.0;
/// A row on the probe side of a hash join.
pub const HASH_PROBE_ROW: f64 = 20.0;
/// A row given by any join.
pub const OUTPUT_ROW: f64 = 4.0;
/// A pair of a cross product.
pub const CROSS_PAIR: f64 = 4.0;

/// Adding an item to a join order while planning: an order that can save no more is not tried.
pub const PLAN_JOIN: f64 = 500.0;

/// Nodes that a closure is taken to reach from one node, for each edge that leaves a node.
pub const CLOSURE_GROWTH: f64 = 8.0;

/// Triples that a resource is taken to be described by.
pub const DESCRIPTION_TRIPLES: f64 = 10.0;

/// A call of an endpoint, and the solutions it is taken to give.
pub const SERVICE_CALL: f64 = 50_000_000.0;
pub const SERVICE_ROWS: f64 = 1_000.0;

/// A row that is tested.
pub const FILTER_ROW: f64 = 10.0;
/// The text of a row that is tested, unless rows of equal texts come together.
pub const FILTER_TEXT: f64 = 50.0;
/// Part of the rows a filter is taken to keep.
pub const FILTER_SELECTIVITY: f64 = 0.25;
/// Part of a predicate's rows taken to be distinct subjects, and the exponent for its distinct objects.
pub const DISTINCT_SUBJECTS: f64 = 0.7;
pub const DISTINCT_OBJECTS_EXPONENT: f64 = 0.8;

/// A merge join of two sorted inputs. Where one is far larger, its rows are mostly skipped.
pub fn merge(left: f64, right: f64) -> f64 {
    let (small, large) = if left < right {
        (left, right)
    } else {
        (right, left)
    };
    let all = MERGE_ROW * (small + large);
    let skipping = small * (MERGE_ROW + SEEK) + large * MERGE_SKIPPED_ROW;
    all.min(skipping)
}

/// A hash join of rows on the build side with rows on the probe side. Where shared columns may be unbound, rows are chained
/// and looked up for another set of bound columns besides that of all.
pub fn hash(build: f64, probe: f64, may_be_unbound: bool) -> f64 {
    let sets = if may_be_unbound { 2.0 } else { 1.0 };
    sets * (build * HASH_BUILD_ROW + probe * HASH_PROBE_ROW)
}

/// Probes of `keys` keys into a scan of `rows` rows.
pub fn probe(keys: f64, rows: f64) -> f64 {
    // Keys that share blocks cost less, down to reading every row.
    let apart = keys * PROBE_KEY;
    let dense = rows * SCAN_ROW + keys * PROBE_KEY_DENSE;
    SCAN_OPEN + apart.min(dense)
}
