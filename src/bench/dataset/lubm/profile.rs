//! The numbers of UBA, the data generator of the benchmark: how many of each thing there are. Every number is drawn
//! evenly from its range.

/// The least and the greatest number.
pub type Range = (u64, u64);

/// Of a university.
pub const DEPARTMENTS: Range = (15, 25);

/// A rank of staff.
pub struct Rank {
    pub name: &'static str,
    pub class: &'static str,
    /// Of a department.
    pub members: Range,
    /// Of a member.
    pub publications: Range,
    /// Professors advise students and have a research interest.
    pub is_professor: bool,
}

/// The first rank is the one that heads of departments have.
pub const RANKS: [Rank; 4] = [
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

/// What is taught, each by a person of the staff of its own.
pub struct Course {
    pub name: &'static str,
    pub class: &'static str,
    /// Of a person of the staff.
    pub taught: Range,
}

pub const UNDERGRADUATE_COURSE: Course = Course {
    name: "Course",
    class: ub!("Course"),
    taught: (1, 2),
};
pub const GRADUATE_COURSE: Course = Course {
    name: "GraduateCourse",
    class: ub!("GraduateCourse"),
    taught: (1, 2),
};

/// A kind of student.
pub struct Student {
    pub name: &'static str,
    pub class: &'static str,
    /// For each person of the staff.
    pub for_staff: Range,
    pub courses: Range,
    /// One in so many has an advisor.
    pub advised_one_in: u64,
    /// How many publications a student has a share in.
    pub publications: Range,
}

pub const UNDERGRADUATE: Student = Student {
    name: "UndergraduateStudent",
    class: ub!("UndergraduateStudent"),
    for_staff: (8, 14),
    courses: (2, 4),
    advised_one_in: 5,
    publications: (0, 0),
};
pub const GRADUATE: Student = Student {
    name: "GraduateStudent",
    class: ub!("GraduateStudent"),
    for_staff: (3, 4),
    courses: (1, 3),
    advised_one_in: 1,
    publications: (0, 5),
};

/// One graduate in so many is an assistant; nobody is one of both kinds.
pub const GRADUATES_FOR_TEACHING_ASSISTANT: Range = (4, 5);
pub const GRADUATES_FOR_RESEARCH_ASSISTANT: Range = (3, 4);

/// Of a department.
pub const RESEARCH_GROUPS: Range = (10, 20);
/// How many interests professors have between them.
pub const RESEARCH_INTERESTS: u64 = 30;
/// Degrees come from the universities below this number, whether these are in the data or not.
pub const DEGREE_UNIVERSITIES: u64 = 1000;
