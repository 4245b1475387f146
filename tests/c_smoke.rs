//! C programs against the shared library: plain, under the address and undefined-behaviour
//! sanitizers, and under valgrind.

mod environment;

use environment::{
    Scratch, functions, has_or_skip, header, output, root, run, shared_library, skip,
};
use std::path::{Path, PathBuf};
use std::process::Command;

fn sources() -> Vec<PathBuf> {
    let mut sources: Vec<PathBuf> = std::fs::read_dir(root().join("tests/c"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .collect();
    sources.sort();
    sources
}

fn build(scratch: &Scratch, flags: &[&str]) -> PathBuf {
    let program = scratch.join("smoke");
    let library = shared_library();
    let library = library.parent().unwrap();
    run(Command::new("cc")
        .args([
            "-std=c99",
            "-g",
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
            "-pthread",
        ])
        .args(flags)
        .arg("-I")
        .arg(root().join("include"))
        .args(sources())
        .arg("-o")
        .arg(&program)
        .arg("-L")
        .arg(library)
        .arg("-ltriplestore")
        .arg(format!("-Wl,-rpath,{}", library.display())));
    program
}

fn passed(out: &str) {
    let last = out.lines().last().unwrap_or_default();
    assert!(last.starts_with("passed "), "{out}");
}

/// Runs the program in a directory of its own below the scratch directory.
fn arguments<'a>(command: &'a mut Command, scratch: &Path) -> &'a mut Command {
    command.arg(scratch.join("files"))
}

#[test]
fn every_function_is_called_by_the_programs() {
    let text: String = sources()
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let header = header();
    let missing: Vec<String> = functions(&header)
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| !text.contains(&format!("{name}(")))
        .collect();
    assert!(missing.is_empty(), "not called: {missing:?}");
}

#[test]
fn the_programs_pass() {
    let scratch = Scratch::new("smoke");
    let program = build(&scratch, &[]);
    passed(&run(arguments(&mut Command::new(program), scratch.path())));
}

#[test]
fn the_programs_pass_under_the_sanitizers() {
    let scratch = Scratch::new("smoke-asan");
    let probe = scratch.join("probe.c");
    std::fs::write(&probe, "int main(void) { return 0; }\n").unwrap();
    let flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    let works = output(
        Command::new("cc")
            .args(flags)
            .arg(&probe)
            .arg("-o")
            .arg(scratch.join("probe")),
    );
    if !works.status.success() {
        return skip(
            "C programs under sanitizers",
            "the compiler has no sanitizers",
        );
    }
    let program = build(&scratch, &flags);
    passed(&run(arguments(&mut Command::new(program), scratch.path())));
}

#[test]
fn the_programs_leave_nothing_behind_under_valgrind() {
    if !has_or_skip("valgrind", "C programs under valgrind") {
        return;
    }
    let scratch = Scratch::new("smoke-valgrind");
    let program = build(&scratch, &[]);
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args([
            "--quiet",
            "--error-exitcode=99",
            "--leak-check=full",
            "--show-leak-kinds=definite",
            "--errors-for-leak-kinds=definite",
            "--child-silent-after-fork=yes",
            // A thread that polls must not keep the others from working.
            "--fair-sched=yes",
        ])
        .arg(format!(
            "--suppressions={}",
            root().join("tests/c/valgrind.supp").display()
        ))
        .arg(&program);
    passed(&run(arguments(&mut valgrind, scratch.path())));
}
