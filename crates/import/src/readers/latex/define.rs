//! Commands that define others: `\newcommand`, `\def`, `\let`, `\newenvironment` and their kin.

use std::rc::Rc;

use super::expand::Expander;
use super::macros::{Argument, Environment, Macro, Signature, parameters};
use super::token::{Kind, Name, Place, Token};
use crate::error::ImportError;

/// Commands whose meaning a document cannot change for the reader.
const FIXED: &[&str] = &[
    "\\",
    "begin",
    "end",
    "multicolumn",
    "multirow",
    "tabularnewline",
    "cr",
    "hline",
    "toprule",
    "midrule",
    "bottomrule",
    "cmidrule",
    "caption",
    "label",
    "par",
];

impl Expander<'_> {
    /// Runs a command that defines; whether `name` is one.
    pub(super) fn define(&mut self, name: Name, place: Place) -> Result<bool, ImportError> {
        match self.names.text(name) {
            "newcommand" | "renewcommand" | "DeclareRobustCommand" => self.new_command(true),
            "providecommand" => self.new_command(false),
            "NewDocumentCommand" | "RenewDocumentCommand" | "DeclareDocumentCommand" => {
                self.document_command(true);
            }
            "ProvideDocumentCommand" => self.document_command(false),
            "DeclareMathOperator" => {
                self.star();
                if let Some(name) = self.command_name() {
                    let body = self.argument().unwrap_or_default();
                    self.set(name, Vec::new(), &body, true);
                }
            }
            "def" | "gdef" | "edef" | "xdef" => self.def(),
            "let" => self.let_command(),
            "newenvironment" | "renewenvironment" => self.new_environment(),
            "newcolumntype" => self.new_column(),
            "newif" => self.new_flag(),
            "IfNoValueTF" => self.choose(place, "-NoValue-", true, true)?,
            "IfValueTF" => self.choose(place, "-NoValue-", false, true)?,
            "IfBooleanTF" => self.choose(place, "BooleanTrue", true, true)?,
            "IfNoValueT" => self.choose(place, "-NoValue-", true, false)?,
            "IfValueT" => self.choose(place, "-NoValue-", false, false)?,
            "IfBooleanT" => self.choose(place, "BooleanTrue", true, false)?,
            "long" | "global" | "outer" | "protected" | "expandafter" | "noexpand" | "protect"
            | "relax" | "xspace" | "ignorespaces" | "unskip" | "-NoValue-" | "BooleanTrue"
            | "BooleanFalse" => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn set(&mut self, name: Name, arguments: Vec<Argument>, body: &[Token], replace: bool) {
        if FIXED.contains(&self.names.text(name)) || (!replace && self.definition(name).is_some()) {
            return;
        }
        let definition = Macro {
            signature: Signature::Listed(arguments),
            body: parameters(body).into(),
            undecided: false,
        };
        self.set_definition(name, definition);
    }

    /// Number of arguments and default of the first, as `[2][x]`.
    fn counted(&mut self) -> Vec<Argument> {
        let Some(count) = self.optional() else {
            return Vec::new();
        };
        let count = self
            .plain(&count)
            .trim()
            .parse::<usize>()
            .unwrap_or(0)
            .min(9);
        let mut arguments = vec![Argument::Mandatory; count];
        if let Some(default) = self.optional()
            && let Some(first) = arguments.first_mut()
        {
            *first = Argument::Optional(Some(default.into()));
        }
        arguments
    }

    fn new_command(&mut self, replace: bool) {
        self.star();
        let Some(name) = self.command_name() else {
            return;
        };
        let arguments = self.counted();
        if let Some(body) = self.argument() {
            self.set(name, arguments, &body, replace);
        }
    }

    fn document_command(&mut self, replace: bool) {
        let Some(name) = self.command_name() else {
            return;
        };
        let (Some(arguments), Some(body)) = (self.argument(), self.argument()) else {
            return;
        };
        // Other kinds of arguments are left undefined, and with them the command.
        if let Some(arguments) = listed(&arguments) {
            self.set(name, arguments, &body, replace);
        }
    }

    fn def(&mut self) {
        let Some(name) = self.command_name() else {
            return;
        };
        let mut text = Vec::new();
        loop {
            match self.raw() {
                Some(token) if matches!(token.kind, Kind::Open(_)) => break,
                Some(token) if matches!(token.kind, Kind::Close | Kind::Paragraph) => {
                    self.unread(token);
                    return;
                }
                Some(token) => text.push(token),
                None => return,
            }
        }
        let body = self.group();
        if FIXED.contains(&self.names.text(name)) {
            return;
        }
        let definition = Macro {
            signature: Signature::Delimited(parameters(&text).into()),
            body: parameters(&body).into(),
            undecided: false,
        };
        self.set_definition(name, definition);
    }

    fn let_command(&mut self) {
        let Some(name) = self.command_name() else {
            return;
        };
        self.taken(Kind::Char('='));
        self.skip_spaces();
        let Some(token) = self.raw() else {
            return;
        };
        if FIXED.contains(&self.names.text(name)) {
            return;
        }
        let mut definition = None;
        let mut kind = token.kind;
        if let Kind::Command(target) = token.kind {
            definition = self.definition(target).map(|known| (*known).clone());
            // The meaning of now, whatever is defined later.
            kind = Kind::Primitive(target);
        }
        let definition = definition.unwrap_or_else(|| Macro {
            signature: Signature::Listed(Vec::new()),
            body: [Token { kind, ..token }].into(),
            undecided: false,
        });
        self.set_definition(name, definition);
    }

    fn new_environment(&mut self) {
        self.star();
        let Some(name) = self.word() else {
            return;
        };
        let arguments = self.counted();
        let (Some(start), Some(end)) = (self.argument(), self.argument()) else {
            return;
        };
        let environment = Environment {
            start: Rc::new(Macro {
                signature: Signature::Listed(arguments),
                body: parameters(&start).into(),
                undecided: self.is_undecided(),
            }),
            end: parameters(&end).into(),
        };
        if matches!(name.as_str(), "document" | "table" | "table*" | "tabular") {
            return;
        }
        let name = self.names.intern(&name);
        self.environments.insert(name, Rc::new(environment));
    }

    fn new_column(&mut self) {
        let letter = self.word().and_then(|word| word.chars().next());
        let count = self
            .optional()
            .and_then(|count| self.plain(&count).trim().parse::<usize>().ok())
            .unwrap_or(0)
            .min(9);
        if let (Some(letter), Some(body)) = (letter, self.argument()) {
            let body = parameters(&body).into();
            self.columns.insert(letter, (count, body));
        }
    }

    fn new_flag(&mut self) {
        let Some(condition) = self.command_name() else {
            return;
        };
        let text = self.names.text(condition).to_owned();
        let Some(flag) = text.strip_prefix("if") else {
            return;
        };
        self.flags.insert(condition, false);
        for value in [true, false] {
            let setter = self.names.intern(&format!("{flag}{value}"));
            self.setters.insert(setter, (condition, value));
        }
    }

    /// Reads one of two branches by whether the first argument is `marker`.
    fn choose(
        &mut self,
        place: Place,
        marker: &str,
        equal: bool,
        both: bool,
    ) -> Result<(), ImportError> {
        let subject = self.argument().unwrap_or_default();
        let marked = subject.iter().any(
            |token| matches!(token.kind, Kind::Command(name) if self.names.text(name) == marker),
        );
        let first = self.argument().unwrap_or_default();
        let second = if both {
            self.argument().unwrap_or_default()
        } else {
            Vec::new()
        };
        self.push(if marked == equal { first } else { second }, place)
    }
}

/// Arguments in the notation of `\NewDocumentCommand`; none with kinds that are not read.
fn listed(tokens: &[Token]) -> Option<Vec<Argument>> {
    let mut arguments = Vec::new();
    let mut rest = tokens.iter();
    while let Some(token) = rest.next() {
        match token.kind.plain()? {
            ' ' | '+' | '!' => {}
            'm' => arguments.push(Argument::Mandatory),
            'o' => arguments.push(Argument::Optional(None)),
            's' => arguments.push(Argument::Star),
            'O' => {
                let default: Vec<Token> = rest
                    .by_ref()
                    .skip(1)
                    .take_while(|token| token.kind != Kind::Close)
                    .copied()
                    .collect();
                arguments.push(Argument::Optional(Some(default.into())));
            }
            _ => return None,
        }
    }
    Some(arguments)
}
