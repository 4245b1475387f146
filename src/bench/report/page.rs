//! The page: one file with its styles and drawings in it, which needs no script and nothing from elsewhere.
//!
//! From what matters most to what lies beneath it: how ours stands, workload by workload its charts, each above the
//! figures it was drawn from, whether the engines agree in their answers, and what everything was run on.

use super::bars;
use super::curves::Curve;
use super::distribution::{milliseconds, violins};
use super::machine::cache_latency;
use super::markup::{Escaped, Markup};
use super::number;
use super::panel::{figure, legend, ratio_cell};
use super::results::{Family, Results, Row, Standings, Workload, present, word};
use crate::bench::quantile::quantile;
use crate::bench::record::{Answer, Latencies, Record};
use std::collections::BTreeSet;

const STYLES: &str = include_str!("page.css");
/// Of a digest, as many characters as tell two apart; all of it is shown where the pointer rests.
const DIGEST_CHARACTERS: usize = 8;

/// The hatching of bars that fall behind.
const PATTERNS: &str = "<svg class=\"patterns\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>\
    <pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
    patternTransform=\"rotate(45)\"><rect class=\"ground\" width=\"6\" height=\"6\"/>\
    <rect class=\"stripe\" width=\"3\" height=\"6\"/></pattern></defs></svg>";

/// All of the records as one page of HTML, which is well-formed XML too.
pub fn html(records: &[Record]) -> String {
    let results = Results::new(records);
    let mut page = Markup::default();
    let title = title(&results);
    page.put(format_args!(
        "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\"><head>\
         <meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\
         <meta name=\"color-scheme\" content=\"light dark\"/><title>{}</title>\n<style>\n{STYLES}</style>\
         </head>\n<body>{PATTERNS}\n",
        Escaped(&title)
    ));
    header(&mut page, &results, &title);
    page.put(format_args!("<main>\n"));
    summary(&mut page, &results);
    for (number, workload) in results.workloads.iter().enumerate() {
        section(&mut page, &results, workload, number);
    }
    growth(&mut page, &results);
    setting(&mut page, &results);
    page.put(format_args!("</main></body></html>\n"));
    page.into_text()
}

fn title(results: &Results<'_>) -> String {
    match results.engines.as_slice() {
        [] => "Benchmark report".to_owned(),
        [ours] => format!("{ours}: benchmark report"),
        [ours, peers @ ..] => format!("{ours} beside {}", peers.join(", ")),
    }
}

fn header(page: &mut Markup, results: &Results<'_>, title: &str) {
    page.put(format_args!("<header><h1>{}</h1>", Escaped(title)));
    let machines: BTreeSet<String> = results
        .records
        .iter()
        .map(|record| {
            let machine = &record.machine;
            let gib = machine.memory_bytes as f64 / (1u64 << 30) as f64;
            let cores = number::counted(machine.cores as usize, "core");
            format!("{}, {cores}, {gib:.0} GiB", machine.processor)
        })
        .collect();
    let started: Vec<&str> = results
        .records
        .iter()
        .map(|record| record.started.as_str())
        .collect();
    for line in machines
        .iter()
        .map(String::as_str)
        .chain([started.join(", ").as_str()])
    {
        page.put(format_args!("<p class=\"about\">{}</p>", Escaped(line)));
    }
    page.put(format_args!("<nav aria-label=\"Workloads\"><ul>"));
    for (number, workload) in results.workloads.iter().enumerate() {
        page.put(format_args!(
            "<li><a href=\"#w{number}\">{}</a></li>",
            Escaped(workload.name)
        ));
    }
    page.put(format_args!(
        "<li><a href=\"#setting\">machine and engines</a></li></ul></nav></header>\n"
    ));
}

fn summary(page: &mut Markup, results: &Results<'_>) {
    let standings = results.summary();
    if standings.is_empty() {
        return;
    }
    let peers = Standings::peers(&standings);
    page.put(format_args!(
        "<section><h2>How {} stands</h2><p>{}. Right of 1\u{D7} it is ahead.</p><figure>",
        Escaped(results.engines[0]),
        Standings::MEANING
    ));
    legend(page, results, &peers);
    let chart = bars::standings(&standings, &peers, &results.engines, "Standing by workload");
    page.put(format_args!("{chart}"));
    standings_table(page, results, &standings, &peers);
    page.put(format_args!("</figure></section>\n"));
}

fn standings_table(
    page: &mut Markup,
    results: &Results<'_>,
    standings: &[Standings],
    peers: &[usize],
) {
    page.put(format_args!(
        "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Workload</th>"
    ));
    for &peer in peers {
        page.put(format_args!(
            "<th scope=\"col\">to {}</th><th scope=\"col\">of</th>",
            Escaped(results.engines[peer])
        ));
    }
    page.put(format_args!("</tr></thead><tbody>"));
    for row in standings {
        page.put(format_args!(
            "<tr><th scope=\"row\">{}</th>",
            Escaped(&row.label)
        ));
        for &peer in peers {
            ratio_cell(page, row.ratios[peer]);
            page.put(format_args!(
                "<td>{}</td>",
                number::counted(row.rows[peer], "figure")
            ));
        }
        page.put(format_args!("</tr>"));
    }
    page.put(format_args!("</tbody></table></div>"));
}

fn section(page: &mut Markup, results: &Results<'_>, workload: &Workload<'_>, number: usize) {
    page.put(format_args!(
        "<section id=\"w{number}\"><h2>{}</h2>",
        Escaped(workload.name)
    ));
    for panel in &workload.panels {
        figure(page, results, workload, panel);
    }
    distributions(page, results, workload);
    answers(page, results, workload);
    failures(page, workload);
    page.put(format_args!("</section>\n"));
}

fn distributions(page: &mut Markup, results: &Results<'_>, workload: &Workload<'_>) {
    if workload.latencies.is_empty() {
        return;
    }
    let shown = present(&workload.latencies);
    page.put(format_args!(
        "<figure><figcaption><h3>Distribution of latencies</h3><span class=\"unit\">ms, over all rounds; the bar \
         spans the middle half, the dot is the median, the tick the 95th percentile</span></figcaption>"
    ));
    legend(page, results, &shown);
    let title = format!("{}: distribution of latencies, ms", workload.name);
    page.put(format_args!(
        "{}",
        violins(workload, &results.engines, &title)
    ));
    latency_table(page, results, &workload.latencies, &shown);
    page.put(format_args!("</figure>"));
}

fn latency_table(
    page: &mut Markup,
    results: &Results<'_>,
    rows: &[Row<'_, Latencies>],
    shown: &[usize],
) {
    const PARTS: [(&str, f64); 7] = [
        ("least", 0.0),
        ("25 %", 0.25),
        ("50 %", 0.5),
        ("75 %", 0.75),
        ("95 %", 0.95),
        ("99 %", 0.99),
        ("most", 1.0),
    ];
    page.put(format_args!(
        "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Subject</th><th scope=\"col\" \
         class=\"text\">Engine</th><th scope=\"col\">Samples</th>"
    ));
    for (name, _) in PARTS {
        page.put(format_args!("<th scope=\"col\">{name}</th>"));
    }
    page.put(format_args!("</tr></thead><tbody>"));
    for row in rows {
        for &engine in shown {
            let Some(latencies) = row.cell(engine) else {
                continue;
            };
            let samples = &latencies.nanoseconds;
            page.put(format_args!(
                "<tr><th scope=\"row\">{}</th><td class=\"text\">{}</td><td>{}</td>",
                Escaped(row.label),
                Escaped(results.engines[engine]),
                samples.len()
            ));
            for (_, part) in PARTS {
                let value = quantile(samples, part, milliseconds).unwrap_or(f64::NAN);
                page.put(format_args!("<td>{}</td>", number::exact(value)));
            }
            page.put(format_args!("</tr>"));
        }
    }
    page.put(format_args!("</tbody></table></div>"));
}

fn answers(page: &mut Markup, results: &Results<'_>, workload: &Workload<'_>) {
    if workload.answers.is_empty() {
        return;
    }
    let shown = present(&workload.answers);
    let differ = workload
        .answers
        .iter()
        .filter(|row| row.agree() == Some(false))
        .count();
    let agree = workload
        .answers
        .iter()
        .filter(|row| row.agree() == Some(true))
        .count();
    let verdict = match (differ, agree) {
        (0, 0) => String::new(),
        (0, agree) => format!("\u{2713} engines agree in {}", counted_answers(agree)),
        (differ, _) => format!("\u{2717} engines differ in {}", counted_answers(differ)),
    };
    // Agreement needs no reading.
    let open = if differ > 0 { " open=\"\"" } else { "" };
    page.put(format_args!(
        "<figure><details{open}><summary><h3>Answers</h3><span class=\"unit\">{verdict}</span></summary>\
         <div class=\"scroll\"><table><thead><tr><th scope=\"col\">Query</th>"
    ));
    for &engine in &shown {
        page.put(format_args!(
            "<th scope=\"col\">{}, rows</th><th scope=\"col\" class=\"text\">digest</th>",
            Escaped(results.engines[engine])
        ));
    }
    page.put(format_args!(
        "<th scope=\"col\" class=\"text\"></th></tr></thead><tbody>"
    ));
    for row in &workload.answers {
        answer_row(page, row, &shown);
    }
    page.put(format_args!("</tbody></table></div></details></figure>"));
}

fn counted_answers(count: usize) -> String {
    match count {
        1 => "1 answer".to_owned(),
        _ => format!("{count} answers"),
    }
}

fn answer_row(page: &mut Markup, row: &Row<'_, Answer>, shown: &[usize]) {
    page.put(format_args!(
        "<tr><th scope=\"row\">{}</th>",
        Escaped(row.label)
    ));
    for &engine in shown {
        match row.cell(engine) {
            Some(answer) => {
                let short: String = answer.digest.chars().take(DIGEST_CHARACTERS).collect();
                page.put(format_args!(
                    "<td>{}</td><td class=\"text\"><code title=\"{}\">{}</code></td>",
                    answer.rows,
                    Escaped(&answer.digest),
                    Escaped(&short)
                ))
            }
            None => page.put(format_args!("<td class=\"absent\">-</td><td></td>")),
        };
    }
    let verdict = match row.agree() {
        Some(true) => "<td class=\"text ahead\">\u{2713} agree</td>",
        Some(false) => "<td class=\"text behind\">\u{2717} differ</td>",
        None => "<td></td>",
    };
    page.put(format_args!("{verdict}</tr>"));
}

/// What could not be measured and why, and answers that were wrong.
fn failures(page: &mut Markup, workload: &Workload<'_>) {
    if workload.failures.is_empty() {
        return;
    }
    page.put(format_args!(
        "<figure><figcaption><h3>Failures</h3></figcaption><div class=\"scroll\"><table class=\"pairs\"><thead><tr>\
         <th scope=\"col\">Subject</th><th scope=\"col\" class=\"text\">Engine</th>\
         <th scope=\"col\" class=\"text\">Kind</th><th scope=\"col\" class=\"text\">Message</th></tr></thead><tbody>"
    ));
    for failure in &workload.failures {
        page.put(format_args!(
            "<tr><th scope=\"row\">{}</th><td class=\"text\">{}</td><td class=\"text\">{}</td>\
             <td class=\"text\">{}</td></tr>",
            Escaped(&failure.subject),
            Escaped(&failure.engine),
            word(failure.kind),
            Escaped(&failure.message)
        ));
    }
    page.put(format_args!("</tbody></table></div></figure>"));
}

/// Curves of workloads that differ in one number.
fn growth(page: &mut Markup, results: &Results<'_>) {
    for family in Family::all(&results.workloads) {
        let curves = Curve::all(&family);
        if curves.is_empty() {
            continue;
        }
        page.put(format_args!(
            "<section><h2>Growth of {name}</h2><figure><figcaption><h3>Figures against N</h3><span \
             class=\"unit\">both axes logarithmic</span></figcaption>",
            name = Escaped(&family.name)
        ));
        legend(
            page,
            results,
            &(0..results.engines.len()).collect::<Vec<_>>(),
        );
        page.put(format_args!("<div class=\"curves\">"));
        for curve in &curves {
            page.put(format_args!("<div>{}</div>", curve.draw(results)));
        }
        page.put(format_args!("</div></figure></section>\n"));
    }
}

/// What everything was run on and with, record by record.
fn setting(page: &mut Markup, results: &Results<'_>) {
    page.put(format_args!(
        "<section id=\"setting\"><h2>Machine and engines</h2>"
    ));
    for record in results.records {
        let machine = &record.machine;
        page.put(format_args!(
            "<figure><div class=\"scroll\"><table class=\"pairs\"><tbody>"
        ));
        let pairs = [
            ("started", record.started.clone()),
            ("command", record.command.join(" ")),
            ("processor", machine.processor.clone()),
            ("cores", machine.cores.to_string()),
            ("memory, bytes", number::exact(machine.memory_bytes as f64)),
            ("system", machine.system.clone()),
            ("kernel", machine.kernel.clone()),
            ("file system", machine.file_system.clone()),
            (
                "a read of 4 MB just read",
                cache_latency(machine).unwrap_or_default(),
            ),
        ];
        for (name, value) in &pairs {
            pair(page, name, value);
        }
        page.put(format_args!("</tbody></table></div>"));
        engine_table(page, record);
        page.put(format_args!("</figure>"));
    }
    page.put(format_args!("</section>\n"));
}

fn engine_table(page: &mut Markup, record: &Record) {
    if record.engines.is_empty() {
        return;
    }
    page.put(format_args!(
        "<div class=\"scroll\"><table class=\"pairs\"><thead><tr><th scope=\"col\">Setting</th>"
    ));
    for engine in &record.engines {
        page.put(format_args!(
            "<th scope=\"col\" class=\"text\">{} <small>{}</small></th>",
            Escaped(&engine.name),
            Escaped(&engine.version)
        ));
    }
    page.put(format_args!("</tr></thead><tbody>"));
    let names: BTreeSet<&String> = record
        .engines
        .iter()
        .flat_map(|engine| engine.settings.keys())
        .collect();
    for name in names {
        page.put(format_args!("<tr><th scope=\"row\">{}</th>", Escaped(name)));
        for engine in &record.engines {
            match engine.settings.get(name) {
                Some(value) => page.put(format_args!("<td class=\"text\">{}</td>", Escaped(value))),
                None => page.put(format_args!("<td class=\"absent text\">-</td>")),
            };
        }
        page.put(format_args!("</tr>"));
    }
    page.put(format_args!("</tbody></table></div>"));
}

fn pair(page: &mut Markup, name: &str, value: &str) {
    page.put(format_args!(
        "<tr><th scope=\"row\">{name}</th><td class=\"text\">{}</td></tr>",
        Escaped(value)
    ));
}
