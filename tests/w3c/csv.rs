//! The CSV of SPARQL results (RFC 4180), which says of a value only its text: fields are compared as strings, but
//! for blank nodes, whose labels may be any.

use crate::answer::{Row, Solutions};
use oxrdf::{BlankNode, Literal, Term};

/// Reads a table. An empty field is an unbound variable or an empty string: here it is unbound.
pub fn parse(bytes: &[u8]) -> Result<Solutions, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut records = records(text)?.into_iter();
    let variables = records.next().ok_or("there is no header")?;
    let mut rows = Vec::new();
    for record in records {
        if record.len() != variables.len() {
            return Err(format!("{} fields: {record:?}", record.len()));
        }
        rows.push(row(&variables, record));
    }
    Ok(Solutions {
        variables,
        rows,
        is_ordered: false,
    })
}

fn row(variables: &[String], record: Vec<String>) -> Row {
    let fields = variables.iter().cloned().zip(record);
    fields
        .filter(|(_, field)| !field.is_empty())
        .map(|(name, field)| {
            let term = match field.strip_prefix("_:").map(BlankNode::new) {
                Some(Ok(blank)) => Term::from(blank),
                _ => Literal::from(field).into(),
            };
            (name, term)
        })
        .collect()
}

fn records(text: &str) -> Result<Vec<Vec<String>>, String> {
    let mut records = Vec::new();
    let (mut record, mut field) = (Vec::new(), String::new());
    let (mut is_quoted, mut chars) = (false, text.chars().peekable());
    while let Some(c) = chars.next() {
        match (c, is_quoted) {
            ('"', true) if chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            ('"', _) => is_quoted = !is_quoted,
            (',', false) => record.push(std::mem::take(&mut field)),
            ('\r', false) if chars.peek() == Some(&'\n') => {}
            ('\n', false) => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            (c, _) => field.push(c),
        }
    }
    if is_quoted {
        return Err("a quoted field does not end".to_owned());
    }
    if !field.is_empty() || !record.is_empty() {
        record.push(field);
        records.push(record);
    }
    Ok(records)
}
