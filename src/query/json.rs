//! JSON objects of names, numbers and lists, for what is told about queries.

use json_event_parser::{JsonEvent, WriterJsonSerializer};
use std::io;

/// A JSON document being written.
pub struct Json(WriterJsonSerializer<Vec<u8>>);

impl Json {
    /// The document that `write` writes. Errors: its own, and a document that is not whole.
    pub fn document(write: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<String> {
        let mut json = Self(WriterJsonSerializer::new(Vec::new()));
        write(&mut json)?;
        String::from_utf8(json.0.finish()?).map_err(io::Error::other)
    }

    pub fn event(&mut self, event: JsonEvent<'_>) -> io::Result<()> {
        self.0.serialize_event(event)
    }

    pub fn key(&mut self, name: &str) -> io::Result<()> {
        self.event(JsonEvent::ObjectKey(name.into()))
    }

    pub fn text(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.key(name)?;
        self.event(JsonEvent::String(text.into()))
    }

    pub fn texts(&mut self, name: &str, texts: &[String]) -> io::Result<()> {
        self.key(name)?;
        self.event(JsonEvent::StartArray)?;
        for text in texts {
            self.event(JsonEvent::String(text.into()))?;
        }
        self.event(JsonEvent::EndArray)
    }

    pub fn number(&mut self, name: &str, number: u64) -> io::Result<()> {
        self.key(name)?;
        self.event(JsonEvent::Number(number.to_string().into()))
    }

    pub fn flag(&mut self, name: &str, flag: bool) -> io::Result<()> {
        self.key(name)?;
        self.event(JsonEvent::Boolean(flag))
    }
}
