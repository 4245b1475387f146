//! Text with elements: HTML that is XML too, so that any reader of either can check it.

use std::fmt::{self, Arguments, Display, Formatter, Write};

/// A document, or a part of one, being written.
#[derive(Default)]
pub struct Markup {
    text: String,
}

impl Markup {
    /// Adds what is markup already.
    pub fn put(&mut self, markup: Arguments<'_>) -> &mut Self {
        let written = self.text.write_fmt(markup);
        debug_assert!(written.is_ok(), "a string takes everything");
        self
    }

    pub fn into_text(self) -> String {
        self.text
    }
}

impl Display for Markup {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// Text that comes from a record, fit for elements and for attributes in double quotes.
pub struct Escaped<'t>(pub &'t str);

impl Display for Escaped<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => out.write_str("&amp;")?,
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '"' => out.write_str("&quot;")?,
                '\n' | '\t' => out.write_char(character)?,
                // XML has no way to write them.
                c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => {
                    out.write_char('\u{FFFD}')?;
                }
                c => out.write_char(c)?,
            }
        }
        Ok(())
    }
}
