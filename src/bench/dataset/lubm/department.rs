//! One department and everything in it.

use super::profile::{self, Course, RANKS, Rank, Student};
use super::statements::Statements;
use crate::bench::dataset::Term;
use crate::bench::random::Random;

/// Somebody of the staff: index of the rank, number in it.
type Employee = (usize, u64);

/// What a graduate student does beside studying.
#[derive(Clone, Copy)]
enum Assistance {
    None,
    /// Of an undergraduate course.
    Teaching(u64),
    Research,
}

/// A department while it is written.
pub struct Department<'w, 'b> {
    random: Random,
    out: Statements<'w, 'b>,
    university: u64,
    number: u64,
    /// Its host name, which mail addresses end with.
    host: String,
    /// The IRIs of everything in it begin with this one.
    iri: String,
    /// Courses so far: undergraduate, graduate.
    courses: [u64; 2],
    professors: Vec<Employee>,
    /// Each by who wrote it and its number among theirs.
    publications: Vec<(Employee, u64)>,
    /// Graduate students with a share in a publication, which is an index: publication, student.
    shares: Vec<(u64, u64)>,
    /// Buffer for what is drawn.
    drawn: Vec<u64>,
}

const COURSES: [Course; 2] = [profile::UNDERGRADUATE_COURSE, profile::GRADUATE_COURSE];
/// Students take the courses at their own index.
const STUDENTS: [Student; 2] = [profile::UNDERGRADUATE, profile::GRADUATE];
const UNDERGRADUATE: usize = 0;
const GRADUATE: usize = 1;

impl<'w, 'b> Department<'w, 'b> {
    pub fn new(random: Random, out: Statements<'w, 'b>, university: u64, number: u64) -> Self {
        let host = format!("Department{number}.University{university}.edu");
        Self {
            random,
            out,
            university,
            number,
            iri: format!("http://www.{host}"),
            host,
            courses: [0; 2],
            professors: Vec::new(),
            publications: Vec::new(),
            shares: Vec::new(),
            drawn: Vec::new(),
        }
    }

    pub fn write(mut self) {
        self.organization();
        let members = RANKS.map(|rank| self.random.within(rank.members));
        let head = (0, self.random.below(members[0]));
        for (rank, members) in members.into_iter().enumerate() {
            for number in 0..members {
                self.employee((rank, number), head);
            }
        }
        let staff = members.iter().sum();
        let undergraduates = self.students(UNDERGRADUATE, staff);
        for number in 0..undergraduates {
            self.student(UNDERGRADUATE, number, Assistance::None);
        }
        let graduates = self.students(GRADUATE, staff);
        for (number, assistance) in self.assistances(graduates).into_iter().enumerate() {
            self.student(GRADUATE, number as u64, assistance);
        }
        self.written_publications();
        for (kind, course) in COURSES.iter().enumerate() {
            for number in 0..self.courses[kind] {
                self.begin(course.name, number, course.class);
            }
        }
        for number in 0..self.random.within(profile::RESEARCH_GROUPS) {
            self.out.about(
                format_args!("{}/ResearchGroup{number}", self.iri),
                ub!("ResearchGroup"),
            );
            self.out
                .state(ub!("subOrganizationOf"), Term::Named(&self.iri));
        }
    }

    /// The department itself, and its university.
    fn organization(&mut self) {
        let (university, number) = (self.university, self.number);
        self.university(university);
        if number == 0 {
            self.out
                .text(ub!("name"), format_args!("University{university}"));
        }
        self.out
            .about(format_args!("{}", self.iri), ub!("Department"));
        self.out
            .text(ub!("name"), format_args!("Department{number}"));
        self.out.link(
            ub!("subOrganizationOf"),
            format_args!("http://www.University{university}.edu"),
        );
    }

    /// Some university, which is declared wherever it is mentioned.
    fn university(&mut self, number: u64) {
        self.out.about(
            format_args!("http://www.University{number}.edu"),
            ub!("University"),
        );
    }

    /// The first statements about something in the department: its class and its name.
    fn begin(&mut self, name: &str, number: u64, class: &str) {
        self.out
            .about(format_args!("{}/{name}{number}", self.iri), class);
        self.out.text(ub!("name"), format_args!("{name}{number}"));
    }

    fn addresses(&mut self, name: &str, number: u64) {
        self.out.text(
            ub!("emailAddress"),
            format_args!("{name}{number}@{}", self.host),
        );
        self.out
            .text(ub!("telephone"), format_args!("xxx-xxx-xxxx"));
    }

    fn employee(&mut self, (rank_index, number): Employee, head: Employee) {
        let rank: &Rank = &RANKS[rank_index];
        self.begin(rank.name, number, rank.class);
        for (course, given) in COURSES.iter().zip(&mut self.courses) {
            for _ in 0..self.random.within(course.taught) {
                self.out.link(
                    ub!("teacherOf"),
                    format_args!("{}/{}{given}", self.iri, course.name),
                );
                *given += 1;
            }
        }
        let degrees = [
            ub!("undergraduateDegreeFrom"),
            ub!("mastersDegreeFrom"),
            ub!("doctoralDegreeFrom"),
        ]
        .map(|predicate| self.degree(predicate));
        self.out.state(ub!("worksFor"), Term::Named(&self.iri));
        self.addresses(rank.name, number);
        if rank.is_professor {
            let interest = self.random.below(profile::RESEARCH_INTERESTS);
            self.out
                .text(ub!("researchInterest"), format_args!("Research{interest}"));
            self.professors.push((rank_index, number));
        }
        if (rank_index, number) == head {
            self.out.state(ub!("headOf"), Term::Named(&self.iri));
        }
        for university in degrees {
            self.university(university);
        }
        let publications = 0..self.random.within(rank.publications);
        self.publications
            .extend(publications.map(|publication| ((rank_index, number), publication)));
    }

    /// A degree from some university, whose number is returned.
    fn degree(&mut self, predicate: &str) -> u64 {
        let university = self.random.below(profile::DEGREE_UNIVERSITIES);
        self.degree_from(predicate, university)
    }

    fn degree_from(&mut self, predicate: &str, university: u64) -> u64 {
        self.out.link(
            predicate,
            format_args!("http://www.University{university}.edu"),
        );
        university
    }

    /// How many students of a kind a staff of this size has.
    fn students(&mut self, kind: usize, staff: u64) -> u64 {
        let (least, most) = STUDENTS[kind].for_staff;
        self.random.between(least * staff, most * staff)
    }

    /// What each graduate student does.
    fn assistances(&mut self, graduates: u64) -> Vec<Assistance> {
        let mut one_in = |(least, most): profile::Range| {
            let assistants = (graduates / most, graduates / least);
            self.random.within(assistants)
        };
        let teaching = one_in(profile::GRADUATES_FOR_TEACHING_ASSISTANT);
        let research = one_in(profile::GRADUATES_FOR_RESEARCH_ASSISTANT);
        let assistants = self.random.distinct(teaching + research, graduates);
        let courses = self.random.distinct(teaching, self.courses[UNDERGRADUATE]);
        let mut assistances = vec![Assistance::None; graduates as usize];
        for (index, &student) in assistants.iter().enumerate() {
            assistances[student as usize] = match courses.get(index) {
                Some(&course) => Assistance::Teaching(course),
                None => Assistance::Research,
            };
        }
        assistances
    }

    fn student(&mut self, kind: usize, number: u64, assistance: Assistance) {
        let student = &STUDENTS[kind];
        self.begin(student.name, number, student.class);
        self.out.state(ub!("memberOf"), Term::Named(&self.iri));
        self.addresses(student.name, number);
        self.take_courses(kind, number);
        if self.random.one_in(student.advised_one_in) {
            let professor = self.random.below(self.professors.len() as u64);
            let (rank, professor) = self.professors[professor as usize];
            let rank = RANKS[rank].name;
            self.out.link(
                ub!("advisor"),
                format_args!("{}/{rank}{professor}", self.iri),
            );
        }
        match assistance {
            Assistance::None => (),
            Assistance::Teaching(course) => {
                self.out.class(ub!("TeachingAssistant"));
                self.out.link(
                    ub!("teachingAssistantOf"),
                    format_args!("{}/{}{course}", self.iri, COURSES[UNDERGRADUATE].name),
                );
            }
            Assistance::Research => self.out.class(ub!("ResearchAssistant")),
        }
        if kind == GRADUATE {
            let university = match (self.number, number) {
                (0, 0) => self.university,
                _ => self.random.below(profile::DEGREE_UNIVERSITIES),
            };
            self.degree_from(ub!("undergraduateDegreeFrom"), university);
            self.university(university);
        }
        let shares = self.random.within(student.publications);
        let publications = self.publications.len() as u64;
        self.drawn.clear();
        self.random.draw(&mut self.drawn, shares, publications);
        let shares = self.drawn.iter().map(|&publication| (publication, number));
        self.shares.extend(shares);
    }

    /// The course of the student's own number, if there is one, and others.
    fn take_courses(&mut self, kind: usize, number: u64) {
        let (count, offered) = (
            self.random.within(STUDENTS[kind].courses),
            self.courses[kind],
        );
        self.drawn.clear();
        self.drawn.extend((number < offered).then_some(number));
        self.random.draw(&mut self.drawn, count, offered);
        let name = COURSES[kind].name;
        for course in &self.drawn {
            self.out.link(
                ub!("takesCourse"),
                format_args!("{}/{name}{course}", self.iri),
            );
        }
    }

    fn written_publications(&mut self) {
        self.shares.sort_unstable();
        let mut shares = self.shares.iter().peekable();
        for (index, &((rank, author), number)) in self.publications.iter().enumerate() {
            let rank = RANKS[rank].name;
            self.out.about(
                format_args!("{}/{rank}{author}/Publication{number}", self.iri),
                ub!("Publication"),
            );
            self.out
                .text(ub!("name"), format_args!("Publication{number}"));
            self.out.link(
                ub!("publicationAuthor"),
                format_args!("{}/{rank}{author}", self.iri),
            );
            let of_this = |share: &&(u64, u64)| share.0 == index as u64;
            while let Some((_, student)) = shares.next_if(of_this) {
                self.out.link(
                    ub!("publicationAuthor"),
                    format_args!("{}/{}{student}", self.iri, STUDENTS[GRADUATE].name),
                );
            }
        }
    }
}
