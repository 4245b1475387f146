//! The report of benchmarks in a browser: every chart is there, has its place and is drawn, in a wide and in a narrow
//! window, in light and in dark. Pictures of all stay in the build directory (`tmp/bench-report-*.png`).
//!
//! The page is measured from outside: it stands in a frame of the width that is wanted, and a script of the page around
//! it asks where things are. The report itself has no script.

mod environment;

use environment::Scratch;
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use triplestore::bench::record::{
    Answer, Better, Engine, Failure, FailureKind, Figure, Latencies, Machine, Record,
};
use triplestore::bench::report;

/// Windows: their widths in pixels, and whether the page is dark.
const WINDOWS: [(&str, u32, bool); 3] = [
    ("wide", 1200, false),
    ("narrow", 390, false),
    ("dark", 1200, true),
];
/// Chromium takes pictures no higher than that.
const HEIGHT_MAX: u32 = 16_000;

#[test]
fn every_chart_is_seen_in_a_browser() {
    let Some(chromium) = chromium() else { return };
    let scratch = Scratch::new("bench-report");
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let page = report::html(&records());
    fs::write(kept.join("bench-report.html"), &page).unwrap();
    // What is folded away is looked at too.
    let page = page.replace("<details>", "<details open=\"\">");
    let charts = page.matches("role=\"img\"").count();
    assert!(charts > 20, "{charts}");
    for (name, width, dark) in WINDOWS {
        let picture = kept.join(format!("bench-report-{name}.png"));
        let seen = Seen::of(&chromium, &scratch, &page, width, dark, &picture);
        assert_eq!(seen.charts.len(), charts, "{name}");
        assert!(
            seen.page_width <= f64::from(width),
            "{name}: {} wide",
            seen.page_width
        );
        let image = Image::read(&picture);
        for chart in &seen.charts {
            chart.has_its_place(f64::from(width));
            image.is_drawn(chart);
        }
    }
}

/// A browser, if there is one.
fn chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = names.into_iter().find(|name| environment::has(name));
    if found.is_none() {
        environment::skip(
            "the report in a browser",
            "chromium is not installed (scripts/setup.sh)",
        );
    }
    found.map(PathBuf::from)
}

/// Where a chart is, in pixels of the picture.
struct Chart {
    title: String,
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    /// What is drawn or written in it reaches so far.
    inner_left: f64,
    inner_right: f64,
    /// Bars, violins and lines in it.
    marks: f64,
}

struct Seen {
    charts: Vec<Chart>,
    page_width: f64,
}

const SCRIPT: &str = r#"
addEventListener("load", () => {
  const frame = document.querySelector("iframe"), page = frame.contentDocument;
  frame.style.height = page.documentElement.scrollHeight + "px";
  const lines = [page.documentElement.scrollWidth];
  for (const chart of page.querySelectorAll("[role=img]")) {
    const at = chart.getBoundingClientRect();
    let left = Infinity, right = -Infinity, marks = 0;
    for (const part of chart.querySelectorAll("rect, path, text, line, circle")) {
      const box = part.getBoundingClientRect();
      left = Math.min(left, box.left);
      right = Math.max(right, box.right);
      if (part.matches("rect, path") && box.width > 0.2 && box.height > 0.2) marks++;
    }
    lines.push([at.left, at.top, at.width, at.height, left, right, marks, chart.getAttribute("aria-label")].join("\t"));
  }
  const seen = document.createElement("pre");
  seen.id = "seen";
  seen.textContent = "[[[" + lines.join("\n") + "]]]";
  seen.hidden = true;
  document.body.append(seen);
});"#;

impl Seen {
    fn of(
        chromium: &Path,
        scratch: &Scratch,
        page: &str,
        width: u32,
        dark: bool,
        picture: &Path,
    ) -> Self {
        let around = scratch.join("around.html");
        let scheme = if dark { "dark" } else { "light" };
        let page = page.replace('&', "&amp;").replace('"', "&quot;");
        let text = format!(
            "<!DOCTYPE html><meta charset=\"utf-8\"><style>body {{ margin: 0; color-scheme: {scheme} }} \
             iframe {{ border: 0; width: {width}px; color-scheme: {scheme} }}</style>\
             <iframe srcdoc=\"{page}\"></iframe><script>{SCRIPT}</script>"
        );
        fs::write(&around, text).unwrap();
        let mut command = Command::new(chromium);
        command
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
            ])
            .args(["--force-device-scale-factor=1", "--dump-dom"])
            .arg(format!(
                "--user-data-dir={}",
                scratch.join("profile").display()
            ))
            .arg(format!("--window-size={},{HEIGHT_MAX}", width.max(600)))
            .arg(format!("--screenshot={}", picture.display()))
            .arg(format!("file://{}", around.display()));
        let document = environment::run(&mut command);
        let (_, seen) = document.rsplit_once("[[[").expect("the script has run");
        let (seen, _) = seen.split_once("]]]").unwrap();
        let mut lines = seen.lines();
        let page_width = lines.next().unwrap().parse().unwrap();
        Self {
            charts: lines.map(Chart::parse).collect(),
            page_width,
        }
    }
}

impl Chart {
    fn parse(line: &str) -> Self {
        let fields: Vec<&str> = line.split('\t').collect();
        let number = |place: usize| fields[place].parse().unwrap();
        Self {
            left: number(0),
            top: number(1),
            width: number(2),
            height: number(3),
            inner_left: number(4),
            inner_right: number(5),
            marks: number(6),
            title: fields[7].to_owned(),
        }
    }

    fn has_its_place(&self, page: f64) {
        let title = &self.title;
        assert!(
            self.width >= 180.0 && self.height >= 40.0,
            "{title}: {} x {}",
            self.width,
            self.height
        );
        assert!(
            self.left >= 0.0 && self.left + self.width <= page,
            "{title}"
        );
        assert!(self.marks >= 1.0, "{title} is empty");
        let right = self.left + self.width;
        assert!(
            self.inner_left >= self.left - 3.0,
            "{title}: {} < {}",
            self.inner_left,
            self.left
        );
        assert!(
            self.inner_right <= right + 3.0,
            "{title}: {} > {right}",
            self.inner_right
        );
    }
}

/// A picture of 8-bit pixels.
struct Image {
    width: usize,
    channels: usize,
    pixels: Vec<u8>,
}

impl Image {
    /// A PNG as Chromium writes it: RGB or RGBA, not interlaced.
    fn read(path: &Path) -> Self {
        let file = fs::read(path).unwrap();
        let (mut at, mut head, mut packed) = (8, Vec::new(), Vec::new());
        while at < file.len() {
            let length = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
            let body = &file[at + 8..at + 8 + length];
            match &file[at + 4..at + 8] {
                b"IHDR" => head = body.to_vec(),
                b"IDAT" => packed.extend_from_slice(body),
                _ => {}
            }
            at += length + 12;
        }
        let width = u32::from_be_bytes(head[..4].try_into().unwrap()) as usize;
        let channels = match (head[8], head[9], head[12]) {
            (8, 2, 0) => 3,
            (8, 6, 0) => 4,
            other => panic!("another kind of PNG: {other:?}"),
        };
        let mut rows = Vec::new();
        flate2::read::ZlibDecoder::new(&packed[..])
            .read_to_end(&mut rows)
            .unwrap();
        let mut pixels: Vec<u8> = Vec::with_capacity(rows.len());
        let stride = width * channels;
        for row in rows.chunks_exact(stride + 1) {
            let start = pixels.len();
            for (place, &byte) in row[1..].iter().enumerate() {
                let before = |back: usize, there: bool| {
                    if there {
                        i32::from(pixels[start + place - back])
                    } else {
                        0
                    }
                };
                let left = before(channels, place >= channels);
                let above = before(stride, start > 0);
                let corner = before(stride + channels, start > 0 && place >= channels);
                let predicted = match row[0] {
                    0 => 0,
                    1 => left,
                    2 => above,
                    3 => (left + above) / 2,
                    _ => {
                        let guess = left + above - corner;
                        [left, above, corner]
                            .into_iter()
                            .min_by_key(|near| (guess - near).abs())
                            .unwrap()
                    }
                };
                pixels.push(byte.wrapping_add(predicted as u8));
            }
        }
        Self {
            width,
            channels,
            pixels,
        }
    }

    fn is_drawn(&self, chart: &Chart) {
        let height = self.pixels.len() / (self.width * self.channels);
        let bottom = chart.top + chart.height;
        assert!(
            bottom <= height as f64,
            "{} is below the picture",
            chart.title
        );
        let mut colours = BTreeSet::new();
        for y in chart.top as usize..bottom as usize {
            for x in chart.left as usize..(chart.left + chart.width) as usize {
                let pixel = (y * self.width + x) * self.channels;
                colours.insert(&self.pixels[pixel..pixel + 3]);
            }
        }
        // Paper, type and its edges, grid, bars.
        assert!(colours.len() > 8, "{} is blank", chart.title);
    }
}

/// Numbers that are the same in every run (SplitMix64).
struct Random(u64);

impl Random {
    /// Around 1, rarely far above it.
    fn factor(&mut self, noise: f64) -> f64 {
        let mut sum = 0.0;
        for _ in 0..6 {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
            sum += ((z ^ z >> 31) >> 11) as f64 / (1u64 << 53) as f64 - 0.5;
        }
        (sum * noise * 1.4).exp() * if sum > 1.5 { 1.8 } else { 1.0 }
    }
}

/// Engines, with how many times as long they take.
const ENGINES: [(&str, f64); 3] = [("triplestore", 1.0), ("oxigraph", 4.0), ("jena", 9.0)];

/// A record as a run leaves it, of workloads, queries, loads and updates as it has them, with invented figures.
fn records() -> Vec<Record> {
    let mut random = Random(7);
    let mut record = Record {
        format: 1,
        started: "2026-01-02T03:04:05Z".to_owned(),
        command: "triplestore bench run --size small --rounds 7"
            .split(' ')
            .map(str::to_owned)
            .collect(),
        machine: Machine {
            processor: "AMD EPYC 9R14".to_owned(),
            cores: 2,
            memory_bytes: 24 << 30,
            system: "Debian GNU/Linux 12".to_owned(),
            kernel: "6.1.0".to_owned(),
            file_system: "ext4".to_owned(),
            cache_latency_ns: vec![95.0, 102.0, 98.0],
        },
        ..Record::default()
    };
    for (name, _) in ENGINES {
        let settings = [
            ("threads", "2"),
            ("memory", "1 GiB"),
            ("sync", "no"),
            ("output", "SPARQL JSON"),
        ];
        record.engines.push(Engine {
            name: name.to_owned(),
            version: "1.2.3".to_owned(),
            settings: settings
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
        });
    }
    for (workload, scale) in [("lubm-1", 1.0), ("lubm-10", 11.0)] {
        loads(&mut record, &mut random, workload, scale);
        for number in 0..5 {
            let query = format!("Q{}", number + 1);
            measure_query(&mut record, &mut random, workload, &query, number, scale);
        }
    }
    record.failures.push(Failure {
        workload: "lubm-10".to_owned(),
        subject: "Q4".to_owned(),
        engine: "jena".to_owned(),
        kind: FailureKind::TimedOut,
        message: "no answer within 60 s".to_owned(),
    });
    let failed = |workload: &str, subject: &str, engine: &str| {
        (workload, subject, engine) == ("lubm-10", "Q4", "jena")
    };
    record
        .figures
        .retain(|f| !failed(&f.workload, &f.subject, &f.engine));
    record
        .latencies
        .retain(|l| !failed(&l.workload, &l.subject, &l.engine));
    vec![record]
}

fn loads(record: &mut Record, random: &mut Random, workload: &str, scale: f64) {
    for (engine, slower) in ENGINES {
        for (measure, unit, better, value) in [
            ("to return", "s", Better::Lower, 0.08 * scale * slower),
            ("to quiescence", "s", Better::Lower, 0.09 * scale * slower),
            ("throughput", "1/s", Better::Higher, 1_300_000.0 / slower),
            ("cpu", "ms", Better::Lower, 150.0 * scale * slower),
            (
                "peak memory",
                "MB",
                Better::Lower,
                40.0 * scale.sqrt() * slower,
            ),
            (
                "bytes per triple",
                "bytes",
                Better::Lower,
                9.6 * slower.sqrt(),
            ),
            ("probe p50", "ms", Better::Lower, 0.3 * slower),
        ] {
            let rounds = (0..7).map(|_| value * random.factor(0.04)).collect();
            record.figures.push(Figure {
                workload: workload.to_owned(),
                subject: "load".to_owned(),
                measure: measure.to_owned(),
                engine: engine.to_owned(),
                unit: unit.to_owned(),
                better,
                rounds,
            });
        }
    }
}

fn measure_query(
    record: &mut Record,
    random: &mut Random,
    workload: &str,
    query: &str,
    number: usize,
    scale: f64,
) {
    // Some are look-ups, some grow with the data.
    let grows = number % 3 == 1;
    let base = 0.05 * 2.5f64.powi(number as i32) * if grows { scale } else { 1.0 };
    for (place, (engine, slower)) in ENGINES.into_iter().enumerate() {
        // Each peer is ahead somewhere.
        let slower = if (number + place) % 4 == 3 && place > 0 {
            0.6
        } else {
            slower.powf(random.factor(0.6))
        };
        let mut all: Vec<u64> = Vec::new();
        let (mut p50, mut p95, mut rate) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..7 {
            let round = base * slower * random.factor(0.05);
            let mut samples: Vec<u64> = (0..40)
                .map(|_| (round * random.factor(0.3) * 1e6) as u64)
                .collect();
            samples.sort_unstable();
            p50.push(samples[20] as f64 / 1e6);
            p95.push(samples[37] as f64 / 1e6);
            rate.push(4e10 / samples.iter().sum::<u64>() as f64);
            all.extend(samples);
        }
        all.sort_unstable();
        for (measure, unit, better, rounds) in [
            ("p50", "ms", Better::Lower, p50),
            ("p95", "ms", Better::Lower, p95),
            ("throughput", "1/s", Better::Higher, rate),
        ] {
            record.figures.push(Figure {
                workload: workload.to_owned(),
                subject: query.to_owned(),
                measure: measure.to_owned(),
                engine: engine.to_owned(),
                unit: unit.to_owned(),
                better,
                rounds,
            });
        }
        record.latencies.push(Latencies {
            workload: workload.to_owned(),
            subject: query.to_owned(),
            engine: engine.to_owned(),
            nanoseconds: all,
        });
        record.answers.push(Answer {
            workload: workload.to_owned(),
            subject: query.to_owned(),
            engine: engine.to_owned(),
            rows: 4 + number as u64 * 17,
            digest: format!(
                "{:016x}",
                0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(number as u64 + 1)
            ),
        });
    }
}
