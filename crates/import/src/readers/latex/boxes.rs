//! Commands in whose arguments tables stand: `\resizebox{…}{…}{…}`, `\subfloat[…]{…}`.

use std::rc::Rc;

use super::body::Body;
use super::commands::{Meaning, Part, meaning};
use super::context::Context;
use super::symbols::{is_accent, symbol};
use super::token::Kind;
use crate::text::CellText;

impl Body<'_> {
    /// A command in running text. One that prints its argument is passed through, since a table may
    /// stand in it.
    pub(super) fn other_command(&mut self, name: &str, at: usize, end: usize) -> usize {
        let tokens = self.printer.tokens;
        if let Some(Meaning::Arguments(parts, _) | Meaning::Mode(parts, _)) = meaning(name)
            && parts.contains(&Part::Printed)
        {
            let mut at = at + 1;
            for part in parts {
                match part {
                    Part::Printed => return at,
                    Part::Dropped => at = tokens.argument(at, end).1,
                    Part::Optional => {
                        at = tokens.optional(at, end).map_or(at, |(_, after)| after);
                    }
                    Part::Star => {
                        at += usize::from(tokens.kind(at) == Some(Kind::Char('*')));
                    }
                    Part::Length => {}
                }
            }
            return at;
        }
        let argument = tokens.skip_spaces(at + 1, end);
        if meaning(name).is_none()
            && symbol(name).is_none()
            && !is_accent(name)
            && matches!(tokens.kind(argument), Some(Kind::Open(_)))
        {
            return at + 1;
        }
        self.printer.step(at, end)
    }

    /// The part of `\subfloat[caption]{…}`.
    pub(super) fn subfloat(&mut self, caption: Rc<CellText>, at: usize, end: usize) {
        let start = self.printer.tokens.skip_spaces(at, end);
        if let Some(Kind::Open(close)) = self.printer.tokens.kind(start)
            && close as usize > start
        {
            self.paragraph();
            self.open(Context {
                end: close as usize,
                captions: vec![(0, caption)],
                ..Context::default()
            });
        }
    }
}
