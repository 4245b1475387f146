//! Rows under a head, each column as wide as its widest cell.

use crate::cli::output::printable;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

const GAP: usize = 2;

/// Writes the head and the rows, which have as many cells. Errors: those of the writer.
pub fn write<const N: usize>(
    out: &mut impl Write,
    head: [&str; N],
    rows: &[[String; N]],
) -> io::Result<()> {
    let head = head.map(str::to_owned);
    let lines: Vec<[String; N]> = std::iter::once(&head)
        .chain(rows)
        .map(|cells| std::array::from_fn(|column| printable(&cells[column])))
        .collect();
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = lines.iter().map(|cells| cells[column].width());
        cells.max().unwrap_or(0)
    });
    for cells in &lines {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.width() + GAP));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [["lubm-10", "1.5"], ["\u{e9}\u{1b}", "20"]].map(|row| row.map(str::to_owned));
        let mut text = Vec::new();
        write(&mut text, ["Workload", "ms"], &rows).unwrap();
        let expected = "Workload  ms\nlubm-10   1.5\n\u{e9}\u{FFFD}        20\n";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }
}
