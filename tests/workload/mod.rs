//! What the crash tests write: numbered commits whose quads tell which commit they belong to, so that a
//! store can be held against the list of commits that were acknowledged.
//!
//! Each stream of commits belongs to one thread. Commit `number` of a stream is a function of the seed: it
//! inserts quads of its own, or takes an earlier commit's away, or both.

// Each test binary uses its own part of this module.
#![allow(dead_code)]

use oxrdf::{GraphName, Literal, NamedNode, Quad, Term, Triple};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use triplestore::config::{Config, Durability};
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions, QuadPattern, UpdateOptions};
use triplestore::error::Result;

/// A reproducible stream of numbers (SplitMix64).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// The smallest store: everything spills and merges all the time.
pub fn config(durability: Durability) -> Config {
    let mut config = Config::preset("tiny").expect("the preset exists");
    config.set("spill_bytes", "1 MiB").expect("a valid value");
    config.durability = durability;
    config
}

/// The commits of one test.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    pub seed: u64,
    /// One commit in so many is larger than a log record may be; 0: none.
    pub huge_every: u64,
    /// One commit in so many is a load of files; 0: none.
    pub load_every: u64,
}

/// What a commit does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Change {
    pub inserted: u64,
    /// Bytes of the literals of a huge commit; 0: ordinary terms.
    pub literal_bytes: usize,
    /// An earlier commit whose quads it deletes.
    pub removed: Option<u64>,
    /// Whether it is a load of files and no transaction.
    pub is_load: bool,
}

impl Workload {
    fn numbers(&self, stream: u64, number: u64) -> Numbers {
        let mut numbers = Numbers(self.seed ^ stream << 48 ^ number << 8);
        numbers.next();
        numbers
    }

    pub fn change(&self, stream: u64, number: u64) -> Change {
        let mut numbers = self.numbers(stream, number);
        let one_in = |numbers: &mut Numbers, every: u64| every > 0 && numbers.below(every) == 0;
        if one_in(&mut numbers, self.huge_every) {
            // Some literals are above the 64 KiB that a page of terms holds.
            let inserted = 100 + numbers.below(20);
            return Change {
                inserted,
                literal_bytes: 90_000,
                removed: None,
                is_load: false,
            };
        }
        if one_in(&mut numbers, self.load_every) {
            return Change {
                inserted: 1 + numbers.below(4000),
                literal_bytes: 0,
                removed: None,
                is_load: true,
            };
        }
        let removes = number > 1 && numbers.below(3) == 0;
        let removed =
            removes.then(|| number - 1 - numbers.below(number.min(30) - 1).min(number - 2));
        Change {
            // Only a commit that removes may insert nothing.
            inserted: match (removes, numbers.below(10)) {
                (true, 0..5) => 0,
                (_, 9) => 1 + numbers.below(1500),
                _ => 1 + numbers.below(40),
            },
            literal_bytes: 0,
            removed,
            is_load: false,
        }
    }

    /// Quad `index` of a commit.
    pub fn quad(&self, stream: u64, number: u64, index: u64) -> Quad {
        let change = self.change(stream, number);
        let mut numbers = self.numbers(stream, number);
        numbers.0 ^= index << 32;
        let subject = iri(&format!("{stream}/{number}/{index}"));
        let predicate = iri(&format!("p{}", numbers.below(5)));
        let text = format!(
            "text {} of {}, too long to be inline",
            numbers.below(1000),
            number
        );
        let object: Term = if change.literal_bytes > 0 {
            let mut text = format!("{stream} {number} {index} ");
            // Not compressible to nothing, and made quickly.
            while text.len() < change.literal_bytes {
                text.push_str(&format!("{:x}", numbers.next()));
            }
            Literal::from(text).into()
        } else {
            match numbers.below(8) {
                0 => Literal::from(numbers.next() as i64).into(),
                1 => Literal::from("short").into(),
                2 => Literal::new_language_tagged_literal_unchecked(text, "en").into(),
                3 => Literal::from(numbers.below(1000) as f64 / 8.0).into(),
                4 => Triple::new(subject.clone(), predicate.clone(), Literal::from(text)).into(),
                5 => iri(&format!("shared/{}", numbers.below(500))).into(),
                6 => Literal::new_typed_literal("01", oxrdf::vocab::xsd::INTEGER).into(),
                _ => Literal::from(text).into(),
            }
        };
        let graph = match number % 3 {
            0 => GraphName::DefaultGraph,
            graph => iri(&format!("graph/{graph}")).into(),
        };
        Quad::new(subject, predicate, object, graph)
    }

    pub fn quads(&self, stream: u64, number: u64) -> impl Iterator<Item = Quad> + '_ {
        let inserted = self.change(stream, number).inserted;
        (0..inserted).map(move |index| self.quad(stream, number, index))
    }

    /// Makes a commit. `scratch` takes the files of a load.
    pub fn apply(
        &self,
        database: &Database,
        stream: u64,
        number: u64,
        scratch: &Path,
    ) -> Result<()> {
        let change = self.change(stream, number);
        let control = Control::new();
        if change.is_load {
            return self.load(database, stream, number, scratch, &control);
        }
        // What does not fit the longest text of a request is a transaction.
        let bytes = |change: Change| change.inserted as usize * (300 + change.literal_bytes);
        let removed = change.removed.map(|removed| self.change(stream, removed));
        let is_short = bytes(change) + removed.map_or(0, bytes) <= 3 << 20;
        if number % 2 == 1 && change.literal_bytes == 0 && is_short {
            let text = self.update(stream, number, change);
            database.update(&text, &UpdateOptions::default(), &control)?;
            return Ok(());
        }
        let mut transaction = database.begin(&control)?;
        if let Some(removed) = change.removed {
            for quad in self.quads(stream, removed) {
                transaction.delete(&quad)?;
            }
        }
        if number % 4 == 2 {
            // What was deleted becomes a layer of its own, which the commit merges.
            transaction.snapshot()?;
        }
        for quad in self.quads(stream, number) {
            transaction.insert(&quad)?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// The commit as an update request of two operations.
    fn update(&self, stream: u64, number: u64, change: Change) -> String {
        let data = |number: u64| -> String {
            self.quads(stream, number)
                .map(|quad| {
                    let (s, p, o) = (&quad.subject, &quad.predicate, &quad.object);
                    match &quad.graph_name {
                        GraphName::DefaultGraph => format!("{s} {p} {o} .\n"),
                        graph => format!("GRAPH {graph} {{ {s} {p} {o} }}\n"),
                    }
                })
                .collect()
        };
        let mut text = String::new();
        if let Some(removed) = change.removed {
            text += &format!("DELETE DATA {{\n{}}} ;\n", data(removed));
        }
        text + &format!("INSERT DATA {{\n{}}}\n", data(number))
    }

    /// The quads of the commit as two files, one of them compressed.
    fn load(
        &self,
        database: &Database,
        stream: u64,
        number: u64,
        scratch: &Path,
        control: &Control,
    ) -> Result<()> {
        let plain = scratch.join(format!("{stream}.nq"));
        let packed = scratch.join(format!("{stream}-packed.nq.zst"));
        let mut texts = [String::new(), String::new()];
        for (index, quad) in self.quads(stream, number).enumerate() {
            texts[index % 2].push_str(&format!("{quad} .\n"));
        }
        std::fs::write(&plain, &texts[0]).expect("scratch is writable");
        let bytes = zstd::bulk::compress(texts[1].as_bytes(), 1).expect("text can be compressed");
        std::fs::write(&packed, bytes).expect("scratch is writable");
        database.load_files(&[plain, packed], &LoadOptions::default(), control)?;
        Ok(())
    }

    /// The commits of a stream whose quads are there after `commits`, in this order.
    fn live(&self, stream: u64, commits: impl IntoIterator<Item = u64>) -> BTreeSet<u64> {
        let mut live = BTreeSet::new();
        for number in commits {
            let change = self.change(stream, number);
            if let Some(removed) = change.removed {
                live.remove(&removed);
            }
            if change.inserted > 0 {
                live.insert(number);
            }
        }
        live
    }

    /// Finds how many commits of each stream the store holds. Errors, in words: those of [`Workload::read`],
    /// commits that are no prefix of the stream, a count outside `least[stream]..=most[stream]`.
    pub fn verify(
        &self,
        database: &Database,
        least: &[u64],
        most: &[u64],
    ) -> Result<Vec<u64>, String> {
        let found = self.read(database)?;
        let mut counts = Vec::new();
        for (stream, (&least, &most)) in least.iter().zip(most).enumerate() {
            let stream = stream as u64;
            let commits = found.get(&stream).cloned().unwrap_or_default();
            let count = (least..=most).find(|&count| self.live(stream, 1..=count) == commits);
            counts.push(count.ok_or_else(|| {
                let expected = self.live(stream, 1..=least);
                format!(
                    "stream {stream} after {least} to {most} commits: {}",
                    differ(&expected, &commits)
                )
            })?);
        }
        match found.keys().any(|&stream| stream >= least.len() as u64) {
            true => Err("there are quads of a stream that was not written".to_owned()),
            false => Ok(counts),
        }
    }

    /// Finds which of the lists of commits, made in this order, the store holds of a stream.
    /// Errors, in words: those of [`Workload::read`], none of them.
    pub fn verify_exactly(
        &self,
        database: &Database,
        stream: u64,
        lists: &[&[u64]],
    ) -> Result<usize, String> {
        let commits = self.read(database)?.remove(&stream).unwrap_or_default();
        let live: Vec<_> = lists
            .iter()
            .map(|list| self.live(stream, list.iter().copied()))
            .collect();
        live.iter()
            .position(|live| *live == commits)
            .ok_or_else(|| differ(&live[0], &commits))
    }

    /// The commits of each stream whose quads the store holds.
    /// Errors, in words: a commit that is there in part, a quad that was never written, damage that `check`
    /// reports.
    fn read(&self, database: &Database) -> Result<BTreeMap<u64, BTreeSet<u64>>, String> {
        let control = Control::new();
        let report = database
            .check(&control)
            .map_err(|error| format!("check: {error:?}"))?;
        if !report.is_sound() {
            return Err(format!("check finds {:?}", report.problems));
        }
        let snapshot = database
            .snapshot()
            .map_err(|error| format!("snapshot: {error:?}"))?;
        let mut found: BTreeMap<(u64, u64), BTreeSet<u64>> = BTreeMap::new();
        let quads = snapshot
            .quads(&QuadPattern::default(), &control)
            .map_err(|error| format!("quads: {error:?}"))?;
        for quad in quads {
            let quad = quad.map_err(|error| format!("reading: {error:?}"))?;
            let written = place(&quad)
                .filter(|&[stream, number, index]| quad == self.quad(stream, number, index));
            let Some([stream, number, index]) = written else {
                return Err(format!("{quad} was never written"));
            };
            found.entry((stream, number)).or_default().insert(index);
        }
        let mut commits: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        for ((stream, number), indexes) in found {
            let (part, whole) = (indexes.len() as u64, self.change(stream, number).inserted);
            if part != whole {
                return Err(format!(
                    "commit {stream}/{number}: {part} of {whole} quads are there"
                ));
            }
            commits.entry(stream).or_default().insert(number);
        }
        Ok(commits)
    }
}

fn differ(expected: &BTreeSet<u64>, found: &BTreeSet<u64>) -> String {
    let lost: Vec<_> = expected.difference(found).collect();
    let more: Vec<_> = found.difference(expected).collect();
    format!("{lost:?} are lost and {more:?} too many")
}

fn place(quad: &Quad) -> Option<[u64; 3]> {
    let mut parts = quad.subject.to_string();
    parts.pop();
    let mut parts = parts.strip_prefix("<http://example.org/")?.split('/');
    let mut number = || parts.next()?.parse().ok();
    Some([number()?, number()?, number()?])
}

fn iri(name: &str) -> NamedNode {
    NamedNode::new_unchecked(format!("http://example.org/{name}"))
}
