//! Join order: greedy, from exact counts, with sort orders so that merge joins are used where they are free.

use super::access::Access;
use super::cost;
use super::node::{JoinColumns, JoinKind, Node, Op};
use super::path::PathAccess;
use super::shape::{choose, unit, with_filters};
use crate::algebra::{Expr, Var};
use crate::store::Order;
use rustc_hash::FxHashMap;

/// A part of a join: a pattern that can be read in several ways, or a plan.
#[derive(Clone)]
pub enum Item {
    Access(Access),
    Path(PathAccess),
    Node(Node),
}

impl Item {
    /// Whether a variable is bound in every row.
    pub fn is_always(&self, var: Var) -> bool {
        match self {
            Self::Access(_) | Self::Path(_) => self.vars().contains(&var),
            Self::Node(node) => node.is_always(var),
        }
    }

    pub fn vars(&self) -> &[Var] {
        match self {
            Self::Access(access) => access.all_vars(),
            Self::Path(path) => path.all_vars(),
            Self::Node(node) => &node.columns,
        }
    }

    fn rows(&self) -> f64 {
        match self {
            Self::Access(access) => access.rows,
            Self::Path(path) => path.rows,
            Self::Node(node) => node.rows,
        }
    }

    /// The least that joining it adds to the cost, however it is joined.
    fn least_cost(&self) -> f64 {
        match self {
            Self::Access(_) => cost::SCAN_OPEN,
            Self::Path(_) => 0.0,
            Self::Node(node) => node.cost,
        }
    }

    fn distinct(&self, var: Var) -> f64 {
        match self {
            Self::Access(access) => access.distinct(var),
            Self::Path(path) => path.distinct(var),
            Self::Node(node) => node.rows.max(1.0),
        }
    }
}

/// How an item is joined to what is there.
#[derive(Clone, Copy, Debug)]
enum Method {
    Merge(Option<Order>),
    Probe,
    /// Walks from the rows there are.
    Walk,
    /// Whether the item is the side held in memory.
    Hash {
        build_item: bool,
    },
}

/// A join under construction.
struct Tree {
    node: Node,
    /// Guesses at distinct values.
    distinct: FxHashMap<Var, f64>,
}

/// Starts tried: items with the fewest rows.
const STARTS: usize = 3;

/// Items ordered at a time: the time to order them grows with the square, and each is one operator more on the stack.
pub const BLOCK_ITEMS: usize = 32;

/// Joins all items and applies each filter as soon as its variables have their final values.
pub fn join(mut items: Vec<Item>, mut filters: Vec<Expr>) -> Node {
    if items.is_empty() {
        return with_filters(unit(), filters);
    }
    while items.len() > BLOCK_ITEMS {
        items = join_blocks(items, &mut filters);
    }
    let mut by_rows: Vec<usize> = (0..items.len()).collect();
    by_rows.sort_by(|&left, &right| items[left].rows().total_cmp(&items[right].rows()));
    let conditions: Vec<Condition<'_>> = filters.iter().map(Condition::new).collect();
    let planning = items.len() as f64 * cost::PLAN_JOIN;
    let mut best: Option<Node> = None;
    for &start in by_rows.iter().take(STARTS) {
        let orders: Vec<Option<Order>> = match &items[start] {
            Item::Access(access) => access.orders().map(Some).collect(),
            Item::Path(_) | Item::Node(_) => vec![None],
        };
        for order in orders {
            let least = best.as_ref().map(|best| best.cost - planning);
            best = grow(&items, start, order, &conditions, least).or(best);
        }
    }
    best.unwrap_or_else(unit)
}

/// A filter and what it reads.
struct Condition<'f> {
    expr: &'f Expr,
    vars: Vec<Var>,
    has_exists: bool,
}

impl<'f> Condition<'f> {
    fn new(expr: &'f Expr) -> Self {
        Self {
            expr,
            vars: expr.vars(),
            has_exists: expr.has_exists(),
        }
    }
}

/// Joins blocks of items that share variables.
fn join_blocks(items: Vec<Item>, filters: &mut Vec<Expr>) -> Vec<Item> {
    let vars: Vec<Vec<Var>> = items.iter().map(|item| item.vars().to_vec()).collect();
    let mut holders: FxHashMap<Var, Vec<usize>> = FxHashMap::default();
    for (index, vars) in vars.iter().enumerate() {
        for &var in vars {
            holders.entry(var).or_default().push(index);
        }
    }
    let mut by_rows: Vec<usize> = (0..items.len()).collect();
    by_rows.sort_by(|&left, &right| items[left].rows().total_cmp(&items[right].rows()));
    let mut items: Vec<Option<Item>> = items.into_iter().map(Some).collect();
    let mut joined = Vec::with_capacity(items.len().div_ceil(BLOCK_ITEMS));
    for start in by_rows {
        let mut block = Vec::with_capacity(BLOCK_ITEMS);
        let mut open = vec![start];
        while let Some(index) = open.pop() {
            if block.len() == BLOCK_ITEMS {
                break;
            }
            let Some(item) = items[index].take() else {
                continue;
            };
            block.push(item);
            for var in &vars[index] {
                let near = holders.get(var).map_or(&[][..], Vec::as_slice);
                let near = near.iter().filter(|near| items[**near].is_some());
                open.extend(near.take(BLOCK_ITEMS));
            }
        }
        if block.is_empty() {
            continue;
        }
        // What the block alone binds in every row is settled.
        let always = |var: &Var| block.iter().any(|item| item.is_always(*var));
        let (settled, waiting) = std::mem::take(filters)
            .into_iter()
            .partition(|filter: &Expr| {
                let vars = filter.vars();
                !vars.is_empty() && vars.iter().all(always)
            });
        *filters = waiting;
        joined.push(Item::Node(join(block, settled)));
    }
    if joined.len() < items.len() {
        return joined;
    }
    // Items that share nothing are multiplied in any case.
    let mut products = Vec::with_capacity(joined.len().div_ceil(BLOCK_ITEMS));
    let mut joined = joined.into_iter().peekable();
    while joined.peek().is_some() {
        let block = joined.by_ref().take(BLOCK_ITEMS).collect();
        products.push(Item::Node(join(block, Vec::new())));
    }
    products
}

/// The join that begins with an item; `None` if it does not cost less than `least`.
fn grow(
    items: &[Item],
    start: usize,
    order: Option<Order>,
    filters: &[Condition<'_>],
    least: Option<f64>,
) -> Option<Node> {
    let is_costly = |cost: f64| least.is_some_and(|least| cost >= least);
    let node = match (&items[start], order) {
        (Item::Access(access), Some(order)) => access.scan(order),
        (Item::Access(access), None) => access.scan(Order::Psog),
        (Item::Path(path), _) => path.whole(),
        (Item::Node(node), _) => node.clone(),
    };
    let mut tree = Tree {
        distinct: node
            .columns
            .iter()
            .map(|&var| (var, items[start].distinct(var)))
            .collect(),
        node,
    };
    let mut left: Vec<usize> = (0..items.len()).filter(|&index| index != start).collect();
    let mut ahead: f64 = left.iter().map(|&index| items[index].least_cost()).sum();
    // An EXISTS costs much for a row; it is asked when rows are fewest.
    let (mut tests, mut waiting): (Vec<&Condition<'_>>, Vec<&Condition<'_>>) =
        filters.iter().partition(|filter| filter.has_exists);
    tree.filter(&mut waiting, items, &left);
    while !left.is_empty() {
        if is_costly(tree.node.cost + ahead) {
            return None;
        }
        let shares = |index: usize| tree.shared(&items[index]).next().is_some();
        let connected = left.iter().any(|&index| shares(index));
        let mut best: Option<(f64, usize, Method)> = None;
        for (place, &index) in left.iter().enumerate() {
            if connected && !shares(index) {
                continue;
            }
            let item = &items[index];
            let rows = tree.joined_rows(item);
            tree.methods(item, rows, |method, cost| {
                // What comes out is paid for again by every later join.
                let weight = cost + rows * cost::HASH_PROBE_ROW;
                if best.is_none_or(|(least, ..)| weight < least) {
                    best = Some((weight, place, method));
                }
            });
        }
        let Some((_, place, method)) = best else {
            break;
        };
        if tree.joined_rows(&items[left[place]]) > tree.node.rows {
            tree.filter(&mut tests, items, &left);
        }
        let index = left.swap_remove(place);
        ahead -= items[index].least_cost();
        tree.add(&items[index], method);
        tree.filter(&mut waiting, items, &left);
    }
    waiting.extend(tests);
    let late = waiting.into_iter().map(|filter| filter.expr.clone());
    let node = with_filters(tree.node, late.collect());
    (!is_costly(node.cost)).then_some(node)
}

impl Tree {
    /// Applies the filters whose variables later items cannot change.
    fn filter(&mut self, waiting: &mut Vec<&Condition<'_>>, items: &[Item], left: &[usize]) {
        let mut ready = Vec::new();
        waiting.retain(|filter| {
            let is_ready = filter.vars.iter().all(|&var| {
                self.node.is_always(var)
                    || !left.iter().any(|&index| items[index].vars().contains(&var))
            });
            if is_ready {
                ready.push(filter.expr.clone());
            }
            !is_ready
        });
        if !ready.is_empty() {
            let node = std::mem::replace(&mut self.node, unit());
            self.node = with_filters(node, ready);
        }
    }

    fn shared(&self, item: &Item) -> impl Iterator<Item = Var> {
        let vars = item.vars().iter().copied();
        vars.filter(|&var| self.node.column(var).is_some())
    }

    fn joined_rows(&self, item: &Item) -> f64 {
        let mut rows = self.node.rows * item.rows();
        for var in self.shared(item) {
            let mine = self.distinct.get(&var).copied().unwrap_or(1.0);
            rows /= mine.max(item.distinct(var)).max(1.0);
        }
        rows.max(if self.node.rows == 0.0 { 0.0 } else { 0.1 })
    }

    /// Tells `offer` in which ways an item can be joined to give so many rows, and what each costs.
    fn methods(&self, item: &Item, rows: f64, mut offer: impl FnMut(Method, f64)) {
        let out = rows * cost::OUTPUT_ROW;
        let (mine, theirs) = (self.node.rows, item.rows());
        let scan_cost = match item {
            Item::Access(_) => cost::SCAN_OPEN + theirs * cost::SCAN_ROW,
            Item::Path(path) => path.whole().cost,
            Item::Node(node) => node.cost,
        };
        match item {
            Item::Path(path) => {
                if path.can_follow(&self.node) {
                    offer(Method::Walk, path.walk_cost(&self.node, mine) + out);
                }
            }
            Item::Access(access) => {
                for order in access.orders() {
                    if merge_keys(&self.node, access.sorted(order), |_| true) > 0 {
                        // A merge reads what it does not skip.
                        offer(
                            Method::Merge(Some(order)),
                            cost::SCAN_OPEN + cost::merge(mine, theirs) + out,
                        );
                    }
                }
                if access.can_probe(&self.node) {
                    offer(Method::Probe, cost::probe(mine, theirs) + out);
                }
            }
            Item::Node(node) => {
                if merge_keys(&self.node, &node.sorted, |var| node.is_always(var)) > 0 {
                    offer(
                        Method::Merge(None),
                        scan_cost + cost::merge(mine, theirs) + out,
                    );
                }
            }
        }
        if self.shared(item).next().is_none() {
            let pairs = mine * theirs * cost::CROSS_PAIR;
            offer(
                Method::Hash {
                    build_item: theirs <= mine,
                },
                scan_cost + pairs,
            );
        } else {
            let is_key = |var: Var| self.node.is_always(var) && item.is_always(var);
            let may_be_unbound = !self.shared(item).all(is_key);
            let hash = |build: f64, probe: f64| cost::hash(build, probe, may_be_unbound) + out;
            offer(
                Method::Hash { build_item: true },
                scan_cost + hash(theirs, mine),
            );
            offer(
                Method::Hash { build_item: false },
                scan_cost + hash(mine, theirs),
            );
        }
    }

    fn add(&mut self, item: &Item, method: Method) {
        let rows = self.joined_rows(item);
        let kind = std::mem::discriminant(&method);
        let mut found = None;
        self.methods(item, rows, |other, cost| {
            if std::mem::discriminant(&other) == kind {
                found.get_or_insert(cost);
            }
        });
        let cost = found.unwrap_or(0.0);
        for &var in item.vars() {
            let theirs = item.distinct(var);
            let mine = self.distinct.entry(var).or_insert(theirs);
            *mine = mine.min(theirs);
        }
        let node = std::mem::replace(&mut self.node, unit());
        let total = node.cost + cost;
        let mut node = match (method, item) {
            (Method::Probe, Item::Access(access)) => probe_join(node, access, JoinKind::Inner),
            (Method::Walk, Item::Path(path)) => path.follow(node),
            (_, Item::Path(path)) => hash_method(node, path.whole(), method),
            (Method::Merge(Some(order)), Item::Access(access)) => {
                merge_join(node, access.scan(order))
            }
            (_, Item::Access(access)) => {
                let order = access.orders().next().unwrap_or(Order::Psog);
                hash_method(node, access.scan(order), method)
            }
            (Method::Merge(_), Item::Node(other)) => merge_join(node, other.clone()),
            (_, Item::Node(other)) => hash_method(node, other.clone(), method),
        };
        node.rows = rows;
        node.cost = total;
        self.node = node;
    }
}

fn hash_method(node: Node, item: Node, method: Method) -> Node {
    match method {
        Method::Hash { build_item: false } => hash_join(item, node, false, Vec::new()),
        _ => hash_join(node, item, false, Vec::new()),
    }
}

/// The number of leading sort variables that both sides have in one order and that are never unbound.
fn merge_keys(node: &Node, sorted: &[Var], always: impl Fn(Var) -> bool) -> usize {
    node.sorted
        .iter()
        .zip(sorted)
        .take_while(|(left, right)| left == right && node.is_always(**left) && always(**left))
        .count()
        .min(3)
}

/// Puts these variables first.
fn lead_with(node: Node, keys: &[Var]) -> Node {
    if node.columns.starts_with(keys) {
        return node;
    }
    let mut columns = keys.to_vec();
    columns.extend(node.columns.iter().filter(|var| !keys.contains(var)));
    choose(node, &columns)
}

fn merge_join(left: Node, right: Node) -> Node {
    let keys = merge_keys(&left, &right.sorted, |var| right.is_always(var));
    let vars: Vec<Var> = left.sorted[..keys].to_vec();
    let left = lead_with(left, &vars);
    let right = lead_with(right, &vars);
    let further: Vec<Var> = right.columns[keys..]
        .iter()
        .copied()
        .filter(|var| left.column(*var).is_some())
        .collect();
    // A further variable that may be unbound is no case for comparing columns.
    if further
        .iter()
        .any(|&var| !left.is_always(var) || !right.is_always(var))
    {
        return hash_join(left, right, false, Vec::new());
    }
    let pairs: Vec<(usize, usize)> = further
        .iter()
        .filter_map(|&var| {
            Some((
                left.column(var)?,
                left.columns.len() + right.column(var)? - keys,
            ))
        })
        .collect();
    let mut columns = left.columns.clone();
    columns.extend(&right.columns[keys..]);
    let mut always = left.always.clone();
    always.extend(&right.always[keys..]);
    let wanted = {
        let mut wanted = left.columns.clone();
        wanted.extend(
            right.columns[keys..]
                .iter()
                .filter(|var| !further.contains(var)),
        );
        wanted
    };
    let mut node = Node {
        sorted: left.sorted.clone(),
        rows: 0.0,
        cost: 0.0,
        number: 0,
        columns,
        always,
        op: Op::MergeJoin {
            left: Box::new(left),
            right: Box::new(right),
            keys,
        },
    };
    if pairs.is_empty() {
        return node;
    }
    node = Node {
        columns: node.columns.clone(),
        always: node.always.clone(),
        sorted: node.sorted.clone(),
        rows: 0.0,
        cost: 0.0,
        number: 0,
        op: Op::EqualColumns {
            input: Box::new(node),
            pairs,
        },
    };
    choose(node, &wanted)
}

pub fn probe_join(input: Node, access: &Access, kind: JoinKind) -> Node {
    let Some((spec, probe)) = access.probe(&input) else {
        let order = access.orders().next().unwrap_or(Order::Psog);
        return hash_join(
            input,
            access.scan(order),
            kind == JoinKind::Left,
            Vec::new(),
        );
    };
    let mut columns = input.columns.clone();
    columns.extend(
        probe
            .outputs
            .iter()
            .filter_map(|&position| access.vars[position]),
    );
    let mut always = input.always.clone();
    always.resize(columns.len(), kind == JoinKind::Inner);
    Node {
        columns,
        always,
        sorted: Vec::new(),
        rows: 0.0,
        cost: 0.0,
        number: 0,
        op: Op::ProbeJoin {
            input: Box::new(input),
            spec,
            columns: probe,
            kind,
        },
    }
}

/// A hash join, or a cross product where no variable is shared.
pub fn hash_join(probe: Node, build: Node, outer: bool, filters: Vec<Expr>) -> Node {
    let mut joined = JoinColumns::default();
    let mut columns = probe.columns.clone();
    let mut always = probe.always.clone();
    for (from, &var) in build.columns.iter().enumerate() {
        match probe.column(var) {
            None => {
                joined.outputs.push(from);
                columns.push(var);
                always.push(build.always[from] && !outer);
            }
            Some(to) if probe.always[to] && build.always[from] => joined.keys.push((to, from)),
            Some(to) => {
                joined.compatible.push((to, from));
                always[to] |= build.always[from] && !outer;
            }
        }
    }
    let may_be_unbound = !joined.compatible.is_empty();
    // Without a shared variable, every row goes with every other.
    let pairs = match joined.keys.is_empty() && !may_be_unbound {
        true => probe.rows * build.rows * cost::CROSS_PAIR,
        false => 0.0,
    };
    // A column that takes values of the other side is not in the order it was.
    let sorted = if outer {
        Vec::new()
    } else {
        let changed: Vec<Var> = joined
            .compatible
            .iter()
            .map(|&(to, _)| probe.columns[to])
            .collect();
        probe
            .sorted
            .iter()
            .copied()
            .take_while(|var| !changed.contains(var))
            .collect()
    };
    Node {
        sorted,
        rows: probe.rows.max(build.rows),
        cost: probe.cost + build.cost + cost::hash(build.rows, probe.rows, may_be_unbound) + pairs,
        columns,
        always,
        number: 0,
        op: Op::HashJoin {
            probe: Box::new(probe),
            build: Box::new(build),
            columns: joined,
            outer,
            filters,
        },
    }
}
