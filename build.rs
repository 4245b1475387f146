//! Makes `include/triplestore.h` from `src/capi/` and sets what the shared library is linked with.
//!
//! The header is committed. It is written only when it differs, so building from a release or a
//! read-only tree changes nothing; CI fails if a build changed it.

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

/// The sections of the header: file in `src/capi/` and heading, in the order a reader needs them.
const SECTIONS: &[(&str, &str)] = &[
    ("version.rs", "Version"),
    ("text.rs", "Text"),
    ("status.rs", "Status"),
    ("error.rs", "Errors"),
    ("callback.rs", "Callbacks"),
    ("op.rs", "Operations: cancel, deadline, progress"),
    ("config.rs", "Configuration"),
    ("log.rs", "Logging"),
    ("store.rs", "Store"),
    ("inspect.rs", "Statistics, health, check"),
    ("load.rs", "Loading"),
    ("loader.rs", "Loading by pushing"),
    ("query.rs", "Queries"),
    ("inspection.rs", "Inspecting texts"),
    ("service.rs", "Federation"),
    ("rows.rs", "Rows"),
    ("batch.rs", "Batches"),
    ("result.rs", "Results as documents"),
    ("terms.rs", "Terms"),
    ("function.rs", "Functions of your own"),
    ("aggregate.rs", "Aggregates of your own"),
    (
        "pattern.rs",
        "Patterns: matching and counting without SPARQL",
    ),
    ("dump.rs", "Dumping"),
    ("txn.rs", "Transactions, and writing without SPARQL"),
    ("update.rs", "Updates"),
    ("reading.rs", "Reading in a transaction"),
    ("pins.rs", "Readers"),
];

const HEADER: &str = "include/triplestore.h";
const CAPI: &str = "src/capi";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=cbindgen.toml");
    println!("cargo:rerun-if-changed={CAPI}");
    println!("cargo:rerun-if-changed={HEADER}");
    link(&abi_version()?);
    write_header(&header()?);
    Ok(())
}

/// Threads of the page store and destructors of thread-local values outlive `dlclose`, so the
/// library stays. The soname makes programs look for `libtriplestore.so.<ABI>`; `make build` and
/// the tests put a link of that name beside the library in the build directory.
fn link(abi: &str) {
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libtriplestore.so.{abi}");
}

/// The number in `TS_ABI_VERSION`, which stands in the source once.
fn abi_version() -> Result<String, Box<dyn Error>> {
    let source = fs::read_to_string(Path::new(CAPI).join("version.rs"))?;
    let number = source
        .split_once("TS_ABI_VERSION: u32 = ")
        .and_then(|(_, rest)| rest.split_once(';'))
        .ok_or("src/capi/version.rs does not define TS_ABI_VERSION")?;
    Ok(number.0.to_owned())
}

fn header() -> Result<String, Box<dyn Error>> {
    let mut config = cbindgen::Config::from_file("cbindgen.toml")?;
    config.header = Some(comment(&fs::read_to_string(
        Path::new(CAPI).join("conventions.txt"),
    )?));
    config.after_includes = Some(macros()?);
    log::set_logger(&WARNINGS).map_err(|error| error.to_string())?;
    log::set_max_level(log::LevelFilter::Warn);
    let builder = SECTIONS
        .iter()
        .fold(cbindgen::Builder::new(), |builder, (file, _)| {
            builder.with_src(Path::new(CAPI).join(file))
        });
    let bindings = builder.with_config(config).generate()?;
    let mut bytes = Vec::new();
    bindings.write(&mut bytes);
    let warnings = WARNINGS.0.lock().map_err(|error| error.to_string())?;
    if !warnings.is_empty() {
        return Err(format!("cbindgen warns:\n{}", warnings.join("\n")).into());
    }
    with_headings(std::str::from_utf8(&bytes)?)
}

fn comment(text: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| format!(" * {line}").trim_end().to_owned())
        .collect();
    format!("/*\n{}\n */", lines.join("\n"))
}

/// What cbindgen cannot write: version macros from Cargo.toml, and attributes.
fn macros() -> Result<String, Box<dyn Error>> {
    let version = env::var("CARGO_PKG_VERSION")?;
    let part = |name: &str| -> Result<u32, Box<dyn Error>> {
        Ok(env::var(format!("CARGO_PKG_VERSION_{name}"))?.parse()?)
    };
    let (major, minor, patch) = (part("MAJOR")?, part("MINOR")?, part("PATCH")?);
    let number = major * 1_000_000 + minor * 1_000 + patch;
    Ok(format!(
        r#"
/** The version of this header; ts_version() is that of the library. */
#define TS_VERSION "{version}"
#define TS_VERSION_MAJOR {major}
#define TS_VERSION_MINOR {minor}
#define TS_VERSION_PATCH {patch}
/** major * 1000000 + minor * 1000 + patch */
#define TS_VERSION_NUMBER {number}

/** On functions whose result must not be ignored. */
#if defined(__cplusplus) && __cplusplus >= 201703L
#define TS_NODISCARD [[nodiscard]]
#elif defined(__GNUC__) || defined(__clang__)
#define TS_NODISCARD __attribute__((warn_unused_result))
#else
#define TS_NODISCARD
#endif"#
    ))
}

/// Puts the heading of each section before its first function, and one before the types: cbindgen
/// writes all types first, then the functions in the order of the files.
fn with_headings(header: &str) -> Result<String, Box<dyn Error>> {
    let mut lines = joined_comments(header);
    let types = position(&lines, |line| line.starts_with("#define TS_ABI_VERSION"))? + 2;
    lines.insert(types, heading("Types") + "\n");
    for (file, title) in SECTIONS {
        let source = fs::read_to_string(Path::new(CAPI).join(file))?;
        let Some(name) = first_export(&source) else {
            continue;
        };
        let call = format!("{name}(");
        let declared = position(&lines, |line| {
            !line.starts_with([' ', '/', '#']) && line.contains(&call)
        })?;
        let documented = lines[..declared]
            .iter()
            .rposition(|line| line.starts_with("/**"))
            .ok_or_else(|| format!("{name} has no documentation"))?;
        lines.insert(documented, heading(title) + "\n");
    }
    Ok(lines.join("\n") + "\n")
}

fn position(lines: &[String], found: impl Fn(&str) -> bool) -> Result<usize, Box<dyn Error>> {
    let position = lines.iter().position(|line| found(line));
    position.ok_or_else(|| "the header lacks something build.rs looks for".into())
}

fn heading(title: &str) -> String {
    format!("/* {title} {} */", "-".repeat(93 - title.len()))
}

/// Lines of the header, comments of one line on one line.
fn joined_comments(header: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in header.lines() {
        if let [.., start, text] = lines.as_mut_slice()
            && line.trim() == "*/"
            && start.trim() == "/**"
            && let Some(words) = text.trim().strip_prefix("* ")
        {
            *start = format!("{start} {words} */");
            lines.pop();
        } else {
            lines.push(line.to_owned());
        }
    }
    lines
}

fn first_export(source: &str) -> Option<&str> {
    let (_, rest) = source.split_once("#[unsafe(no_mangle)]")?;
    let (_, rest) = rest.split_once("extern \"C\" fn ")?;
    rest.split_once('(').map(|(name, _)| name)
}

fn write_header(text: &str) {
    if fs::read_to_string(HEADER).is_ok_and(|old| old == text) {
        return;
    }
    let written = fs::create_dir_all("include").and_then(|()| fs::write(HEADER, text));
    if let Err(error) = written {
        println!("cargo:warning={HEADER} is stale and cannot be written: {error}");
    }
}

/// Keeps what cbindgen logs: an item it skips is a function missing from the header.
struct Warnings(Mutex<Vec<String>>);

static WARNINGS: Warnings = Warnings(Mutex::new(Vec::new()));

impl log::Log for Warnings {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let message = record.args().to_string();
        if record.level() <= log::Level::Warn
            && !is_private_constant(&message)
            && let Ok(mut warnings) = self.0.lock()
        {
            warnings.push(message);
        }
    }

    fn flush(&self) {}
}

/// Whether cbindgen says that it left out a constant or static that is not for the header.
fn is_private_constant(message: &str) -> bool {
    message
        .strip_prefix("Skip ")
        .and_then(|rest| rest.split_once(" - (not `"))
        .and_then(|(path, _)| path.rsplit("::").next())
        .is_some_and(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
}
