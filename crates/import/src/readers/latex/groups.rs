//! Matching braces and environments of expanded tokens.

use std::collections::HashMap;

use super::token::{Kind, Name, Token};

/// Gives each `{` the index of its `}`, or its own index if it has none.
pub(super) fn match_braces(tokens: &mut [Token]) {
    let mut open = Vec::new();
    for index in 0..tokens.len() {
        match tokens[index].kind {
            Kind::Open(_) => {
                tokens[index].kind = Kind::Open(u32::try_from(index).unwrap_or(0));
                open.push(index);
            }
            Kind::Close => {
                if let Some(start) = open.pop() {
                    tokens[start].kind = Kind::Open(u32::try_from(index).unwrap_or(0));
                }
            }
            _ => {}
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
        match token.kind {
            Kind::Char('[') => brackets.push(index),
            Kind::Char(']') => ends.extend(brackets.drain(..).map(|start| (start, index))),
            Kind::Align | Kind::Begin(_) | Kind::End(_) | Kind::Paragraph => brackets.clear(),
            Kind::Open(close) if close as usize > index => open.push(Vec::new()),
            Kind::Close if open.len() > 1 => {
                open.pop();
            }
            _ => {}
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
        match token.kind {
            Kind::Begin(name) => {
                open.push((name, index));
                *counts.entry(name).or_default() += 1;
            }
            Kind::End(name) if counts.get(&name).is_some_and(|&count| count > 0) => {
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
            _ => {}
        }
    }
    ends
}
