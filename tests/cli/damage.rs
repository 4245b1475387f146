//! Stores that were damaged on disk.

use crate::place::{Place, field};
use std::fs;
use std::path::{Path, PathBuf};
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions};
use triplestore::load::Format;

/// Files of a store of this extension, the largest first.
fn files(store: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(store.join("data"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    found.sort_by_key(|path| std::cmp::Reverse(path.metadata().unwrap().len()));
    found
}

fn flip_byte(path: &Path, at: impl FnOnce(&[u8]) -> usize) {
    let mut bytes = fs::read(path).unwrap();
    let at = at(&bytes);
    bytes[at] ^= 0x55;
    fs::write(path, bytes).unwrap();
}

#[test]
fn check_finds_a_flipped_byte_wherever_it_is() {
    let place = Place::new("damage");
    let lines: String = (0..20_000)
        .map(|n| format!("<http://e/{n}/x> <http://e/p> \"a text that is not inline {n}\" .\n"))
        .collect();
    place.write("many.ttl", lines);
    place.run(&["load", "many.ttl"]).ok();
    // A second segment of terms, with ranks in the first.
    place.write(
        "more.nt",
        "<http://e/5/y> <http://e/p> \"another text that is not inline\" .",
    );
    place.run(&["load", "more.nt"]).ok();
    place.run(&["compact"]).ok();
    let store = place.0.join("store");
    let sound = place.run(&["check", "--format", "json"]).ok();
    assert_eq!(field(&sound, "quads"), "20001");
    let mut listed = 0;
    for file in files(&store, "sst") {
        let bytes = file.metadata().unwrap().len() as usize;
        // Small files are RocksDB's own.
        if bytes < 8 << 10 {
            continue;
        }
        for eighth in 1..8 {
            flip_byte(&file, |_| bytes / 8 * eighth);
            let done = place.run(&["check", "--format", "json"]);
            // A page without which the store cannot be opened is an error.
            assert!(
                matches!(done.code, Some(1 | 4)),
                "{file:?} {eighth} {done:?}"
            );
            if done.code == Some(1) {
                listed += 1;
                assert_eq!(field(&done.out, "sound"), "false");
                assert_ne!(field(&done.out, "problems_total"), "0");
                assert!(done.out.contains("checksum mismatch"), "{done:?}");
            }
            flip_byte(&file, |_| bytes / 8 * eighth);
        }
    }
    assert!(listed > 0);
    let done = place.run(&["check"]).ok();
    assert!(done.starts_with("sound           yes\n"), "{done}");
}

/// Copies a store that is open, which is what a crash leaves.
fn copy_of_crash(from: &Path, to: &Path) {
    fs::create_dir_all(to.join("data")).unwrap();
    for folder in ["", "data"] {
        for entry in fs::read_dir(from.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, to.join(folder).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
}

#[test]
fn a_damaged_log_is_recovered_up_to_the_damage() {
    let place = Place::new("recover");
    let database = Database::open(place.0.join("live"), &Config::default()).unwrap();
    let options = LoadOptions {
        format: Some(Format::NTriples),
        ..LoadOptions::default()
    };
    for n in 1..=5 {
        let line = format!("<http://e/s> <http://e/p> \"the value of commit number {n}\" .");
        database
            .load_bytes(line.as_bytes(), &options, &Control::new())
            .unwrap();
    }
    let store = place.0.join("store");
    copy_of_crash(&place.0.join("live"), &store);
    database.close().unwrap();
    // What a crash leaves is read as it is.
    assert_eq!(place.quads().len(), 5);
    let third = b"commit number 3";
    flip_byte(&files(&store, "log")[0], |log| {
        log.windows(third.len()).position(|w| w == third).unwrap()
    });
    let error = place.run(&["stats"]).failed(4);
    assert!(error.starts_with("error[2014 wal_damaged]"), "{error}");
    assert!(error.contains("triplestore recover"), "{error}");
    let recovered = place.run(&["recover", "--format", "json"]).ok();
    assert_eq!(field(&recovered, "quads"), "2");
    assert_eq!(
        field(&place.run(&["check", "--format", "json"]).ok(), "sound"),
        "true"
    );
    assert_eq!(place.quads().len(), 2);
}
