//! The shared library as the loader sees it.

mod environment;

use environment::{functions, header, run, shared_library};
use std::collections::BTreeSet;
use std::process::Command;

#[test]
fn the_library_exports_what_the_header_declares_and_nothing_else() {
    let symbols = run(Command::new("nm")
        .args(["-D", "--defined-only"])
        .arg(shared_library()));
    let exported: BTreeSet<&str> = symbols
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2))
        .collect();
    let header = header();
    let functions = functions(&header);
    let declared: BTreeSet<&str> = functions.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(exported, declared);
}

#[test]
fn it_stays_loaded_has_a_soname_and_needs_no_relocation_of_its_code() {
    let dynamic = run(Command::new("readelf").arg("-dW").arg(shared_library()));
    assert!(dynamic.contains("NODELETE"), "{dynamic}");
    assert!(dynamic.contains("[libtriplestore.so.0]"), "{dynamic}");
    for refused in ["TEXTREL", "STATIC_TLS", "RPATH", "RUNPATH"] {
        assert!(!dynamic.contains(refused), "{refused}\n{dynamic}");
    }
}

/// A library that programs must have beside it is a promise to packagers.
#[test]
fn it_needs_only_the_system_libraries_that_are_documented() {
    let dynamic = run(Command::new("readelf").arg("-dW").arg(shared_library()));
    let needed = dynamic
        .lines()
        .filter(|line| line.contains("(NEEDED)"))
        .filter_map(|line| line.split('[').nth(1)?.split(']').next());
    for library in needed {
        let name = library.split(".so").next().unwrap();
        assert!(
            [
                "libc",
                "libm",
                "libgcc_s",
                "libstdc++",
                "libdl",
                "libpthread",
                "librt"
            ]
            .contains(&name)
                || name.starts_with("ld-linux"),
            "{library} is needed"
        );
    }
}
