//! Violins: how the latencies of a query are distributed in each engine.

use super::bars::absent;
use super::chart::{Rows, percent, style};
use super::markup::{Escaped, Markup};
use super::number;
use super::results::{Workload, present};
use super::scale::Scale;
use crate::bench::quantile::quantile;

const LINE_PX: f64 = 24.0;
const RIGHT_PX: f64 = 16.0;
/// Along the whole axis.
const BINS: usize = 360;
/// Over so many bins to either side a sample is spread.
const SMOOTH: usize = 3;
/// Half of what a violin may take up of its line.
const HALF_PX: f64 = 10.5;

/// A violin for each row and engine, on a logarithmic axis of milliseconds: a bar from the lower to the upper
/// quartile, a dot at the median, a tick at the 95th percentile.
pub fn violins(workload: &Workload<'_>, engines: &[&str], title: &str) -> Markup {
    let latencies = &workload.latencies;
    let shown = present(latencies);
    let labels = latencies.iter().map(|row| row.label).collect();
    let rows = Rows::new(labels, shown.len(), LINE_PX, RIGHT_PX);
    let all = latencies
        .iter()
        .flat_map(|row| shown.iter().filter_map(|&engine| row.cell(engine)));
    let ends = all.flat_map(|latencies| {
        let samples = &latencies.nanoseconds;
        [samples.first(), samples.last()]
            .into_iter()
            .flatten()
            .map(|&sample| milliseconds(sample))
    });
    let scale = Scale::positive(ends);
    let mut shapes = Markup::default();
    let mut marks = Markup::default();
    for (number, row) in latencies.iter().enumerate() {
        for (line, &engine) in shown.iter().enumerate() {
            let middle = rows.top(number, line) + LINE_PX / 2.0;
            match row.cell(engine).filter(|cell| !cell.nanoseconds.is_empty()) {
                Some(cell) => {
                    let samples = &cell.nanoseconds;
                    let name = format!("{}, {}", row.label, engines[engine]);
                    shape(&mut shapes, &scale, samples, middle, engine);
                    quartiles(&mut marks, &scale, samples, middle, &name);
                }
                None => {
                    let failure = workload.failure(row.label, engines[engine]);
                    absent(&mut marks, middle, failure.unwrap_or("no samples"));
                }
            }
        }
    }
    let mut plot = Markup::default();
    let height = rows.height_px();
    plot.put(format_args!(
        "<svg width=\"100%\" height=\"{height}\" viewBox=\"0 0 {BINS} {height}\" preserveAspectRatio=\"none\">\
         {shapes}</svg>{marks}"
    ));
    rows.chart(title, Some(&scale), number::mark, &plot)
}

pub fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}

/// The outline, a bin of the axis to a unit.
fn shape(shapes: &mut Markup, scale: &Scale, samples: &[u64], middle: f64, engine: usize) {
    let densities = densities(scale, samples);
    let most = densities.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let inhabited = |&(_, &density): &(usize, &f64)| density > 0.0;
    let points: Vec<(f64, f64)> = densities
        .iter()
        .enumerate()
        .filter(inhabited)
        .map(|(bin, density)| (bin as f64 + 0.5, density / most * HALF_PX))
        .collect();
    shapes.put(format_args!(
        "<path class=\"violin {}\" d=\"M",
        style(engine)
    ));
    for (x, half) in &points {
        shapes.put(format_args!("{x:.1},{:.2} ", middle - half));
    }
    for (x, half) in points.iter().rev() {
        shapes.put(format_args!("{x:.1},{:.2} ", middle + half));
    }
    shapes.put(format_args!("z\"/>"));
}

/// Samples in each bin of the axis, smoothed.
fn densities(scale: &Scale, samples: &[u64]) -> Vec<f64> {
    let mut densities = vec![0.0; BINS];
    for &sample in samples {
        let bin = (scale.place(milliseconds(sample)) * BINS as f64) as usize;
        let bin = bin.min(BINS - 1);
        let near = bin.saturating_sub(SMOOTH)..=(bin + SMOOTH).min(BINS - 1);
        for place in near {
            densities[place] += (SMOOTH + 1 - place.abs_diff(bin)) as f64;
        }
    }
    densities
}

fn quartiles(marks: &mut Markup, scale: &Scale, samples: &[u64], middle: f64, name: &str) {
    let [quarter, half, upper, p95] = [0.25, 0.5, 0.75, 0.95]
        .map(|part| scale.place(quantile(samples, part, milliseconds).unwrap_or_default()));
    marks.put(format_args!(
        "<g><title>{}: median {} ms, 95th percentile {} ms, {} samples</title>\
         <line class=\"quartiles\" x1=\"{}\" x2=\"{}\" y1=\"{middle}\" y2=\"{middle}\"/>\
         <line class=\"tail\" x1=\"{p95}\" x2=\"{p95}\" y1=\"{}\" y2=\"{}\"/>\
         <circle class=\"median\" cx=\"{}\" cy=\"{middle}\" r=\"3\"/></g>",
        Escaped(name),
        number::exact(quantile(samples, 0.5, milliseconds).unwrap_or_default()),
        number::exact(quantile(samples, 0.95, milliseconds).unwrap_or_default()),
        samples.len(),
        percent(quarter),
        percent(upper),
        middle - 6.0,
        middle + 6.0,
        percent(half),
        p95 = percent(p95),
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_spread_over_its_neighbours_and_none_is_lost_at_the_ends() {
        let scale = Scale::positive([1.0, 100.0].into_iter());
        let middle = densities(&scale, &[10_000_000]);
        let inhabited: Vec<f64> = middle
            .into_iter()
            .filter(|&density| density > 0.0)
            .collect();
        assert_eq!(inhabited, [1.0, 2.0, 3.0, 4.0, 3.0, 2.0, 1.0]);
        let beyond = densities(&scale, &[1, u64::MAX]);
        assert_eq!((beyond[0], beyond[BINS - 1]), (4.0, 4.0));
    }
}
