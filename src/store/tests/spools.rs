//! Spools without a store.

use crate::control::Control;
use crate::error::{Code, Error, Result};
use crate::store::{QuadScan, QuadSource, ScanSpec, Spool};

/// A source that has nothing but spools, in memory.
pub struct Spools;

impl QuadSource for Spools {
    fn scan(&self, _: &ScanSpec, _: &Control) -> Result<Box<dyn QuadScan>> {
        Err(Error::new(Code::Internal, "there is nothing to scan"))
    }

    fn count(&self, _: &ScanSpec, _: &Control) -> Result<u64> {
        Ok(0)
    }

    fn ranges(&self, _: &ScanSpec, _: usize) -> Result<Vec<(u64, u64)>> {
        Ok(Vec::new())
    }

    fn can_spool(&self) -> bool {
        true
    }

    fn spool(&self) -> Result<Box<dyn Spool>> {
        Ok(Box::new(Bytes(Vec::new())))
    }
}

struct Bytes(Vec<u8>);

impl Spool for Bytes {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let offset = offset as usize;
        out.copy_from_slice(&self.0[offset..offset + out.len()]);
        Ok(())
    }
}
