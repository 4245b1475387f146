//! A panel on the page: its bars, beside them how ours stands to its peers, below them the figures.

use super::bars::{self, Sign};
use super::chart::{marker, style};
use super::markup::{Escaped, Markup};
use super::number;
use super::results::{Kind, Panel, Results, Workload};
use super::statistics::Ratio;
use crate::bench::record::Better;

/// A panel: bars, beside them ratios if there are peers, below them the table. Of subjects executed often the first
/// panel is open, the others when they are asked for: they say the same in other words more often than not.
pub fn figure(
    page: &mut Markup,
    results: &Results<'_>,
    workload: &Workload<'_>,
    panel: &Panel<'_>,
) {
    let name = panel_name(panel);
    let unit = match panel.kind {
        Kind::Measure { unit, .. } => unit,
        Kind::Subject(_) if panel.engines().len() < 2 => "",
        Kind::Subject(_) => "each measure on its own scale",
    };
    let caption = format!(
        "<h3>{}</h3><span class=\"unit\">{}{}</span>",
        Escaped(&name),
        Escaped(unit),
        match (panel.kind, panel.better()) {
            (Kind::Measure { .. }, Better::Lower) => ", lower is better",
            (Kind::Measure { .. }, Better::Higher) => ", higher is better",
            _ => "",
        }
    );
    let first = workload
        .panels
        .iter()
        .find(|panel| matches!(panel.kind, Kind::Measure { .. }));
    let open = first.is_none_or(|first| std::ptr::eq(first, panel))
        || matches!(panel.kind, Kind::Subject(_));
    page.put(format_args!("<figure>"));
    match open {
        true => page.put(format_args!("<figcaption>{caption}</figcaption>")),
        false => page.put(format_args!(
            "<details><summary>{caption}{}</summary>",
            in_short(results, panel)
        )),
    };
    drawings(
        page,
        results,
        workload,
        panel,
        &format!("{}: {name}, {unit}", workload.name),
    );
    if !open {
        page.put(format_args!("</details>"));
    }
    page.put(format_args!("</figure>"));
}

/// How ours stands in a panel as a whole.
fn in_short(results: &Results<'_>, panel: &Panel<'_>) -> Markup {
    let mut text = Markup::default();
    let Some(standing) = panel.standing() else {
        return text;
    };
    for (engine, ratio) in standing.ratios.iter().enumerate() {
        if let Some(ratio) = ratio {
            let sign = Sign::of(ratio.standing());
            text.put(format_args!(
                "<span class=\"short {}\">{} {} <small>to {}</small></span>",
                sign.class,
                sign.sign,
                number::ratio(ratio.0.median),
                Escaped(results.engines[engine])
            ));
        }
    }
    text
}

fn drawings(
    page: &mut Markup,
    results: &Results<'_>,
    workload: &Workload<'_>,
    panel: &Panel<'_>,
    title: &str,
) {
    let shown = panel.engines();
    // Measures of one engine alone have nothing to be drawn beside.
    if shown.len() < 2 && matches!(panel.kind, Kind::Subject(_)) {
        panel_table(page, results, workload, panel, false);
        return;
    }
    legend(page, results, &shown);
    let standings = panel.standings();
    let compared = standings
        .iter()
        .any(|row| row.ratios.iter().any(Option::is_some));
    page.put(format_args!(
        "<div class=\"charts\"><div>{}</div>",
        bars::figures(workload, panel, &results.engines, title)
    ));
    if compared {
        let title = format!("{title}: ratio of {} to its peers", results.engines[0]);
        page.put(format_args!(
            "<div>{}</div>",
            bars::standings(&standings, &shown, &results.engines, &title)
        ));
    }
    page.put(format_args!("</div>"));
    panel_table(page, results, workload, panel, compared);
}

fn panel_name(panel: &Panel<'_>) -> String {
    let name = match panel.kind {
        Kind::Measure { name, .. } => measure_name(name),
        Kind::Subject(subject) => subject,
    };
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

/// What a measure is called where there is room for it.
fn measure_name(measure: &str) -> &str {
    const NAMES: [(&str, &str); 7] = [
        ("p50", "median latency"),
        ("p95", "latency, 95th percentile"),
        ("p99", "latency, 99th percentile"),
        ("max", "longest latency"),
        ("mean", "mean latency"),
        ("cpu", "processor time"),
        ("first", "latency of the first execution"),
    ];
    NAMES
        .iter()
        .find(|(known, _)| *known == measure)
        .map_or(measure, |(_, name)| name)
}

/// Colours and markers, in the order of lines.
pub fn legend(page: &mut Markup, results: &Results<'_>, shown: &[usize]) {
    page.put(format_args!("<ul class=\"legend\">"));
    for &engine in shown {
        page.put(format_args!(
            "<li><svg width=\"14\" height=\"14\" aria-hidden=\"true\"><path class=\"bar {}\" \
             transform=\"translate(7 7)\" d=\"{}\"/></svg>{}</li>",
            style(engine),
            marker(engine),
            Escaped(results.engines[engine])
        ));
    }
    page.put(format_args!("</ul>"));
}

fn panel_table(
    page: &mut Markup,
    results: &Results<'_>,
    workload: &Workload<'_>,
    panel: &Panel<'_>,
    compared: bool,
) {
    let shown = panel.engines();
    let peers: Vec<usize> = shown
        .iter()
        .copied()
        .filter(|&engine| compared && engine != 0)
        .collect();
    let of = match panel.kind {
        Kind::Measure { .. } => "Subject",
        Kind::Subject(_) => "Measure",
    };
    page.put(format_args!(
        "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">{of}</th>"
    ));
    for &engine in &shown {
        page.put(format_args!(
            "<th scope=\"col\">{}</th>",
            Escaped(results.engines[engine])
        ));
    }
    for &peer in &peers {
        page.put(format_args!(
            "<th scope=\"col\">to {}</th>",
            Escaped(results.engines[peer])
        ));
    }
    page.put(format_args!("</tr></thead><tbody>"));
    for (row, label) in panel.rows.iter().zip(panel.labels()) {
        page.put(format_args!(
            "<tr><th scope=\"row\">{}</th>",
            Escaped(&label)
        ));
        for &engine in &shown {
            match row.spread(engine) {
                Some(spread) => page.put(format_args!(
                    "<td>{} <small>{} to {}</small></td>",
                    number::exact(spread.median),
                    number::exact(spread.low),
                    number::exact(spread.high)
                )),
                None => {
                    let why = workload.why_no_figure(panel, row, results.engines[engine]);
                    page.put(format_args!("<td class=\"absent\">{why}</td>"))
                }
            };
        }
        for &peer in &peers {
            ratio_cell(page, row.ratio(peer));
        }
        page.put(format_args!("</tr>"));
    }
    page.put(format_args!("</tbody></table></div>"));
}

pub fn ratio_cell(page: &mut Markup, ratio: Option<Ratio>) {
    match ratio {
        Some(ratio) => {
            let sign = Sign::of(ratio.standing());
            page.put(format_args!(
                "<td class=\"{}\"><span title=\"ours is {} it\">{}</span> {} <small>{} to {}</small></td>",
                sign.class,
                sign.word,
                sign.sign,
                number::ratio(ratio.0.median),
                number::ratio(ratio.0.low),
                number::ratio(ratio.0.high)
            ))
        }
        None => page.put(format_args!("<td class=\"absent\">-</td>")),
    };
}
