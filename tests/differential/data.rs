//! Random quads: every kind of term where the store treats kinds differently.

use crate::random::Random;

const XSD: &str = "http://www.w3.org/2001/XMLSchema#";

/// Literals as N-Quads, those that `spareval` treats as the specification does.
const LITERALS: [&str; 41] = [
    // Inline and in the dictionary.
    r#""""#,
    r#""a""#,
    r#""b""#,
    r#""a string that is not inline""#,
    r#""b string that is not inline""#,
    r#""\u00E9\n\"""#,
    // One value, several terms.
    r#""1"^^xsd:integer"#,
    r#""01"^^xsd:integer"#,
    r#""+1"^^xsd:integer"#,
    r#""1"^^xsd:int"#,
    r#""1"^^xsd:unsignedByte"#,
    r#""1.0"^^xsd:decimal"#,
    r#""1.00"^^xsd:decimal"#,
    r#""1.0E0"^^xsd:double"#,
    r#""1"^^xsd:double"#,
    r#""1"^^xsd:float"#,
    r#""0"^^xsd:integer"#,
    r#""-0"^^xsd:integer"#,
    r#""-0.0"^^xsd:double"#,
    r#""-7"^^xsd:integer"#,
    r#""2"^^xsd:integer"#,
    r#""2"^^xsd:long"#,
    r#""10"^^xsd:integer"#,
    r#""-3"^^xsd:negativeInteger"#,
    r#""1.5"^^xsd:decimal"#,
    r#""-0.25"^^xsd:decimal"#,
    r#""1.5E0"^^xsd:float"#,
    r#""2.5e3"^^xsd:double"#,
    r#""INF"^^xsd:double"#,
    r#""-INF"^^xsd:float"#,
    r#""2020-01-01T00:00:00Z"^^xsd:dateTime"#,
    r#""2020-01-01T01:00:00+01:00"^^xsd:dateTime"#,
    r#""2020-01-01T00:00:00"^^xsd:dateTime"#,
    r#""2020-01-02T20:00:00"^^xsd:dateTime"#,
    r#""1999-12-31T23:59:59.123Z"^^xsd:dateTime"#,
    r#""a"@en"#,
    r#""a"@fr"#,
    r#""b"@en"#,
    r#""a"@en--ltr"#,
    r#""a"@en--rtl"#,
    r#""x"^^<http://x/datatype>"#,
];

/// Literals that `spareval` treats in another way, and why; only our own evaluator judges them.
const OTHER_LITERALS: [(&str, &str); 29] = [
    (
        r#""true"^^xsd:boolean"#,
        "booleans have an order (17.3), and none there",
    ),
    (r#""1"^^xsd:boolean"#, "as above"),
    (r#""false"^^xsd:boolean"#, "as above"),
    (
        r#""NaN"^^xsd:double"#,
        "NaN <= NaN is true there, and false in XPath",
    ),
    (r#""NaN"^^xsd:float"#, "as above"),
    (
        r#""abc"^^xsd:integer"#,
        "ill-typed, which a comparison may see in another way there",
    ),
    (r#""maybe"^^xsd:boolean"#, "as above"),
    (r#""1e"^^xsd:double"#, "as above"),
    (
        r#""300"^^xsd:byte"#,
        "out of range, so ill-typed, and an integer there",
    ),
    (r#""-1"^^xsd:nonNegativeInteger"#, "as above"),
    (
        r#""1234567890123456789012345678901234567890"^^xsd:integer"#,
        "has a value, and none there, where integers have 64 bits",
    ),
    (
        r#""1234567890123456789012345678901234567891"^^xsd:integer"#,
        "as above",
    ),
    (
        r#""0.1234567890123456789012345678901234567890"^^xsd:decimal"#,
        "as above",
    ),
    (
        r#""9007199254740993"^^xsd:integer"#,
        "a 64-bit integer compared with a double",
    ),
    (r#""9007199254740992"^^xsd:double"#, "as above"),
    (
        r#""16777217"^^xsd:integer"#,
        "an integer compared with a float",
    ),
    (
        r#""0.1"^^xsd:decimal"#,
        "a decimal compared with a float or double",
    ),
    (r#""0.1"^^xsd:float"#, "as above"),
    (r#""0.1"^^xsd:double"#, "as above"),
    (
        r#""2020-01-01"^^xsd:date"#,
        "dates have an order here, and none there",
    ),
    (r#""2020-01-01Z"^^xsd:date"#, "as above"),
    (r#""2020-01-01-05:00"^^xsd:date"#, "as above"),
    (r#""12:00:00"^^xsd:time"#, "as above"),
    (r#""12:00:00Z"^^xsd:time"#, "as above"),
    (r#""2020"^^xsd:gYear"#, "as above"),
    (r#""P1Y"^^xsd:yearMonthDuration"#, "as above"),
    (r#""P12M"^^xsd:duration"#, "as above"),
    (r#""2020-13-01T00:00:00"^^xsd:dateTime"#, "ill-typed"),
    (
        r#""2020-01-01T24:00:00Z"^^xsd:dateTime"#,
        "the end of a day is the begin of the next",
    ),
];

pub const GRAPHS: [&str; 3] = ["<http://x/g1>", "<http://x/g2>", "<http://x/s1>"];

/// The terms of one data set.
pub struct Terms {
    /// Whether `spareval` can judge.
    pub is_portable: bool,
    pub subjects: Vec<String>,
    pub predicates: Vec<String>,
    /// Objects that may also stand in a query: no blank nodes.
    pub objects: Vec<String>,
    blanks: Vec<String>,
}

fn expand(literal: &str) -> String {
    match literal.split_once("^^xsd:") {
        Some((lexical, name)) => format!("{lexical}^^<{XSD}{name}>"),
        None => literal.to_owned(),
    }
}

impl Terms {
    pub fn new(random: &mut Random, is_portable: bool, many: bool) -> Self {
        let names = if many { 400 } else { 5 };
        let subjects: Vec<String> = (0..names)
            .map(|name| format!("<http://x/s{name}>"))
            .collect();
        let predicates: Vec<String> = (0..4).map(|name| format!("<http://x/p{name}>")).collect();
        let kinds = 6 + random.below(10);
        let mut objects: Vec<String> = (0..kinds)
            .map(|_| match is_portable || random.percent(40) {
                true => expand(random.pick::<&str>(&LITERALS)),
                false => expand(random.pick(&OTHER_LITERALS).0),
            })
            .collect();
        for _ in 0..2 {
            // There, literals within triple terms of a query are made canonical, and then match nothing.
            let object = match is_portable {
                true => random.pick(&subjects),
                false => random.pick(&objects),
            };
            let inner = format!(
                "<<( {} {} {object} )>>",
                random.pick(&subjects),
                random.pick(&predicates),
            );
            objects.push(inner);
        }
        objects.extend(subjects.iter().take(4).cloned());
        if many {
            objects.extend((0..300).map(|number| expand(&format!("\"{number}\"^^xsd:integer"))));
        }
        Self {
            is_portable,
            subjects,
            predicates,
            objects,
            blanks: (0..3).map(|name| format!("_:b{name}")).collect(),
        }
    }

    /// `count` random quads as N-Quads.
    pub fn document(&self, random: &mut Random, count: usize) -> String {
        let mut document = String::new();
        for _ in 0..count {
            let subject = match random.below(5) {
                0 => random.pick(&self.blanks),
                _ => random.pick(&self.subjects),
            };
            let predicate = random.pick(&self.predicates);
            let object = match random.below(10) {
                0 => random.pick(&self.blanks).clone(),
                1 => format!("<<( {} {predicate} _:b0 )>>", random.pick(&self.blanks)),
                2 => random.pick(&self.predicates).clone(),
                _ => random.pick(&self.objects).clone(),
            };
            let graph = match random.below(8) {
                0..=3 => "",
                4 => "_:b1",
                _ => random.pick(&GRAPHS),
            };
            document.push_str(&format!("{subject} {predicate} {object} {graph} .\n"));
        }
        document
    }

    /// A term as it stands in a query.
    pub fn constant(&self, random: &mut Random) -> String {
        match random.below(4) {
            0 => random.pick(&self.subjects).clone(),
            _ => random.pick(&self.objects).clone(),
        }
    }
}
