//! Documents that a test has as text.

use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions};
use triplestore::load::Format;

/// Loads a document that is as it should be.
pub fn load(database: &Database, document: &str, format: Format) {
    let options = LoadOptions {
        format: Some(format),
        ..LoadOptions::default()
    };
    database
        .load_bytes(document.as_bytes(), &options, &Control::new())
        .unwrap();
}
