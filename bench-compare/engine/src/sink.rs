//! Where an answer goes. Every byte is made and copied to a buffer whether it is kept or not, so that an answer that is
//! only counted costs what a client in the same process would pay.

use crate::protocol::Done;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

const BUFFER_BYTES: usize = 64 * 1024;

pub struct Sink {
    out: BufWriter<Counted>,
    start: Instant,
}

struct Counted {
    file: Option<File>,
    bytes: u64,
}

impl Sink {
    /// The clock starts here.
    pub fn start(file: Option<&Path>) -> io::Result<Self> {
        let file = file.map(File::create).transpose()?;
        Ok(Self {
            out: BufWriter::with_capacity(BUFFER_BYTES, Counted { file, bytes: 0 }),
            start: Instant::now(),
        })
    }

    /// The clock stops here.
    pub fn finish(mut self, rows: u64) -> io::Result<Done> {
        self.out.flush()?;
        Ok(Done {
            rows,
            bytes: self.out.get_ref().bytes,
            ..crate::since(self.start)
        })
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.file {
            Some(file) => file.write(bytes)?,
            None => bytes.len(),
        };
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
