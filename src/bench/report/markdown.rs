//! Tables for a document in Markdown: by workload and panel, engines side by side.

use super::number;
use super::results::{Kind, Panel, Results, Workload};
use crate::bench::record::{Better, Record};

/// All figures of the records: medians of the rounds, and ratios to each peer with their least and greatest.
pub fn markdown(records: &[Record]) -> String {
    let results = Results::new(records);
    let mut lines: Vec<String> = Vec::new();
    for workload in &results.workloads {
        lines.extend([format!("### {}", escaped(workload.name)), String::new()]);
        for panel in &workload.panels {
            table(&mut lines, &results, workload, panel);
            lines.push(String::new());
        }
        let differ: Vec<&str> = workload
            .answers
            .iter()
            .filter(|row| row.agree() == Some(false))
            .map(|row| row.label)
            .collect();
        if !differ.is_empty() {
            let differ = escaped(&differ.join(", "));
            lines.extend([format!("**Answers differ**: {differ}."), String::new()]);
        }
    }
    lines.join("\n")
}

fn table(
    lines: &mut Vec<String>,
    results: &Results<'_>,
    workload: &Workload<'_>,
    panel: &Panel<'_>,
) {
    let shown = panel.engines();
    let peers: Vec<usize> = shown
        .iter()
        .copied()
        .filter(|&engine| panel.rows.iter().any(|row| row.ratio(engine).is_some()))
        .collect();
    let better = match panel.better() {
        Better::Lower => ", lower is better",
        Better::Higher => ", higher is better",
        Better::Neither => "",
    };
    let of = match panel.kind {
        Kind::Measure { name, unit } => format!("{name}, {unit}{better}"),
        Kind::Subject(subject) => subject.to_owned(),
    };
    let mut head = vec![escaped(&of)];
    head.extend(shown.iter().map(|&engine| escaped(results.engines[engine])));
    head.extend(
        peers
            .iter()
            .map(|&peer| format!("ratio to {}", escaped(results.engines[peer]))),
    );
    lines.push(line(&head));
    let rules = (0..head.len()).map(|column| if column == 0 { "---" } else { "---:" });
    lines.push(format!("|{}|", rules.collect::<Vec<_>>().join("|")));
    for (row, label) in panel.rows.iter().zip(panel.labels()) {
        let mut cells = vec![escaped(&label)];
        cells.extend(shown.iter().map(|&engine| {
            let why = workload.why_no_figure(panel, row, results.engines[engine]);
            row.spread(engine)
                .map_or(why.to_owned(), |spread| number::exact(spread.median))
        }));
        cells.extend(peers.iter().map(|&peer| {
            row.ratio(peer).map_or("-".to_owned(), |ratio| {
                let [median, low, high] =
                    [ratio.0.median, ratio.0.low, ratio.0.high].map(number::ratio);
                match low == high {
                    true => median,
                    false => format!("{median} ({low} to {high})"),
                }
            })
        }));
        lines.push(line(&cells));
    }
}

fn line(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

/// Text that stays in its cell and is not taken for markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '|' | '\\' | '*' | '_' | '`' | '<' | '[' => escaped.extend(['\\', character]),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
