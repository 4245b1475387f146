//! Verification: every block, directory, count, term, and the equality of the sorts.

use super::source::View;
use super::version::Version;
use crate::codec::BlockReader;
use crate::control::{Control, Phase};
use crate::error::{Code, Damage, Error, Result};
use crate::kv::PageId;
use crate::run::{Chunk, Counts, DiskRun, Key, KeyFilter, Sort, States, hash_of};
use crate::term::{Id, TermBuf};
use crate::vocab::{Segment, hash, parse_key};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// Problems described; more are only counted.
const PROBLEMS_KEPT: usize = 100;

/// Terms that are looked up at a time, and their bytes.
const KEYS_MAX: usize = 16 << 10;
const KEY_BYTES_MAX: usize = 4 << 20;

/// What a check has seen.
#[derive(Clone, Debug, Default)]
pub struct CheckReport {
    pub runs: u64,
    pub blocks: u64,
    /// Quads of the version, in all views.
    pub quads: u64,
    pub triple_terms: u64,
    /// Dictionary terms read.
    pub terms: u64,
    /// What is wrong, in words; the first hundred.
    pub problems: Vec<String>,
    pub problems_total: u64,
}

impl CheckReport {
    pub fn is_sound(&self) -> bool {
        self.problems_total == 0
    }

    fn problem(&mut self, problem: impl FnOnce() -> String) {
        self.problems_total += 1;
        if self.problems.len() < PROBLEMS_KEPT {
            self.problems.push(problem());
        }
    }

    /// Notes an error of reading as a problem; other errors end the check.
    fn note(&mut self, what: &str, error: Error) -> Result<()> {
        match error.code() {
            Code::Corruption | Code::CorruptBlock => {
                self.problem(|| format!("{what}: {}", error.detail()));
                Ok(())
            }
            _ => Err(error),
        }
    }
}

/// Quads of one sort, whatever their order: two sorts agree if and only if these do (but for collisions of a
/// 128-bit sum of hashes).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Digest {
    quads: u64,
    sum: u128,
}

impl Digest {
    fn add(&mut self, quad: &Key) {
        let mut bytes = [0; 32];
        for (chunk, id) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(quad) {
            *chunk = id.to_le_bytes();
        }
        let low = xxh3_64(&bytes);
        bytes[0] ^= 0xFF;
        let high = xxh3_64(&bytes);
        self.quads += 1;
        self.sum = self
            .sum
            .wrapping_add(u128::from(high) << 64 | u128::from(low));
    }
}

/// Reads everything a version holds. Damage is reported, not returned as an error.
/// Errors: `Cancelled`, `QueryTimeout`, `Closed`, `Io`.
pub(super) fn check(version: &Version, control: &Control) -> Result<CheckReport> {
    control.set_phase(Phase::Verify);
    let mut report = CheckReport::default();
    for sort in Sort::ALL {
        for run in &version.disk[sort.index()] {
            report.runs += 1;
            check_run(version, run, &mut report, control)?;
        }
    }
    check_sorts(version, &mut report, control)?;
    check_terms(version, &mut report, control)?;
    control.set_phase(Phase::Done);
    Ok(report)
}

/// Each block against its directory entry, each entry against its fence, keys ascending throughout.
fn check_run(
    version: &Version,
    run: &DiskRun,
    report: &mut CheckReport,
    control: &Control,
) -> Result<()> {
    let name = run.name();
    let mut last: Option<Key> = None;
    let Some(meta) = run.sound_meta() else {
        note_damage(run.damage(), report);
        return Ok(());
    };
    let described = meta.fences.iter().map(|fence| fence.page);
    check_pages(version, &name, described.chain([run.meta_page]), report)?;
    for fence in &meta.fences {
        let directory = match version.pages.directory(fence.page) {
            Ok(directory) => directory,
            Err(error) => {
                report.note(&name, error)?;
                continue;
            }
        };
        let stored = fence.filter.map(|page| version.pages.kv().page(page));
        let filter = match stored.map(|bytes| KeyFilter::decode(&bytes?)) {
            None => None,
            Some(Ok(filter)) => Some(filter),
            Some(Err(error)) => {
                report.note(&name, error)?;
                None
            }
        };
        let mut counts = Counts::default();
        let mut rows = 0;
        for entry in &directory.entries {
            control.poll()?;
            counts += entry.counts;
            rows += u64::from(entry.rows);
            control.add_rows(u64::from(entry.rows));
            report.blocks += 1;
            let bytes = match version.pages.kv().page(entry.page) {
                Ok(bytes) => bytes,
                Err(error) => {
                    report.note(&name, error)?;
                    continue;
                }
            };
            let block = match BlockReader::open(&bytes) {
                Ok(block) => block,
                Err(error) => {
                    report.note(&name, error)?;
                    continue;
                }
            };
            let found = block_facts(&block, run.sort, &mut last, filter.as_ref());
            if !found.filtered {
                report.problem(|| format!("{name}: the filter leaves out rows of {}", entry.page));
            }
            if !found.ascending {
                report.problem(|| format!("{name}: rows of {} are out of order", entry.page));
            }
            let agrees = found.rows == entry.rows
                && found.first == entry.first
                && found.last == entry.last
                && found.min == entry.min
                && found.max == entry.max
                && found.counts == entry.counts;
            if !agrees {
                report
                    .problem(|| format!("{name}: {} and its directory entry disagree", entry.page));
            }
        }
        let ends = (directory.entries.first(), directory.entries.last());
        let agrees = directory.entries.len() == fence.blocks as usize
            && rows == fence.rows
            && counts == fence.counts
            && ends.0.is_some_and(|entry| entry.first == fence.first)
            && ends.1.is_some_and(|entry| entry.last == fence.last);
        if !agrees {
            report.problem(|| format!("{name}: directory {} and its fence disagree", fence.page));
        }
    }
    Ok(())
}

fn note_damage(damage: Option<&Damage>, report: &mut CheckReport) {
    if let Some(damage) = damage {
        report.problem(|| damage.detail().to_string());
    }
}

/// Pages that are not read otherwise, or only through a cache: what is checked is what is stored.
fn check_pages(
    version: &Version,
    name: &str,
    pages: impl Iterator<Item = PageId>,
    report: &mut CheckReport,
) -> Result<()> {
    for page in pages {
        if let Err(error) = version.pages.kv().page(page) {
            report.note(name, error)?;
        }
    }
    Ok(())
}

struct BlockFacts {
    rows: u32,
    first: Key,
    last: Key,
    min: Key,
    max: Key,
    counts: Counts,
    ascending: bool,
    /// Whether the filter of the run lets every row pass.
    filtered: bool,
}

fn block_facts(
    block: &BlockReader<'_>,
    sort: Sort,
    previous: &mut Option<Key>,
    filter: Option<&KeyFilter>,
) -> BlockFacts {
    let rows = block.rows();
    let mut columns: [Vec<u64>; 4] = std::array::from_fn(|_| vec![0; rows]);
    for (column, values) in columns.iter_mut().enumerate() {
        block.column(column, 0..rows, values);
    }
    let mut states = vec![0; rows];
    block.states(0..rows, &mut states);
    let key = |row: usize| [0, 1, 2, 3].map(|column| columns[column][row]);
    let mut facts = BlockFacts {
        rows: rows as u32,
        first: key(0),
        last: key(rows - 1),
        min: key(0),
        max: key(0),
        counts: Counts::default(),
        ascending: true,
        filtered: true,
    };
    for (row, &state) in states.iter().enumerate() {
        let ids = key(row);
        facts.filtered &= filter.is_none_or(|filter| filter.may_contain(hash_of(&ids)));
        facts.ascending &= previous.replace(ids).is_none_or(|last| last < ids);
        for (column, &id) in ids.iter().enumerate() {
            facts.min[column] = facts.min[column].min(id);
            facts.max[column] = facts.max[column].max(id);
        }
        let named = sort.graph_column().is_some_and(|column| ids[column] != 0);
        facts.counts.add(States(state), named);
    }
    facts
}

/// Every sort holds the same quads, and as many as the version counts.
fn check_sorts(version: &Version, report: &mut CheckReport, control: &Control) -> Result<()> {
    let mut digests = [Digest::default(); Sort::COUNT];
    let mut named = Digest::default();
    let mut is_read = [true; Sort::COUNT];
    for sort in Sort::ALL {
        let mut scan = version.scan_keys(sort, [0; 4], [u64::MAX; 4], View::Both);
        let mut chunk = Chunk::default();
        loop {
            if let Err(error) = scan.next([true; 4], &mut chunk, control) {
                report.note(&format!("scan of {sort:?}"), error)?;
                is_read[sort.index()] = false;
                break;
            }
            if chunk.len == 0 {
                break;
            }
            control.add_rows(chunk.len as u64);
            for row in 0..chunk.len {
                let quad = sort.row(&[0, 1, 2, 3].map(|column| chunk.columns[column][row]));
                digests[sort.index()].add(&quad);
                if sort == Sort::Spog {
                    check_quad(version, &quad, report);
                    if quad[3] != 0 {
                        named.add(&quad);
                    }
                }
            }
        }
    }
    let all = digests[Sort::Spog.index()];
    report.quads = all.quads;
    report.triple_terms = digests[Sort::TermSpo.index()].quads;
    let are_read = |sorts: [Sort; 2]| sorts.iter().all(|sort| is_read[sort.index()]);
    for sort in Sort::QUADS {
        if are_read([sort, Sort::Spog]) && digests[sort.index()] != all {
            report.problem(|| format!("sorts {sort:?} and Spog hold different quads"));
        }
    }
    if are_read([Sort::Gspo, Sort::Spog]) && digests[Sort::Gspo.index()] != named {
        report.problem(|| "sorts Gspo and Spog hold different named quads".to_string());
    }
    for sort in Sort::TERMS {
        if are_read([sort, Sort::TermSpo])
            && digests[sort.index()] != digests[Sort::TermSpo.index()]
        {
            report.problem(|| format!("sorts {sort:?} and TermSpo hold different triple terms"));
        }
    }
    if !is_read[Sort::Spog.index()] || !version.is_counted {
        return Ok(());
    }
    if version.quads(View::Both) != all.quads {
        report.problem(|| {
            format!(
                "the version counts {} quads and holds {}",
                version.quads(View::Both),
                all.quads
            )
        });
    }
    if version.named_quads(View::Both) != named.quads {
        report.problem(|| "the version's count of named quads is wrong".to_string());
    }
    Ok(())
}

/// The ids of a quad are of terms that exist and can stand in their positions.
fn check_quad(version: &Version, quad: &Key, report: &mut CheckReport) {
    let [s, p, o, g] = quad.map(Id::from_raw);
    let exists = |id: Id| match id.tag() {
        None => false,
        Some(_) if id.is_local() => false,
        Some(_) if id.is_dictionary() => id.payload() < version.watermark,
        Some(_) if id.is_blank() || id.is_triple() => id.payload() < version.next_number,
        Some(_) => true,
    };
    let sound = (s.is_iri() || s.is_blank())
        && p.is_iri()
        && !o.is_unbound()
        && (g.is_unbound() || g.is_iri() || g.is_blank())
        && [s, p, o, g]
            .into_iter()
            .all(|id| id.is_unbound() || exists(id));
    if !sound {
        report.problem(|| format!("quad ({s:?}, {p:?}, {o:?}, {g:?}) cannot be"));
    }
}

/// Every page of the dictionary can be read; every entry reads as a term, is found by its key where it is and nowhere else, and has the rank
/// that is stored for it.
fn check_terms(version: &Version, report: &mut CheckReport, control: &Control) -> Result<()> {
    let segments = version.vocabulary.segments();
    for (index, segment) in segments.iter().enumerate() {
        let name = format!("segment of terms from {}", segment.first());
        control.poll()?;
        if !segment.is_loaded() {
            note_damage(segment.damage(), report);
            continue;
        }
        let (low, high) = segment.meta().page_range;
        check_pages(version, &name, (low..=high).map(PageId), report)?;
        let mut check = TermCheck {
            segment,
            earlier: &segments[..index],
            base: segments
                .iter()
                .find(|base| base.is_loaded() && segment.rank_base() == Some(base.first())),
            found: TermsFound::default(),
            keys: KeyBatch::default(),
        };
        let checked = check.run(control);
        let found = check.found;
        report.terms += found.terms;
        if let Err(error) = checked {
            report.note(&name, error)?;
        }
        for (count, what) in [
            (found.damaged, "are damaged"),
            (found.lost, "are not found by their keys"),
            (found.repeated, "are in an earlier segment too"),
            (found.misranked, "have another rank than is stored"),
        ] {
            if count > 0 {
                report.problem(|| format!("{name}: {count} terms {what}"));
            }
        }
    }
    Ok(())
}

/// Numbers of terms.
#[derive(Default)]
struct TermsFound {
    terms: u64,
    damaged: u64,
    lost: u64,
    repeated: u64,
    misranked: u64,
}

/// The check of one segment.
struct TermCheck<'v> {
    segment: &'v Segment,
    earlier: &'v [Arc<Segment>],
    /// The segment its ranks refer to.
    base: Option<&'v Arc<Segment>>,
    found: TermsFound,
    keys: KeyBatch,
}

impl TermCheck<'_> {
    fn run(&mut self, control: &Control) -> Result<()> {
        let segment = self.segment;
        let mut term = TermBuf::default();
        segment.scan(segment.first()..segment.end(), control, |ordinal, key| {
            self.found.terms += 1;
            self.found.damaged += u64::from(parse_key(key, &mut term).is_err());
            self.keys.push(ordinal, key);
            match self.keys.is_full() {
                true => self.look_up(control),
                false => Ok(()),
            }
        })?;
        self.look_up(control)
    }

    /// Looks the gathered keys up, by way of filter, index and ranks, and forgets them.
    fn look_up(&mut self, control: &Control) -> Result<()> {
        let (ordinals, keys) = self.keys.sorted();
        let hashes: Vec<u64> = keys.iter().map(|key| hash(key)).collect();
        let positions: Vec<u32> = (0..keys.len() as u32).collect();
        control.add_rows(keys.len() as u64);
        let found = &mut self.found;
        let mut here = 0;
        self.segment
            .find_many(&keys, &hashes, &positions, control, |at, ordinal| {
                here += u64::from(ordinals[at as usize] == ordinal);
            })?;
        found.lost += keys.len() as u64 - here;
        for earlier in self.earlier.iter().filter(|earlier| earlier.is_loaded()) {
            earlier.find_many(&keys, &hashes, &positions, control, |_, _| {
                found.repeated += 1;
            })?;
        }
        if let Some(base) = self.base {
            let mut ranks = vec![(0, 0); keys.len()];
            base.ranks_of(&keys, control, |at, rank| ranks[at] = (ordinals[at], rank))?;
            ranks.sort_unstable();
            let ascending: Vec<u64> = ranks.iter().map(|&(ordinal, _)| ordinal).collect();
            self.segment.stored_ranks(&ascending, |at, rank| {
                found.misranked += u64::from(ranks[at].1 != rank);
            })?;
        }
        self.keys.clear();
        Ok(())
    }
}

/// Keys with their ordinals, in one buffer.
#[derive(Default)]
struct KeyBatch {
    bytes: Vec<u8>,
    /// Ordinal and end of each.
    entries: Vec<(u64, usize)>,
}

impl KeyBatch {
    fn push(&mut self, ordinal: u64, key: &[u8]) {
        self.bytes.extend_from_slice(key);
        self.entries.push((ordinal, self.bytes.len()));
    }

    fn is_full(&self) -> bool {
        self.entries.len() >= KEYS_MAX || self.bytes.len() >= KEY_BYTES_MAX
    }

    /// Ordinals and keys in order of the keys.
    fn sorted(&self) -> (Vec<u64>, Vec<&[u8]>) {
        let mut start = 0;
        let mut pairs: Vec<(&[u8], u64)> = Vec::with_capacity(self.entries.len());
        for &(ordinal, end) in &self.entries {
            pairs.push((&self.bytes[start..end], ordinal));
            start = end;
        }
        pairs.sort_unstable();
        pairs
            .into_iter()
            .map(|(key, ordinal)| (ordinal, key))
            .unzip()
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
    }
}
