//! Answers of queries, read from the formats of the suites, and when two are the same.

use crate::documents::Suites;
use crate::manifest::{RDF, node, object, objects};
use oxrdf::dataset::CanonicalizationAlgorithm;
use oxrdf::vocab::xsd;
use oxrdf::{BlankNode, Dataset, Literal, NamedOrBlankNode, Term};
use oxsdatatypes::{Decimal, Double, Float, Integer};
use sparesults::{QueryResultsFormat, QueryResultsParser, SliceQueryResultsParserOutput};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::str::FromStr;

const RS: &str = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#";

/// A row: the bound variables and their terms.
pub type Row = BTreeMap<String, Term>;

#[derive(Debug)]
pub enum Answer {
    Boolean(bool),
    Solutions(Solutions),
    /// Triples stand in the default graph.
    Graph(Box<Dataset>),
}

#[derive(Debug, Default)]
pub struct Solutions {
    pub variables: Vec<String>,
    pub rows: Vec<Row>,
    /// Whether the sequence counts.
    pub is_ordered: bool,
}

/// Which multiplicities are right.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cardinality {
    Strict,
    /// Of REDUCED: each row at least once and at most as often as expected.
    Lax,
}

/// The format of a result file that is not a document of RDF.
pub fn result_format(name: &str) -> Option<QueryResultsFormat> {
    QueryResultsFormat::from_extension(name.rsplit('.').next()?)
}

/// The expected answer in a file of a suite.
pub fn expected(suites: &Suites, iri: &str) -> Result<Answer, String> {
    match result_format(iri) {
        Some(format) => parse(format, &suites.bytes(iri)?),
        None => of_dataset(suites.dataset(iri)?),
    }
}

/// Reads an answer in XML, JSON, TSV or CSV.
pub fn parse(format: QueryResultsFormat, bytes: &[u8]) -> Result<Answer, String> {
    if format == QueryResultsFormat::Csv {
        return crate::csv::parse(bytes).map(Answer::Solutions);
    }
    let parser = QueryResultsParser::from_format(format);
    let parsed = parser
        .for_slice(bytes)
        .map_err(|error| format!("results: {error}"))?;
    Ok(match parsed {
        SliceQueryResultsParserOutput::Boolean(value) => Answer::Boolean(value),
        SliceQueryResultsParserOutput::Solutions(parsed) => {
            let mut solutions = Solutions {
                variables: parsed
                    .variables()
                    .iter()
                    .map(|variable| variable.as_str().to_owned())
                    .collect(),
                ..Solutions::default()
            };
            for solution in parsed {
                let solution = solution.map_err(|error| format!("results: {error}"))?;
                let row = solution
                    .iter()
                    .map(|(variable, term)| (variable.as_str().to_owned(), term.clone()));
                solutions.rows.push(row.collect());
            }
            Answer::Solutions(solutions)
        }
    })
}

/// A document either describes a result set (`rs:`) or is the graph a CONSTRUCT gives.
fn of_dataset(dataset: Dataset) -> Result<Answer, String> {
    let result_set = dataset.iter().find(|quad| {
        quad.predicate.as_str() == format!("{RDF}type")
            && quad.object.to_string() == format!("<{RS}ResultSet>")
    });
    let Some(set) = result_set.map(|quad| quad.subject.into_owned()) else {
        return Ok(Answer::Graph(Box::new(dataset)));
    };
    if let Some(Term::Literal(value)) = object(&dataset, set.as_ref(), &format!("{RS}boolean")) {
        return Ok(Answer::Boolean(value.value() == "true"));
    }
    let text = |subject: &NamedOrBlankNode, name: &str| match object(
        &dataset,
        subject.as_ref(),
        &format!("{RS}{name}"),
    ) {
        Some(Term::Literal(literal)) => Some(literal.value().to_owned()),
        _ => None,
    };
    let mut numbered: Vec<(Option<usize>, Row)> = Vec::new();
    for solution in objects(&dataset, set.as_ref(), &format!("{RS}solution")) {
        let solution = node(&solution).ok_or("a solution is a literal")?;
        let mut row = Row::new();
        for binding in objects(&dataset, solution.as_ref(), &format!("{RS}binding")) {
            let binding = node(&binding).ok_or("a binding is a literal")?;
            let variable = text(&binding, "variable").ok_or("a binding has no variable")?;
            let value = object(&dataset, binding.as_ref(), &format!("{RS}value"));
            row.insert(variable, value.ok_or("a binding has no value")?);
        }
        let index = text(&solution, "index").and_then(|index| index.parse().ok());
        numbered.push((index, row));
    }
    let is_ordered = !numbered.is_empty() && numbered.iter().all(|(index, _)| index.is_some());
    if is_ordered {
        numbered.sort_by_key(|(index, _)| *index);
    }
    Ok(Answer::Solutions(Solutions {
        variables: objects(&dataset, set.as_ref(), &format!("{RS}resultVariable"))
            .into_iter()
            .filter_map(|term| match term {
                Term::Literal(name) => Some(name.value().to_owned()),
                _ => None,
            })
            .collect(),
        rows: numbered.into_iter().map(|(_, row)| row).collect(),
        is_ordered,
    }))
}

/// Whether two sets of quads are the same but for the labels of blank nodes.
pub fn isomorphic(left: &Dataset, right: &Dataset) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let (mut left, mut right) = (left.clone(), right.clone());
    left.canonicalize(CanonicalizationAlgorithm::Unstable);
    right.canonicalize(CanonicalizationAlgorithm::Unstable);
    left == right
}

/// A number in the form by which it is compared: result files write numbers in various forms, and a computed number has
/// none that is prescribed. Other terms as they are.
fn by_value(term: &Term) -> Term {
    fn form<T: FromStr + ToString>(text: &str) -> Option<String> {
        text.parse::<T>().ok().map(|value| value.to_string())
    }
    let Term::Literal(literal) = term else {
        return term.clone();
    };
    let form = match literal.datatype() {
        xsd::INTEGER => form::<Integer>(literal.value()),
        xsd::DECIMAL => form::<Decimal>(literal.value()),
        xsd::FLOAT => form::<Float>(literal.value()),
        xsd::DOUBLE => form::<Double>(literal.value()),
        _ => None,
    };
    match form {
        Some(form) => Literal::new_typed_literal(form, literal.datatype()).into(),
        None => term.clone(),
    }
}

/// Says how the answers differ, if they do.
pub fn compare(expected: &Answer, got: &Answer, cardinality: Cardinality) -> Result<(), String> {
    let same = match (expected, got) {
        (Answer::Boolean(expected), Answer::Boolean(got)) => expected == got,
        (Answer::Graph(expected), Answer::Graph(got)) => isomorphic(expected, got),
        (Answer::Solutions(expected), Answer::Solutions(got)) => {
            let sorted = |variables: &[String]| {
                let mut variables = variables.to_vec();
                variables.sort();
                variables
            };
            sorted(&expected.variables) == sorted(&got.variables)
                && same_rows(expected, got, cardinality)
        }
        _ => false,
    };
    match same {
        true => Ok(()),
        false => Err(format!("expected {}\ngot {}", shown(expected), shown(got))),
    }
}

/// A one-to-one map of blank nodes.
#[derive(Clone, Default)]
struct Renaming {
    to_ours: HashMap<BlankNode, BlankNode>,
    to_theirs: HashMap<BlankNode, BlankNode>,
}

impl Renaming {
    fn blank(&mut self, theirs: &BlankNode, ours: &BlankNode) -> bool {
        match (self.to_ours.get(theirs), self.to_theirs.get(ours)) {
            (Some(known), Some(back)) => known == ours && back == theirs,
            (None, None) => {
                self.to_ours.insert(theirs.clone(), ours.clone());
                self.to_theirs.insert(ours.clone(), theirs.clone());
                true
            }
            _ => false,
        }
    }

    fn term(&mut self, theirs: &Term, ours: &Term) -> bool {
        match (theirs, ours) {
            (Term::BlankNode(theirs), Term::BlankNode(ours)) => self.blank(theirs, ours),
            (Term::Triple(theirs), Term::Triple(ours)) => {
                let subjects = match (&theirs.subject, &ours.subject) {
                    (NamedOrBlankNode::BlankNode(theirs), NamedOrBlankNode::BlankNode(ours)) => {
                        self.blank(theirs, ours)
                    }
                    (theirs, ours) => theirs == ours,
                };
                subjects
                    && theirs.predicate == ours.predicate
                    && self.term(&theirs.object, &ours.object)
            }
            _ => by_value(theirs) == by_value(ours),
        }
    }

    fn row(&mut self, theirs: &Row, ours: &Row) -> bool {
        theirs.len() == ours.len()
            && theirs
                .iter()
                .zip(ours)
                .all(|((name, theirs), (other, ours))| name == other && self.term(theirs, ours))
    }
}

/// The row with its blank nodes taken for the same, so that only rows of equal shape are tried.
fn shape(row: &Row) -> String {
    fn write(term: &Term, out: &mut String) {
        match term {
            Term::BlankNode(_) => out.push_str("_:"),
            Term::Triple(triple) => {
                out.push_str("<<(");
                match &triple.subject {
                    NamedOrBlankNode::BlankNode(_) => out.push_str("_:"),
                    NamedOrBlankNode::NamedNode(subject) => out.push_str(&subject.to_string()),
                }
                out.push_str(&triple.predicate.to_string());
                write(&triple.object, out);
                out.push_str(")>>");
            }
            other => out.push_str(&by_value(other).to_string()),
        }
    }
    let mut shape = String::new();
    for (name, term) in row {
        let _ = write!(shape, "?{name}=");
        write(term, &mut shape);
    }
    shape
}

fn same_rows(expected: &Solutions, got: &Solutions, cardinality: Cardinality) -> bool {
    if expected.is_ordered {
        let mut renaming = Renaming::default();
        return expected.rows.len() == got.rows.len()
            && expected
                .rows
                .iter()
                .zip(&got.rows)
                .all(|(theirs, ours)| renaming.row(theirs, ours));
    }
    let mut theirs: HashMap<String, Vec<&Row>> = HashMap::new();
    let mut ours: HashMap<String, Vec<&Row>> = HashMap::new();
    for row in &expected.rows {
        theirs.entry(shape(row)).or_default().push(row);
    }
    for row in &got.rows {
        ours.entry(shape(row)).or_default().push(row);
    }
    if cardinality == Cardinality::Lax {
        // The tests of REDUCED have no blank nodes.
        return theirs.len() == ours.len()
            && theirs.iter().all(|(shape, rows)| {
                ours.get(shape)
                    .is_some_and(|ours| (1..=rows.len()).contains(&ours.len()))
            });
    }
    let mut groups: Vec<(Vec<&Row>, Vec<&Row>)> = Vec::new();
    if theirs.len() != ours.len() {
        return false;
    }
    for (shape, theirs) in theirs {
        match ours.remove(&shape) {
            Some(ours) if ours.len() == theirs.len() => groups.push((theirs, ours)),
            _ => return false,
        }
    }
    // Small groups first: they leave the least choice.
    groups.sort_by_key(|(theirs, _)| theirs.len());
    let pairs: Vec<(&Row, usize)> = groups
        .iter()
        .enumerate()
        .flat_map(|(group, (theirs, _))| theirs.iter().map(move |row| (*row, group)))
        .collect();
    let mut used: Vec<Vec<bool>> = groups
        .iter()
        .map(|(_, ours)| vec![false; ours.len()])
        .collect();
    assign(&pairs, &groups, &mut used, &Renaming::default())
}

/// Finds for each expected row one of ours, under one renaming of blank nodes.
fn assign(
    pairs: &[(&Row, usize)],
    groups: &[(Vec<&Row>, Vec<&Row>)],
    used: &mut [Vec<bool>],
    renaming: &Renaming,
) -> bool {
    let Some((&(theirs, group), rest)) = pairs.split_first() else {
        return true;
    };
    for (index, ours) in groups[group].1.iter().enumerate() {
        if used[group][index] {
            continue;
        }
        let mut tried = renaming.clone();
        if !tried.row(theirs, ours) {
            continue;
        }
        used[group][index] = true;
        if assign(rest, groups, used, &tried) {
            return true;
        }
        used[group][index] = false;
    }
    false
}

fn shown(answer: &Answer) -> String {
    const LINES: usize = 40;
    let shorten = |mut lines: Vec<String>, is_ordered: bool, what: &str| {
        if !is_ordered {
            lines.sort();
        }
        let count = lines.len();
        lines.truncate(LINES);
        format!("{count} {what}\n  {}", lines.join("\n  "))
    };
    match answer {
        Answer::Boolean(value) => value.to_string(),
        Answer::Graph(dataset) => {
            let lines = dataset.iter().map(|quad| quad.to_string()).collect();
            shorten(lines, false, "triples")
        }
        Answer::Solutions(solutions) => {
            let lines = solutions
                .rows
                .iter()
                .map(|row| {
                    let cells: Vec<String> = row
                        .iter()
                        .map(|(name, term)| format!("?{name}={term}"))
                        .collect();
                    cells.join(" ")
                })
                .collect();
            let what = format!(
                "{}rows of {:?}",
                if solutions.is_ordered { "ordered " } else { "" },
                solutions.variables
            );
            shorten(lines, solutions.is_ordered, &what)
        }
    }
}
