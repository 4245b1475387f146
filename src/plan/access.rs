//! How a triple pattern can be read: orders, prefixes, exact counts.

use super::cost;
use super::node::{Node, Op, ProbeColumns};
use crate::algebra::{GraphSlot, QuadPattern, Slot, Var};
use crate::control::Control;
use crate::error::Result;
use crate::store::source::{G, O, P, S};
use crate::store::{Graphs, Order, QuadSource, ScanSpec, View};
use crate::term::Id;

/// Which graphs a request reads.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestGraphs {
    /// The default graph; `None` is an empty one.
    pub default: Option<Graphs>,
    /// The named graphs: `None` is all of them, else ids in ascending order.
    pub named: Option<Vec<u64>>,
}

/// A pattern with constants resolved, and how many rows it has.
#[derive(Clone, Debug)]
pub struct Access {
    /// A constant or a variable of each quad position; the graph has a variable or nothing.
    pub constants: [Option<u64>; 3],
    pub vars: [Option<Var>; 4],
    pub graphs: Graphs,
    pub view: View,
    /// Rows of the pattern, before positions of one variable are compared. Exact unless the graphs are a list.
    pub rows: f64,
    /// Positions that hold one variable.
    equal: Vec<(usize, usize)>,
    /// Whether the rows are triple terms, with the term in the place of the graph.
    is_of_terms: bool,
    /// The distinct variables.
    all_vars: Vec<Var>,
    readings: Vec<Reading>,
}

/// An order in which a pattern can be read, since its leading key columns are the constants of the pattern.
#[derive(Clone, Debug)]
struct Reading {
    order: Order,
    /// The quad position of each key column.
    columns: [usize; 4],
    /// Key columns before the free ones: constants, and a graph that the order implies.
    fixed: usize,
    /// The variables of the free key columns, by which a scan is sorted.
    sorted: Vec<Var>,
}

impl Reading {
    /// The quad positions of the key columns after the constants.
    fn free(&self) -> &[usize] {
        &self.columns[self.fixed..]
    }
}

/// Orders of quads, that of named graphs first: it is better for one of them.
const ORDERS: [Order; 5] = [
    Order::Gspo,
    Order::Psog,
    Order::Posg,
    Order::Spog,
    Order::Ospg,
];

/// What is needed to look at the data while planning.
pub struct Data<'a> {
    pub source: &'a dyn QuadSource,
    pub control: &'a Control,
    pub view: View,
    pub graphs: &'a RequestGraphs,
    pub constants: &'a [Id],
}

impl Data<'_> {
    pub fn constant(&self, slot: Slot) -> Option<Id> {
        match slot {
            Slot::Constant(constant) => self.constants.get(constant.0 as usize).copied(),
            Slot::Var(_) => None,
        }
    }

    /// How to read a pattern; `None` if it has no solution. Errors: those of [`QuadSource::count`].
    pub fn access(&self, pattern: &QuadPattern) -> Result<Option<Access>> {
        let mut constants = [None; 3];
        let mut vars = [None; 4];
        for position in [S, P, O] {
            vars[position] = pattern.triple[position].var();
            if let Some(id) = self.constant(pattern.triple[position]) {
                if id.is_local() {
                    return Ok(None);
                }
                constants[position] = Some(id.raw());
            }
        }
        let graphs = match pattern.graph {
            GraphSlot::Default => match &self.graphs.default {
                Some(graphs) => graphs.clone(),
                None => return Ok(None),
            },
            GraphSlot::Named(slot) => match self.named_graphs(slot) {
                Some(graphs) => graphs,
                None => return Ok(None),
            },
        };
        if let GraphSlot::Named(slot) = pattern.graph {
            vars[G] = slot.var();
        }
        let mut access = Access::new(constants, vars, graphs, self.view, false);
        let rows = self.count(&access)?;
        if rows == 0 {
            return Ok(None);
        }
        access.rows = rows as f64;
        Ok(Some(access))
    }

    /// How to read triple terms by their parts; `None` if there is none. Errors: those of [`QuadSource::count`].
    pub fn triple_terms(&self, term: Var, triple: &[Slot; 3]) -> Result<Option<Access>> {
        let mut constants = [None; 3];
        let mut vars = [None, None, None, Some(term)];
        for position in [S, P, O] {
            vars[position] = triple[position].var();
            if let Some(id) = self.constant(triple[position]) {
                if id.is_local() {
                    return Ok(None);
                }
                constants[position] = Some(id.raw());
            }
        }
        // A triple term is not asserted by being there.
        let mut access = Access::new(constants, vars, Graphs::Any, View::Both, true);
        let rows = self.count(&access)?;
        access.rows = rows as f64;
        Ok((rows > 0).then_some(access))
    }

    /// Triples with a predicate, in all graphs. Errors: those of [`QuadSource::count`].
    pub fn predicate_rows(&self, predicate: u64) -> Result<f64> {
        let spec = ScanSpec {
            order: Order::Psog,
            prefix: vec![predicate],
            range: None,
            graphs: Graphs::Any,
            view: self.view,
            wanted: [false; 4],
        };
        Ok(self.source.count(&spec, self.control)? as f64)
    }

    /// The graphs GRAPH with `slot` reads; `None` if there is none.
    pub fn named_graphs(&self, slot: Slot) -> Option<Graphs> {
        match (self.constant(slot), &self.graphs.named) {
            (Some(id), _) if !id.is_iri() || id.is_local() => None,
            (Some(id), Some(named)) if named.binary_search(&id.raw()).is_err() => None,
            (Some(id), _) => Some(Graphs::One(id.raw())),
            (None, None) => Some(Graphs::Named),
            (None, Some(named)) if named.is_empty() => None,
            (None, Some(named)) => Some(Graphs::Listed(named.clone())),
        }
    }

    /// Rows of a pattern, from the directory: exact where it tells, else of all graphs.
    fn count(&self, access: &Access) -> Result<u64> {
        let mut least = u64::MAX;
        for order in access.orders() {
            let mut spec = access.spec(order, &[]);
            let exact = match (&spec.graphs, order) {
                (Graphs::One(0) | Graphs::Named | Graphs::Any, _)
                | (Graphs::One(_), Order::Gspo) => true,
                _ => {
                    spec.graphs = Graphs::Any;
                    false
                }
            };
            least = least.min(self.source.count(&spec, self.control)?);
            if exact {
                break;
            }
        }
        Ok(least)
    }
}

/// Variables in their order, each once; there are few.
pub(super) fn each_once(vars: impl Iterator<Item = Var>) -> Vec<Var> {
    let mut once: Vec<Var> = Vec::with_capacity(4);
    for var in vars {
        if !once.contains(&var) {
            once.push(var);
        }
    }
    once
}

/// Pairs of positions that hold one variable.
fn equal_positions(vars: &[Option<Var>; 4]) -> Vec<(usize, usize)> {
    let mut equal = Vec::new();
    for right in 1..4 {
        if let Some(left) =
            (0..right).find(|&left| vars[left].is_some() && vars[left] == vars[right])
        {
            equal.push((left, right));
        }
    }
    equal
}

impl Access {
    fn new(
        constants: [Option<u64>; 3],
        vars: [Option<Var>; 4],
        graphs: Graphs,
        view: View,
        is_of_terms: bool,
    ) -> Self {
        let candidates: &[Order] = match graphs {
            _ if is_of_terms => &Order::TERMS,
            Graphs::One(graph) if graph != 0 => &ORDERS,
            _ => &ORDERS[1..],
        };
        let bound = constants.iter().flatten().count();
        let reading = |&order: &Order| {
            let columns = order.columns();
            let implied = usize::from(order == Order::Gspo);
            let fixed = implied + bound;
            let is_constant = |&position: &usize| position != G && constants[position].is_some();
            columns[implied..fixed].iter().all(is_constant).then(|| {
                let free = columns[fixed..].iter();
                let sorted = each_once(free.filter_map(|&position| vars[position]));
                Reading {
                    order,
                    columns,
                    fixed,
                    sorted,
                }
            })
        };
        let mut readings: Vec<Reading> = Vec::with_capacity(candidates.len());
        for reading in candidates.iter().filter_map(reading) {
            // Of two that give the same rows in the same order one is enough.
            if !readings.iter().any(|other| other.free() == reading.free()) {
                readings.push(reading);
            }
        }
        Self {
            readings,
            constants,
            vars,
            graphs,
            view,
            rows: 0.0,
            equal: equal_positions(&vars),
            is_of_terms,
            all_vars: each_once(vars.into_iter().flatten()),
        }
    }

    /// Orders whose leading key columns are the constants of the pattern.
    pub fn orders(&self) -> impl Iterator<Item = Order> {
        self.readings.iter().map(|reading| reading.order)
    }

    fn reading(&self, order: Order) -> Option<&Reading> {
        self.readings.iter().find(|reading| reading.order == order)
    }

    fn spec(&self, order: Order, wanted: &[usize]) -> ScanSpec {
        let implied = usize::from(order == Order::Gspo && matches!(self.graphs, Graphs::One(_)));
        let prefix = order.columns()[implied..]
            .iter()
            .map_while(|&position| self.constants.get(position).copied().flatten())
            .collect();
        let mut columns = [false; 4];
        wanted.iter().for_each(|&position| columns[position] = true);
        ScanSpec {
            order,
            prefix,
            range: None,
            graphs: self.graphs.clone(),
            view: self.view,
            wanted: columns,
        }
    }

    /// Variables by which a scan in `order` is sorted.
    pub fn sorted(&self, order: Order) -> &[Var] {
        self.reading(order)
            .map_or(&[], |reading| reading.sorted.as_slice())
    }

    /// The distinct variables.
    pub fn all_vars(&self) -> &[Var] {
        &self.all_vars
    }

    /// A guess at the distinct values of a variable.
    pub fn distinct(&self, var: Var) -> f64 {
        let bound = self.constants.iter().flatten().count();
        let position = self.vars.iter().position(|&other| other == Some(var));
        let distinct = match (position, bound) {
            (Some(G), _) if self.is_of_terms => self.rows,
            (_, 3) => 1.0,
            // What is left of two constants is nearly a set.
            (Some(S | P | O), 2) => self.rows,
            (Some(S), _) => self.rows * cost::DISTINCT_SUBJECTS,
            (Some(O), _) => self.rows.powf(cost::DISTINCT_OBJECTS_EXPONENT),
            _ => self.rows.sqrt().min(100.0),
        };
        distinct.max(1.0)
    }

    /// A guess at the rows of a join with `node`.
    pub fn joined_rows(&self, node: &Node) -> f64 {
        let vars = self.all_vars.iter();
        let shared = vars.filter(|var| node.column(**var).is_some());
        shared.fold(node.rows * self.rows, |rows, &var| {
            rows / self.distinct(var)
        })
    }

    /// The pattern as a scan in one of its orders. Columns stand in sort order.
    pub fn scan(&self, order: Order) -> Node {
        let columns = self.sorted(order).to_vec();
        let positions = self.reading(order).map_or(&[][..], Reading::free);
        let mut outputs: Vec<usize> = Vec::with_capacity(columns.len());
        for &position in positions {
            let var = self.vars[position];
            if var.is_some() && !outputs.iter().any(|&earlier| self.vars[earlier] == var) {
                outputs.push(position);
            }
        }
        let mut wanted = outputs.clone();
        wanted.extend(self.equal.iter().flat_map(|&(left, right)| [left, right]));
        Node {
            op: Op::Scan {
                spec: self.spec(order, &wanted),
                outputs,
                equal: self.equal.clone(),
            },
            always: vec![true; columns.len()],
            sorted: columns.clone(),
            columns,
            rows: if self.equal.is_empty() {
                self.rows
            } else {
                self.rows.sqrt()
            },
            cost: cost::SCAN_OPEN + self.rows * cost::SCAN_ROW,
            number: 0,
        }
    }

    /// The pattern as a count, for all or for each value of `key`; `None` if the directory does not tell.
    pub fn count(&self, key: Option<Var>) -> Option<Op> {
        if !self.equal.is_empty() {
            return None;
        }
        let Some(key) = key else {
            let order = self.orders().next()?;
            return Some(Op::CountScan {
                spec: self.spec(order, &[]),
            });
        };
        let mut readings = self.readings.iter();
        let reading = readings.find(|reading| reading.sorted.first() == Some(&key))?;
        let position = *reading.free().first()?;
        (self.vars[position] == Some(key)).then(|| Op::CountRuns {
            spec: self.spec(reading.order, &[position]),
            position,
        })
    }

    /// The column of `input` that gives triple terms by their ids.
    fn term_column(&self, input: &Node) -> Option<usize> {
        let term = self.vars[G].filter(|_| self.is_of_terms)?;
        input.column(term)
    }

    /// Whether the pattern can be probed with variables of `input`: none that it shares is unbound in a row, and one is the
    /// first key column of a reading.
    pub fn can_probe(&self, input: &Node) -> bool {
        let is_settled = |var: &Var| (input.column(*var)).is_none_or(|column| input.always[column]);
        self.all_vars.iter().all(is_settled)
            && (self.term_column(input).is_some()
                || (self.readings.iter()).any(|reading| self.keys(reading, input).next().is_some()))
    }

    /// Columns of `input`, never unbound, that give the first free key columns of a reading, and their quad positions.
    fn keys(&self, reading: &Reading, input: &Node) -> impl Iterator<Item = (usize, usize)> {
        reading.free().iter().map_while(move |&position| {
            let column = input.column(self.vars[position]?)?;
            // A graph is a key column only where the scan's graph column is real.
            (input.always[column] && position != G).then_some((column, position))
        })
    }

    /// Ways to probe the pattern with bound variables of `input`: key columns in order, and the variables they bind.
    /// The best has the most keys. `None` where it cannot be probed ([`Access::can_probe`]).
    pub fn probe(&self, input: &Node) -> Option<(ScanSpec, ProbeColumns)> {
        if let Some(column) = self.term_column(input) {
            return self.open(input, column);
        }
        let mut best: Option<(usize, &Reading)> = None;
        for reading in &self.readings {
            let count = self.keys(reading, input).count();
            if count > best.map_or(0, |(most, _)| most) {
                best = Some((count, reading));
            }
        }
        let (count, reading) = best?;
        let (keys, key_positions) = self.keys(reading, input).unzip();
        let mut columns = ProbeColumns {
            keys,
            key_positions,
            equal: self.equal.clone(),
            ..ProbeColumns::default()
        };
        self.rest(&reading.free()[count..], input, &mut columns)?;
        Some((self.spec(reading.order, &columns.positions()), columns))
    }

    /// Triple terms by their ids in a column of `input`, one row each.
    fn open(&self, input: &Node, column: usize) -> Option<(ScanSpec, ProbeColumns)> {
        if !input.always[column] {
            return None;
        }
        let mut columns = ProbeColumns {
            keys: vec![column],
            key_positions: vec![G],
            equal: self.equal.clone(),
            constants: [S, P, O]
                .into_iter()
                .filter_map(|position| Some((position, self.constants[position]?)))
                .collect(),
            ..ProbeColumns::default()
        };
        self.rest(&[S, P, O], input, &mut columns)?;
        let mut spec = self.spec(Order::TermSpo, &columns.positions());
        spec.prefix.clear();
        Some((spec, columns))
    }

    /// What becomes of positions that are no keys: columns of the output, or compared with the input.
    fn rest(&self, positions: &[usize], input: &Node, columns: &mut ProbeColumns) -> Option<()> {
        let mut given: Vec<Var> = Vec::new();
        for &position in positions {
            let Some(var) = self.vars[position] else {
                continue;
            };
            match input.column(var) {
                Some(column) if input.always[column] => columns.checks.push((position, column)),
                Some(_) => return None,
                None if given.contains(&var) => {}
                None => {
                    given.push(var);
                    columns.outputs.push(position);
                }
            }
        }
        Some(())
    }
}

impl ProbeColumns {
    /// The quad positions read.
    fn positions(&self) -> Vec<usize> {
        let mut positions = self.key_positions.clone();
        positions.extend(&self.outputs);
        positions.extend(self.checks.iter().map(|&(position, _)| position));
        let pairs = self.equal.iter();
        positions.extend(pairs.flat_map(|&(left, right)| [left, right]));
        positions.extend(self.constants.iter().map(|&(position, _)| position));
        positions
    }
}
