//! The command line tool as a shell runs it: arguments and standard input in; standard output, standard error and the
//! exit code out.

#[path = "../environment/mod.rs"]
mod environment;

mod answers;
mod bench;
mod damage;
mod errors;
mod generate;
mod place;
mod process;
mod update;
