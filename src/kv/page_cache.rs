//! The kernel's page cache, where what was just written belongs.
//!
//! RocksDB takes a file that it writes outside its database out of the page cache when the file is finished (the C interface leaves
//! `invalidate_page_cache` of `SstFileWriter` at true). Those are our pages, which queries and the next merge ask for: each first read of
//! one would wait for the device. So the kernel is asked to read such files again, in the background and in order.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

/// The kernel reads ahead no more than this at a time (`read_ahead_kb`, usually), whatever it is asked for.
const WINDOW_BYTES: libc::off_t = 128 << 10;

/// Asks the kernel to read a file into the page cache. Advice: where it is not taken, reads wait for the device.
pub(super) fn will_need(path: &Path) {
    let Ok(file) = File::open(path) else {
        return;
    };
    let bytes = file.metadata().map_or(0, |metadata| metadata.len());
    let end = libc::off_t::try_from(bytes).unwrap_or(libc::off_t::MAX);
    for offset in (0..end).step_by(WINDOW_BYTES as usize) {
        if advise(&file, offset, WINDOW_BYTES, libc::POSIX_FADV_WILLNEED).is_err() {
            return;
        }
    }
}

/// Takes a file that no process maps out of the page cache. What is not on the device yet is written first.
pub fn evict(file: &File) -> io::Result<()> {
    file.sync_all()?;
    advise(file, 0, 0, libc::POSIX_FADV_DONTNEED)
}

/// Of `length` bytes from `offset` on; of length 0: to the end.
fn advise(file: &File, offset: libc::off_t, length: libc::off_t, advice: i32) -> io::Result<()> {
    // SAFETY: the descriptor is open for the length of the call, which touches no memory of this process.
    match unsafe { libc::posix_fadvise(file.as_raw_fd(), offset, length, advice) } {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Kv, Open, Options};
    use super::*;
    use std::path::PathBuf;
    use std::time::{Duration, Instant};

    const PAGE_BYTES: usize = 4096;

    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("ts-{name}-{}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        path
    }

    /// How many pages of 4 KiB of a file are in the page cache, and how many it has.
    fn resident(path: &Path) -> (usize, usize) {
        let file = File::open(path).unwrap();
        let bytes = file.metadata().unwrap().len() as usize;
        let mut pages = vec![0u8; bytes.div_ceil(PAGE_BYTES)];
        // SAFETY: a new mapping of the whole file, which is asked about, never read, and unmapped; `pages` has a byte for each page.
        unsafe {
            let (none, read) = (std::ptr::null_mut(), libc::PROT_READ);
            let mapped = libc::mmap(none, bytes, read, libc::MAP_SHARED, file.as_raw_fd(), 0);
            assert_ne!(mapped, libc::MAP_FAILED);
            assert_eq!(libc::mincore(mapped, bytes, pages.as_mut_ptr()), 0);
            libc::munmap(mapped, bytes);
        }
        (
            pages.iter().filter(|&page| page & 1 == 1).count(),
            pages.len(),
        )
    }

    /// What is resident once all is, or after ten seconds: the kernel reads in the background.
    fn settled(path: &Path) -> (usize, usize) {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let (here, all) = resident(path);
            if here == all || Instant::now() > until {
                return (here, all);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_file_that_was_dropped_is_read_again() {
        let directory = directory("read-again");
        let path = directory.join("file");
        std::fs::write(&path, vec![7; 3 << 20 | 5]).unwrap();
        evict(&File::open(&path).unwrap()).unwrap();
        will_need(&path);
        let (here, all) = settled(&path);
        assert_eq!((here, all), (769, 769));
        will_need(&directory.join("absent"));
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn pages_are_in_the_page_cache_when_they_were_written() {
        let directory = directory("read-back");
        let options = Options {
            open: Open::ReadWrite,
            read_back_bytes_max: 4 << 20,
            ..Options::default()
        };
        let kv = Kv::open(&directory, &options).unwrap();
        let mut file = kv.page_file(3);
        for number in 0..600u32 {
            file.append(&[number as u8; 6000]).unwrap();
        }
        let written = file.finish().unwrap();
        let paths: Vec<PathBuf> = std::fs::read_dir(directory.join("staging"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert_eq!((paths.len(), written.pages), (1, 600));
        let (here, all) = settled(&paths[0]);
        assert_eq!(here, all, "pages of 4 KiB");
        kv.close();
        std::fs::remove_dir_all(directory).unwrap();
    }
}
