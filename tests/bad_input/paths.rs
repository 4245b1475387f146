//! Paths that are no store, and stores that cannot be opened.

use crate::environment::Scratch;
use crate::{assert_told, assert_usable, config};
use triplestore::config::Config;
use triplestore::database::Database;
use triplestore::error::Code;

#[test]
fn a_path_that_is_no_store_is_told_apart_from_one_that_is_not_there() {
    let scratch = Scratch::new("paths");
    let open = |name: &str, change: fn(&mut Config)| {
        let mut config = config();
        change(&mut config);
        Database::open(scratch.join(name), &config)
    };
    assert_told(
        open("absent", |config| config.create_if_missing = false),
        Code::NotFound,
    );
    assert_told(
        open("absent", |config| config.read_only = true),
        Code::NotFound,
    );
    assert!(
        !scratch.join("absent").exists(),
        "it was looked at and created"
    );

    std::fs::write(scratch.join("file"), "text").unwrap();
    assert_told(open("file", |_| {}), Code::NotAStore);
    std::fs::create_dir(scratch.join("other")).unwrap();
    std::fs::write(scratch.join("other/notes.txt"), "text").unwrap();
    assert_told(open("other", |_| {}), Code::NotAStore);
    assert_told(
        open("other", |config| config.read_only = true),
        Code::NotAStore,
    );
    std::fs::remove_file(scratch.join("other/notes.txt")).unwrap();
    std::fs::write(scratch.join("other/TRIPLESTORE"), "a file of someone else").unwrap();
    assert_told(open("other", |_| {}), Code::NotAStore);
    assert_eq!(std::fs::read_dir(scratch.join("other")).unwrap().count(), 1);
}

#[test]
fn a_store_of_a_newer_version_is_refused_before_its_files_are_touched() {
    let scratch = Scratch::new("newer");
    let store = scratch.join("store");
    drop(Database::open(&store, &config()).unwrap());
    let before = std::fs::read_to_string(store.join("TRIPLESTORE")).unwrap();
    std::fs::write(store.join("TRIPLESTORE"), "triplestore format 2\n").unwrap();
    let error = assert_told(Database::open(&store, &config()), Code::FormatTooNew);
    assert!(error.detail().contains("format 2"), "{error}");
    std::fs::write(store.join("TRIPLESTORE"), before).unwrap();
    assert_usable(&Database::open(&store, &config()).unwrap());
}

#[test]
fn a_store_that_has_lost_its_data_is_not_taken_for_a_new_one() {
    let scratch = Scratch::new("lost");
    let store = scratch.join("store");
    drop(Database::open(&store, &config()).unwrap());
    std::fs::rename(store.join("data"), scratch.join("data")).unwrap();
    assert_told(Database::open(&store, &config()), Code::Corruption);
    std::fs::create_dir(store.join("data")).unwrap();
    assert_told(Database::open(&store, &config()), Code::Corruption);
    std::fs::remove_dir_all(store.join("data")).unwrap();
    std::fs::rename(scratch.join("data"), store.join("data")).unwrap();
    assert_usable(&Database::open(&store, &config()).unwrap());
}

#[test]
fn creating_a_store_that_was_interrupted_anywhere_is_taken_up_again() {
    let scratch = Scratch::new("interrupted");
    let whole = scratch.join("whole");
    drop(Database::open(&whole, &config()).unwrap());
    // The files in the order in which they come to be.
    let leftovers: [&[&str]; 4] = [
        &[],
        &["lock"],
        &["lock", "data"],
        &["lock", "data", "TRIPLESTORE.new"],
    ];
    for (place, names) in leftovers.into_iter().enumerate() {
        let store = scratch.join(&format!("store-{place}"));
        std::fs::create_dir(&store).unwrap();
        for name in names {
            match *name {
                "data" => std::fs::create_dir(store.join(name)).unwrap(),
                _ => std::fs::write(store.join(name), "").unwrap(),
            }
        }
        let mut read_only = config();
        read_only.read_only = true;
        assert_told(Database::open(&store, &read_only), Code::NotFound);
        assert_usable(&Database::open(&store, &config()).unwrap());
        assert_usable(&Database::open(&store, &config()).unwrap());
    }
}

#[test]
fn a_directory_that_cannot_be_written_to_is_an_io_error_that_names_it() {
    let scratch = Scratch::new("unwritable");
    std::fs::write(scratch.join("file"), "").unwrap();
    // Below a file nothing can be created, not even by the superuser.
    let error = Database::open(scratch.join("file/below/store"), &config())
        .err()
        .unwrap();
    assert!(
        matches!(error.code(), Code::NotAStore | Code::Io | Code::InvalidPath),
        "{error:?}"
    );
    assert!(error.detail().contains("file/below"), "{error}");
}
