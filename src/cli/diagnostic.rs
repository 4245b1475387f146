//! Errors as people read them: code, place, the line with a caret under the place, hint.

use super::output::printable;
use memchr::{memchr2, memrchr2};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use triplestore::control::Control;
use triplestore::error::{Error, Position};
use triplestore::load::{Compression, Input};
use unicode_width::UnicodeWidthChar;

/// Characters of a line that are shown; a longer one is cut around the place.
const LINE_CHARS: usize = 100;
/// Bytes of a file that are read on either side of a place.
const WINDOW_BYTES: usize = 16 << 10;

/// A text that positions of errors are in, and what it is called.
#[derive(Clone, Debug)]
pub struct Text {
    pub name: String,
    pub text: String,
}

/// Prints an error to standard error.
pub fn print(error: &Error, text: Option<&Text>) {
    // There is no one left to tell if that fails.
    let _ = io::stderr().write_all(render(error, text).as_bytes());
}

/// The error with its place in `text`, or in the file that its position names.
pub fn render(error: &Error, text: Option<&Text>) -> String {
    let code = error.code();
    let mut shown = format!(
        "error[{} {}]: {}\n",
        code.number(),
        code.name(),
        printable(error.detail())
    );
    if let Some(position) = error.position() {
        let name = match (&position.file, text) {
            (Some(file), _) => file.as_str(),
            (None, Some(text)) => text.name.as_str(),
            (None, None) => "input",
        };
        let excerpt = match (&position.file, text) {
            _ if position.line == 0 => None,
            (Some(file), _) => excerpt_of_file(Path::new(file), position.offset),
            (None, Some(text)) => usize::try_from(position.offset)
                .ok()
                .map(|offset| excerpt(text.text.as_bytes(), offset)),
            (None, None) => None,
        };
        shown += &place(name, position, excerpt);
    }
    if let Some(hint) = error.hint() {
        shown += &format!("hint: {}\n", printable(hint));
    }
    shown
}

/// ` --> name:line:column` and, if there is one, the line with a caret.
fn place(name: &str, position: &Position, excerpt: Option<Excerpt>) -> String {
    if position.line == 0 {
        return format!(" --> {name}, byte {}\n", position.offset);
    }
    let number = position.line.to_string();
    let margin = " ".repeat(number.len());
    let mut shown = format!("{margin}--> {name}:{}:{}\n", position.line, position.column);
    if let Some(Excerpt { line, caret }) = excerpt {
        let before: String = line
            .chars()
            .take(caret)
            .map(|c| match c {
                // Whatever the width of a tab is here, it is the same as above.
                '\t' => "\t",
                c => &"  "[..c.width().unwrap_or(1)],
            })
            .collect();
        shown += &format!("{margin} |\n{number} | {line}\n{margin} | {before}^\n");
    }
    shown
}

/// A line, cut if it is long, and how many characters of it stand before the place.
#[derive(Debug, Eq, PartialEq)]
struct Excerpt {
    line: String,
    caret: usize,
}

/// The line of `text` that holds the byte at `offset`.
fn excerpt(text: &[u8], offset: usize) -> Excerpt {
    let offset = offset.min(text.len());
    let start = memrchr2(b'\n', b'\r', &text[..offset]).map_or(0, |end| end + 1);
    let end = memchr2(b'\n', b'\r', &text[offset..]).map_or(text.len(), |more| offset + more);
    let decode = |bytes| printable(&String::from_utf8_lossy(bytes));
    let caret = decode(&text[start..offset]).chars().count();
    let line = decode(&text[start..end]);
    if line.chars().count() <= LINE_CHARS {
        return Excerpt { line, caret };
    }
    let from = caret.saturating_sub(LINE_CHARS / 2);
    let mut cut: String = line.chars().skip(from).take(LINE_CHARS).collect();
    if from + LINE_CHARS < line.chars().count() {
        cut.push('…');
    }
    if from == 0 {
        return Excerpt { line: cut, caret };
    }
    Excerpt {
        line: format!("…{cut}"),
        caret: caret - from + 1,
    }
}

/// As [`excerpt`], in a file, decompressed if need be. `None` if it cannot be read again.
fn excerpt_of_file(path: &Path, offset: u64) -> Option<Excerpt> {
    // A pipe has nothing left to read.
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut input = Input::file(path, None, &Control::new()).ok()?;
    let start = offset.saturating_sub(WINDOW_BYTES as u64);
    let mut window = vec![0; 2 * WINDOW_BYTES];
    let read = if input.compression() == Compression::None {
        let mut file = File::open(path).ok()?;
        file.seek(SeekFrom::Start(start)).ok()?;
        window.clear();
        file.take(2 * WINDOW_BYTES as u64)
            .read_to_end(&mut window)
            .ok()?
    } else {
        let mut before = start;
        while before > 0 {
            let piece = usize::try_from(before)
                .unwrap_or(usize::MAX)
                .min(window.len());
            before -= match input.read(&mut window[..piece]) {
                Ok(0) | Err(_) => return None,
                Ok(read) => read as u64,
            };
        }
        input.read(&mut window).ok()?
    };
    window.truncate(read);
    // The window may begin inside a character.
    let cut = window
        .iter()
        .take_while(|&&byte| start > 0 && byte & 0xC0 == 0x80)
        .count();
    let within = usize::try_from(offset - start).ok()?;
    Some(excerpt(&window[cut..], within.saturating_sub(cut)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use triplestore::error::Code;

    fn error(offset: u64, line: u64, column: u64) -> Error {
        Error::new(Code::QueryParse, "expected }")
            .at(Position {
                offset,
                line,
                column,
                file: None,
            })
            .with_hint("close it")
    }

    fn text(text: &str) -> Text {
        Text {
            name: "query".to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn the_caret_stands_under_the_place_behind_tabs_and_wide_characters() {
        let shown = render(&error(11, 2, 7), Some(&text("a\n\té漢b x\nc")));
        assert_eq!(
            shown,
            "error[1001 query_parse_error]: expected }\n --> query:2:7\n  |\n2 | \té漢b x\n  | \t      ^\nhint: close it\n"
        );
    }

    #[test]
    fn an_error_at_the_end_of_a_text_points_behind_it() {
        let shown = render(&error(8, 1, 9), Some(&text("SELECT *")));
        assert!(shown.contains("1 | SELECT *\n  |         ^\n"), "{shown}");
        let shown = render(&error(9, 2, 1), Some(&text("SELECT *\n")));
        assert!(shown.contains("2 | \n  | ^\n"), "{shown}");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let long = "x".repeat(500) + "!" + &"y".repeat(500);
        let found = excerpt(long.as_bytes(), 500);
        assert_eq!(found.line.chars().count(), LINE_CHARS + 2);
        assert_eq!(found.line.chars().nth(found.caret), Some('!'));
        let found = excerpt(long.as_bytes(), 3);
        assert_eq!((found.caret, found.line.ends_with('…')), (3, true));
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let shown = render(&error(0, 1, 1), Some(&text("\x1b[31m")));
        assert!(!shown.contains('\x1b'));
    }
}
