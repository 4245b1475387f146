//! The frame that charts of rows share: labels, an axis above, lines of marks, figures to the right.
//!
//! Widths are parts of whatever width the page has, heights and type are fixed: a chart is as legible on a telephone
//! and on paper as on a wide screen, without a script. Places along the axis are per cent, and what stands beside the
//! axis hangs over into the margin of the chart.

use super::markup::{Escaped, Markup};
use super::number;
use super::scale::Scale;

/// How many engines have a colour and a marker of their own.
pub const STYLES: usize = 7;
const HEAD_PX: f64 = 26.0;
const GAP_PX: f64 = 12.0;
/// Short labels stand to the left of their rows, and if one is longer all of them above.
const LEFT_CHARACTERS_MAX: usize = 10;
const CHARACTER_PX: f64 = 8.5;
const LABEL_PX: f64 = 18.0;
/// What is between a label and the axis.
const LABEL_GAP_PX: f64 = 10.0;

/// Rows, each of as many lines.
pub struct Rows<'l> {
    labels: Vec<&'l str>,
    lines: usize,
    line_px: f64,
    /// Room for labels; none if they stand above.
    left_px: f64,
    /// Room for figures.
    right_px: f64,
}

impl<'l> Rows<'l> {
    pub fn new(labels: Vec<&'l str>, lines: usize, line_px: f64, right_px: f64) -> Self {
        let characters = labels.iter().map(|label| label.chars().count()).max();
        let left_px = match characters.unwrap_or(0) {
            few @ 0..=LEFT_CHARACTERS_MAX => few as f64 * CHARACTER_PX + LABEL_GAP_PX,
            _ => 0.0,
        };
        Self {
            labels,
            lines,
            line_px,
            left_px,
            right_px,
        }
    }

    fn label_px(&self) -> f64 {
        if self.left_px > 0.0 { 0.0 } else { LABEL_PX }
    }

    fn row_px(&self) -> f64 {
        self.label_px() + self.lines as f64 * self.line_px + GAP_PX
    }

    pub fn height_px(&self) -> f64 {
        HEAD_PX + self.labels.len() as f64 * self.row_px()
    }

    /// The upper end of a line.
    pub fn top(&self, row: usize, line: usize) -> f64 {
        let above = HEAD_PX + row as f64 * self.row_px() + GAP_PX / 2.0 + self.label_px();
        above + line as f64 * self.line_px
    }

    /// The chart around `marks`, with the marks of the axis, if rows share one.
    pub fn chart(
        &self,
        title: &str,
        axis: Option<&Scale>,
        mark: impl Fn(f64) -> String,
        marks: &Markup,
    ) -> Markup {
        let height = self.height_px();
        let mut chart = Markup::default();
        chart.put(format_args!(
            "<div class=\"chart\" role=\"img\" aria-label=\"{}\" style=\"padding:0 {}px 0 {}px\">\
             <svg width=\"100%\" height=\"{height}\">",
            Escaped(title),
            self.right_px,
            self.left_px
        ));
        if let Some(scale) = axis {
            for value in scale.marks() {
                chart.put(format_args!(
                    "<line class=\"grid\" x1=\"{place}\" x2=\"{place}\" y1=\"{}\" y2=\"{}\"/>\
                     <text class=\"mark\" x=\"{place}\" y=\"14\" text-anchor=\"middle\">{}</text>",
                    HEAD_PX - 6.0,
                    height - GAP_PX / 2.0,
                    mark(value),
                    place = percent(scale.place(value))
                ));
            }
        }
        for row in 1..self.labels.len() {
            chart.put(format_args!(
                "<line class=\"rule\" x1=\"{}\" x2=\"100%\" y1=\"{y}\" y2=\"{y}\"/>",
                -self.left_px,
                y = HEAD_PX + row as f64 * self.row_px()
            ));
        }
        chart.put(format_args!("{marks}"));
        self.put_labels(&mut chart);
        chart.put(format_args!("</svg></div>"));
        chart
    }

    fn put_labels(&self, chart: &mut Markup) {
        for (row, label) in self.labels.iter().enumerate() {
            let top = self.top(row, 0);
            let (x, y, anchor) = match self.left_px > 0.0 {
                true => {
                    let middle = top + self.lines as f64 * self.line_px / 2.0;
                    (-LABEL_GAP_PX, middle, "end")
                }
                false => (0.0, top - LABEL_PX / 2.0, "start"),
            };
            chart.put(format_args!(
                "<text class=\"label\" x=\"{x}\" y=\"{y}\" dy=\"0.35em\" text-anchor=\"{anchor}\">{}</text>",
                Escaped(label)
            ));
        }
    }
}

/// A place or a width along an axis.
pub fn percent(part: f64) -> String {
    format!("{:.2}%", part * 100.0)
}

/// What names an engine's colour.
pub fn style(engine: usize) -> String {
    format!("e{}", engine % STYLES)
}

/// The sign by which an engine is told from others where colours are not seen: a path around 0, 0.
pub fn marker(engine: usize) -> &'static str {
    const MARKERS: [&str; STYLES] = [
        "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z",
        "M-3.6,-3.6h7.2v7.2h-7.2z",
        "M0,-4.8L4.4,3.4H-4.4z",
        "M0,-5L5,0L0,5L-5,0z",
        "M0,4.8L4.4,-3.4H-4.4z",
        "M-1.4,-4.4h2.8v3h3v2.8h-3v3h-2.8v-3h-3v-2.8h3z",
        "M-4.6,-1.6h9.2v3.2h-9.2z",
    ];
    MARKERS[engine % STYLES]
}

/// An axis mark of a chart of ratios.
pub fn ratio_mark(value: f64) -> String {
    format!("{}\u{D7}", number::mark(value))
}
