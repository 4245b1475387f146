//! The command line tool. It is no part of the library: it sees what any program in Rust sees of it.

#[path = "../cli/mod.rs"]
mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
