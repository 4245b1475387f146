//! Bars: figures of engines side by side, and how ours stands to its peers.

use super::chart::{Rows, marker, percent, ratio_mark, style};
use super::markup::{Escaped, Markup};
use super::number;
use super::results::{Kind, Panel, Row, Standings, Workload};
use super::scale::Scale;
use super::statistics::{Ratio, Standing};
use crate::bench::record::Figure;

pub const LINE_PX: f64 = 16.0;
/// What a bar leaves free of its line, above and below.
const INSET_PX: f64 = 1.5;
const FIGURE_PX: f64 = 52.0;
const RATIO_PX: f64 = 92.0;

/// A bar for each row and engine: the median of the rounds, with a line from the least to the greatest.
pub fn figures(
    workload: &Workload<'_>,
    panel: &Panel<'_>,
    engines: &[&str],
    title: &str,
) -> Markup {
    let shown = panel.engines();
    let labels = panel.labels();
    let labels = labels.iter().map(String::as_str).collect();
    let rows = Rows::new(labels, shown.len(), LINE_PX, FIGURE_PX);
    let scales = scales(panel, &shown);
    let mut marks = Markup::default();
    for (number, (row, scale)) in panel.rows.iter().zip(&scales).enumerate() {
        for (line, &engine) in shown.iter().enumerate() {
            let top = rows.top(number, line);
            let middle = top + LINE_PX / 2.0;
            let Some(spread) = row.spread(engine) else {
                absent(
                    &mut marks,
                    middle,
                    workload.why_no_figure(panel, row, engines[engine]),
                );
                continue;
            };
            marks.put(format_args!(
                "<rect class=\"bar {}\" x=\"0\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"1.5\">\
                 <title>{}, {}: {} {} ({} to {})</title></rect>",
                style(engine),
                top + INSET_PX,
                percent(scale.place(spread.median)),
                LINE_PX - 2.0 * INSET_PX,
                Escaped(row.label),
                Escaped(engines[engine]),
                number::exact(spread.median),
                Escaped(row.unit()),
                number::exact(spread.low),
                number::exact(spread.high),
            ));
            let ends = [spread.low, spread.high].map(|value| scale.place(value));
            whisker(&mut marks, ends, middle);
            marks.put(format_args!(
                "<text class=\"figure\" x=\"{}\" dx=\"6\" y=\"{middle}\" dy=\"0.35em\">{}</text>",
                percent(ends[1]),
                number::short(spread.median)
            ));
        }
    }
    let axis = match panel.kind {
        Kind::Measure { .. } => scales.first(),
        // Its rows have scales of their own.
        Kind::Subject(_) => None,
    };
    rows.chart(title, axis, number::mark, &marks)
}

/// The scale of each row. Rows of one measure share theirs. Of a subject those of one unit do, unless one would vanish
/// beside another.
fn scales(panel: &Panel<'_>, shown: &[usize]) -> Vec<Scale> {
    let ends = |row: &Row<'_, Figure>| -> Vec<f64> {
        let spreads = shown.iter().filter_map(|&engine| row.spread(engine));
        spreads
            .flat_map(|spread| [spread.low, spread.high])
            .collect()
    };
    let scale = |row: &Row<'_, Figure>| {
        let alike = panel.rows.iter().filter(|other| other.unit() == row.unit());
        let all: Vec<f64> = alike.flat_map(ends).collect();
        let together = Scale::bars(all.into_iter());
        match panel.kind {
            Kind::Subject(_) if together.logarithmic => Scale::bars(ends(row).into_iter()),
            _ => together,
        }
    };
    panel.rows.iter().map(scale).collect()
}

/// A bar for each row and peer, from 1 to the right where ours is ahead, to the left where it is behind. `lines` are
/// the engines that have a line; that of ours stays empty.
pub fn standings(
    standings: &[Standings],
    lines: &[usize],
    engines: &[&str],
    title: &str,
) -> Markup {
    let labels = standings.iter().map(|row| row.label.as_str()).collect();
    let rows = Rows::new(labels, lines.len(), LINE_PX, RATIO_PX);
    let ratios = standings.iter().flat_map(|row| row.ratios.iter().flatten());
    let scale = Scale::ratios(ratios.flat_map(|Ratio(spread)| [spread.low, spread.high]));
    let one = scale.place(1.0);
    let mut marks = Markup::default();
    for (number, row) in standings.iter().enumerate() {
        for (line, &engine) in lines.iter().enumerate().filter(|&(_, &engine)| engine != 0) {
            let top = rows.top(number, line);
            let middle = top + LINE_PX / 2.0;
            let Some(ratio) = row.ratios[engine] else {
                continue;
            };
            let standing = Sign::of(ratio.standing());
            let [low, at, high] =
                [ratio.0.low, ratio.0.median, ratio.0.high].map(|value| scale.place(value));
            marks.put(format_args!(
                "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\">\
                 <title>{}: ours is {} {} ({}; {} to {})</title></rect>",
                standing.class,
                percent(at.min(one)),
                top + INSET_PX,
                percent((at - one).abs()),
                LINE_PX - 2.0 * INSET_PX,
                Escaped(&row.label),
                standing.word,
                Escaped(engines[engine]),
                number::ratio(ratio.0.median),
                number::ratio(ratio.0.low),
                number::ratio(ratio.0.high),
            ));
            whisker(&mut marks, [low, high], middle);
            marks.put(format_args!(
                "<svg x=\"100%\" y=\"{middle}\"><path class=\"bar {}\" transform=\"translate(14 0)\" d=\"{}\"/></svg>\
                 <text class=\"figure {}\" x=\"100%\" dx=\"26\" y=\"{middle}\" dy=\"0.35em\">{} {}</text>",
                style(engine),
                marker(engine),
                standing.class,
                standing.sign,
                number::ratio(ratio.0.median)
            ));
        }
    }
    marks.put(format_args!(
        "<line class=\"one\" x1=\"{place}\" x2=\"{place}\" y1=\"20\" y2=\"{}\"/>",
        rows.height_px() - 6.0,
        place = percent(one)
    ));
    rows.chart(title, Some(&scale), ratio_mark, &marks)
}

/// How a standing is told, never by colour alone.
pub struct Sign {
    pub class: &'static str,
    pub sign: char,
    pub word: &'static str,
}

impl Sign {
    pub fn of(standing: Standing) -> Self {
        let (class, sign, word) = match standing {
            Standing::Ahead => ("ahead", '\u{25B2}', "ahead of"),
            Standing::Level => ("level", '\u{2248}', "level with"),
            Standing::Behind => ("behind", '\u{25BC}', "behind"),
        };
        Self { class, sign, word }
    }
}

/// A line from the least to the greatest of the rounds.
fn whisker(marks: &mut Markup, [low, high]: [f64; 2], middle: f64) {
    marks.put(format_args!(
        "<line class=\"whisker\" x1=\"{}\" x2=\"{}\" y1=\"{middle}\" y2=\"{middle}\"/>",
        percent(low),
        percent(high)
    ));
}

pub fn absent(marks: &mut Markup, middle: f64, what: &str) {
    marks.put(format_args!(
        "<text class=\"absent\" x=\"0\" dx=\"4\" y=\"{middle}\" dy=\"0.35em\">{what}</text>"
    ));
}
