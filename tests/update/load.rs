//! LOAD: off unless allowed; files, the host's documents, SILENT.

use crate::{lines, memory, set};
use std::path::PathBuf;
use std::sync::Arc;
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, UpdateOptions};
use triplestore::error::{Code, Error, Result};
use triplestore::load::Format;
use triplestore::query::Document;

/// A directory of documents, removed with the value.
struct Documents(PathBuf);

impl Documents {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ts-update-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(path.join("inside")).unwrap();
        std::fs::write(
            path.join("inside/a b.ttl"),
            "<a> <http://x/p> <#o>, _:n . _:n <http://x/p> 1 .",
        )
        .unwrap();
        std::fs::write(
            path.join("inside/quads.nq"),
            "<http://x/s> <http://x/p> \"1\" <http://x/g> .\n<http://x/s> <http://x/p> \"2\" .\n",
        )
        .unwrap();
        std::fs::write(
            path.join("inside/bad.nt"),
            "<http://x/s> <http://x/p> \"1\" .\nnonsense\n",
        )
        .unwrap();
        std::fs::write(
            path.join("outside.nt"),
            "<http://x/s> <http://x/p> \"1\" .\n",
        )
        .unwrap();
        Self(path)
    }

    fn iri(&self, name: &str) -> String {
        format!("file://{}/{name}", self.0.display())
    }
}

impl Drop for Documents {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn files() -> UpdateOptions {
    UpdateOptions {
        load_files: true,
        ..UpdateOptions::default()
    }
}

fn run(database: &Database, text: &str, options: &UpdateOptions) -> Result<(u64, u64)> {
    let committed = database.update(text, options, &Control::new())?;
    Ok((committed.inserted, committed.deleted))
}

#[test]
fn load_is_refused_unless_it_is_allowed() {
    let documents = Documents::new("refused");
    let database = memory();
    for iri in [
        documents.iri("outside.nt"),
        "http://x/outside.nt".to_owned(),
    ] {
        let text = format!("LOAD <{iri}>");
        let error = run(&database, &text, &UpdateOptions::default()).unwrap_err();
        assert_eq!(error.code(), Code::QueryInvalidOption, "{error}");
        let silent = format!("LOAD SILENT <{iri}>");
        assert_eq!(
            run(&database, &silent, &UpdateOptions::default()).unwrap(),
            (0, 0)
        );
    }
    // Files alone do not allow anything else.
    let error = run(&database, "LOAD <http://x/outside.nt>", &files()).unwrap_err();
    assert_eq!(error.code(), Code::QueryInvalidOption);
}

#[test]
fn files_are_loaded_into_the_graph_that_is_named() {
    let documents = Documents::new("files");
    let database = memory();
    let iri = documents.iri("inside/a%20b.ttl");
    assert_eq!(
        run(&database, &format!("LOAD <{iri}>"), &files()).unwrap(),
        (3, 0)
    );
    let base = documents.iri("inside/");
    assert!(lines(&database).contains(&format!("<{base}a :p <{iri}#o")));
    let text =
        format!("LOAD <{iri}> INTO GRAPH <http://x/g> ; LOAD <{iri}> INTO GRAPH <http://x/g>");
    // Blank nodes of a document are new each time it is read.
    assert_eq!(run(&database, &text, &files()).unwrap(), (5, 0));
    let iri = documents.iri("inside/quads.nq");
    run(
        &database,
        &format!("CLEAR ALL ; LOAD <{iri}> INTO GRAPH <http://x/h>"),
        &files(),
    )
    .unwrap();
    assert_eq!(lines(&database), set(&[":s :p \"1\" :g", ":s :p \"2\" :h"]));
}

#[test]
fn a_document_with_an_error_loads_nothing_and_silent_goes_on() {
    let documents = Documents::new("bad");
    let database = memory();
    let iri = documents.iri("inside/bad.nt");
    let text = format!("INSERT DATA {{ <http://x/a> <http://x/p> 1 }} ; LOAD <{iri}>");
    let error = run(&database, &text, &files()).unwrap_err();
    assert_eq!(error.code(), Code::DataParse);
    assert_eq!(error.position().map(|place| place.line), Some(2));
    assert!(lines(&database).is_empty());
    let text = format!(
        "INSERT DATA {{ <http://x/a> <http://x/p> 1 }} ; LOAD SILENT <{iri}> ; LOAD SILENT <{}>",
        documents.iri("absent.nt")
    );
    assert_eq!(run(&database, &text, &files()).unwrap(), (1, 0));
    let text = format!("LOAD <{}>", documents.iri("absent.nt"));
    assert_eq!(
        run(&database, &text, &files()).unwrap_err().code(),
        Code::FileNotFound
    );
    let text = format!("LOAD <{}>", documents.iri("inside"));
    assert_eq!(
        run(&database, &text, &files()).unwrap_err().code(),
        Code::UnknownFormat
    );
    let options = UpdateOptions {
        load_format: Some(Format::Turtle),
        ..files()
    };
    let text = format!("LOAD <{}>", documents.iri("outside.nt"));
    assert_eq!(run(&database, &text, &options).unwrap(), (1, 0));
}

#[test]
fn files_are_confined_to_the_root() {
    let documents = Documents::new("root");
    let options = UpdateOptions {
        load_root: Some(documents.0.join("inside")),
        ..files()
    };
    let database = memory();
    let inside = format!("LOAD <{}>", documents.iri("inside/quads.nq"));
    assert_eq!(run(&database, &inside, &options).unwrap(), (2, 0));
    for name in ["outside.nt", "inside/../outside.nt"] {
        let text = format!("LOAD <{}>", documents.iri(name));
        let error = run(&database, &text, &options).unwrap_err();
        assert_eq!(error.code(), Code::InvalidPath, "{name}: {error}");
    }
    let mut config = Config::default();
    config
        .set("path_root", documents.0.join("inside").to_str().unwrap())
        .unwrap();
    let database = Database::memory(&config).unwrap();
    assert_eq!(run(&database, &inside, &files()).unwrap(), (2, 0));
    let text = format!("LOAD <{}>", documents.iri("outside.nt"));
    assert_eq!(
        run(&database, &text, &files()).unwrap_err().code(),
        Code::InvalidPath
    );
}

#[test]
fn the_host_gives_other_documents() {
    let options = UpdateOptions {
        load_documents: Some(Arc::new(|iri: &str| match iri {
            "http://x/data" => Ok(Document {
                bytes: b"<#a> <http://x/p> 1 .".to_vec(),
                format: Some(Format::Turtle),
            }),
            "http://x/data.nt?version=2#part" => Ok(Document {
                bytes: b"<http://x/b> <http://x/p> \"2\" .\n".to_vec(),
                format: None,
            }),
            _ => Err(Error::new(Code::FileNotFound, format!("no document {iri}"))),
        })),
        ..UpdateOptions::default()
    };
    let database = memory();
    let text =
        "LOAD <http://x/data> ; LOAD <http://x/data.nt?version=2#part> INTO GRAPH <http://x/g>";
    assert_eq!(run(&database, text, &options).unwrap(), (2, 0));
    assert_eq!(
        lines(&database),
        set(&[":data#a :p \"1\"^^xsd:integer", ":b :p \"2\" :g"])
    );
    let error = run(&database, "LOAD <http://x/none.nt>", &options).unwrap_err();
    assert_eq!(error.code(), Code::FileNotFound);
    assert_eq!(
        run(&database, "LOAD SILENT <http://x/none.nt>", &options).unwrap(),
        (0, 0)
    );
}
