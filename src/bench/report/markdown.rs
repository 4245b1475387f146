//! Tables for a document in Markdown: how ours stands, then by workload and panel engines side by side.

use super::number;
use super::results::{Kind, Panel, Results, Standings, Workload};
use super::statistics::Ratio;
use crate::bench::record::{Better, Record};

/// How ours stands in each workload, and all figures of the records: medians of the rounds, and ratios to each peer with
/// their least and greatest.
pub fn markdown(records: &[Record]) -> String {
    let results = Results::new(records);
    let mut lines: Vec<String> = Vec::new();
    summary(&mut lines, &results);
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

fn summary(lines: &mut Vec<String>, results: &Results<'_>) {
    let standings = results.summary();
    if standings.is_empty() {
        return;
    }
    let peers = Standings::peers(&standings);
    lines.extend([
        format!("### How {} stands", escaped(results.engines[0])),
        String::new(),
        format!("{}.", Standings::MEANING),
        String::new(),
    ]);
    let mut head = vec!["workload".to_owned()];
    for &peer in &peers {
        head.extend([
            format!("to {}", escaped(results.engines[peer])),
            "of".to_owned(),
        ]);
    }
    head_lines(lines, &head);
    for row in &standings {
        let mut cells = vec![escaped(&row.label)];
        for &peer in &peers {
            cells.extend([ratio(row.ratios[peer]), row.rows[peer].to_string()]);
        }
        lines.push(line(&cells));
    }
    lines.push(String::new());
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
    head_lines(lines, &head);
    for (row, label) in panel.rows.iter().zip(panel.labels()) {
        let mut cells = vec![escaped(&label)];
        cells.extend(shown.iter().map(|&engine| {
            let why = workload.why_no_figure(panel, row, results.engines[engine]);
            row.spread(engine)
                .map_or(why.to_owned(), |spread| number::exact(spread.median))
        }));
        cells.extend(peers.iter().map(|&peer| ratio(row.ratio(peer))));
        lines.push(line(&cells));
    }
}

fn ratio(ratio: Option<Ratio>) -> String {
    let Some(Ratio(spread)) = ratio else {
        return "-".to_owned();
    };
    let [median, low, high] = [spread.median, spread.low, spread.high].map(number::ratio);
    match low == high {
        true => median,
        false => format!("{median} ({low} to {high})"),
    }
}

fn head_lines(lines: &mut Vec<String>, head: &[String]) {
    let rules = (0..head.len()).map(|column| if column == 0 { "---" } else { "---:" });
    lines.push(line(head));
    lines.push(format!("|{}|", rules.collect::<Vec<_>>().join("|")));
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
