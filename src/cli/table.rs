//! Rows as a table for people. Nothing is cut: what is wider than its column moves the rest of its line, and widens the
//! column for the rows that follow.

use super::figures;
use oxrdf::vocab::xsd;
use oxrdf::{Literal, Term};
use std::io::{self, Write};
use triplestore::query::is_bare;
use unicode_width::UnicodeWidthStr;

/// The first rows decide how wide columns are: so many, or so many bytes.
const SAMPLE_ROWS: usize = 200;
const SAMPLE_BYTES: usize = 1 << 20;
/// No column is made wider than this for its cells.
const COLUMN_WIDTH_MAX: usize = 60;

/// Names that everyone reads; a query or an option may give them another meaning.
const WELL_KNOWN: [(&str, &str); 4] = [
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("owl", "http://www.w3.org/2002/07/owl#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

/// A table being written. Memory: the sample.
pub struct Table<W: Write> {
    out: W,
    /// The head, then the rows of the sample; emptied when the widths are known.
    sample: Vec<Vec<String>>,
    sample_bytes: usize,
    widths: Option<Vec<usize>>,
    rows: u64,
}

impl<W: Write> Table<W> {
    pub fn new(columns: &[String], out: W) -> Self {
        Self {
            out,
            sample: vec![columns.to_vec()],
            sample_bytes: 0,
            widths: None,
            rows: 0,
        }
    }

    /// Adds a row. Errors: those of the writer.
    pub fn row(&mut self, cells: &[&str]) -> io::Result<()> {
        self.rows += 1;
        if let Some(widths) = &mut self.widths {
            widen(widths, cells);
            return write_row(&mut self.out, cells, widths);
        }
        self.sample_bytes += cells.iter().map(|cell| cell.len()).sum::<usize>();
        self.sample
            .push(cells.iter().map(|&cell| cell.to_owned()).collect());
        if self.sample.len() > SAMPLE_ROWS || self.sample_bytes > SAMPLE_BYTES {
            self.begin()?;
        }
        Ok(())
    }

    /// Fixes the widths and writes the head and the sample.
    fn begin(&mut self) -> io::Result<()> {
        let sample = std::mem::take(&mut self.sample);
        let mut widths = vec![0; sample.first().map_or(0, Vec::len)];
        for row in &sample {
            widen(&mut widths, row);
        }
        for (position, row) in sample.iter().enumerate() {
            let cells: Vec<&str> = row.iter().map(String::as_str).collect();
            write_row(&mut self.out, &cells, &widths)?;
            if position == 0 && !widths.is_empty() {
                let rule: Vec<String> = widths.iter().map(|w| "-".repeat(w + 2)).collect();
                writeln!(self.out, "{}", rule.join("+"))?;
            }
        }
        self.widths = Some(widths);
        Ok(())
    }

    /// Writes what is left and the number of rows. Errors: those of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        if self.widths.is_none() {
            self.begin()?;
        }
        writeln!(self.out, "({})", figures::counted(self.rows, "row"))?;
        Ok(self.out)
    }
}

/// Makes columns wide enough for cells, up to the limit.
fn widen(widths: &mut [usize], cells: &[impl AsRef<str>]) {
    for (width, cell) in widths.iter_mut().zip(cells) {
        *width = (*width).max(cell.as_ref().width().min(COLUMN_WIDTH_MAX));
    }
}

fn write_row(out: &mut impl Write, cells: &[&str], widths: &[usize]) -> io::Result<()> {
    for (column, (cell, &width)) in cells.iter().zip(widths).enumerate() {
        let last = column + 1 == widths.len();
        let fill = match last {
            true => 0,
            false => width.saturating_sub(cell.width()),
        };
        let gap = if column == 0 { " " } else { " | " };
        write!(out, "{gap}{cell}{:fill$}", "")?;
    }
    match widths.is_empty() {
        true => Ok(()),
        false => writeln!(out),
    }
}

/// Namespaces by the names they are shown with.
pub struct Names(Vec<(String, String)>);

impl Names {
    /// Of two prefixes with one name the first counts.
    pub fn new(prefixes: &[(String, String)]) -> Self {
        let mut names: Vec<(String, String)> = Vec::new();
        let well_known = WELL_KNOWN.map(|(name, iri)| (name.to_owned(), iri.to_owned()));
        for (name, iri) in prefixes.iter().chain(&well_known) {
            if names.iter().all(|(known, _)| known != name) {
                names.push((name.clone(), iri.clone()));
            }
        }
        // The longest namespace that fits is the best one.
        names.sort_by_key(|(_, iri)| std::cmp::Reverse(iri.len()));
        Self(names)
    }

    fn iri(&self, iri: &str) -> String {
        for (name, namespace) in &self.0 {
            if let Some(local) = iri.strip_prefix(namespace.as_str())
                && is_local_name(local)
            {
                return format!("{name}:{local}");
            }
        }
        format!("<{iri}>")
    }

    /// A term in Turtle, on one line.
    pub fn term(&self, term: &Term) -> String {
        match term {
            Term::NamedNode(iri) => self.iri(iri.as_str()),
            Term::BlankNode(blank) => blank.to_string(),
            Term::Literal(literal) => self.literal(literal),
            Term::Triple(triple) => format!(
                "<<( {} {} {} )>>",
                self.term(&triple.subject.clone().into()),
                self.iri(triple.predicate.as_str()),
                self.term(&triple.object)
            ),
        }
    }

    fn literal(&self, literal: &Literal) -> String {
        let datatype = literal.datatype();
        let text = literal.value();
        if is_bare(text, datatype.as_str()) {
            return text.to_owned();
        }
        let mut shown = String::from("\"");
        for c in text.chars() {
            match c {
                '"' => shown.push_str("\\\""),
                '\\' => shown.push_str("\\\\"),
                '\n' => shown.push_str("\\n"),
                '\r' => shown.push_str("\\r"),
                '\t' => shown.push_str("\\t"),
                c if c.is_control() => shown.push_str(&format!("\\u{:04X}", u32::from(c))),
                c => shown.push(c),
            }
        }
        shown.push('"');
        if let Some(language) = literal.language() {
            shown.push('@');
            shown.push_str(language);
            if let Some(direction) = literal.direction() {
                shown.push_str(&format!("--{direction}"));
            }
        } else if datatype != xsd::STRING {
            shown.push_str("^^");
            shown.push_str(&self.iri(datatype.as_str()));
        }
        shown
    }
}

/// A local name that needs no escapes.
fn is_local_name(local: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    local.chars().all(allowed) && !local.starts_with(['-', '.']) && !local.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxrdf::NamedNode;

    fn table(columns: &[&str], rows: &[&[&str]]) -> String {
        let columns: Vec<String> = columns.iter().map(|&c| c.to_owned()).collect();
        let mut table = Table::new(&columns, Vec::new());
        for row in rows {
            table.row(row).unwrap();
        }
        String::from_utf8(table.finish().unwrap()).unwrap()
    }

    #[test]
    fn columns_are_as_wide_as_their_cells() {
        assert_eq!(
            table(&["room", "t"], &[&["漢字", "1"], &["b", ""]]),
            " room | t\n------+---\n 漢字 | 1\n b    | \n(2 rows)\n"
        );
        assert_eq!(table(&["x"], &[]), " x\n---\n(0 rows)\n");
        assert_eq!(table(&[], &[&[]]), "(1 row)\n");
    }

    #[test]
    fn rows_after_the_sample_are_written_whole() {
        let long = "x".repeat(500);
        let mut rows: Vec<Vec<&str>> = vec![vec!["a", "b"]; SAMPLE_ROWS];
        rows.push(vec![&long, "end"]);
        rows.push(vec!["c", "end"]);
        let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        let text = table(&["p", "q"], &rows);
        assert!(text.contains(&format!(" {long} | end\n")));
        assert!(text.contains(&format!(" c{} | end\n", " ".repeat(COLUMN_WIDTH_MAX - 1))));
        assert!(text.ends_with("(202 rows)\n"));
    }

    #[test]
    fn terms_are_shown_in_turtle_with_the_names_at_hand() {
        let names = Names::new(&[
            ("e".to_owned(), "http://e/".to_owned()),
            ("f".to_owned(), "http://e/f#".to_owned()),
        ]);
        let typed = |text: &str, datatype| Literal::new_typed_literal(text, datatype).into();
        let terms: [(Term, &str); 10] = [
            (NamedNode::new_unchecked("http://e/f#a").into(), "f:a"),
            (
                NamedNode::new_unchecked("http://e/f/a").into(),
                "<http://e/f/a>",
            ),
            (
                NamedNode::new_unchecked("http://e/a.").into(),
                "<http://e/a.>",
            ),
            (typed("-5", xsd::INTEGER), "-5"),
            (typed("21.5", xsd::DECIMAL), "21.5"),
            (typed("1e3", xsd::DOUBLE), "1e3"),
            (typed("x", xsd::INTEGER), "\"x\"^^xsd:integer"),
            (typed("2024-05-01", xsd::DATE), "\"2024-05-01\"^^xsd:date"),
            (typed("a\n\"\u{1b}", xsd::STRING), "\"a\\n\\\"\\u001B\""),
            (
                Literal::new_language_tagged_literal_unchecked("Raum", "de").into(),
                "\"Raum\"@de",
            ),
        ];
        for (term, shown) in terms {
            assert_eq!(names.term(&term), shown);
        }
    }

    #[test]
    fn every_shown_literal_reads_back_as_itself() {
        let names = Names::new(&[]);
        for text in [
            "5", "5.", ".5", "5.5", "5e", "5e1", ".e1", "+1", "--1", "true", "1",
        ] {
            for datatype in [xsd::BOOLEAN, xsd::INTEGER, xsd::DECIMAL, xsd::DOUBLE] {
                let literal = Literal::new_typed_literal(text, datatype);
                let document = format!(
                    "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . <http://e/s> <http://e/p> {} .",
                    names.term(&literal.clone().into())
                );
                let read: Vec<_> = oxttl::TurtleParser::new()
                    .for_slice(document.as_bytes())
                    .collect::<Result<_, _>>()
                    .unwrap();
                assert_eq!(read[0].object, literal.into(), "{document}");
            }
        }
    }
}
