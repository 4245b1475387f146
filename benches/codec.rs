//! Speed of the codec on one thread, in cache. `cargo bench --bench codec`
//!
//! The rows look like a bulk-loaded university data set: subjects in sorted order with a few rows
//! each, a score of predicates, objects that are IRIs, literals and small integers. Measures on
//! real ids are in `docs/performance.md`.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use triplestore::codec::{
    BLOCK_ROWS, BlockReader, Compression, PageBuilder, PageDecoder, encode_block,
};

const IRI: u64 = 0x10 << 56;
const LITERAL: u64 = 0x20 << 56;
const INTEGER: u64 = 0x31 << 56;

/// A fixed sequence that looks random (xorshift).
struct Noise(u64);

impl Noise {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

type Columns = [Vec<u64>; 4];

fn columns_of(mut rows: Vec<[u64; 4]>) -> Columns {
    rows.sort_unstable();
    std::array::from_fn(|column| rows.iter().map(|row| row[column]).collect())
}

/// Rows (subject, predicate, object, graph 0) in the order of `positions`.
fn quads(positions: [usize; 3]) -> Columns {
    let mut noise = Noise(0x9E37_79B9);
    let mut rows = Vec::new();
    let mut subject = 1_000;
    // Orders that begin with the predicate have one predicate in a block.
    let one_predicate = positions[0] == 1;
    while rows.len() < BLOCK_ROWS {
        subject += 1 + noise.below(8) / 7 * 40;
        let wanted = if one_predicate { 1 } else { 4 + noise.below(6) };
        for number in 0..wanted {
            let object = match number % 4 {
                0 | 1 => IRI | noise.below(200_000),
                2 => LITERAL | noise.below(100_000),
                _ => INTEGER | noise.below(100),
            };
            let quad = [IRI | subject, IRI | (190_000 + number * number * 7), object];
            rows.push([
                quad[positions[0]],
                quad[positions[1]],
                quad[positions[2]],
                0,
            ]);
        }
    }
    rows.truncate(BLOCK_ROWS);
    columns_of(rows)
}

fn block_of(columns: &Columns) -> Vec<u8> {
    let mut bytes = Vec::new();
    let columns = [&columns[0][..], &columns[1], &columns[2], &columns[3]];
    encode_block(columns, &vec![1; columns[0].len()], &mut bytes).expect("rows are sorted");
    bytes
}

/// A block whose second column holds `value(row)`.
fn block_with(value: impl FnMut(u64) -> u64) -> Vec<u8> {
    let values = (0..BLOCK_ROWS as u64).map(value).collect();
    let rows = (0..BLOCK_ROWS as u64).collect();
    block_of(&[rows, values, vec![0; BLOCK_ROWS], vec![0; BLOCK_ROWS]])
}

fn groups_by_width(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("kernel/block group");
    group.throughput(Throughput::Elements(BLOCK_ROWS as u64));
    let mut out = vec![0; BLOCK_ROWS];
    let mut measure = |kind: &str, width: u32, block: &[u8]| {
        let block = BlockReader::open(block).expect("written above");
        group.bench_function(BenchmarkId::new(kind, width), |bencher| {
            bencher.iter(|| {
                block.column(1, 0..BLOCK_ROWS, &mut out);
                black_box(&out);
            });
        });
    };
    for width in [4, 8, 12, 16, 20, 24, 32, 48] {
        let mut noise = Noise(7);
        let offsets = block_with(|_| IRI | noise.below(1 << width));
        measure("offsets", width, &offsets);
    }
    for width in [1, 4, 8, 16] {
        let (mut noise, mut sum) = (Noise(7), IRI);
        let deltas = block_with(|_| {
            sum += noise.below(1 << width);
            sum
        });
        measure("deltas", width, &deltas);
    }
    for (tags, width) in [(2, 16), (3, 16), (8, 16)] {
        let mut noise = Noise(7);
        let bases = block_with(|row| ((0x10 + row % tags) << 56) | noise.below(1 << width));
        measure("bases of several tags", tags as u32, &bases);
    }
    group.finish();
}

fn blocks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("kernel/block");
    group.throughput(Throughput::Elements(BLOCK_ROWS as u64));
    let mut outs = vec![vec![0; BLOCK_ROWS]; 3];
    for (name, positions) in [("pso", [1, 0, 2]), ("spo", [0, 1, 2]), ("osp", [2, 0, 1])] {
        let columns = quads(positions);
        let bytes = block_of(&columns);
        group.bench_function(BenchmarkId::new("open and 3 columns", name), |bencher| {
            bencher.iter(|| {
                let block = BlockReader::open(&bytes).expect("written above");
                for (column, out) in outs.iter_mut().enumerate() {
                    block.column(column, 0..BLOCK_ROWS, out);
                }
                black_box(&outs);
            });
        });
        group.bench_function(BenchmarkId::new("open and column 2", name), |bencher| {
            bencher.iter(|| {
                let block = BlockReader::open(&bytes).expect("written above");
                block.column(1, 0..BLOCK_ROWS, &mut outs[0]);
                black_box(&outs);
            });
        });
        let states = vec![1; BLOCK_ROWS];
        let mut out = Vec::new();
        group.bench_function(BenchmarkId::new("encode", name), |bencher| {
            bencher.iter(|| {
                out.clear();
                let columns = [&columns[0][..], &columns[1], &columns[2], &columns[3]];
                black_box(encode_block(columns, &states, &mut out).expect("rows are sorted"));
            });
        });
    }
    group.finish();
}

fn look_ups(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("kernel/block look-up");
    for (name, positions) in [("pso", [1, 0, 2]), ("spo", [0, 1, 2]), ("osp", [2, 0, 1])] {
        let columns = quads(positions);
        let bytes = block_of(&columns);
        let mut noise = Noise(3);
        let keys: Vec<[u64; 2]> = (0..4096)
            .map(|_| noise.below(BLOCK_ROWS as u64) as usize)
            .map(|row| [columns[0][row], columns[1][row]])
            .collect();
        let mut keys = keys.iter().cycle();
        let mut next = || keys.next().expect("a cycle does not end");
        group.bench_function(BenchmarkId::new("open included", name), |bencher| {
            bencher.iter(|| {
                let block = BlockReader::open(&bytes).expect("written above");
                block.value(block.lower_bound(next(), 0), 2)
            });
        });
        let block = BlockReader::open(&bytes).expect("written above");
        group.bench_function(BenchmarkId::new("opened before", name), |bencher| {
            bencher.iter(|| block.value(block.lower_bound(next(), 0), 2));
        });
    }
    group.finish();
}

fn pages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("kernel/string page");
    let strings: Vec<String> = (0..1000)
        .map(|n| {
            format!(
                "http://www.Department{:02}.University7.edu/Student{n:04}",
                n / 50
            )
        })
        .collect();
    let count = strings.len() as u64;
    let mut builder = PageBuilder::new(1 << 20);
    let mut build = |compression| {
        let mut bytes = Vec::new();
        for string in &strings {
            builder.push(string.as_bytes()).expect("short strings");
        }
        builder
            .finish(compression, &mut bytes)
            .expect("a small page");
        bytes
    };
    let zstd = Compression::Zstd {
        level: 3,
        min_saving_percent: 10,
    };
    let mut decoder = PageDecoder::new();
    for (name, compression) in [("stored", Compression::Stored), ("zstd", zstd)] {
        group.throughput(Throughput::Elements(count));
        group.bench_function(BenchmarkId::new("build", name), |bencher| {
            bencher.iter(|| build(compression));
        });
        let bytes = build(compression);
        group.bench_function(BenchmarkId::new("decode", name), |bencher| {
            bencher.iter(|| decoder.decode(&bytes).expect("written above"));
        });
    }
    let page = decoder.decode(&build(zstd)).expect("written above");
    let mut scratch = Vec::new();
    for (name, step) in [("dense", 1), ("every 23rd", 23)] {
        let slots: Vec<u32> = (0..count as u32).step_by(step).collect();
        group.throughput(Throughput::Elements(slots.len() as u64));
        group.bench_function(BenchmarkId::new("get_many", name), |bencher| {
            bencher.iter(|| {
                let mut bytes = 0;
                page.get_many(&slots, &mut scratch, |_, string| {
                    bytes += string.map_or(0, <[u8]>::len);
                })
                .expect("slots of the page");
                bytes
            });
        });
    }
    group.throughput(Throughput::Elements(1));
    let mut wanted = strings.iter().step_by(37).cycle();
    group.bench_function("find", |bencher| {
        bencher.iter(|| page.find(wanted.next().expect("a cycle does not end").as_bytes()));
    });
    group.finish();
}

criterion_group!(benches, groups_by_width, blocks, look_ups, pages);
criterion_main!(benches);
