//! Commits.

use super::{Random, Work, quads};
use triplestore::control::Control;
use triplestore::database::Database;
use triplestore::run::Sort;

/// Quads chosen ahead, so that choosing them is seldom part of what is measured.
const POOL_QUADS: usize = 4_000_000;

/// New quads of known terms: objects of other rows.
pub struct NewQuads {
    all: Vec<[u64; 4]>,
    random: Random,
    pool: Vec<[u64; 4]>,
}

impl NewQuads {
    pub fn new(database: &Database) -> Self {
        let mut new = Self {
            all: quads(&database.store().version().unwrap(), Sort::Spog),
            random: Random::new(),
            pool: Vec::new(),
        };
        new.fill(POOL_QUADS);
        new
    }

    fn fill(&mut self, count: usize) {
        for _ in 0..count {
            let mut quad = self.all[self.random.below(self.all.len())];
            quad[2] = self.all[self.random.below(self.all.len())][2];
            self.pool.push(quad);
        }
    }

    /// The next quads; more are chosen when there are no more.
    pub fn take(&mut self, count: usize) -> Vec<[u64; 4]> {
        if self.pool.len() < count {
            self.fill(POOL_QUADS);
        }
        self.pool.split_off(self.pool.len() - count)
    }
}

/// One transaction.
pub fn commit(database: &Database, quads: &[[u64; 4]], control: &Control) {
    let mut transaction = database.store().begin(control).unwrap();
    for &quad in quads {
        transaction.insert(quad).unwrap();
    }
    transaction.commit().unwrap();
}

/// Commits of `size` quads, `commits` of them a run.
pub fn commits(database: &Database, name: &'static str, size: usize, commits: usize) -> Work {
    let mut new = NewQuads::new(database);
    let database = database.clone();
    let control = Control::new();
    Work::new(name, (size * commits) as u64, move || {
        for _ in 0..commits {
            let quads = new.take(size);
            commit(&database, &quads, &control);
        }
    })
}
