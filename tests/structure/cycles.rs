//! Strongly connected components of a graph.

use std::collections::{BTreeMap, BTreeSet};

/// The sets of nodes that lie on a common cycle, those of one node left out.
pub fn cycles(edges: &BTreeMap<usize, BTreeSet<usize>>) -> Vec<BTreeSet<usize>> {
    let reach: BTreeMap<usize, BTreeSet<usize>> = edges
        .keys()
        .map(|node| (*node, reachable(edges, *node)))
        .collect();
    let mut found: Vec<BTreeSet<usize>> = Vec::new();
    for (node, reached) in &reach {
        let is_known = found.iter().any(|cycle| cycle.contains(node));
        if is_known || !reached.contains(node) {
            continue;
        }
        let comes_back = |other: &&usize| reach.get(other).is_some_and(|back| back.contains(node));
        found.push(reached.iter().filter(comes_back).copied().collect());
    }
    found
}

/// The nodes that can be reached from a node by one edge or more.
fn reachable(edges: &BTreeMap<usize, BTreeSet<usize>>, from: usize) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        let next = edges.get(&node).into_iter().flatten();
        open.extend(next.filter(|next| reached.insert(**next)));
    }
    reached
}

#[test]
fn a_cycle_is_found_and_a_chain_is_none() {
    let edges = [(1, 2), (2, 3), (3, 2), (3, 4), (5, 1)];
    let mut graph: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (from, to) in edges {
        graph.entry(from).or_default().insert(to);
    }
    assert_eq!(cycles(&graph), [BTreeSet::from([2, 3])]);
}
