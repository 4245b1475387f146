//! What records become for people: a page with charts, a table for documents, figures for a spreadsheet, a verdict
//! about two records, a check of targets.
//!
//! Everything here is a function of [`Record`](super::record::Record)s, and the same records give the same bytes. Of
//! each figure the median of its rounds is shown, with the least and the greatest; engines are compared by the ratios of
//! rounds that were taken together, never by ratios of medians. Nothing is left out because it looks bad: what is
//! absent is named.
//!
//! ```text
//! records -> results -> page (panel, bars, distribution, curves: chart, scale)
//!                    -> markdown, csv
//! records -> comparison (mann_whitney), agreement
//! record  -> targets
//! ```

pub mod agreement;
mod bars;
mod chart;
pub mod comparison;
mod csv;
mod curves;
mod distribution;
pub mod machine;
mod mann_whitney;
mod markdown;
mod markup;
pub mod number;
mod page;
mod panel;
mod results;
mod scale;
mod statistics;
pub mod targets;
#[cfg(test)]
mod tests;

pub use csv::csv;
pub use markdown::markdown;
pub use page::html;
