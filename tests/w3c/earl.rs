//! The report of a run in the Evaluation and Report Language (EARL), as Turtle.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// What came out of one test.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    Passed,
    Failed,
    /// Not for this kind of software, or withdrawn.
    Inapplicable,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Inapplicable => "inapplicable",
        }
    }
}

/// Where the report goes: `TRIPLESTORE_EARL`, or `earl/w3c.ttl` in the build directory.
pub fn path() -> PathBuf {
    std::env::var_os("TRIPLESTORE_EARL").map_or_else(
        || {
            let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
                || Path::new(env!("CARGO_MANIFEST_DIR")).join("target"),
                PathBuf::from,
            );
            target.join("earl/w3c.ttl")
        },
        PathBuf::from,
    )
}

/// Writes the outcomes of the tests with these IRIs.
pub fn write(path: &Path, outcomes: &[(String, Outcome)]) -> std::io::Result<()> {
    let date = date();
    let version = env!("CARGO_PKG_VERSION");
    let mut report = format!(
        "@prefix dc: <http://purl.org/dc/terms/> .
@prefix doap: <http://usefulinc.com/ns/doap#> .
@prefix earl: <http://www.w3.org/ns/earl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<urn:triplestore> a doap:Project, earl:Software, earl:TestSubject ;
  doap:name \"triplestore\" ;
  doap:programming-language \"Rust\" ;
  doap:release [ doap:revision \"{version}\" ] .

<urn:triplestore:w3c> a earl:Software, earl:Assertor ;
  dc:title \"tests/w3c of triplestore\" .

"
    );
    for (test, outcome) in outcomes {
        let _ = writeln!(
            report,
            "[] a earl:Assertion ; earl:assertedBy <urn:triplestore:w3c> ; earl:subject <urn:triplestore> ; \
             earl:test <{test}> ; earl:mode earl:automatic ; \
             earl:result [ a earl:TestResult ; earl:outcome earl:{} ; dc:date \"{date}\"^^xsd:date ] .",
            outcome.name()
        );
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, report)
}

/// Today in UTC, as xsd:date.
fn date() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let days = since.map_or(0, |since| since.as_secs() / 86_400) as i64;
    // Days since 0000-03-01, in eras of 400 years (Hinnant, chrono-compatible low-level date algorithms).
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}
