//! The numbers of the benchmark's profile hold for our data and for the output of its own generator, and where a range
//! leaves something open both draw alike.

use super::*;
use flate2::read::GzDecoder;
use std::collections::{BTreeMap, BTreeSet};

type Range = (u64, u64);

/// Distinct triples by what they are: who has how many values of what.
#[derive(Default)]
struct Census {
    /// Members of each class, by their department.
    members: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    /// Values by class of the subject, predicate and subject; the classes of assistants aside, a subject has one.
    values: BTreeMap<(String, String), BTreeMap<String, BTreeSet<String>>>,
    statements: u64,
}

/// Classes that students have beside their own.
const ASSISTANTS: [&str; 2] = ["TeachingAssistant", "ResearchAssistant"];

impl Census {
    fn of(document: impl Read) -> Self {
        let mut census = Self::default();
        let (mut classes, mut rest) = (BTreeMap::new(), Vec::new());
        for triple in triples(document) {
            census.statements += 1;
            let subject = triple.subject.to_string();
            let object = triple.object.to_string();
            match triple.predicate.as_str() {
                RDF_TYPE => {
                    let class = local(&object);
                    let department = department(&subject).unwrap_or_default();
                    let members = census.members.entry(class.clone()).or_default();
                    members
                        .entry(department)
                        .or_default()
                        .insert(subject.clone());
                    if !ASSISTANTS.contains(&class.as_str()) {
                        classes.insert(subject, class);
                    }
                }
                predicate => rest.push((subject, local(predicate), object)),
            }
        }
        for (subject, predicate, object) in rest {
            let class = classes[&subject].clone();
            let values = census.values.entry((class, predicate)).or_default();
            values.entry(subject).or_default().insert(object);
        }
        census
    }

    fn class(&self, class: &str) -> u64 {
        self.members[class].values().map(|of| of.len() as u64).sum()
    }

    /// Members of a class in each department.
    fn in_departments(&self, class: &str) -> Vec<u64> {
        let departments = self.members["Department"].keys();
        let members = &self.members[class];
        departments
            .map(|department| members.get(department).map_or(0, |of| of.len() as u64))
            .collect()
    }

    /// How many values each member of a class has, those with none left out.
    fn counts(&self, class: &str, predicate: &str) -> Vec<u64> {
        let key = (class.to_owned(), predicate.to_owned());
        self.values[&key]
            .values()
            .map(|values| values.len() as u64)
            .collect()
    }

    /// How often each value is had by members of a class.
    fn mentions(&self, class: &str, predicate: &str) -> Vec<u64> {
        let key = (class.to_owned(), predicate.to_owned());
        let mut mentions: BTreeMap<&str, u64> = BTreeMap::new();
        for value in self.values[&key].values().flatten() {
            *mentions.entry(value).or_default() += 1;
        }
        mentions.into_values().collect()
    }

    /// How many publications each member of a class has, those with none left out.
    fn publications(&self, class: &str) -> Vec<u64> {
        let key = ("Publication".to_owned(), "publicationAuthor".to_owned());
        let mut publications: BTreeMap<&str, u64> = BTreeMap::new();
        for author in self.values[&key].values().flatten() {
            let name = author.rsplit('/').next().unwrap();
            if name.trim_end_matches(|c: char| c == '>' || c.is_ascii_digit()) == class {
                *publications.entry(author).or_default() += 1;
            }
        }
        publications.into_values().collect()
    }

    fn persons(&self) -> f64 {
        let persons = STAFF
            .iter()
            .chain(&["UndergraduateStudent", "GraduateStudent"]);
        persons.map(|class| self.class(class)).sum::<u64>() as f64
    }

    /// Different statements.
    fn distinct(&self) -> f64 {
        let types = self.members.keys().map(|class| self.class(class) as usize);
        let values = self.values.values().flat_map(BTreeMap::values);
        (types.sum::<usize>() + values.map(BTreeSet::len).sum::<usize>()) as f64
    }
}

fn local(iri: &str) -> String {
    iri.trim_matches(['<', '>']).replace(UB, "")
}

/// The IRI of the department that something is or belongs to.
fn department(subject: &str) -> Option<String> {
    let host = subject.strip_prefix("<http://www.Department")?;
    Some(host.split(['/', '>']).next()?.to_owned())
}

fn both() -> Option<[(&'static str, Census); 2]> {
    let folder = environment::test_data("data/lubm1")?;
    let file = std::fs::File::open(folder.join("lubm1.nt.gz")).unwrap();
    let published = Census::of(GzDecoder::new(file));
    Some([("published", published), ("ours", Census::of(lubm1(false)))])
}

/// How many members of a class a department has.
const OF_DEPARTMENT: [(&str, Range); 5] = [
    ("FullProfessor", (7, 10)),
    ("AssociateProfessor", (10, 14)),
    ("AssistantProfessor", (8, 11)),
    ("Lecturer", (5, 7)),
    ("ResearchGroup", (10, 20)),
];

const STAFF: [&str; 4] = [
    "FullProfessor",
    "AssociateProfessor",
    "AssistantProfessor",
    "Lecturer",
];

/// Members of a class for so many of others in the same department: class, others, least and most as a fraction.
const RATIOS: [(&str, &[&str], Range, Range); 4] = [
    ("UndergraduateStudent", &STAFF, (8, 1), (14, 1)),
    ("GraduateStudent", &STAFF, (3, 1), (4, 1)),
    ("TeachingAssistant", &["GraduateStudent"], (1, 5), (1, 4)),
    ("ResearchAssistant", &["GraduateStudent"], (1, 4), (1, 3)),
];

/// What is said of members of a class: predicate, how many values, and whether all members have one.
type Said = &'static [(&'static str, Range, bool)];

const OF_STAFF: Said = &[
    ("name", (1, 1), true),
    ("teacherOf", (2, 4), true),
    ("undergraduateDegreeFrom", (1, 1), true),
    ("mastersDegreeFrom", (1, 1), true),
    ("doctoralDegreeFrom", (1, 1), true),
    ("worksFor", (1, 1), true),
    ("emailAddress", (1, 1), true),
    ("telephone", (1, 1), true),
];

const OF_STUDENTS: Said = &[
    ("name", (1, 1), true),
    ("memberOf", (1, 1), true),
    ("emailAddress", (1, 1), true),
    ("telephone", (1, 1), true),
];

const OF_PROFESSORS: Said = &[("researchInterest", (1, 1), true)];

const NAMED: Said = &[("name", (1, 1), true)];

const SAID: [(&str, &[Said]); 11] = [
    ("University", &[&[("name", (1, 1), false)]]),
    (
        "Department",
        &[NAMED, &[("subOrganizationOf", (1, 1), true)]],
    ),
    ("ResearchGroup", &[&[("subOrganizationOf", (1, 1), true)]]),
    ("Course", &[NAMED]),
    ("GraduateCourse", &[NAMED]),
    (
        "FullProfessor",
        &[OF_STAFF, OF_PROFESSORS, &[("headOf", (1, 1), false)]],
    ),
    ("AssociateProfessor", &[OF_STAFF, OF_PROFESSORS]),
    ("AssistantProfessor", &[OF_STAFF, OF_PROFESSORS]),
    ("Lecturer", &[OF_STAFF]),
    (
        "UndergraduateStudent",
        &[
            OF_STUDENTS,
            &[("takesCourse", (2, 4), true), ("advisor", (1, 1), false)],
        ],
    ),
    (
        "GraduateStudent",
        &[
            OF_STUDENTS,
            &[
                ("takesCourse", (1, 3), true),
                ("advisor", (1, 1), true),
                ("undergraduateDegreeFrom", (1, 1), true),
                ("teachingAssistantOf", (1, 1), false),
            ],
        ],
    ),
];

/// The author of the staff and some students.
const OF_PUBLICATIONS: Said = &[("name", (1, 1), true), ("publicationAuthor", (1, 12), true)];

/// How many publications members of a class have.
const PUBLICATIONS: [(&str, Range); 5] = [
    ("FullProfessor", (15, 20)),
    ("AssociateProfessor", (10, 18)),
    ("AssistantProfessor", (5, 10)),
    ("Lecturer", (0, 5)),
    ("GraduateStudent", (0, 5)),
];

#[track_caller]
fn assert_within(values: &[u64], (least, most): Range, what: &str) {
    let within = values.iter().all(|value| (least..=most).contains(value));
    assert!(within, "{what} is not from {least} to {most}: {values:?}");
}

#[test]
fn members_of_classes_are_as_many_as_the_profile_says() {
    let Some(both) = both() else {
        return;
    };
    for (whose, census) in &both {
        let departments = [census.class("Department")];
        assert_within(&departments, (15, 25), &format!("{whose}, departments"));
        for (class, range) in OF_DEPARTMENT {
            let counts = census.in_departments(class);
            assert_within(&counts, range, &format!("{whose}, {class}"));
        }
        for (class, others, least, most) in RATIOS {
            let others = others.iter().map(|other| census.in_departments(other));
            let others = others.fold(vec![0; departments[0] as usize], |sums, counts| {
                sums.iter()
                    .zip(counts)
                    .map(|(sum, count)| sum + count)
                    .collect()
            });
            for (count, others) in census.in_departments(class).into_iter().zip(others) {
                // Fractions of a person are left out.
                let range = (others * least.0 / least.1, others * most.0 / most.1);
                assert_within(&[count], range, &format!("{whose}, {class} for {others}"));
            }
        }
        let heads = census.counts("FullProfessor", "headOf");
        assert_eq!(heads.len() as u64, departments[0], "{whose}");
    }
    let classes = |census: &Census| census.members.keys().cloned().collect::<Vec<_>>();
    assert_eq!(classes(&both[0].1), classes(&both[1].1));
}

#[test]
fn the_profile_says_all_that_is_said_of_members_of_classes() {
    let Some(both) = both() else {
        return;
    };
    for (whose, census) in &both {
        let mut known = BTreeSet::new();
        let publications = ("Publication", &[OF_PUBLICATIONS][..]);
        for (class, said) in SAID.into_iter().chain([publications]) {
            for &(predicate, range, all) in said.iter().copied().flatten() {
                let what = format!("{whose}, {predicate} of {class}");
                let counts = census.counts(class, predicate);
                assert_within(&counts, range, &what);
                assert_eq!(counts.len() as u64 == census.class(class), all, "{what}");
                known.insert((class.to_owned(), predicate.to_owned()));
            }
        }
        let unknown = census.values.keys().find(|key| !known.contains(key));
        assert_eq!(unknown, None, "{whose}");
        for (class, range) in PUBLICATIONS {
            let counts = census.publications(class);
            assert_within(&counts, range, &format!("{whose}, publications of {class}"));
            assert!(
                counts.len() as u64 <= census.class(class),
                "{whose}, {class}"
            );
        }
    }
}

/// Mean and standard deviation.
fn spread(values: &[u64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<u64>() as f64 / count;
    let squares = values.iter().map(|&value| (value as f64 - mean).powi(2));
    (mean, (squares.sum::<f64>() / count).sqrt())
}

/// Numbers that a census has.
type Values = Box<dyn Fn(&Census) -> Vec<u64>>;

/// What is drawn: how many there are, and who is chosen how often.
#[test]
fn values_are_spread_as_those_of_the_published_data() {
    let Some([(_, published), (_, ours)]) = both() else {
        return;
    };
    let mut compared: Vec<(String, Values)> = Vec::new();
    let staff = STAFF.map(|class| (class, "teacherOf"));
    for (class, predicate) in staff.into_iter().chain([
        ("UndergraduateStudent", "takesCourse"),
        ("GraduateStudent", "takesCourse"),
        ("Publication", "publicationAuthor"),
    ]) {
        let counts = move |census: &Census| census.counts(class, predicate);
        compared.push((format!("{predicate} of {class}"), Box::new(counts)));
    }
    for (class, predicate) in [
        ("UndergraduateStudent", "takesCourse"),
        ("GraduateStudent", "takesCourse"),
        ("GraduateStudent", "teachingAssistantOf"),
        ("GraduateStudent", "advisor"),
        ("UndergraduateStudent", "advisor"),
    ] {
        let mentions = move |census: &Census| census.mentions(class, predicate);
        let what = format!("{class} with one value of {predicate}");
        compared.push((what, Box::new(mentions)));
    }
    for (class, _) in PUBLICATIONS {
        let publications = move |census: &Census| census.publications(class);
        compared.push((format!("publications of {class}"), Box::new(publications)));
    }
    for (what, values) in compared {
        let (ours, published) = (spread(&values(&ours)), spread(&values(&published)));
        let near = |one: f64, other: f64, part: f64| (one - other).abs() <= part * other;
        let alike = near(ours.0, published.0, 0.15) && near(ours.1, published.1, 0.25);
        assert!(alike, "{what}: {ours:?} and {published:?}");
    }
    for census in [&published, &ours] {
        let universities = &census.members["University"][""];
        let most = (0..1000).map(|number| format!("<http://www.University{number}.edu>"));
        assert!(universities.is_subset(&most.collect()) && universities.len() > 950);
        let for_each_person = census.statements as f64 / census.persons();
        assert!((12.0..13.5).contains(&for_each_person), "{for_each_person}");
        let repeated = 1.0 - census.distinct() / census.statements as f64;
        assert!((0.02..0.03).contains(&repeated), "{repeated}");
    }
}
