//! Replaces a call of a command of the document by its body.

use super::expand::Expander;
use super::macros::{Argument, Macro, Signature};
use super::token::{Kind, Name, Place, Token};
use crate::error::ImportError;

impl Expander<'_> {
    /// Replaces a call by the body of its definition.
    pub(super) fn call(
        &mut self,
        definition: &Macro,
        name: Name,
        place: Place,
    ) -> Result<(), ImportError> {
        let arguments = match &definition.signature {
            Signature::Listed(arguments) => self.listed(arguments),
            Signature::Delimited(text) => match self.delimited(text) {
                Some(arguments) => arguments,
                None => {
                    let name = self.names.text(name);
                    let text = format!("a call of `\\{name}` does not match its definition");
                    self.report(place, text);
                    self.output.push(Token {
                        kind: Kind::Undecided,
                        place,
                    });
                    return Ok(());
                }
            },
        };
        let mut length = definition.body.len();
        for token in definition.body.iter() {
            if let Kind::Parameter(number) = token.kind {
                length += arguments.get(usize::from(number) - 1).map_or(0, Vec::len);
            }
        }
        self.spend(
            length + arguments.iter().map(Vec::len).sum::<usize>(),
            place,
        )?;
        let mut replacement = Vec::with_capacity(length + 1);
        if definition.undecided {
            replacement.push(Token {
                kind: Kind::Undecided,
                place,
            });
        }
        for token in definition.body.iter() {
            if let Kind::Parameter(number) = token.kind {
                let argument = arguments.get(usize::from(number) - 1);
                replacement.extend_from_slice(argument.map_or(&[], Vec::as_slice));
            } else {
                let kind = token.kind;
                replacement.push(Token { kind, place });
            }
        }
        self.push(replacement, place)
    }

    fn listed(&mut self, arguments: &[Argument]) -> Vec<Vec<Token>> {
        let mut found = Vec::with_capacity(arguments.len());
        for argument in arguments {
            found.push(match argument {
                Argument::Mandatory => self.argument().unwrap_or_default(),
                Argument::Optional(default) => self.optional().unwrap_or_else(|| match default {
                    Some(default) => default.to_vec(),
                    None => vec![self.marker("-NoValue-")],
                }),
                Argument::Star => {
                    let star = self.star();
                    vec![self.marker(if star { "BooleanTrue" } else { "BooleanFalse" })]
                }
            });
        }
        found
    }

    fn marker(&mut self, name: &str) -> Token {
        Token {
            kind: Kind::Command(self.names.intern(name)),
            place: 0,
        }
    }
}
