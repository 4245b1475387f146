//! Progress of long work: a bar on a terminal, a line now and then elsewhere.

use super::figures;
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use triplestore::control::{Control, Phase, Progress};

/// Between two pictures of a bar, and before the first: short work shows none.
const BAR_INTERVAL: Duration = Duration::from_millis(200);
/// Between two lines where there is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(10);
const BAR_CELLS: usize = 20;

/// Work as it is shown.
pub struct Work {
    pub name: &'static str,
    /// What is counted, in the plural: "triples", "rows".
    pub unit: &'static str,
    /// How many of them there are, where that is known.
    pub rows_total: Option<u64>,
}

/// Shows progress on standard error from a thread of its own until it is dropped.
pub struct ProgressBar(Option<(Sender<()>, JoinHandle<()>)>);

impl ProgressBar {
    /// Shows nothing if `quiet`.
    pub fn show(work: Work, control: &Control, quiet: bool) -> Self {
        if quiet {
            return Self(None);
        }
        let control = control.clone();
        let (stop, stopped) = channel();
        let terminal = io::stderr().is_terminal();
        let interval = match terminal {
            true => BAR_INTERVAL,
            false => LINE_INTERVAL,
        };
        let drawing = thread::spawn(move || {
            let mut drawn = false;
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                let progress = control.progress();
                let mut error = io::stderr().lock();
                // Progress that cannot be shown is not a reason to stop.
                let _ = match terminal {
                    true => write!(error, "\r\x1b[K{}", bar(&work, &progress, columns())),
                    false => writeln!(error, "{}", line(&work, &progress)),
                };
                drawn = terminal;
            }
            if drawn {
                let _ = write!(io::stderr(), "\r\x1b[K");
            }
        });
        Self(Some((stop, drawing)))
    }
}

impl Drop for ProgressBar {
    fn drop(&mut self) {
        if let Some((stop, drawing)) = self.0.take() {
            drop(stop);
            // A thread that panicked has only stopped drawing.
            let _ = drawing.join();
        }
    }
}

fn columns() -> usize {
    terminal_size::terminal_size_of(io::stderr()).map_or(80, |(width, _)| usize::from(width.0))
}

/// The part that is done, where the whole is known. What is read is done when it is parsed, and says nothing about what
/// comes after.
fn fraction(work: &Work, progress: &Progress) -> Option<f64> {
    let (done, total) = match (progress.bytes_total, work.rows_total) {
        (0, None | Some(0)) => return None,
        (0, Some(rows)) => (progress.rows, rows),
        (bytes, _) if progress.phase == Phase::Parse => (progress.bytes, bytes),
        _ => return None,
    };
    Some((done as f64 / total as f64).min(1.0))
}

/// `parse, 1.2 GB of 2.9 GB, 12,345 triples, 1.31 M/s, 9.4 s`.
fn figures_of(work: &Work, progress: &Progress) -> String {
    let mut parts = vec![match progress.phase {
        Phase::Idle | Phase::Done => work.name.to_owned(),
        phase => phase.name().to_owned(),
    }];
    match (progress.bytes, progress.bytes_total) {
        (0, _) => {}
        (bytes, total) if bytes == total => parts.push(figures::bytes(bytes)),
        (bytes, 0) => parts.push(figures::bytes(bytes)),
        (bytes, total) => parts.push(format!(
            "{} of {}",
            figures::bytes(bytes),
            figures::bytes(total)
        )),
    }
    if progress.rows > 0 {
        parts.push(format!("{} {}", figures::count(progress.rows), work.unit));
        parts.push(figures::rate(progress.rows, progress.elapsed));
    }
    parts.push(figures::seconds(progress.elapsed));
    parts.join(", ")
}

/// One line no wider than `columns`.
fn bar(work: &Work, progress: &Progress, columns: usize) -> String {
    let mut text = String::new();
    if let Some(fraction) = fraction(work, progress) {
        let full = (fraction * BAR_CELLS as f64) as usize;
        let cells: String = (0..BAR_CELLS)
            .map(|cell| if cell < full { '#' } else { '.' })
            .collect();
        text = format!("[{cells}] {:3.0}% ", fraction * 100.0);
    }
    text += &figures_of(work, progress);
    // A line that wraps could not be drawn over.
    text.chars().take(columns.saturating_sub(1)).collect()
}

fn line(work: &Work, progress: &Progress) -> String {
    let share = match fraction(work, progress) {
        Some(fraction) => format!("{:.0}%, ", fraction * 100.0),
        None => String::new(),
    };
    format!("{}: {share}{}", work.name, figures_of(work, progress))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work() -> Work {
        Work {
            name: "load",
            unit: "triples",
            rows_total: None,
        }
    }

    fn progress() -> Progress {
        Progress {
            phase: Phase::Parse,
            bytes: 500_000_000,
            bytes_total: 2_000_000_000,
            rows: 3_000_000,
            elapsed: Duration::from_secs(2),
        }
    }

    #[test]
    fn a_bar_shows_phase_bytes_rows_and_rate() {
        assert_eq!(
            bar(&work(), &progress(), 200),
            "[#####...............]  25% parse, 500 MB of 2.00 GB, 3,000,000 triples, 1.50 M/s, 2.0 s"
        );
        assert_eq!(
            line(&work(), &progress()),
            "load: 25%, parse, 500 MB of 2.00 GB, 3,000,000 triples, 1.50 M/s, 2.0 s"
        );
    }

    #[test]
    fn a_bar_fits_the_terminal() {
        assert_eq!(bar(&work(), &progress(), 40).chars().count(), 39);
    }

    #[test]
    fn work_of_unknown_size_has_no_bar() {
        let unknown = Progress {
            bytes: 0,
            bytes_total: 0,
            ..progress()
        };
        assert!(bar(&work(), &unknown, 200).starts_with("parse, 3,000,000 triples"));
        let writing = Progress {
            phase: Phase::Write,
            ..progress()
        };
        assert!(bar(&work(), &writing, 200).starts_with("write, "));
        let known = Work {
            rows_total: Some(6_000_000),
            ..work()
        };
        assert!(bar(&known, &unknown, 200).starts_with("[##########..........]  50%"));
    }
}
