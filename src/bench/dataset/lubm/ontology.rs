//! The ontology of the benchmark, univ-bench of April 1, 2004, as two tables.

use crate::bench::dataset::{Term, Writer};

macro_rules! rdf {
    ($name:literal) => {
        concat!("http://www.w3.org/1999/02/22-rdf-syntax-ns#", $name)
    };
}

macro_rules! rdfs {
    ($name:literal) => {
        concat!("http://www.w3.org/2000/01/rdf-schema#", $name)
    };
}

macro_rules! owl {
    ($name:literal) => {
        concat!("http://www.w3.org/2002/07/owl#", $name)
    };
}

const ONTOLOGY: &str = "http://www.lehigh.edu/~zhp2/2004/0401/univ-bench.owl";
const NAMESPACE: &str = super::NAMESPACE;

/// A class, by its name or by what its members have.
enum Expression {
    Named(&'static str),
    /// A value of the property that is of the class.
    Having(&'static str, &'static str),
}

use Expression::{Having, Named};

/// Name, label, what it is a subclass of, and what it is the intersection of. Spelling is the original's.
type Class = (
    &'static str,
    &'static str,
    &'static [Expression],
    &'static [Expression],
);

const CLASSES: &[Class] = &[
    (
        "AdministrativeStaff",
        "administrative staff worker",
        &[Named("Employee")],
        &[],
    ),
    ("Article", "article", &[Named("Publication")], &[]),
    (
        "AssistantProfessor",
        "assistant professor",
        &[Named("Professor")],
        &[],
    ),
    (
        "AssociateProfessor",
        "associate professor",
        &[Named("Professor")],
        &[],
    ),
    ("Book", "book", &[Named("Publication")], &[]),
    (
        "Chair",
        "chair",
        &[Named("Professor")],
        &[Named("Person"), Having("headOf", "Department")],
    ),
    (
        "ClericalStaff",
        "clerical staff worker",
        &[Named("AdministrativeStaff")],
        &[],
    ),
    ("College", "school", &[Named("Organization")], &[]),
    (
        "ConferencePaper",
        "conference paper",
        &[Named("Article")],
        &[],
    ),
    ("Course", "teaching course", &[Named("Work")], &[]),
    (
        "Dean",
        "dean",
        &[Named("Professor")],
        &[Having("headOf", "College")],
    ),
    (
        "Department",
        "university department",
        &[Named("Organization")],
        &[],
    ),
    (
        "Director",
        "director",
        &[],
        &[Named("Person"), Having("headOf", "Program")],
    ),
    (
        "Employee",
        "Employee",
        &[],
        &[Named("Person"), Having("worksFor", "Organization")],
    ),
    ("Faculty", "faculty member", &[Named("Employee")], &[]),
    (
        "FullProfessor",
        "full professor",
        &[Named("Professor")],
        &[],
    ),
    (
        "GraduateCourse",
        "Graduate Level Courses",
        &[Named("Course")],
        &[],
    ),
    (
        "GraduateStudent",
        "graduate student",
        &[Named("Person"), Having("takesCourse", "GraduateCourse")],
        &[],
    ),
    ("Institute", "institute", &[Named("Organization")], &[]),
    (
        "JournalArticle",
        "journal article",
        &[Named("Article")],
        &[],
    ),
    ("Lecturer", "lecturer", &[Named("Faculty")], &[]),
    ("Manual", "manual", &[Named("Publication")], &[]),
    ("Organization", "organization", &[], &[]),
    ("Person", "person", &[], &[]),
    ("PostDoc", "post doctorate", &[Named("Faculty")], &[]),
    ("Professor", "professor", &[Named("Faculty")], &[]),
    ("Program", "program", &[Named("Organization")], &[]),
    ("Publication", "publication", &[], &[]),
    ("Research", "research work", &[Named("Work")], &[]),
    (
        "ResearchAssistant",
        "university research assistant",
        &[Named("Person"), Having("worksFor", "ResearchGroup")],
        &[],
    ),
    (
        "ResearchGroup",
        "research group",
        &[Named("Organization")],
        &[],
    ),
    ("Schedule", "schedule", &[], &[]),
    ("Software", "software program", &[Named("Publication")], &[]),
    (
        "Specification",
        "published specification",
        &[Named("Publication")],
        &[],
    ),
    (
        "Student",
        "student",
        &[],
        &[Named("Person"), Having("takesCourse", "Course")],
    ),
    (
        "SystemsStaff",
        "systems staff worker",
        &[Named("AdministrativeStaff")],
        &[],
    ),
    (
        "TeachingAssistant",
        "university teaching assistant",
        &[],
        &[Named("Person"), Having("teachingAssistantOf", "Course")],
    ),
    (
        "TechnicalReport",
        "technical report",
        &[Named("Article")],
        &[],
    ),
    (
        "UndergraduateStudent",
        "undergraduate student",
        &[Named("Student")],
        &[],
    ),
    ("University", "university", &[Named("Organization")], &[]),
    (
        "UnofficialPublication",
        "unnoficial publication",
        &[Named("Publication")],
        &[],
    ),
    (
        "VisitingProfessor",
        "visiting professor",
        &[Named("Professor")],
        &[],
    ),
    ("Work", "Work", &[], &[]),
];

const OBJECT: &str = owl!("ObjectProperty");
const DATATYPE: &str = owl!("DatatypeProperty");
const TRANSITIVE: &str = owl!("TransitiveProperty");

/// Kind, name, label; then, empty where it has none, domain, range, what it is a subproperty of, and its inverse.
const PROPERTIES: &[[&str; 7]] = &[
    [
        OBJECT,
        "advisor",
        "is being advised by",
        "Person",
        "Professor",
        "",
        "",
    ],
    [
        OBJECT,
        "affiliatedOrganizationOf",
        "is affiliated with",
        "Organization",
        "Organization",
        "",
        "",
    ],
    [
        OBJECT,
        "affiliateOf",
        "is affiliated with",
        "Organization",
        "Person",
        "",
        "",
    ],
    [DATATYPE, "age", "is age", "Person", "", "", ""],
    [
        OBJECT,
        "degreeFrom",
        "has a degree from",
        "Person",
        "University",
        "",
        "hasAlumnus",
    ],
    [
        OBJECT,
        "doctoralDegreeFrom",
        "has a doctoral degree from",
        "Person",
        "University",
        "degreeFrom",
        "",
    ],
    [
        DATATYPE,
        "emailAddress",
        "can be reached at",
        "Person",
        "",
        "",
        "",
    ],
    [
        OBJECT,
        "hasAlumnus",
        "has as an alumnus",
        "University",
        "Person",
        "",
        "degreeFrom",
    ],
    [OBJECT, "headOf", "is the head of", "", "", "worksFor", ""],
    [
        OBJECT,
        "listedCourse",
        "lists as a course",
        "Schedule",
        "Course",
        "",
        "",
    ],
    [
        OBJECT,
        "mastersDegreeFrom",
        "has a masters degree from",
        "Person",
        "University",
        "degreeFrom",
        "",
    ],
    [
        OBJECT,
        "member",
        "has as a member",
        "Organization",
        "Person",
        "",
        "",
    ],
    [OBJECT, "memberOf", "member of", "", "", "", "member"],
    [DATATYPE, "name", "name", "", "", "", ""],
    [DATATYPE, "officeNumber", "office room No.", "", "", "", ""],
    [
        OBJECT,
        "orgPublication",
        "publishes",
        "Organization",
        "Publication",
        "",
        "",
    ],
    [
        OBJECT,
        "publicationAuthor",
        "was written by",
        "Publication",
        "Person",
        "",
        "",
    ],
    [
        OBJECT,
        "publicationDate",
        "was written on",
        "Publication",
        "",
        "",
        "",
    ],
    [
        OBJECT,
        "publicationResearch",
        "is about",
        "Publication",
        "Research",
        "",
        "",
    ],
    [
        DATATYPE,
        "researchInterest",
        "is researching",
        "",
        "",
        "",
        "",
    ],
    [
        OBJECT,
        "researchProject",
        "has as a research project",
        "ResearchGroup",
        "Research",
        "",
        "",
    ],
    [
        OBJECT,
        "softwareDocumentation",
        "is documented in",
        "Software",
        "Publication",
        "",
        "",
    ],
    [
        OBJECT,
        "softwareVersion",
        "is version",
        "Software",
        "",
        "",
        "",
    ],
    [
        TRANSITIVE,
        "subOrganizationOf",
        "is part of",
        "Organization",
        "Organization",
        "",
        "",
    ],
    [OBJECT, "takesCourse", "is taking", "", "", "", ""],
    [OBJECT, "teacherOf", "teaches", "Faculty", "Course", "", ""],
    [
        OBJECT,
        "teachingAssistantOf",
        "is a teaching assistant for",
        "TeachingAssistant",
        "Course",
        "",
        "",
    ],
    [
        DATATYPE,
        "telephone",
        "telephone number",
        "Person",
        "",
        "",
        "",
    ],
    [OBJECT, "tenured", "is tenured:", "Professor", "", "", ""],
    [DATATYPE, "title", "title", "Person", "", "", ""],
    [
        OBJECT,
        "undergraduateDegreeFrom",
        "has an undergraduate degree from",
        "Person",
        "University",
        "degreeFrom",
        "",
    ],
    [OBJECT, "worksFor", "Works For", "", "", "memberOf", ""],
];

/// What the last columns of [`PROPERTIES`] are objects of.
const LINKS: [&str; 4] = [
    rdfs!("domain"),
    rdfs!("range"),
    rdfs!("subPropertyOf"),
    owl!("inverseOf"),
];

/// Writes all of it, with blank nodes from 0 on.
pub fn write(writer: &mut Writer<'_>) {
    let mut ontology = Ontology {
        writer,
        next_blank: 0,
    };
    ontology.header();
    for class in CLASSES {
        ontology.class(class);
    }
    for property in PROPERTIES {
        ontology.property(property);
    }
}

/// A subject or object.
enum Node {
    Iri(String),
    Blank(u64),
}

impl Node {
    fn of_name(name: &str) -> Self {
        Self::Iri(format!("{NAMESPACE}{name}"))
    }

    fn term(&self) -> Term<'_> {
        match self {
            Self::Iri(iri) => Term::Named(iri),
            Self::Blank(number) => Term::Blank(*number),
        }
    }
}

/// The ontology while it is written.
struct Ontology<'w, 'b> {
    writer: &'w mut Writer<'b>,
    next_blank: u64,
}

impl Ontology<'_, '_> {
    fn header(&mut self) {
        let ontology = Term::Named(ONTOLOGY);
        let class = Term::Named(owl!("Ontology"));
        self.writer.triple(ontology, rdf!("type"), class);
        for (predicate, text) in [
            (
                rdfs!("comment"),
                "An university ontology for benchmark tests",
            ),
            (rdfs!("label"), "Univ-bench Ontology"),
            (
                owl!("versionInfo"),
                "univ-bench-ontology-owl, ver April 1, 2004",
            ),
        ] {
            self.writer
                .triple(ontology, predicate, Term::Text(format_args!("{text}")));
        }
    }

    /// What a class or property begins with.
    fn begin(&mut self, subject: &Node, class: &str, label: &str) {
        let (subject, class) = (subject.term(), Term::Named(class));
        self.writer.triple(subject, rdf!("type"), class);
        self.writer
            .triple(subject, rdfs!("label"), Term::Text(format_args!("{label}")));
    }

    fn link(&mut self, subject: &Node, predicate: &str, object: &Node) {
        self.writer.triple(subject.term(), predicate, object.term());
    }

    fn blank(&mut self) -> Node {
        let number = self.next_blank;
        self.next_blank += 1;
        Node::Blank(number)
    }

    fn class(&mut self, (name, label, above, parts): &Class) {
        // What has no name is described before it is mentioned, so that statements about the class stay together.
        let above: Vec<Node> = above.iter().map(|above| self.expression(above)).collect();
        let parts = (!parts.is_empty()).then(|| self.list(parts));
        let class = Node::of_name(name);
        self.begin(&class, owl!("Class"), label);
        for above in above {
            self.link(&class, rdfs!("subClassOf"), &above);
        }
        if let Some(parts) = parts {
            self.link(&class, owl!("intersectionOf"), &parts);
        }
    }

    fn expression(&mut self, expression: &Expression) -> Node {
        match expression {
            Named(name) => Node::of_name(name),
            Having(property, class) => {
                let node = self.blank();
                for (predicate, object) in [
                    (rdf!("type"), Node::Iri(owl!("Restriction").to_owned())),
                    (owl!("onProperty"), Node::of_name(property)),
                    (owl!("someValuesFrom"), Node::of_name(class)),
                ] {
                    self.link(&node, predicate, &object);
                }
                node
            }
        }
    }

    fn list(&mut self, members: &[Expression]) -> Node {
        let mut list = Node::Iri(rdf!("nil").to_owned());
        for member in members.iter().rev() {
            let member = self.expression(member);
            let cell = self.blank();
            self.link(&cell, rdf!("first"), &member);
            self.link(&cell, rdf!("rest"), &list);
            list = cell;
        }
        list
    }

    fn property(&mut self, [kind, name, label, links @ ..]: &[&str; 7]) {
        let property = Node::of_name(name);
        self.begin(&property, kind, label);
        for (predicate, object) in LINKS.iter().zip(links) {
            if !object.is_empty() {
                self.link(&property, predicate, &Node::of_name(object));
            }
        }
    }
}
