//! Every figure as a line of comma-separated values, exact.

use super::results::{Kind, Panel, Results, Workload};
use crate::bench::record::{Better, Record};
use std::fmt::Write;

/// Values of rounds stand in one field, separated by spaces. `ratio` is how many times as good ours is as the engine.
const HEAD: &str = "workload,subject,measure,engine,unit,better,median,least,greatest,ratio,ratio_least,ratio_greatest,rounds";

/// All figures of the records, by workload.
pub fn csv(records: &[Record]) -> String {
    let results = Results::new(records);
    let mut text = format!("{HEAD}\r\n");
    for workload in &results.workloads {
        for panel in &workload.panels {
            put_panel(&mut text, &results, workload, panel);
        }
    }
    text
}

fn put_panel(text: &mut String, results: &Results<'_>, workload: &Workload<'_>, panel: &Panel<'_>) {
    for row in &panel.rows {
        for engine in panel.engines() {
            let (Some(figure), Some(spread)) = (row.cell(engine), row.spread(engine)) else {
                continue;
            };
            let (subject, measure) = match panel.kind {
                Kind::Measure { name, .. } => (row.label, name),
                Kind::Subject(subject) => (subject, row.label),
            };
            let better = match figure.better {
                Better::Lower => "lower",
                Better::Higher => "higher",
                Better::Neither => "neither",
            };
            let names = [
                workload.name,
                subject,
                measure,
                results.engines[engine],
                row.unit(),
                better,
            ];
            let names = names.map(field).join(",");
            let ratio = row.ratio(engine).map_or(",,".to_owned(), |ratio| {
                format!("{},{},{}", ratio.0.median, ratio.0.low, ratio.0.high)
            });
            let rounds: Vec<String> = figure.rounds.iter().map(f64::to_string).collect();
            let written = write!(
                text,
                "{names},{},{},{},{ratio},{}\r\n",
                spread.median,
                spread.low,
                spread.high,
                rounds.join(" ")
            );
            debug_assert!(written.is_ok(), "a string takes everything");
        }
    }
}

/// As RFC 4180 has it.
fn field(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}
