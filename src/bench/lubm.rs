//! Data like that of the Lehigh University Benchmark (Guo, Pan, Heflin: LUBM: A benchmark for OWL knowledge
//! base systems, 2005): universities with departments, staff, students, courses and publications. About
//! 131,000 statements a university, 3 in 100 of them repeated, as its generator does.

use super::ntriples::{Lines, Object};
use super::random::Random;

/// A name of the ontology.
macro_rules! ub {
    ($name:literal) => {
        concat!(
            "http://www.lehigh.edu/~zhp2/2004/0401/univ-bench.owl#",
            $name
        )
    };
}

/// The ontology's namespace.
pub const NAMESPACE: &str = ub!("");
const RDF_TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
/// Degrees come from universities below this number.
const DEGREE_UNIVERSITIES: u64 = 1000;
const RESEARCH_TOPICS: u64 = 30;

/// A rank of staff: how many a department has, and how much each publishes.
struct Rank {
    name: &'static str,
    class: &'static str,
    members: (u64, u64),
    publications: (u64, u64),
    is_professor: bool,
}

const RANKS: &[Rank] = &[
    Rank {
        name: "FullProfessor",
        class: ub!("FullProfessor"),
        members: (7, 10),
        publications: (15, 20),
        is_professor: true,
    },
    Rank {
        name: "AssociateProfessor",
        class: ub!("AssociateProfessor"),
        members: (10, 14),
        publications: (10, 18),
        is_professor: true,
    },
    Rank {
        name: "AssistantProfessor",
        class: ub!("AssistantProfessor"),
        members: (8, 11),
        publications: (5, 10),
        is_professor: true,
    },
    Rank {
        name: "Lecturer",
        class: ub!("Lecturer"),
        members: (5, 7),
        publications: (0, 5),
        is_professor: false,
    },
];

/// Appends one university as N-Triples; returns how many statements that were.
pub fn university(seed: u64, number: u64, out: &mut Vec<u8>) -> u64 {
    let mut random = Random::new(seed, number);
    let mut lines = Lines::new(out);
    let iri = university_iri(number);
    lines.link(&iri, RDF_TYPE, ub!("University"));
    lines.text(&iri, ub!("name"), &format!("University{number}"));
    for department in 0..random.between(15, 25) {
        Department {
            random: &mut random,
            lines: &mut lines,
            host: format!("Department{department}.University{number}.edu"),
            professors: Vec::new(),
            publications: Vec::new(),
            courses: 0,
            graduate_courses: 0,
        }
        .write(&format!("Department{department}"), &iri);
    }
    lines.count()
}

fn university_iri(number: u64) -> String {
    format!("http://www.University{number}.edu")
}

impl Lines<'_> {
    fn link(&mut self, subject: &str, predicate: &str, object: &str) {
        self.add(
            format_args!("{subject}"),
            predicate,
            Object::Iri(format_args!("{object}")),
        );
    }

    fn text(&mut self, subject: &str, predicate: &str, text: &str) {
        self.add(
            format_args!("{subject}"),
            predicate,
            Object::Text(format_args!("{text}")),
        );
    }
}

/// A department while it is written.
struct Department<'r, 'b> {
    random: &'r mut Random,
    lines: &'r mut Lines<'b>,
    /// Its host name; the IRIs of everything in it begin with it.
    host: String,
    professors: Vec<String>,
    publications: Vec<String>,
    courses: u64,
    graduate_courses: u64,
}

impl Department<'_, '_> {
    fn iri(&self) -> String {
        format!("http://www.{}", self.host)
    }

    fn member_iri(&self, name: &str, number: u64) -> String {
        format!("http://www.{}/{name}{number}", self.host)
    }

    fn write(mut self, name: &str, university: &str) {
        let iri = self.iri();
        self.lines.link(&iri, RDF_TYPE, ub!("Department"));
        self.lines.text(&iri, ub!("name"), name);
        self.lines.link(&iri, ub!("subOrganizationOf"), university);
        self.lines.link(university, RDF_TYPE, ub!("University"));
        let mut staff = 0;
        for rank in RANKS {
            let members = self.random.between(rank.members.0, rank.members.1);
            for number in 0..members {
                self.employee(rank, number);
            }
            staff += members;
        }
        let undergraduates = staff * self.random.between(8, 14);
        let graduates = staff * self.random.between(3, 4);
        let teaching_assistants = graduates / self.random.between(4, 5);
        let research_assistants = graduates / self.random.between(3, 4);
        for number in 0..undergraduates {
            self.undergraduate(number);
        }
        // One assistant for a course.
        let assisted = self.random.distinct(teaching_assistants, self.courses);
        let research = self.random.distinct(research_assistants, graduates);
        for number in 0..graduates {
            let student = self.graduate(number);
            if let Some(course) = assisted.get(number as usize) {
                let course = self.member_iri("Course", *course);
                self.lines
                    .link(&student, RDF_TYPE, ub!("TeachingAssistant"));
                self.lines
                    .link(&student, ub!("teachingAssistantOf"), &course);
            }
            if research.contains(&number) {
                self.lines
                    .link(&student, RDF_TYPE, ub!("ResearchAssistant"));
            }
        }
        for group in 0..self.random.between(10, 20) {
            let group = self.member_iri("ResearchGroup", group);
            self.lines.link(&group, RDF_TYPE, ub!("ResearchGroup"));
            self.lines.link(&group, ub!("subOrganizationOf"), &iri);
        }
        let head = self.random.below(RANKS[0].members.0);
        let head = self.member_iri(RANKS[0].name, head);
        self.lines.link(&head, ub!("headOf"), &iri);
    }

    /// A degree from some university, which is declared on the way.
    fn degree(&mut self, person: &str, predicate: &str) {
        let university = university_iri(self.random.below(DEGREE_UNIVERSITIES));
        self.lines.link(person, predicate, &university);
        self.lines.link(&university, RDF_TYPE, ub!("University"));
    }

    fn addresses(&mut self, person: &str, name: &str) {
        let mail = format!("{name}@{}", self.host);
        self.lines.text(person, ub!("emailAddress"), &mail);
        self.lines.text(person, ub!("telephone"), "xxx-xxx-xxxx");
    }

    fn employee(&mut self, rank: &Rank, number: u64) {
        let person = self.member_iri(rank.name, number);
        let name = format!("{}{number}", rank.name);
        self.lines.link(&person, RDF_TYPE, rank.class);
        self.lines.text(&person, ub!("name"), &name);
        for _ in 0..self.random.between(1, 2) {
            let course = self.course("Course", ub!("Course"), self.courses);
            self.courses += 1;
            self.lines.link(&person, ub!("teacherOf"), &course);
        }
        for _ in 0..self.random.between(1, 2) {
            let number = self.graduate_courses;
            let course = self.course("GraduateCourse", ub!("GraduateCourse"), number);
            self.graduate_courses += 1;
            self.lines.link(&person, ub!("teacherOf"), &course);
        }
        self.degree(&person, ub!("undergraduateDegreeFrom"));
        self.degree(&person, ub!("mastersDegreeFrom"));
        self.degree(&person, ub!("doctoralDegreeFrom"));
        let department = self.iri();
        self.lines.link(&person, ub!("worksFor"), &department);
        self.addresses(&person, &name);
        if rank.is_professor {
            let topic = format!("Research{}", self.random.below(RESEARCH_TOPICS));
            self.lines.text(&person, ub!("researchInterest"), &topic);
            self.professors.push(person.clone());
        }
        let publications = self
            .random
            .between(rank.publications.0, rank.publications.1);
        for number in 0..publications {
            let publication = format!("{person}/Publication{number}");
            self.lines.link(&publication, RDF_TYPE, ub!("Publication"));
            let title = format!("Publication{number}");
            self.lines.text(&publication, ub!("name"), &title);
            self.lines
                .link(&publication, ub!("publicationAuthor"), &person);
            self.publications.push(publication);
        }
    }

    fn course(&mut self, name: &str, class: &str, number: u64) -> String {
        let course = self.member_iri(name, number);
        self.lines.link(&course, RDF_TYPE, class);
        let title = format!("{name}{number}");
        self.lines.text(&course, ub!("name"), &title);
        course
    }

    /// What all students have.
    fn student(&mut self, kind: &str, class: &str, number: u64) -> String {
        let person = self.member_iri(kind, number);
        let name = format!("{kind}{number}");
        self.lines.link(&person, RDF_TYPE, class);
        self.lines.text(&person, ub!("name"), &name);
        let department = self.iri();
        self.lines.link(&person, ub!("memberOf"), &department);
        self.addresses(&person, &name);
        person
    }

    fn take_courses(&mut self, person: &str, kind: &str, count: u64, offered: u64) {
        for course in self.random.distinct(count, offered) {
            let course = self.member_iri(kind, course);
            self.lines.link(person, ub!("takesCourse"), &course);
        }
    }

    fn advise(&mut self, person: &str) {
        let professor = self.random.below(self.professors.len() as u64);
        let professor = &self.professors[professor as usize];
        self.lines.link(person, ub!("advisor"), professor);
    }

    fn undergraduate(&mut self, number: u64) {
        let person = self.student("UndergraduateStudent", ub!("UndergraduateStudent"), number);
        let count = self.random.between(2, 4);
        self.take_courses(&person, "Course", count, self.courses);
        if self.random.one_in(5) {
            self.advise(&person);
        }
    }

    fn graduate(&mut self, number: u64) -> String {
        let person = self.student("GraduateStudent", ub!("GraduateStudent"), number);
        let count = self.random.between(1, 3);
        self.take_courses(&person, "GraduateCourse", count, self.graduate_courses);
        self.degree(&person, ub!("undergraduateDegreeFrom"));
        self.advise(&person);
        let authored = self.random.between(0, 5);
        for publication in self
            .random
            .distinct(authored, self.publications.len() as u64)
        {
            let publication = &self.publications[publication as usize];
            self.lines
                .link(publication, ub!("publicationAuthor"), &person);
        }
        person
    }
}
