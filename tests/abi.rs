//! Sizes and offsets of the structures in the header are pinned for each ABI version: a program
//! compiled with an older header must find every field where it was.

mod environment;

use environment::{Scratch, header, root, run};
use std::fmt::Write;
use std::process::Command;

/// Structures with fields, and the names of their fields.
fn structures(header: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut lines = header.lines();
    while let Some(line) = lines.next() {
        let Some(name) = line
            .strip_prefix("typedef struct ")
            .and_then(|rest| rest.strip_suffix(" {"))
        else {
            continue;
        };
        let fields = lines
            .by_ref()
            .take_while(|line| !line.starts_with('}'))
            .filter_map(|line| line.strip_suffix(';'))
            .filter_map(|field| field.rsplit([' ', '*']).next())
            .map(str::to_owned)
            .collect();
        found.push((name.to_owned(), fields));
    }
    found
}

fn measured() -> String {
    let mut source =
        String::from("#include <stdio.h>\n#include \"triplestore.h\"\nint main(void) {\n");
    for (name, fields) in structures(&header()) {
        writeln!(source, "printf(\"{name} %zu\\n\", sizeof(struct {name}));").unwrap();
        for field in fields {
            writeln!(
                source,
                "printf(\"{name}.{field} %zu %zu\\n\", offsetof(struct {name}, {field}), sizeof(((struct {name} *)0)->{field}));"
            )
            .unwrap();
        }
    }
    source.push_str("return 0; }\n");
    let scratch = Scratch::new("abi");
    let (file, program) = (scratch.join("layout.c"), scratch.join("layout"));
    std::fs::write(&file, source).unwrap();
    run(Command::new("cc")
        .arg("-I")
        .arg(root().join("include"))
        .arg(&file)
        .arg("-o")
        .arg(&program));
    run(&mut Command::new(&program))
}

#[test]
fn structures_keep_their_layout() {
    let version = triplestore::capi::version::TS_ABI_VERSION;
    let pinned = root().join(format!("tests/abi/layout-{version}.txt"));
    let measured = measured();
    assert!(measured.lines().count() > 10);
    if std::env::var_os("TRIPLESTORE_BLESS").is_some() {
        std::fs::write(&pinned, &measured).unwrap();
    }
    let expected = std::fs::read_to_string(&pinned).unwrap_or_default();
    assert_eq!(
        measured, expected,
        "if fields were only appended, write the table again with TRIPLESTORE_BLESS=1; else raise TS_ABI_VERSION"
    );
}
