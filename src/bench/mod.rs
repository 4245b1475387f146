//! Benchmarks: data that are generated, the queries asked of them, and what measures engines with both.
//!
//! [`dataset`] makes data, [`queries`] has query texts with their parameters. [`run`] starts engines as processes of their
//! own ([`engine`]), gives them work, checks their answers and leaves a [`record`]; [`report`] shows, compares and checks
//! records, and reads nothing else. Nothing here is used by the database.

pub mod dataset;
pub mod engine;
mod quantile;
pub mod queries;
mod random;
pub mod record;
pub mod report;
pub mod run;
