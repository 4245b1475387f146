//! IRIs of BSBM.

macro_rules! instances {
    ($rest:literal) => {
        concat!(
            "http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/instances/",
            $rest
        )
    };
}

macro_rules! bsbm {
    ($name:literal) => {
        concat!(
            "http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/",
            $name
        )
    };
}

macro_rules! dc {
    ($name:literal) => {
        concat!("http://purl.org/dc/elements/1.1/", $name)
    };
}

macro_rules! foaf {
    ($name:literal) => {
        concat!("http://xmlns.com/foaf/0.1/", $name)
    };
}

macro_rules! rdfs {
    ($name:literal) => {
        concat!("http://www.w3.org/2000/01/rdf-schema#", $name)
    };
}

macro_rules! rev {
    ($name:literal) => {
        concat!("http://purl.org/stuff/rev#", $name)
    };
}

macro_rules! xsd {
    ($name:literal) => {
        concat!("http://www.w3.org/2001/XMLSchema#", $name)
    };
}

pub(super) use {bsbm, dc, foaf, instances, rdfs, rev, xsd};

pub const RDF_TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
pub const COUNTRY: &str = "http://downlode.org/rdf/iso-3166/countries#";

pub const PREFIXES: &[(&str, &str)] = &[
    ("bsbm", bsbm!("")),
    ("bsbm-inst", instances!("")),
    ("country", COUNTRY),
    ("dc", dc!("")),
    ("foaf", foaf!("")),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("rdfs", rdfs!("")),
    ("rev", rev!("")),
    ("xsd", xsd!("")),
];
