//! A SPARQL text given as an argument, in a file, or on standard input.

use super::diagnostic::Text;
use super::standard_input;
use std::path::Path;
use triplestore::error::{Code, Error, Result};

/// The text: an argument unless it is `-`, or a file; `-` is standard input. `noun` is what an argument is called in
/// messages. Errors: `FileNotFound`, `Io`, `InvalidUtf8`.
pub fn read(argument: Option<&str>, file: Option<&Path>, noun: &str) -> Result<Text> {
    let (name, bytes) = match (argument, file) {
        (Some(text), _) if text != "-" => {
            return Ok(Text {
                name: noun.to_owned(),
                text: text.to_owned(),
            });
        }
        (_, Some(path)) if path != Path::new("-") => {
            let bytes = std::fs::read(path).map_err(|e| Error::io("cannot read", path, e))?;
            (path.display().to_string(), bytes)
        }
        _ => (standard_input::NAME.to_owned(), standard_input::read_all()?),
    };
    let text = String::from_utf8(bytes).map_err(|e| {
        Error::new(
            Code::InvalidUtf8,
            format!("{name} is not UTF-8 text: {}", e.utf8_error()),
        )
        .with_hint("SPARQL is written in UTF-8")
    })?;
    // Some editors begin files with a byte order mark.
    let text = match text.strip_prefix('\u{FEFF}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    Ok(Text { name, text })
}
