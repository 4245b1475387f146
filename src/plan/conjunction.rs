//! Groups: the parts of a join and the conditions on them.
//!
//! Parts that are groups themselves are opened where that changes nothing, so that braces do not decide the order of joins;
//! conditions go as far in as their variables allow. One that has to see the whole solutions stays where it is written, at
//! the end of its group.

use super::correlation::restricts;
use super::cost;
use super::join::{Item, join};
use super::node::{Node, Op};
use super::optional::hoisted;
use super::planner::Planner;
use super::service;
use super::shape::{empty, fixed, union, unit, with_filters, wrap};
use crate::algebra::{
    Bound, Comparison, Constant, Expr, Function, GraphSlot, Pattern, Slot, Var, bound,
};
use crate::error::Result;
use crate::store::source::G;
use crate::store::{Graphs, Order, ScanSpec};
use crate::term::{Datatype, Id, LiteralRef, inline_literal};

impl Planner<'_> {
    /// The solutions of `inner` for which all conditions are true.
    pub(super) fn filter(&mut self, filters: Vec<Expr>, inner: &Pattern) -> Result<Node> {
        let Some(filters) = self.fold(filters) else {
            let columns = bound(inner).possible.into_iter().collect();
            return Ok(self.nothing(columns));
        };
        if filters.iter().any(sees_whole) {
            let (last, filters) = filters.into_iter().partition(sees_whole);
            let node = self.filter(filters, inner)?;
            return Ok(with_filters(node, last));
        }
        if filters.is_empty() {
            return self.pattern(inner, None);
        }
        match inner {
            Pattern::Join(parts) => self.join(parts, filters),
            Pattern::Quad(_)
            | Pattern::Path(_)
            | Pattern::TripleTerm { .. }
            | Pattern::Service(_)
            | Pattern::Values { .. } => self.join(std::slice::from_ref(inner), filters),
            Pattern::Filter {
                filters: more,
                inner,
            } => {
                let mut all = more.clone();
                all.extend(filters);
                self.filter(all, inner)
            }
            Pattern::Union(branches) => {
                let inputs = branches
                    .iter()
                    .map(|branch| self.filter(filters.clone(), branch))
                    .collect::<Result<Vec<_>>>()?;
                Ok(union(inputs))
            }
            Pattern::LeftJoin {
                left,
                right,
                filters: condition,
            } => self.left_join(left, right, condition, filters),
            Pattern::Minus { left, right, graph } => self.minus(left, right, *graph, filters),
            Pattern::Lateral { left, right } => self.lateral(left, right, filters),
            Pattern::Extend { inner, bindings } => {
                let (late, early) = filters.into_iter().partition(|filter: &Expr| {
                    let read = filter.vars();
                    bindings.iter().any(|(var, _)| read.contains(var))
                });
                let input = self.filter(early, inner)?;
                let node = self.extend(input, bindings.clone());
                Ok(with_filters(node, late))
            }
            // A variable that is not projected has another number within.
            Pattern::Project { inner, vars } => {
                let input = self.filter(filters, inner)?;
                Ok(self.project(input, vars))
            }
            Pattern::Distinct(inner) => Ok(super::shape::distinct(self.filter(filters, inner)?)),
            Pattern::Reduced(inner) => {
                let input = self.filter(filters, inner)?;
                let rows = input.rows;
                Ok(wrap(input, rows, 1.0, |input| Op::DropRepeated { input }))
            }
            Pattern::OrderBy { inner, keys } => {
                let input = self.filter(filters, inner)?;
                Ok(self.order_by(input, keys, None))
            }
            // LIMIT counts what is there before the condition, and a group needs all its members.
            _ => {
                let node = self.pattern(inner, None)?;
                Ok(with_filters(node, filters))
            }
        }
    }

    /// No rows, with these columns and those a dependent plan carries.
    pub(super) fn nothing(&self, mut columns: Vec<Var>) -> Node {
        columns.extend(self.given.iter().flat_map(|given| given.columns()));
        columns.sort_unstable();
        columns.dedup();
        empty(columns)
    }

    /// Conditions without those that are always true; `None` if one never is.
    pub(super) fn fold(&self, filters: Vec<Expr>) -> Option<Vec<Expr>> {
        let mut kept = Vec::with_capacity(filters.len());
        for filter in filters {
            match self.constant_truth(&filter) {
                Some(true) => {}
                Some(false) => return None,
                None => kept.push(filter),
            }
        }
        Some(kept)
    }

    /// What a condition of boolean constants is.
    fn constant_truth(&self, expr: &Expr) -> Option<bool> {
        let boolean = |text| inline_literal(LiteralRef::typed(text, Datatype::Boolean.iri()));
        match expr {
            Expr::Constant(constant) => {
                let id = self.data.constant(Slot::Constant(*constant));
                match id {
                    _ if id.is_none() => None,
                    _ if id == boolean("true") => Some(true),
                    _ if id == boolean("false") => Some(false),
                    _ => None,
                }
            }
            Expr::Not(inner) => self.constant_truth(inner).map(|truth| !truth),
            Expr::And(parts) => self.constant_all(parts, true),
            Expr::Or(parts) => self.constant_all(parts, false),
            _ => None,
        }
    }

    /// A conjunction (`all`) or disjunction of constants, decided by one part or by all.
    fn constant_all(&self, parts: &[Expr], all: bool) -> Option<bool> {
        let mut known = true;
        for part in parts {
            match self.constant_truth(part) {
                Some(truth) if truth != all => return Some(!all),
                Some(_) => {}
                None => known = false,
            }
        }
        known.then_some(all)
    }

    /// Joins the parts of a group.
    pub(super) fn join(&mut self, parts: &[Pattern], filters: Vec<Expr>) -> Result<Node> {
        let Some(filters) = self.fold(filters) else {
            let columns = parts.iter().flat_map(|part| bound(part).possible);
            return Ok(self.nothing(columns.collect()));
        };
        let mut group = Group {
            parts: Vec::with_capacity(parts.len()),
            filters,
        };
        parts.iter().for_each(|part| group.add(part));
        if group.parts.iter().any(|part| is_compound(part)) {
            if let [Pattern::LeftJoin { .. } | Pattern::Union(_)] = group.parts[..] {
                let part = group.parts[0];
                return self.filter(group.filters, part);
            }
            group.open();
            let bounds = group.bounds();
            let given = self.given.clone();
            let is_given = |var| given.as_ref().is_some_and(|given| given.is_always(var));
            // The endpoint of a service may be bound by the OPTIONAL.
            let asks = |part: &&Pattern| matches!(part, Pattern::Service(service) if service.endpoint.var().is_some());
            if group.parts.len() > 1
                && !group.parts.iter().any(asks)
                && let Some(place) = hoisted(&group.parts, &bounds, is_given)
            {
                return self.join_under(group, place);
            }
        }
        self.join_parts(group)
    }

    /// Joins the other parts with the left side of the OPTIONAL at `place`.
    fn join_under(&mut self, mut group: Group<'_>, place: usize) -> Result<Node> {
        let Pattern::LeftJoin {
            left,
            right,
            filters: condition,
        } = group.parts.remove(place)
        else {
            return self.join_parts(group);
        };
        let mut parts = vec![(**left).clone()];
        parts.extend(group.parts.into_iter().cloned());
        self.left_join(&Pattern::Join(parts), right, condition, group.filters)
    }

    fn join_parts(&mut self, group: Group<'_>) -> Result<Node> {
        let Group { parts, filters } = group;
        let mut items = Vec::with_capacity(parts.len());
        // Those whose endpoints the other parts bind.
        let mut services = Vec::new();
        let mut is_empty = false;
        let mut groups = Vec::new();
        for &part in &parts {
            match part {
                Pattern::Quad(quad) => match self.data.access(quad)? {
                    Some(access) => items.push(Item::Access(access)),
                    None => is_empty = true,
                },
                Pattern::Service(service) => match self.data.constant(service.endpoint) {
                    Some(endpoint) => {
                        items.push(Item::Node(service::leaf(service, endpoint.raw())));
                    }
                    None => services.push(service),
                },
                Pattern::TripleTerm { term, triple } => {
                    match self.data.triple_terms(*term, triple)? {
                        Some(access) => items.push(Item::Access(access)),
                        None => is_empty = true,
                    }
                }
                Pattern::Path(path) => {
                    let fresh = self.fresh();
                    match self.data.path(path, fresh)? {
                        Some(access) => items.push(Item::Path(access)),
                        None => is_empty = true,
                    }
                }
                Pattern::Graphs(slot) => {
                    let found_elsewhere = parts.iter().any(|other| {
                        matches!(other, Pattern::Quad(quad) if quad.graph == GraphSlot::Named(*slot))
                    });
                    if !found_elsewhere {
                        match self.graphs(*slot)? {
                            Some(node) => items.push(Item::Node(node)),
                            None => is_empty = true,
                        }
                    }
                }
                Pattern::Values { vars, rows } => {
                    items.push(Item::Node(self.values(vars, rows)));
                }
                other => {
                    let node = self.side(other, Vec::new())?;
                    is_empty |= matches!(node.op, Op::Fixed { rows: 0, .. });
                    groups.push((items.len(), node.cost, other));
                    items.push(Item::Node(node));
                }
            }
        }
        if is_empty {
            let columns = parts.iter().flat_map(|part| bound(part).possible);
            return Ok(self.nothing(columns.collect()));
        }
        let (mut filters, late) = service::split_filters(filters, &services);
        self.bind_equal_iris(&mut filters, &mut items);
        self.carry_with(&mut items);
        let costly = groups
            .into_iter()
            .max_by(|left, right| left.1.total_cmp(&right.1));
        let joined = match costly {
            Some((place, _, part)) if items.len() > 1 => {
                self.join_group(place, part, items, filters)?
            }
            _ => join(items, filters),
        };
        service::join_services(joined, services, late)
    }

    /// In a dependent plan, adds the given rows if no item has them.
    fn carry_with(&self, items: &mut Vec<Item>) {
        if let Some(given) = &self.given {
            let carries = |item: &Item| match item {
                Item::Node(node) => node.column(given.row).is_some(),
                Item::Access(_) | Item::Path(_) => false,
            };
            if !items.iter().any(carries) {
                items.push(Item::Node(given.node()));
            }
        }
    }

    /// Joins all items, or all but the group at `place` and then works that one for the rows of the others.
    fn join_group(
        &mut self,
        place: usize,
        part: &Pattern,
        items: Vec<Item>,
        filters: Vec<Expr>,
    ) -> Result<Node> {
        let mut others = items.clone();
        others.remove(place);
        self.carry_with(&mut others);
        let visible: Vec<Var> = others.iter().flat_map(Item::vars).copied().collect();
        let read = part.vars();
        let shares = visible.iter().any(|var| read.binary_search(var).is_ok());
        if !shares || !restricts(part, &visible) || !self.may_try() {
            return Ok(join(items, filters));
        }
        let possible = bound(part).possible;
        let (early, late): (Vec<Expr>, Vec<Expr>) = filters.iter().cloned().partition(|filter| {
            filter.vars().iter().all(|var| {
                !possible.contains(var) || others.iter().any(|item| item.is_always(*var))
            })
        });
        let outer = join(others, early);
        // Where there are many rows, it is worked as a whole.
        let whole = join(items, filters);
        if outer.cost >= whole.cost {
            return Ok(whole);
        }
        let node = self.dependent_join(outer, part, Vec::new(), false, Vec::new())?;
        let node = with_filters(node, late);
        Ok(match node.cost < whole.cost {
            true => node,
            false => whole,
        })
    }

    fn values(&self, vars: &[Var], rows: &[Vec<Option<Constant>>]) -> Node {
        let id = |constant: Option<Constant>| {
            constant
                .and_then(|constant| self.data.constant(Slot::Constant(constant)))
                .unwrap_or(Id::UNBOUND)
                .raw()
        };
        let columns = (0..vars.len())
            .map(|column| {
                rows.iter()
                    .map(|row| id(row.get(column).copied().flatten()))
                    .collect()
            })
            .collect();
        fixed(vars.to_vec(), columns, rows.len())
    }

    /// `?x = <iri>`, `sameTerm(?x, term)` and `?x IN (<iri>, ...)` of a variable that a pattern binds are joins with those
    /// terms: IRIs are equal if they are the same term.
    fn bind_equal_iris(&self, filters: &mut Vec<Expr>, items: &mut Vec<Item>) {
        let is_bound = |items: &[Item], var: Var| {
            items.iter().any(
                |item| matches!(item, Item::Access(access) if access.all_vars().contains(&var)),
            )
        };
        filters.retain(|filter| {
            let Some((var, mut ids)) = self.terms_of(filter) else {
                return true;
            };
            if !is_bound(items, var) {
                return true;
            }
            ids.sort_unstable();
            ids.dedup();
            let rows = ids.len();
            items.push(Item::Node(fixed(vec![var], vec![ids], rows)));
            false
        });
    }

    /// The terms a variable must be one of for a condition to be true, where they are all.
    fn terms_of(&self, filter: &Expr) -> Option<(Var, Vec<u64>)> {
        let id = |expr: &Expr| match expr {
            Expr::Constant(constant) => self.data.constant(Slot::Constant(*constant)),
            _ => None,
        };
        let iri = |expr: &Expr| id(expr).filter(|id| id.is_iri()).map(Id::raw);
        match filter {
            Expr::Compare(Comparison::Equal, left, right) => match (&**left, &**right) {
                (Expr::Var(var), constant) | (constant, Expr::Var(var)) => {
                    Some((*var, vec![iri(constant)?]))
                }
                _ => None,
            },
            Expr::Call(Function::SameTerm, operands) => match &operands[..] {
                [Expr::Var(var), constant] | [constant, Expr::Var(var)] => {
                    Some((*var, vec![id(constant)?.raw()]))
                }
                _ => None,
            },
            Expr::In(needle, list) => match &**needle {
                Expr::Var(var) if !list.is_empty() => {
                    Some((*var, list.iter().map(iri).collect::<Option<_>>()?))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The named graphs as rows; `None` if there is none.
    fn graphs(&mut self, slot: Slot) -> Result<Option<Node>> {
        let Some(graphs) = self.data.named_graphs(slot) else {
            return Ok(None);
        };
        let is_one = matches!(graphs, Graphs::One(_));
        let mut wanted = [false; 4];
        wanted[G] = !is_one;
        let spec = ScanSpec {
            order: Order::Gspo,
            prefix: Vec::new(),
            range: None,
            graphs,
            view: self.data.view,
            wanted,
        };
        match slot.var() {
            Some(var) => Ok(Some(Node {
                op: Op::CountRuns { spec, position: G },
                columns: vec![var],
                always: vec![true],
                sorted: vec![var],
                rows: 100.0,
                cost: cost::SCAN_OPEN,
                number: 0,
            })),
            None => {
                let rows = self.data.source.count(&spec, self.data.control)?;
                Ok((rows > 0).then(unit))
            }
        }
    }
}

/// Whether a condition has to be asked of the whole solutions of its group. One that answers differently each time would be
/// asked for other solutions elsewhere, where one answer stands for several or is dropped; what a MINUS within EXISTS removes
/// depends on whether anything is bound outside.
pub fn sees_whole(filter: &Expr) -> bool {
    filter.is_volatile() || filter.has_minus()
}

/// The parts of a join and the conditions on its solutions.
struct Group<'p> {
    parts: Vec<&'p Pattern>,
    filters: Vec<Expr>,
}

fn is_compound(pattern: &Pattern) -> bool {
    !matches!(
        pattern,
        Pattern::Quad(_)
            | Pattern::Path(_)
            | Pattern::TripleTerm { .. }
            | Pattern::Service(_)
            | Pattern::Graphs(_)
            | Pattern::Values { .. }
    )
}

impl<'p> Group<'p> {
    fn add(&mut self, part: &'p Pattern) {
        match part {
            Pattern::Join(parts) => parts.iter().for_each(|part| self.add(part)),
            part => self.parts.push(part),
        }
    }

    fn bounds(&self) -> Vec<Bound> {
        self.parts.iter().map(|part| bound(part)).collect()
    }

    /// Takes in the parts and conditions of parts that are filtered groups, where no condition reads a variable that it sees
    /// unbound and another part binds, or has to see whole solutions.
    fn open(&mut self) {
        let mut place = 0;
        let mut bounds = self.bounds();
        while place < self.parts.len() {
            let Pattern::Filter { filters, inner } = self.parts[place] else {
                place += 1;
                continue;
            };
            let own = bound(inner).always;
            let is_settled = |var: &Var| {
                own.contains(var)
                    || bounds
                        .iter()
                        .enumerate()
                        .all(|(other, bound)| other == place || !bound.possible.contains(var))
            };
            let may_leave =
                |filter: &Expr| filter.vars().iter().all(is_settled) && !sees_whole(filter);
            if !filters.iter().all(may_leave) {
                place += 1;
                continue;
            }
            self.filters.extend(filters.iter().cloned());
            self.parts.swap_remove(place);
            bounds.swap_remove(place);
            let first = self.parts.len();
            self.add(inner);
            bounds.extend(self.parts[first..].iter().map(|part| bound(part)));
        }
    }
}
