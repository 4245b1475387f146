//! A small record with everything in it, and what reports make of it.

use super::*;
use crate::bench::quantile::quantile;
use crate::bench::record::{
    Answer, Better, Engine, Failure, FailureKind, Figure, Latencies, Machine, Record,
};

/// SplitMix64, and normal deviates of it.
pub struct Noise(u64);

impl Noise {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xD134_2543_DE82_EF95))
    }

    /// From 0 to 1.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ z >> 31) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// With mean 0 and standard deviation 1 (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// Of milliseconds, fewer of which are better.
pub fn figure(
    workload: &str,
    subject: &str,
    measure: &str,
    engine: &str,
    rounds: Vec<f64>,
) -> Figure {
    Figure {
        workload: workload.to_owned(),
        subject: subject.to_owned(),
        measure: measure.to_owned(),
        engine: engine.to_owned(),
        unit: "ms".to_owned(),
        better: Better::Lower,
        rounds,
    }
}

/// Two scales of one workload and another workload, three engines of which one answers otherwise and one only loads,
/// and names that are markup.
fn record() -> Record {
    let mut record = Record {
        format: 1,
        started: "2026-01-02T03:04:05Z".to_owned(),
        command: ["triplestore", "bench", "run", "a & b"]
            .map(str::to_owned)
            .to_vec(),
        machine: Machine {
            processor: "Processor <X>".to_owned(),
            cores: 2,
            memory_bytes: 8 << 30,
            ..Machine::default()
        },
        ..Record::default()
    };
    for (name, slower) in [("peer", 3.0), ("triplestore", 1.0), ("loader \"<&>\"", 2.0)] {
        record.engines.push(Engine {
            name: name.to_owned(),
            version: "1.2".to_owned(),
            settings: [("sync".to_owned(), format!("<{slower}>"))].into(),
        });
        for (workload, scale) in [("lubm-1", 1.0), ("lubm-10", 10.0), ("<bsbm>", 3.0)] {
            let load = [1.0, 1.1, 0.9].map(|round| round * 1234.0 * scale * slower);
            let mut load = figure(workload, "load", "to return", name, load.to_vec());
            load.unit = "us".to_owned();
            record.figures.push(load);
            if name.starts_with("loader") {
                record.failures.push(Failure {
                    workload: workload.to_owned(),
                    subject: "Q1".to_owned(),
                    engine: name.to_owned(),
                    kind: FailureKind::Unsupported,
                    message: "no <queries>".to_owned(),
                });
                continue;
            }
            for (subject, milliseconds) in [("Q1", 0.0123), ("Q2", 456.7)] {
                // The peer is ahead in the second.
                let milliseconds = milliseconds * scale
                    / if subject == "Q2" {
                        slower
                    } else {
                        1.0 / slower
                    };
                for (measure, factor) in [("p50", 1.0), ("p95", 1.3)] {
                    let rounds = [1.0, 1.01, 0.98].map(|round| round * milliseconds * factor);
                    record
                        .figures
                        .push(figure(workload, subject, measure, name, rounds.to_vec()));
                }
                record.latencies.push(Latencies {
                    workload: workload.to_owned(),
                    subject: subject.to_owned(),
                    engine: name.to_owned(),
                    nanoseconds: (90..=110)
                        .map(|part| (milliseconds * 1e4) as u64 * part)
                        .collect(),
                });
                record.answers.push(Answer {
                    workload: workload.to_owned(),
                    subject: subject.to_owned(),
                    engine: name.to_owned(),
                    rows: 7,
                    digest: match (workload, subject, name) {
                        ("lubm-10", "Q2", "peer") => "fedcba9876543210".to_owned(),
                        _ => "0123456789abcdef".to_owned(),
                    },
                });
            }
        }
    }
    record
}

/// Elements by name, attribute values and texts of a page that is well-formed.
struct Parsed {
    elements: Vec<String>,
    attributes: Vec<(String, String)>,
    text: String,
}

fn parsed(page: &str) -> Parsed {
    use quick_xml::events::Event;
    let mut parsed = Parsed {
        elements: Vec::new(),
        attributes: Vec::new(),
        text: String::new(),
    };
    let mut reader = quick_xml::Reader::from_str(page);
    let mut open = 0;
    loop {
        let event = reader.read_event().unwrap();
        if let Event::Start(element) | Event::Empty(element) = &event {
            let name = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            parsed.elements.push(name(element.name().as_ref()));
            for attribute in element.attributes() {
                let attribute = attribute.unwrap();
                let value = attribute.unescape_value().unwrap().into_owned();
                parsed
                    .attributes
                    .push((name(attribute.key.as_ref()), value));
            }
        }
        match event {
            Event::Start(_) => open += 1,
            Event::End(_) => open -= 1,
            Event::Text(text) => {
                parsed.text.push_str(&text.unescape().unwrap());
                parsed.text.push('\n');
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(open, 0, "an element is not closed");
    parsed
}

#[test]
fn the_page_is_well_formed_and_whole_in_itself() {
    let page = html(&[record()]);
    let parsed = parsed(&page);
    for absent in ["script", "link", "img", "iframe", "object", "foreignObject"] {
        assert!(
            !parsed.elements.iter().any(|element| element == absent),
            "{absent}"
        );
    }
    for (name, value) in &parsed.attributes {
        let reference = value.contains("://") || value.contains("data:");
        assert!(name == "xmlns" || !reference, "{name}={value}");
        assert!(name != "href" || value.starts_with('#'), "{value}");
    }
    assert!(!page.contains("@import") && !page.contains("@font-face"));
    assert!(page.matches("url(").count() == page.matches("url(#").count());
}

#[test]
fn the_page_has_every_figure_and_answer() {
    let record = record();
    let text = parsed(&html(std::slice::from_ref(&record))).text;
    for figure in &record.figures {
        let spread = statistics::Spread::of(figure.rounds.iter().copied()).unwrap();
        let cell = format!("{} \n", number::exact(spread.median));
        let range = format!(
            "{} to {}",
            number::exact(spread.low),
            number::exact(spread.high)
        );
        assert!(text.contains(&cell) && text.contains(&range), "{figure:?}");
    }
    for latencies in &record.latencies {
        let p95 = quantile(&latencies.nanoseconds, 0.95, |sample| sample as f64 / 1e6).unwrap();
        assert!(text.contains(&number::exact(p95)), "{latencies:?}");
    }
    for answer in &record.answers {
        assert!(text.contains(&answer.digest[..8]), "{answer:?}");
    }
}

#[test]
fn names_are_text_and_never_markup() {
    let record = record();
    let parsed = parsed(&html(std::slice::from_ref(&record)));
    for name in [
        "loader \"<&>\"",
        "<bsbm>",
        "Processor <X>",
        "a & b",
        "<2>",
        "no <queries>",
    ] {
        assert!(parsed.text.contains(name), "{name}");
    }
    assert!(!parsed.elements.iter().any(|element| element == "bsbm"));
    assert_eq!(
        markup::Escaped("a\u{0}\u{1b}b").to_string(),
        "a\u{FFFD}\u{FFFD}b"
    );
}

#[test]
fn every_workload_has_its_charts_and_every_chart_a_title() {
    let parsed = parsed(&html(&[record()]));
    let titles: Vec<&str> = parsed
        .attributes
        .iter()
        .filter(|(name, _)| name == "aria-label")
        .map(|(_, value)| value.as_str())
        .collect();
    for workload in ["lubm-1", "lubm-10", "<bsbm>"] {
        for chart in [
            "Median latency, ms",
            "Median latency, ms: ratio of triplestore to its peers",
            "Latency, 95th percentile, ms",
            "Load, each measure on its own scale",
            "distribution of latencies, ms",
        ] {
            let title = format!("{workload}: {chart}");
            assert!(titles.contains(&title.as_str()), "{title}");
        }
    }
    // Growth, of what lubm-1 and lubm-10 both have.
    for title in [
        "Q1 p50, ms",
        "Q2 p50, ms",
        "load to return, us",
        "Standing by workload",
    ] {
        assert!(titles.contains(&title), "{title}");
    }
    let drawings = parsed
        .attributes
        .iter()
        .filter(|(name, value)| name == "role" && value == "img");
    assert_eq!(
        drawings.count(),
        titles.len() - 1,
        "all but the list of workloads"
    );
}

#[test]
fn ours_comes_first_and_standings_have_signs() {
    let parsed = parsed(&html(&[record()]));
    let title = "triplestore beside peer, loader \"<&>\"";
    assert!(parsed.text.contains(title));
    assert!(parsed.text.contains("\u{25B2} 3.00\u{D7}"), "ahead in Q1");
    assert!(parsed.text.contains("\u{25BC} 0.333\u{D7}"), "behind in Q2");
    assert!(parsed.text.contains("\u{2717} engines differ in 1 answer"));
    assert!(parsed.text.contains("\u{2713} engines agree in 2 answers"));
}

#[test]
fn a_report_of_nothing_or_of_one_engine_is_a_page_too() {
    parsed(&html(&[]));
    parsed(&html(&[Record::default()]));
    let mut alone = record();
    alone
        .figures
        .retain(|figure| figure.engine == "triplestore");
    alone.engines.retain(|engine| engine.name == "triplestore");
    alone.latencies.clear();
    alone.answers.clear();
    let parsed = parsed(&html(&[alone]));
    assert!(
        !parsed.text.contains('\u{D7}'),
        "there is nothing to compare with"
    );
}

#[test]
fn of_a_figure_in_two_records_the_last_is_shown() {
    let record = |value| Record {
        figures: vec![figure("w", "Q", "p50", "triplestore", vec![value])],
        ..Record::default()
    };
    let text = parsed(&html(&[record(1.25), record(2.75)])).text;
    assert!(text.contains("2.750") && !text.contains("1.250"));
}

#[test]
fn csv_has_a_line_for_each_figure_and_quotes_what_needs_it() {
    let record = record();
    let text = csv(std::slice::from_ref(&record));
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), record.figures.len() + 1);
    let columns = lines[0].split(',').count();
    for line in &lines[1..] {
        let unquoted = line.replace("\"loader \"\"<&>\"\"\"", "loader");
        assert_eq!(unquoted.split(',').count(), columns, "{line}");
    }
    let load = "lubm-1,load,to return,triplestore,us,lower,1234,1110.6000000000001,1357.4,,,,1234 1357.4 1110.6000000000001";
    assert!(lines.contains(&load), "{text}");
    assert!(text.contains("\"loader \"\"<&>\"\"\",us"), "{text}");
}

#[test]
fn markdown_has_engines_side_by_side_with_ratios() {
    let text = markdown(&[record()]);
    let expected = "\
| p50, ms, lower is better | triplestore | peer | ratio to peer |
|---|---:|---:|---:|
| Q1 | 0.1230 | 0.3690 | 3.00\u{D7} |
| Q2 | 4,567 | 1,522 | 0.333\u{D7} |
";
    let standing = "\
| workload | to peer | of | to loader \"\\<&>\" | of |
|---|---:|---:|---:|---:|
| lubm-1, load to return | 3.00\u{D7} | 1 | 2.00\u{D7} | 1 |
| lubm-1, p50 | 1.00\u{D7} | 2 | - | 0 |
";
    assert!(text.contains("### \\<bsbm>"), "{text}");
    assert!(text.contains(standing), "{text}");
    assert!(text.contains(expected), "{text}");
    assert!(text.contains("**Answers differ**: Q2."));
}

#[test]
fn a_ratio_shows_how_far_its_rounds_lie_apart() {
    let p50 = |engine, rounds: [f64; 3]| figure("lubm-1", "Q1", "p50", engine, rounds.to_vec());
    let text = markdown(&[Record {
        figures: vec![p50("triplestore", [1.0; 3]), p50("peer", [2.0, 4.0, 3.0])],
        ..Record::default()
    }]);
    assert!(
        text.contains("| 3.00\u{D7} (2.00\u{D7} to 4.00\u{D7}) |"),
        "{text}"
    );
}
