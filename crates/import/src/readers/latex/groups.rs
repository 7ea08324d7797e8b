//! Matching braces and environments of expanded tokens.

use std::collections::HashMap;

use super::token::{Kind, Name, Token};

/// Gives each `{` the index of its `}`, or its own index if it has none.
pub(super) fn match_braces(tokens: &mut [Token]) {
    let mut open = Vec::new();
    for index in 0..tokens.len() {
        let kind = Kind::Open(u32::try_from(index).unwrap_or(0));
        if let Kind::Open(_) = tokens[index].kind {
            tokens[index].kind = kind;
            open.push(index);
        } else if tokens[index].kind == Kind::Close
            && let Some(start) = open.pop()
        {
            tokens[start].kind = kind;
        }
    }
}

/// Index of the `]` that closes an optional argument at each `[` that has one: the next in the same
/// group, cell and paragraph. Braces are matched already.
pub(super) fn match_brackets(tokens: &[Token]) -> HashMap<usize, usize> {
    let mut ends = HashMap::new();
    // Open brackets of each open group.
    let mut open: Vec<Vec<usize>> = vec![Vec::new()];
    for (index, token) in tokens.iter().enumerate() {
        let Some(brackets) = open.last_mut() else {
            break;
        };
        if token.kind == Kind::Char('[') {
            brackets.push(index);
        } else if token.kind == Kind::Char(']') {
            ends.extend(brackets.drain(..).map(|start| (start, index)));
        } else if matches!(
            token.kind,
            Kind::Align | Kind::Begin(_) | Kind::End(_) | Kind::Paragraph
        ) {
            brackets.clear();
        } else if token.kind.group_end(index).is_some() {
            open.push(Vec::new());
        } else if token.kind == Kind::Close && open.len() > 1 {
            open.pop();
        }
    }
    ends
}

/// Index of the `\end` of each `\begin` that has one. An `\end` closes the innermost environment of
/// its name, and with it those inside that are open still.
pub(super) fn match_environments(tokens: &[Token]) -> HashMap<usize, usize> {
    let mut ends = HashMap::new();
    let mut open: Vec<(Name, usize)> = Vec::new();
    let mut counts: HashMap<Name, usize> = HashMap::new();
    for (index, token) in tokens.iter().enumerate() {
        if let Kind::Begin(name) = token.kind {
            open.push((name, index));
            *counts.entry(name).or_default() += 1;
        } else if let Kind::End(name) = token.kind
            && counts.get(&name).is_some_and(|&count| count > 0)
        {
            while let Some((opened, start)) = open.pop() {
                if let Some(count) = counts.get_mut(&opened) {
                    *count -= 1;
                }
                if opened == name {
                    ends.insert(start, index);
                    break;
                }
            }
        }
    }
    ends
}
