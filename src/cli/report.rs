//! Answers that are a list of named values: lines for people, or one JSON object.

use super::figures;
use super::output::{Output, printable, write_error};
use clap::ValueEnum;
use json_event_parser::{JsonEvent, WriterJsonSerializer};
use std::io::{self, Write};
use triplestore::error::Result;

/// How a report is printed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum ReportFormat {
    #[default]
    Text,
    Json,
}

/// A value of a report.
#[derive(Clone, Debug)]
pub enum Value {
    Count(u64),
    /// Bytes, for people in a unit they can read.
    Bytes(u64),
    Seconds(f64),
    Flag(bool),
    Text(String),
    /// Each on a line of its own.
    List(Vec<String>),
}

/// Named values in order. Names are those of the JSON object; lines have spaces for underscores.
#[derive(Clone, Debug, Default)]
pub struct Report(Vec<(&'static str, Value)>);

impl Report {
    pub fn add(&mut self, name: &'static str, value: Value) -> &mut Self {
        self.0.push((name, value));
        self
    }

    /// Errors: `Io`.
    pub fn print(&self, format: ReportFormat) -> Result<()> {
        let mut output = Output::stdout()?;
        match format {
            ReportFormat::Text => self.write_text(&mut output),
            ReportFormat::Json => self.write_json(&mut output),
        }
        .map_err(write_error)?;
        output.finish()
    }

    fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        let width = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in &self.0 {
            let text = match value {
                Value::Count(number) => figures::count(*number),
                Value::Bytes(bytes) => figures::bytes(*bytes),
                Value::Seconds(seconds) => format!("{seconds:.3} s"),
                Value::Flag(true) => "yes".to_owned(),
                Value::Flag(false) => "no".to_owned(),
                Value::Text(text) => printable(text),
                Value::List(lines) => {
                    for line in lines {
                        writeln!(out, "{}", printable(line))?;
                    }
                    continue;
                }
            };
            writeln!(out, "{:<width$}  {text}", name.replace('_', " "))?;
        }
        Ok(())
    }

    fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        let mut json = WriterJsonSerializer::new(out);
        json.serialize_event(JsonEvent::StartObject)?;
        for (name, value) in &self.0 {
            json.serialize_event(JsonEvent::ObjectKey((*name).into()))?;
            match value {
                Value::Count(number) | Value::Bytes(number) => {
                    json.serialize_event(JsonEvent::Number(number.to_string().into()))?;
                }
                Value::Seconds(seconds) => {
                    json.serialize_event(JsonEvent::Number(format!("{seconds:.6}").into()))?;
                }
                Value::Flag(flag) => json.serialize_event(JsonEvent::Boolean(*flag))?,
                Value::Text(text) => json.serialize_event(JsonEvent::String(text.into()))?,
                Value::List(lines) => {
                    json.serialize_event(JsonEvent::StartArray)?;
                    for line in lines {
                        json.serialize_event(JsonEvent::String(line.into()))?;
                    }
                    json.serialize_event(JsonEvent::EndArray)?;
                }
            }
        }
        json.serialize_event(JsonEvent::EndObject)?;
        writeln!(json.finish()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_lines_or_one_json_object() {
        let mut report = Report::default();
        report
            .add("quads", Value::Count(1234))
            .add("page_file_bytes", Value::Bytes(5_000_000))
            .add("sound", Value::Flag(false))
            .add("problems", Value::List(vec!["a \"b\"".to_owned()]));
        let mut text = Vec::new();
        report.write_text(&mut text).unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "quads            1,234\npage file bytes  5.00 MB\nsound            no\na \"b\"\n"
        );
        let mut json = Vec::new();
        report.write_json(&mut json).unwrap();
        assert_eq!(
            String::from_utf8(json).unwrap(),
            "{\"quads\":1234,\"page_file_bytes\":5000000,\"sound\":false,\"problems\":[\"a \\\"b\\\"\"]}\n"
        );
    }
}
