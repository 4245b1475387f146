//! Curves: how a figure grows with the data or with the clients, one small chart for each subject.

use super::chart::{marker, percent, style};
use super::markup::{Escaped, Markup};
use super::number;
use super::results::{Family, Kind, Panel, Results, Row};
use super::scale::Scale;
use super::statistics::Spread;
use crate::bench::record::Figure;

const HEIGHT_PX: f64 = 190.0;
const LEFT_PX: f64 = 46.0;
const RIGHT_PX: f64 = 12.0;
const HEAD_PX: f64 = 28.0;
const FOOT_PX: f64 = 24.0;
/// Of the stretched drawing that holds the lines.
const WIDTH: f64 = 1000.0;

/// What grows: a row of the first panel of its kind, in each member of a family that has it.
pub struct Curve<'r> {
    pub label: String,
    pub unit: &'r str,
    /// The number that members differ in, and the row.
    points: Vec<(u64, &'r Row<'r, Figure>)>,
}

impl<'r> Curve<'r> {
    /// Those of a family that have two points or more: the first measure of subjects that were executed often, and
    /// the first of each other subject.
    pub fn all(family: &'r Family<'r, 'r>) -> Vec<Self> {
        let mut curves: Vec<Self> = Vec::new();
        for (&number, workload) in &family.members {
            for panel in firsts(&workload.panels) {
                let rows = match panel.kind {
                    Kind::Measure { .. } => &panel.rows[..],
                    Kind::Subject(_) => &panel.rows[..panel.rows.len().min(1)],
                };
                for row in rows {
                    let label = match panel.kind {
                        Kind::Measure { name, .. } => format!("{} {name}", row.label),
                        Kind::Subject(subject) => format!("{subject} {}", row.label),
                    };
                    let known = curves
                        .iter_mut()
                        .find(|curve| curve.label == label && curve.unit == row.unit());
                    match known {
                        Some(curve) => curve.points.push((number, row)),
                        None => curves.push(Self {
                            label,
                            unit: row.unit(),
                            points: vec![(number, row)],
                        }),
                    }
                }
            }
        }
        curves.retain(|curve| curve.points.len() > 1);
        curves
    }

    fn spreads(&self, engine: usize) -> Vec<(u64, Spread)> {
        let spread = |&(number, row): &(u64, &Row<'_, Figure>)| Some((number, row.spread(engine)?));
        self.points.iter().filter_map(spread).collect()
    }

    /// Both axes are logarithmic, so that what grows in proportion is a straight line whose slope tells how.
    pub fn draw(&self, results: &Results<'_>) -> Markup {
        let lines: Vec<Vec<(u64, Spread)>> = (0..results.engines.len())
            .map(|engine| self.spreads(engine))
            .collect();
        let all = lines.iter().flatten();
        let across = Scale::positive(all.clone().map(|&(number, _)| number as f64));
        let up = Scale::positive(all.flat_map(|(_, spread)| [spread.low, spread.high]));
        let inner = HEIGHT_PX - HEAD_PX - FOOT_PX;
        let y = |value: f64| HEAD_PX + (1.0 - up.place(value)) * inner;
        let title = format!("{}, {}", self.label, self.unit);

        let mut chart = Markup::default();
        chart.put(format_args!(
            "<div class=\"chart\" role=\"img\" aria-label=\"{title}\" \
             style=\"padding:0 {RIGHT_PX}px 0 {LEFT_PX}px\"><svg width=\"100%\" height=\"{HEIGHT_PX}\">\
             <text class=\"name\" x=\"-{LEFT_PX}\" y=\"13\">{label}\
             <tspan class=\"mark\" dx=\"6\">{unit}</tspan></text>",
            title = Escaped(&title),
            label = Escaped(&self.label),
            unit = Escaped(self.unit),
        ));
        for value in up.marks() {
            chart.put(format_args!(
                "<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"mark\" x=\"-6\" y=\"{y:.1}\" dy=\"0.35em\" text-anchor=\"end\">{}</text>",
                number::mark(value),
                y = y(value)
            ));
        }
        for &(number, _) in &self.points {
            chart.put(format_args!(
                "<text class=\"mark\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                percent(across.place(number as f64)),
                HEIGHT_PX - 6.0,
                number::mark(number as f64)
            ));
        }
        chart.put(format_args!(
            "<svg width=\"100%\" height=\"{HEIGHT_PX}\" viewBox=\"0 0 {WIDTH} {HEIGHT_PX}\" \
             preserveAspectRatio=\"none\">"
        ));
        for (engine, line) in lines.iter().enumerate().filter(|(_, line)| line.len() > 1) {
            chart.put(format_args!("<path class=\"line {}\" d=\"M", style(engine)));
            for (number, spread) in line {
                let x = across.place(*number as f64) * WIDTH;
                chart.put(format_args!("{x:.1},{:.1} ", y(spread.median)));
            }
            chart.put(format_args!("\"/>"));
        }
        chart.put(format_args!("</svg>"));
        for (engine, line) in lines.iter().enumerate() {
            for (number, spread) in line {
                let x = percent(across.place(*number as f64));
                chart.put(format_args!(
                    "<line class=\"whisker\" x1=\"{x}\" x2=\"{x}\" y1=\"{:.1}\" y2=\"{:.1}\"/>\
                     <svg x=\"{x}\" y=\"{:.1}\" overflow=\"visible\"><path class=\"bar {}\" d=\"{}\">\
                     <title>{}, {}: {}</title></path></svg>",
                    y(spread.low),
                    y(spread.high),
                    y(spread.median),
                    style(engine),
                    marker(engine),
                    Escaped(results.engines[engine]),
                    number,
                    number::exact(spread.median),
                ));
            }
        }
        chart.put(format_args!("</svg></div>"));
        chart
    }
}

/// The first panel of subjects executed often, and the first of each other subject.
fn firsts<'v, 'r>(panels: &'v [Panel<'r>]) -> impl Iterator<Item = &'v Panel<'r>> {
    panels.iter().enumerate().filter_map(|(place, panel)| {
        let same = |earlier: &Panel<'_>| match (earlier.kind, panel.kind) {
            (Kind::Measure { .. }, Kind::Measure { .. }) => true,
            (earlier, this) => earlier == this,
        };
        (!panels[..place].iter().any(same)).then_some(panel)
    })
}
