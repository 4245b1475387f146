//! `docs/configuration.md`, from the tables.

use super::KNOBS;
use super::preset::PRESETS;
use std::fmt::Write;

/// The text of `docs/configuration.md`. A test keeps the file equal to it.
pub fn configuration_markdown() -> String {
    let mut text = String::from(INTRODUCTION);
    text.push_str("## Settings\n\n| Setting | Default | Takes |\n|---|---|---|\n");
    for knob in KNOBS {
        line(
            &mut text,
            format_args!(
                "| [`{0}`](#{0}) | {1} | {2} |",
                knob.name,
                shown_default(&knob.default_text()),
                knob.kind
            ),
        );
    }
    for knob in KNOBS {
        line(
            &mut text,
            format_args!(
                "\n### {}\n\n{}\n\nDefault: {}. Takes {}.",
                knob.name,
                knob.description(),
                shown_default(&knob.default_text()),
                knob.accepts()
            ),
        );
    }
    text.push_str(
        "\n## Presets\n\nA preset starts from the defaults and changes what is listed.\n\n",
    );
    text.push_str("| Preset | For | Sets |\n|---|---|---|\n");
    for preset in PRESETS {
        let settings = match preset.settings_text() {
            text if text.is_empty() => "nothing".to_owned(),
            text => text,
        };
        line(
            &mut text,
            format_args!("| `{}` | {} | {settings} |", preset.name, preset.doc),
        );
    }
    text
}

const INTRODUCTION: &str = "\
<!-- Generated from src/config/. To change it, change the tables there and run
     TRIPLESTORE_BLESS=1 cargo test --release --lib config::docs -->
# Configuration

Settings are text: set one by name with `ts_config_set` in C, `Config::set` in Rust. A name that does
not exist or a value out of range is refused with `validation_invalid_config`, and the hint of the error
lists what is valid. `ts_knob_at` gives the same table to programs.

Memory: `memory_budget_bytes` is everything. Three quarters of it are handed out (caches, write buffers,
memory runs, queries, loads), the rest is slack for the allocator and for RocksDB.

";

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _ = writeln!(text, "{arguments}");
}

fn shown_default(text: &str) -> String {
    if text.is_empty() { "empty" } else { text }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_page_is_up_to_date() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
        let text = configuration_markdown();
        if std::env::var_os("TRIPLESTORE_BLESS").is_some() {
            std::fs::write(file, &text).unwrap();
        }
        assert!(
            std::fs::read_to_string(file).unwrap() == text,
            "docs/configuration.md is stale; its first lines say how to write it again"
        );
    }
}
