//! The tool among other processes: signals, closed pipes, a store in use.

use crate::place::{Done, Place, ROOMS, field, start};
use std::fs;
use std::io::{Read, Write};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// A load that has opened the store and waits for standard input.
fn waiting_load(place: &Place) -> Child {
    let mut child = start(under_env(place, &["load", "--format", "nt", "-"]));
    let input = child.stdin.as_mut().unwrap();
    let line = b"<http://e/a> <http://e/b> \"x\" .\n";
    input.write_all(&line.repeat(1000)).unwrap();
    wait_for_work(&child);
    child
}

/// Waits until the tool has opened the store, from when it catches signals.
fn wait_for_work(child: &Child) {
    let status = format!("/proc/{}/status", child.id());
    let started = Instant::now();
    while !catches_interrupt(&fs::read_to_string(&status).unwrap()) {
        let waited = started.elapsed();
        assert!(waited < Duration::from_secs(60), "the work has not begun");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The tool with the signals of a terminal: a parent in the background has it ignore SIGINT.
fn under_env(place: &Place, arguments: &[&str]) -> Command {
    let tool = place.command(arguments);
    let mut command = Command::new("env");
    command
        .arg("--default-signal=INT,TERM")
        .arg(tool.get_program());
    command.args(tool.get_args()).current_dir(place.0.path());
    for (name, value) in tool.get_envs() {
        command.env(name, value.unwrap());
    }
    command
}

/// Whether a process has a handler for SIGINT, by its `/proc/PID/status`.
fn catches_interrupt(status: &str) -> bool {
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = u64::from_str_radix(caught.unwrap().trim(), 16).unwrap();
    mask & 1 << (libc::SIGINT - 1) != 0
}

fn send(signal: &str, child: &Child) {
    let line = format!("kill -{signal} {}", child.id());
    let status = Command::new("sh").args(["-c", &line]).status().unwrap();
    assert!(status.success());
}

fn wait(mut child: Child) -> Done {
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!("the tool goes on after the signal");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let (mut out, mut err) = (String::new(), String::new());
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut out)
        .unwrap();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    Done {
        code: child.wait().unwrap().code(),
        out,
        err,
    }
}

#[test]
fn an_interrupted_load_loads_nothing() {
    let place = Place::new("interrupt");
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let child = waiting_load(&place);
        send(signal, &child);
        let error = wait(child).failed(code);
        assert!(error.starts_with("error[1006 cancelled]"), "{error}");
        assert!(error.contains("hint: nothing was loaded"), "{error}");
        assert_eq!(place.quads().len(), 0);
    }
    assert_eq!(
        field(&place.run(&["check", "--format", "json"]).ok(), "sound"),
        "true"
    );
}

#[test]
fn an_interrupted_query_stops() {
    let place = Place::with_rooms("interrupt-query");
    let forever = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?o ?p .
        ?q ?r ?s . ?t ?u ?v . ?w ?x ?y . FILTER(?a != ?d && ?c != ?p && ?s != ?v) }";
    let child = start(under_env(&place, &["query", forever]));
    wait_for_work(&child);
    send("INT", &child);
    let error = wait(child).failed(130);
    assert!(error.starts_with("error[1006 cancelled]"), "{error}");
}

#[test]
fn a_store_that_another_process_writes_is_refused_with_its_holder() {
    let place = Place::new("in-use");
    let mut child = waiting_load(&place);
    for arguments in [&["stats"][..], &["load", "rooms.ttl"], &["recover"]] {
        place.write("rooms.ttl", ROOMS);
        let error = place.run(arguments).failed(4);
        assert!(error.starts_with("error[2008 store_in_use]"), "{error}");
        assert!(error.contains(&child.id().to_string()), "{error}");
    }
    drop(child.stdin.take());
    let loaded = wait(child).ok();
    assert!(loaded.starts_with("loaded 1,000 statements"), "{loaded}");
    assert_eq!(place.quads().len(), 1);
}

#[test]
fn a_closed_pipe_ends_the_tool_quietly() {
    let place = Place::new("pipe");
    let lines: String = (0..20_000)
        .map(|n| format!("<http://e/{n}> <http://e/p> {n} .\n"))
        .collect();
    place.write("many.ttl", lines);
    place.run(&["load", "many.ttl"]).ok();
    let all = "SELECT * WHERE { ?s ?p ?o }";
    for arguments in [
        &["query", all][..],
        &["query", all, "--format", "json"],
        &["query", all, "--format", "csv"],
        &["query", "CONSTRUCT WHERE { ?s ?p ?o }", "--format", "nt"],
        &["dump"],
        &["dump", "--format", "ttl"],
        &["dump", "--format", "rdf", "--prefix", "e=http://e/"],
        &["dump", "--format", "jsonld"],
        &["generate", "lubm", "--scale", "1000"],
    ] {
        let mut child = start(place.command(arguments));
        let mut first = [0; 10];
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut first).unwrap();
        drop(out);
        let mut err = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .unwrap();
        assert_eq!(err, "", "{arguments:?}");
        assert_eq!(child.wait().unwrap().code(), Some(0), "{arguments:?}");
    }
}
