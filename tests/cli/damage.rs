//! Stores that were damaged on disk.

use crate::place::{Place, field};
use std::fs;
use std::path::{Path, PathBuf};

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
