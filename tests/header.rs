//! The header as programs see it: every language and standard it promises, and its contracts.

mod environment;

use environment::{Scratch, functions, has_or_skip, header, root, run};
use std::process::Command;

const STRICT: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"];

fn compile(compiler: &str, standard: &str, source: &str, flags: &[&str]) {
    let scratch = Scratch::new(&format!("header-{compiler}-{}", standard.replace('+', "x")));
    let extension = if standard.contains("++") { "cpp" } else { "c" };
    let file = scratch.join(&format!("alone.{extension}"));
    std::fs::write(&file, source).unwrap();
    run(Command::new(compiler)
        .arg(format!("-std={standard}"))
        .args(STRICT)
        .args(flags)
        .arg("-I")
        .arg(root().join("include"))
        .arg("-fsyntax-only")
        .arg(&file));
}

/// Included alone and twice; something after it must still compile.
const ALONE: &str = "#include \"triplestore.h\"\n#include \"triplestore.h\"\nint main(void);\nint main(void) { return 0; }\n";

#[test]
fn it_compiles_alone_in_every_c_standard() {
    for standard in ["c99", "c11", "c17", "c2x"] {
        compile(
            "cc",
            standard,
            ALONE,
            &["-Wstrict-prototypes", "-Wmissing-prototypes"],
        );
    }
}

#[test]
fn it_compiles_alone_in_every_cpp_standard() {
    for standard in ["c++11", "c++14", "c++17", "c++20"] {
        compile("c++", standard, ALONE, &["-Wold-style-cast"]);
    }
}

/// Left out of -Weverything: macros a program may not use, padding, comments in the style of
/// doxygen, what C++11 and C11 have beyond their predecessors, and `//` after `#endif`.
const NOT_DEFECTS: [&str; 9] = [
    "-Weverything",
    "-Wno-unused-macros",
    "-Wno-padded",
    "-Wno-documentation-unknown-command",
    "-Wno-documentation",
    "-Wno-c++98-compat",
    "-Wno-c++98-compat-pedantic",
    "-Wno-declaration-after-statement",
    "-Wno-missing-prototypes",
];

#[test]
fn clang_has_nothing_to_say_with_every_warning_on() {
    if !has_or_skip("clang", "header under clang -Weverything") {
        return;
    }
    for standard in ["c99", "c11", "c17"] {
        compile("clang", standard, ALONE, &NOT_DEFECTS);
    }
    for standard in ["c++11", "c++17"] {
        compile("clang++", standard, ALONE, &NOT_DEFECTS);
    }
}

#[test]
fn version_macros_are_those_of_the_crate() {
    let scratch = Scratch::new("header-version");
    let source = scratch.join("version.c");
    std::fs::write(
        &source,
        "#include <stdio.h>\n#include \"triplestore.h\"\nint main(void) {\n\
         printf(\"%s %d %d %d %d\", TS_VERSION, TS_VERSION_MAJOR, TS_VERSION_MINOR, TS_VERSION_PATCH, TS_VERSION_NUMBER);\n\
         return 0; }\n",
    )
    .unwrap();
    let program = scratch.join("version");
    run(Command::new("cc")
        .arg("-I")
        .arg(root().join("include"))
        .arg(&source)
        .arg("-o")
        .arg(&program));
    let part = |text: &str| text.parse::<u32>().unwrap();
    let (major, minor, patch) = (
        part(env!("CARGO_PKG_VERSION_MAJOR")),
        part(env!("CARGO_PKG_VERSION_MINOR")),
        part(env!("CARGO_PKG_VERSION_PATCH")),
    );
    let number = major * 1_000_000 + minor * 1_000 + patch;
    assert_eq!(
        run(&mut Command::new(&program)),
        format!(
            "{} {major} {minor} {patch} {number}",
            env!("CARGO_PKG_VERSION")
        )
    );
}

#[test]
fn every_function_states_its_contract() {
    let header = header();
    let functions = functions(&header);
    assert!(functions.len() > 20);
    for (name, comment) in functions {
        let lines: Vec<&str> = comment
            .lines()
            .map(|line| line.trim_start_matches([' ', '*', '/']))
            .collect();
        assert!(lines.len() > 5, "{name} has no documentation");
        for part in ["Owner: ", "Threads: ", "Cost: ", "Errors: "] {
            let stated = lines
                .iter()
                .filter(|line| line.strip_prefix(part).is_some_and(|rest| !rest.is_empty()))
                .count();
            assert_eq!(stated, 1, "{name} does not state {part:?} once");
        }
    }
}

#[test]
fn every_fallible_function_must_not_be_ignored() {
    let header = header();
    for declaration in header.split(";\n") {
        if declaration.contains("struct ts_error **err") {
            assert!(declaration.contains("TS_NODISCARD"), "{declaration}");
        }
    }
}

#[test]
fn no_type_has_the_name_of_a_function() {
    let header = header();
    for (name, _) in functions(&header) {
        for kind in ["struct", "enum", "union"] {
            assert!(!header.contains(&format!("{kind} {name} ")), "{name}");
        }
    }
}
