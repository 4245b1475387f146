//! Random queries over the algebra the library supports.

use crate::data::{GRAPHS, Terms};
use crate::random::Random;

pub struct Queries<'a> {
    pub random: &'a mut Random,
    pub terms: &'a Terms,
    /// Numbers of variables made by BIND and AS, which must be new.
    fresh: usize,
}

const VARIABLES: [&str; 5] = ["?a", "?b", "?c", "?d", "?e"];

/// Where a group stands.
#[derive(Clone, Copy)]
pub struct Place {
    pub depth: usize,
    /// Within GRAPH of a variable.
    pub in_variable: Option<&'static str>,
    pub in_graph: bool,
    pub in_exists: bool,
    pub in_lateral: bool,
    /// Within a sub-SELECT that is within EXISTS or LATERAL.
    pub is_hidden: bool,
}

const OUTSIDE: Place = Place {
    depth: 2,
    in_variable: None,
    in_graph: false,
    in_exists: false,
    in_lateral: false,
    is_hidden: false,
};

impl<'a> Queries<'a> {
    pub fn new(random: &'a mut Random, terms: &'a Terms) -> Self {
        Self {
            random,
            terms,
            fresh: 0,
        }
    }

    pub fn fresh(&mut self) -> String {
        self.fresh += 1;
        format!("?x{}", self.fresh)
    }

    /// A variable; within GRAPH of a variable that one only where another evaluator than ours follows the
    /// specification, by which it is not in scope (W3C test graph-variable-scope).
    fn variable(&mut self, place: Place) -> &'static str {
        loop {
            let variable = *self.random.pick(&VARIABLES);
            if place.in_variable != Some(variable) || !self.terms.is_portable {
                return variable;
            }
        }
    }

    /// The pattern of an update.
    pub fn pattern(&mut self) -> String {
        self.group(OUTSIDE)
    }

    pub fn query(&mut self) -> String {
        let place = OUTSIDE;
        let dataset = self.dataset();
        match self.random.below(12) {
            0 => format!("ASK {dataset}{{ {} }}", self.group(place)),
            1 => self.construct(&dataset, place),
            _ => self.select(&dataset, place, true),
        }
    }

    fn dataset(&mut self) -> String {
        if !self.random.percent(15) {
            return String::new();
        }
        let mut dataset = String::new();
        // There, the default graph of several FROM is not a set: a triple of two of them is there twice.
        for _ in 0..self
            .random
            .below(if self.terms.is_portable { 2 } else { 3 })
        {
            dataset.push_str(&format!("FROM {} ", self.random.pick(&GRAPHS)));
        }
        for _ in 0..self.random.below(3) {
            let named = format!("FROM NAMED {} ", self.random.pick(&GRAPHS));
            // There, a graph that is named twice is read twice.
            if !self.terms.is_portable || !dataset.contains(&named) {
                dataset.push_str(&named);
            }
        }
        if self.random.percent(10) {
            dataset.push_str("FROM <http://x/none> ");
        }
        dataset
    }

    fn construct(&mut self, dataset: &str, place: Place) -> String {
        let mut template = String::new();
        for _ in 0..1 + self.random.below(2) {
            let subject = match self.random.below(4) {
                0 => "_:new".to_owned(),
                1 => self.random.pick(&self.terms.subjects).clone(),
                _ => self.variable(place).to_owned(),
            };
            let predicate = match self.random.below(3) {
                0 => self.variable(place).to_owned(),
                _ => self.random.pick(&self.terms.predicates).clone(),
            };
            let object = match self.random.below(5) {
                0 => "_:new".to_owned(),
                1 => self.terms.constant(self.random),
                _ => self.variable(place).to_owned(),
            };
            template.push_str(&format!("{subject} {predicate} {object} . "));
        }
        format!(
            "CONSTRUCT {{ {template}}} {dataset}WHERE {{ {} }}",
            self.group(place)
        )
    }

    fn select(&mut self, dataset: &str, place: Place, is_outer: bool) -> String {
        if self.random.percent(20) {
            return self.counting(dataset, place);
        }
        let modifier = match self.random.below(6) {
            0 | 1 => "DISTINCT ",
            2 if is_outer => "REDUCED ",
            _ => "",
        };
        let group = self.group(place);
        let (chosen, keys) = match self.random.below(3) {
            0 => ("*".to_owned(), self.some_variables(place)),
            _ => {
                let variables = self.some_variables(place);
                let mut chosen = variables.join(" ");
                if is_outer && self.random.percent(15) {
                    let expression = self.value(place, 1);
                    let fresh = self.fresh();
                    chosen.push_str(&format!(" ({expression} AS {fresh})"));
                }
                (chosen, variables)
            }
        };
        // Which rows LIMIT leaves of a group within is not determined.
        let end = match is_outer {
            true => self.solution_modifiers(&keys),
            false => String::new(),
        };
        format!("SELECT {modifier}{chosen} {dataset}WHERE {{ {group} }}{end}")
    }

    fn some_variables(&mut self, place: Place) -> Vec<String> {
        let mut variables: Vec<String> = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            let variable = self.variable(place).to_owned();
            if !variables.contains(&variable) {
                variables.push(variable);
            }
        }
        variables
    }

    fn solution_modifiers(&mut self, keys: &[String]) -> String {
        let mut end = String::new();
        if self.random.percent(35) {
            end.push_str(" ORDER BY");
            for key in keys.iter().take(1 + self.random.below(3)) {
                end.push_str(&match self.random.below(6) {
                    0 => format!(" DESC({key})"),
                    1 => format!(" ASC(STR({key}))"),
                    2 => format!(" (!BOUND({key}))"),
                    _ => format!(" {key}"),
                });
            }
        }
        if self.random.percent(25) {
            end.push_str(&format!(" LIMIT {}", self.random.below(12)));
        }
        if self.random.percent(15) {
            end.push_str(&format!(" OFFSET {}", self.random.below(6)));
        }
        end
    }

    fn counting(&mut self, dataset: &str, place: Place) -> String {
        let group = match self.random.percent(40) {
            // Counts of one pattern come from the directory.
            true => self.triple(place),
            false => self.group(place),
        };
        let keys = match self.random.below(3) {
            0 => Vec::new(),
            _ => {
                let mut keys = self.some_variables(place);
                keys.truncate(2);
                keys
            }
        };
        let mut chosen = keys.join(" ");
        for _ in 0..1 + self.random.below(2) {
            let aggregate = self.aggregate(place, &keys);
            let fresh = self.fresh();
            chosen.push_str(&format!(" ({aggregate} AS {fresh})"));
        }
        let mut end = String::new();
        if !keys.is_empty() {
            end.push_str(&format!(" GROUP BY {}", keys.join(" ")));
            if self.random.percent(25) {
                let least = self.random.below(3);
                end.push_str(&match self.random.below(3) {
                    0 => {
                        let aggregate = self.aggregate(place, &keys);
                        format!(" HAVING({aggregate} != {least})")
                    }
                    _ => format!(" HAVING(COUNT(*) > {least})"),
                });
            }
        }
        format!("SELECT {chosen} {dataset}WHERE {{ {group} }}{end}")
    }

    fn aggregate(&mut self, place: Place, keys: &[String]) -> String {
        // A distinct count there takes terms of one value for one.
        let distinct = match self.random.percent(30) && !self.terms.is_portable {
            true => "DISTINCT ",
            false => "",
        };
        match self.random.below(9) {
            0..=3 => {
                // There, a row in which the expression has an error spoils the count; by 18.5.1.2 it is not counted.
                let counted = match self
                    .random
                    .below(if self.terms.is_portable { 3 } else { 4 })
                {
                    0 | 1 => "*".to_owned(),
                    2 => self.variable(place).to_owned(),
                    _ => self.value(place, 1),
                };
                format!("COUNT({distinct}{counted})")
            }
            4 => format!("SUM({distinct}{})", self.variable(place)),
            5 => format!("AVG({distinct}{})", self.variable(place)),
            6 => {
                let function = *self.random.pick(&["MIN", "MAX"]);
                format!("{function}({})", self.variable(place))
            }
            // These are determined only for what is the same in the whole group.
            7 => match keys.first().filter(|_| !self.terms.is_portable) {
                // There, numbers of an aggregate are made canonical.
                Some(key) => format!("SAMPLE({key})"),
                None => "SAMPLE(1)".to_owned(),
            },
            _ => match keys.first().filter(|_| !self.terms.is_portable) {
                Some(key) => format!("GROUP_CONCAT({distinct}STR({key}); SEPARATOR='|')"),
                // There, what is no string is an error, and STR gives the canonical form.
                None => format!("GROUP_CONCAT({distinct}'x')"),
            },
        }
    }

    pub fn group(&mut self, place: Place) -> String {
        let mut group = String::new();
        if self.random.percent(85) || place.in_graph && self.terms.is_portable {
            // There, a group without a triple does not look whether the graph exists.
            group.push_str(&self.triples(place));
        }
        for _ in 0..self.random.below(3) {
            let part = self.part(place);
            group.push_str(&part);
        }
        group
    }

    pub fn below(place: Place) -> Place {
        Place {
            depth: place.depth - 1,
            ..place
        }
    }

    /// Below, in a sub-SELECT.
    pub fn selected(place: Place) -> Place {
        Place {
            is_hidden: place.in_exists || place.in_lateral,
            ..Self::below(place)
        }
    }

    fn part(&mut self, place: Place) -> String {
        let kind = self.random.below(if place.depth == 0 { 5 } else { 16 });
        match kind {
            // There, a sub-SELECT takes variables of the outer solution that it does not project from both sides of MINUS.
            12 if self.terms.is_portable && place.is_hidden => self.triples(place),
            12 => self.minus(place),
            13 => format!("FILTER {} ", self.exists(place)),
            14 => self.lateral(place),
            15 => self.sliced(place),
            0..=2 => format!("FILTER({}) ", self.condition(place, 2)),
            3 => {
                let value = self.value(place, 2);
                format!("BIND({value} AS {}) ", self.fresh())
            }
            // What LATERAL is for may not be bound again within.
            4 if place.in_lateral => self.triples(place),
            4 => self.values(place),
            5 | 6 => format!("OPTIONAL {{ {} }} ", self.group(Self::below(place))),
            7 => format!(
                "{{ {} }} UNION {{ {} }} ",
                self.group(Self::below(place)),
                self.group(Self::below(place))
            ),
            8 => format!("{{ {} }} ", self.group(Self::below(place))),
            9 | 10 => self.graph(place),
            // There, a SELECT within GRAPH of a variable reads any graph, not the one of the solution.
            _ if place.in_variable.is_some() && self.terms.is_portable => self.triples(place),
            _ => format!("{{ {} }} ", self.select("", Self::selected(place), false)),
        }
    }

    fn graph(&mut self, place: Place) -> String {
        let mut within = Self::below(place);
        within.in_graph = true;
        // There, nested GRAPH does not look whether the outer one exists.
        if place.in_graph && self.terms.is_portable {
            return self.triples(place);
        }
        let name = match self.random.below(3) {
            0 => (*self.random.pick(&GRAPHS)).to_owned(),
            _ => {
                let variable = self.variable(place);
                within.in_variable = Some(variable);
                variable.to_owned()
            }
        };
        format!("GRAPH {name} {{ {} }} ", self.group(within))
    }

    fn values(&mut self, place: Place) -> String {
        let (first, second) = (self.variable(place), self.variable(place));
        if first == second {
            let terms: Vec<String> = (0..1 + self.random.below(3))
                .map(|_| self.data_value())
                .collect();
            return format!("VALUES {first} {{ {} }} ", terms.join(" "));
        }
        let rows: Vec<String> = (0..self.random.below(4))
            .map(|_| format!("({} {})", self.data_value(), self.data_value()))
            .collect();
        format!("VALUES ({first} {second}) {{ {} }} ", rows.join(" "))
    }

    fn data_value(&mut self) -> String {
        match self.random.percent(15) {
            true => "UNDEF".to_owned(),
            false => self.terms.constant(self.random),
        }
    }

    fn triples(&mut self, place: Place) -> String {
        (0..1 + self.random.below(3))
            .map(|_| self.triple(place))
            .collect()
    }

    fn triple(&mut self, place: Place) -> String {
        let subject = match self.random.below(8) {
            0 => self.random.pick(&self.terms.subjects).clone(),
            1 => "[]".to_owned(),
            _ => self.variable(place).to_owned(),
        };
        let predicate = match self.random.below(6) {
            0 | 1 => self.variable(place).to_owned(),
            2 => self.path(2, false),
            _ => self.random.pick(&self.terms.predicates).clone(),
        };
        let object = match self.random.below(8) {
            0 => self.terms.constant(self.random),
            1 => "[]".to_owned(),
            // There, a triple term that is none, such as one with a substituted blank node as its predicate, is an error
            // of EXISTS; by 18.6 such a pattern has no solutions.
            2 if !(place.in_exists && self.terms.is_portable) => self.triple_term(place, 1),
            _ => self.variable(place).to_owned(),
        };
        // There, a path of length zero does not join a constant that is in no triple with itself.
        if self.terms.is_portable && predicate.contains(['*', '?']) && predicate.contains('(') {
            return format!(
                "{} {predicate} {} . ",
                self.variable(place),
                self.variable(place)
            );
        }
        format!("{subject} {predicate} {object} . ")
    }

    /// A pattern of a triple term.
    fn triple_term(&mut self, place: Place, depth: usize) -> String {
        let subject = match self.random.below(3) {
            0 => self.random.pick(&self.terms.subjects).clone(),
            _ => self.variable(place).to_owned(),
        };
        let predicate = match self.random.below(3) {
            0 => self.variable(place).to_owned(),
            _ => self.random.pick(&self.terms.predicates).clone(),
        };
        let object = match self.random.below(4) {
            0 if depth > 0 => self.triple_term(place, depth - 1),
            1 => self.random.pick(&self.terms.subjects).clone(),
            _ => self.variable(place).to_owned(),
        };
        format!("<<( {subject} {predicate} {object} )>>")
    }

    /// `in_set`: within a path whose pairs are a set anyway.
    fn path(&mut self, depth: usize, in_set: bool) -> String {
        let predicate = self.random.pick(&self.terms.predicates).clone();
        let other = self.random.pick(&self.terms.predicates).clone();
        // There, an alternative gives each pair once; by 18.4 it is a union. A negated set with inverses is one too.
        let has_union = in_set || !self.terms.is_portable;
        match self.random.below(if depth == 0 { 3 } else { 9 }) {
            0 => predicate,
            1 => format!("^{predicate}"),
            2 => match self.random.below(if has_union { 4 } else { 3 }) {
                0 => format!("!{predicate}"),
                1 => format!("!(^{predicate})"),
                2 => format!("!({predicate}|{other})"),
                _ => format!("!({predicate}|^{other})"),
            },
            4 if has_union => format!(
                "({}|{})",
                self.path(depth - 1, in_set),
                self.path(depth - 1, in_set)
            ),
            3 | 4 => format!(
                "({}/{})",
                self.path(depth - 1, in_set),
                self.path(depth - 1, in_set)
            ),
            5 => format!("({})*", self.path(depth - 1, true)),
            6 => format!("({})+", self.path(depth - 1, true)),
            7 => format!("({})?", self.path(depth - 1, true)),
            _ => format!("^({})", self.path(depth - 1, in_set)),
        }
    }

    /// An expression for its boolean value.
    fn condition(&mut self, place: Place, depth: usize) -> String {
        let kind = self.random.below(if depth == 0 { 9 } else { 13 });
        match kind {
            8 => self.string_test(place),
            11 if place.depth > 0 => self.exists(place),
            0..=3 => {
                let operator = *self.random.pick(&["=", "!=", "<", "<=", ">", ">="]);
                // There, booleans have no order.
                let has_conditions = !self.terms.is_portable || matches!(operator, "=" | "!=");
                let depth = usize::from(has_conditions);
                let left = self.value(place, depth);
                let right = self.value(place, depth);
                format!("{left} {operator} {right}")
            }
            4 => {
                let needle = self.value(place, 1);
                // There, IN and NOT IN of an empty list are an error; by 17.4.1.9 they are false and true.
                let least = usize::from(self.terms.is_portable);
                let items: Vec<String> = (0..least + self.random.below(3))
                    .map(|_| self.value(place, 0))
                    .collect();
                let not = *self.random.pick(&["", "NOT "]);
                format!("{needle} {not}IN ({})", items.join(", "))
            }
            // There, a variable that a sub-SELECT hides is taken to be bound within as it is outside.
            5 if self.terms.is_portable && place.is_hidden => {
                format!("isIRI({})", self.variable(place))
            }
            5 => format!("BOUND({})", self.variable(place)),
            6 => {
                let test =
                    *self
                        .random
                        .pick(&["isIRI", "isBLANK", "isLITERAL", "isNUMERIC", "isTRIPLE"]);
                format!("{test}({})", self.value(place, 1))
            }
            7 => {
                let left = self.value(place, 1);
                format!("sameTerm({left}, {})", self.value(place, 1))
            }
            9 => format!("!({})", self.condition(place, depth - 1)),
            _ => {
                let operator = *self.random.pick(&["&&", "||"]);
                let left = self.condition(place, depth - 1);
                let right = match self.random.percent(25) {
                    true => self.value(place, 0),
                    false => self.condition(place, depth - 1),
                };
                format!("({left}) {operator} ({right})")
            }
        }
    }

    /// An expression for its term.
    fn value(&mut self, place: Place, depth: usize) -> String {
        match self.random.below(if depth == 0 { 7 } else { 14 }) {
            10 => {
                let operator = *self.random.pick(&["+", "-", "*", "/"]);
                let left = self.value(place, depth - 1);
                format!("({left} {operator} {})", self.value(place, depth - 1))
            }
            11 => {
                let condition = self.condition(place, depth - 1);
                let yes = self.value(place, depth - 1);
                format!("IF({condition}, {yes}, {})", self.value(place, depth - 1))
            }
            12 => {
                let first = self.value(place, depth - 1);
                format!("COALESCE({first}, {})", self.value(place, depth - 1))
            }
            13 => self.function(place, depth - 1),
            0..=3 => self.variable(place).to_owned(),
            4..=6 => self.terms.constant(self.random),
            7 => {
                // There, STR gives the canonical form, and the datatype of every kind of integer is xsd:integer.
                let functions = ["LANG", "STR", "DATATYPE"];
                let functions = &functions[..if self.terms.is_portable { 1 } else { 3 }];
                let function = *self.random.pick(functions);
                let argument = self.value(place, depth - 1);
                format!("{function}({argument})")
            }
            _ => format!("({})", self.condition(place, depth - 1)),
        }
    }

    /// A string, most of the time.
    fn text(&mut self, place: Place) -> String {
        match self.random.below(4) {
            0 => self.variable(place).to_owned(),
            1 => format!("STR({})", self.variable(place)),
            _ => (*self.random.pick(&[
                "'a'",
                "'a string'",
                "''",
                "'b'@en",
                "'A b'@fr",
                "'\u{E9}\u{301}'",
            ]))
            .to_owned(),
        }
    }

    fn string_test(&mut self, place: Place) -> String {
        let function = *self
            .random
            .pick(&["STRSTARTS", "STRENDS", "CONTAINS", "LANGMATCHES"]);
        let left = match function {
            "LANGMATCHES" => format!("LANG({})", self.variable(place)),
            _ => self.text(place),
        };
        let right = match function {
            "LANGMATCHES" => (*self.random.pick(&["'en'", "'*'", "'EN'", "'fr'"])).to_owned(),
            _ => self.text(place),
        };
        format!("{function}({left}, {right})")
    }

    fn function(&mut self, place: Place, depth: usize) -> String {
        let text = self.text(place);
        match self.random.below(14) {
            0 => format!("STRLEN({text})"),
            1 => format!("UCASE({text})"),
            2 => format!("LCASE({text})"),
            3 => format!("CONCAT({text}, {})", self.text(place)),
            4 => format!("STRBEFORE({text}, {})", self.text(place)),
            5 => format!("STRAFTER({text}, {})", self.text(place)),
            6 => {
                let start = self.random.below(5) as i64 - 1;
                match self.random.percent(50) {
                    true => format!("SUBSTR({text}, {start})"),
                    false => format!("SUBSTR({text}, {start}, {})", self.random.below(4)),
                }
            }
            7 => format!("ENCODE_FOR_URI({text})"),
            8 => {
                let function = *self.random.pick(&["ABS", "CEIL", "FLOOR", "ROUND"]);
                format!("{function}({})", self.value(place, depth))
            }
            9 => {
                let function = *self
                    .random
                    .pick(&["YEAR", "MONTH", "DAY", "HOURS", "MINUTES", "SECONDS", "TZ"]);
                format!("{function}({})", self.variable(place))
            }
            10 => format!("STRDT({text}, <http://x/datatype>)"),
            11 => format!("STRLANG({text}, 'en')"),
            12 => {
                let function = *self.random.pick(&["SUBJECT", "PREDICATE", "OBJECT"]);
                format!("{function}({})", self.variable(place))
            }
            _ => {
                let function =
                    *self
                        .random
                        .pick(&["MD5", "SHA1", "SHA256", "hasLANG", "hasLANGDIR"]);
                format!("{function}({text})")
            }
        }
    }
}
