//! The one door from a document to statements.

use super::chunk::{CHUNK_BYTES, Chunk, ChunkReader};
use super::feed::{Feed, PIECE_BYTES, Pieces};
use super::format::Format;
use super::input::{Compression, Input};
use super::jsonld;
use super::ntriples::{LineOptions, LineParser};
use super::options::ParseOptions;
use super::rdfxml;
use super::report::{BadStatements, ErrorLog};
use super::statement::{StatementSink, check_iri};
use super::turtle;
use crate::control::{Control, joined};
use crate::error::{Code, Error, Result};
use parking_lot::Mutex;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// Pieces that the reading thread may be ahead of the parser.
const PIECES_AHEAD: usize = 4;

/// What a parse did.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Parsed {
    /// Statements that sinks took. A triple that stands twice in the document counts twice.
    pub statements: u64,
    /// What a keep-going parse skipped.
    pub bad: BadStatements,
}

/// Parses a document into `sinks`.
///
/// N-Triples and N-Quads are parsed by one thread per sink, each sink receiving whole chunks (a
/// thread that reads and decompresses runs ahead of them); the other formats by the calling
/// thread, into the first sink, with a reading thread when the input is compressed. With a
/// single sink and plain input everything runs on the calling thread.
///
/// Memory: [`CHUNK_BYTES`] for each of `2 * sinks + 2` chunks, charged to the control; for the
/// other formats about 1 MiB and the longest token.
///
/// Errors: `DataParse`, `InvalidIri`, `InvalidUtf8`, `NestingTooDeep`, `TermTooLarge`,
/// `RemoteContext` with document, line, column and byte offset; those of [`Input::read`];
/// `Cancelled`, `QueryTimeout`; whatever a sink stops with. After an error the sinks have
/// received some of the statements. With several bad statements and [`OnError::Stop`] the error
/// is that of the first one in the document.
pub fn parse<S: StatementSink + Send>(
    input: Input<'_>,
    options: &ParseOptions,
    control: &Control,
    sinks: &mut [S],
) -> Result<Parsed> {
    let document = options.document.clone().or(input.name().map(str::to_owned));
    let mut log = ErrorLog::new(options.on_error, document.as_deref());
    if let Some(base) = &options.base_iri {
        check_iri(base).map_err(|term| {
            Error::from(term)
                .with_hint("the base IRI must be absolute, such as http://example.org/")
        })?;
    }
    if options.resume_after.is_some() && !options.format.is_line_based() {
        return Err(Error::new(
            Code::InvalidArgument,
            format!("a parse of {} cannot be resumed", options.format.name()),
        ));
    }
    let Some((first, others)) = sinks.split_first_mut() else {
        return Err(Error::new(Code::InvalidArgument, "a parse needs a sink"));
    };
    let statements = if !options.format.is_line_based() {
        parse_nested(input, options, control, first, &mut log)?
    } else if others.is_empty() && input.compression() == Compression::None {
        parse_lines(input, options, control, first, &mut log)?
    } else {
        parse_lines_parallel(input, options, control, sinks, &mut log)?
    };
    Ok(Parsed {
        statements,
        bad: log.bad,
    })
}

fn line_parser(options: &ParseOptions) -> LineParser {
    LineParser::new(LineOptions {
        with_graphs: options.format.has_named_graphs(),
        trusted: options.trusted,
        max_term_bytes: options.max_term_bytes,
    })
}

fn chunk_reader<'a>(
    input: Input<'a>,
    options: &ParseOptions,
    control: &Control,
) -> Result<ChunkReader<'a>> {
    let mut reader = ChunkReader::new(input, options.max_term_bytes, control);
    if let Some(end) = options.resume_after {
        reader.resume_at(end)?;
    }
    Ok(reader)
}

fn parse_lines<S: StatementSink>(
    input: Input<'_>,
    options: &ParseOptions,
    control: &Control,
    sink: &mut S,
    log: &mut ErrorLog<'_>,
) -> Result<u64> {
    let mut reader = chunk_reader(input, options, control)?;
    let mut parser = line_parser(options);
    let mut chunk = Chunk::default();
    let mut statements = 0;
    loop {
        match reader.next(&mut chunk) {
            Ok(true) => {
                let taken = parser.parse(&chunk, sink, log)?;
                control.add_rows(taken);
                statements += taken;
            }
            Ok(false) => return Ok(statements),
            Err(error) => {
                log.abandon(error)?;
                return Ok(statements);
            }
        }
    }
}

/// The chunks on their way from the reading thread to the parsing ones, and back when empty.
struct Exchange {
    full: Mutex<Receiver<Chunk>>,
    empty: Sender<Chunk>,
    /// A parser has met an error that ends the parse: nothing more is read.
    stopped: AtomicBool,
}

fn parse_lines_parallel<S: StatementSink + Send>(
    input: Input<'_>,
    options: &ParseOptions,
    control: &Control,
    sinks: &mut [S],
    log: &mut ErrorLog<'_>,
) -> Result<u64> {
    let (full_in, full) = sync_channel(sinks.len());
    let (empty, empty_out) = channel();
    let exchange = Exchange {
        full: Mutex::new(full),
        empty,
        stopped: AtomicBool::new(false),
    };
    let exchange = &exchange;
    let (document, on_error) = (log.document(), options.on_error);
    let reader = chunk_reader(input, options, control)?;
    let (read, parsed) = thread::scope(|scope| {
        let reading = scope.spawn(move || read_chunks(reader, &full_in, &empty_out, exchange));
        let parsing: Vec<_> = sinks
            .iter_mut()
            .map(|sink| {
                scope.spawn(move || {
                    let mut log = ErrorLog::new(on_error, document);
                    let statements = parse_chunks(exchange, options, control, sink, &mut log);
                    exchange
                        .stopped
                        .fetch_or(statements.is_err(), Ordering::Relaxed);
                    statements.map(|statements| (statements, log.bad))
                })
            })
            .collect();
        let parsed: Vec<_> = parsing
            .into_iter()
            .map(|thread| joined(thread.join()))
            .collect();
        // The parsers are gone, so a reader that waits for room finds its channel closed only
        // when the receiver is dropped, which outlives this scope: drain it instead.
        exchange.stopped.store(true, Ordering::Relaxed);
        while exchange.full.lock().recv().is_ok() {}
        (joined(reading.join()), parsed)
    });
    let keep = on_error.keep();
    let mut statements = 0;
    let mut first_error: Option<Error> = None;
    for outcome in parsed {
        match outcome {
            Ok((taken, bad)) => {
                statements += taken;
                log.bad.merge(bad, keep);
            }
            Err(error) => {
                let place = |e: &Error| e.position().map_or(u64::MAX, |p| p.offset);
                if first_error
                    .as_ref()
                    .is_none_or(|first| place(&error) < place(first))
                {
                    first_error = Some(error);
                }
            }
        }
    }
    if let Some(error) = first_error {
        return Err(error);
    }
    if let Err(error) = read {
        log.abandon(error)?;
    }
    Ok(statements)
}

fn read_chunks(
    mut reader: ChunkReader<'_>,
    full: &SyncSender<Chunk>,
    empty: &Receiver<Chunk>,
    exchange: &Exchange,
) -> Result<()> {
    while !exchange.stopped.load(Ordering::Relaxed) {
        let mut chunk = empty.try_recv().unwrap_or_default();
        if !reader.next(&mut chunk)? || full.send(chunk).is_err() {
            break;
        }
    }
    Ok(())
}

fn parse_chunks<S: StatementSink>(
    exchange: &Exchange,
    options: &ParseOptions,
    control: &Control,
    sink: &mut S,
    log: &mut ErrorLog<'_>,
) -> Result<u64> {
    let mut parser = line_parser(options);
    let mut statements = 0;
    // Chunks are handed out in document order, and one in hand is always finished: so when a
    // parse stops, the chunks before the bad one have been looked at.
    while !exchange.stopped.load(Ordering::Relaxed) {
        let Ok(chunk) = exchange.full.lock().recv() else {
            break;
        };
        control.poll()?;
        let taken = parser.parse(&chunk, sink, log)?;
        control.add_rows(taken);
        statements += taken;
        // The reader may have ended.
        let _ = exchange.empty.send(chunk);
    }
    Ok(statements)
}

fn parse_nested<S: StatementSink>(
    mut input: Input<'_>,
    options: &ParseOptions,
    control: &Control,
    sink: &mut S,
    log: &mut ErrorLog<'_>,
) -> Result<u64> {
    let _memory = control.charge(CHUNK_BYTES)?;
    if input.compression() == Compression::None {
        return parse_pieces(Pieces::Direct(input), options, control, sink, log);
    }
    thread::scope(|scope| {
        let (sender, pieces) = sync_channel(PIECES_AHEAD);
        let reading = scope.spawn(move || {
            loop {
                let mut piece = vec![0; PIECE_BYTES];
                let (next, more) = match input.read(&mut piece) {
                    Ok(0) => return,
                    Ok(n) => {
                        piece.truncate(n);
                        (Ok(piece), true)
                    }
                    Err(error) => (Err(error), false),
                };
                if sender.send(next).is_err() || !more {
                    return;
                }
            }
        });
        let statements = parse_pieces(Pieces::Ahead(pieces), options, control, sink, log);
        // The parser has dropped its end, which ends the reading thread.
        joined(reading.join().map(Ok))?;
        statements
    })
}

fn parse_pieces<S: StatementSink>(
    pieces: Pieces<'_>,
    options: &ParseOptions,
    control: &Control,
    sink: &mut S,
    log: &mut ErrorLog<'_>,
) -> Result<u64> {
    let max_token_bytes = match options.format {
        Format::JsonLd => options.max_term_bytes.min(jsonld::MAX_STRING_BYTES),
        _ => options.max_term_bytes,
    };
    let mut feed = Feed::new(pieces, options.format, max_token_bytes, control);
    // The parsers are other people's code, and their input is anyone's.
    let outcome = catch_unwind(AssertUnwindSafe(|| match options.format {
        Format::RdfXml => rdfxml::parse(feed, options, control, sink, log),
        Format::JsonLd => jsonld::parse(feed, options, control, sink, log),
        Format::Turtle | Format::TriG | Format::NTriples | Format::NQuads => {
            turtle::parse(&mut feed, options, control, sink, log)
        }
    }));
    joined(outcome)
}
