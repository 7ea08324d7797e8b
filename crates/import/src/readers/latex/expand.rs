//! Expansion of the definitions of a document into the tokens that are printed.
//!
//! A token of an argument keeps its place; a token of a definition takes the place of the call.
//! Work is linear in the size of the source plus a fixed allowance, so that definitions which double
//! each other end in an error.

use std::collections::HashMap;
use std::rc::Rc;

use super::lexer::Lexer;
use super::macros::{Environment, Macro, Tokens};
use super::places::Places;
use super::token::{Kind, Name, Names, Place, Token};
use crate::document::ReaderProblem;
use crate::error::ImportError;
use crate::source::{FileId, SourceFiles};

/// Tokens that expansion may add, beside twice the size of the source.
const ALLOWANCE: usize = 1_000_000;

/// Greatest depth of calls and files within each other.
const DEPTH: usize = 200;

/// Source of tokens.
#[derive(Debug)]
enum Frame {
    File(Lexer),
    Tokens(Vec<Token>, usize),
}

/// State of a condition that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// The branch that is printed.
    Taken,
    /// Which branch is printed is unknown, and both are read.
    Undecided,
}

/// Expander of one document.
pub(super) struct Expander<'a> {
    pub(super) files: &'a mut SourceFiles,
    places: Places,
    pub(super) names: Names,
    frames: Vec<Frame>,
    pushed: Vec<Token>,
    macros: Vec<Option<Rc<Macro>>>,
    pub(super) environments: HashMap<Name, Rc<Environment>>,
    /// Column types of `\newcolumntype`: number of arguments and replacement.
    pub(super) columns: HashMap<char, (usize, Tokens)>,
    /// Flags of `\newif`, by the name of their condition.
    pub(super) flags: HashMap<Name, bool>,
    /// Commands that set a flag.
    pub(super) setters: HashMap<Name, (Name, bool)>,
    scopes: Vec<usize>,
    undo: Vec<(Name, Option<Rc<Macro>>)>,
    conditions: Vec<Condition>,
    /// Number of conditions that are undecided.
    undecided: usize,
    pub(super) output: Vec<Token>,
    spent: usize,
    pub(super) problems: Vec<ReaderProblem>,
}

/// Result of expansion.
#[derive(Debug)]
pub(super) struct Expanded {
    pub(super) tokens: Vec<Token>,
    pub(super) places: Places,
    pub(super) names: Names,
    pub(super) columns: HashMap<char, (usize, Tokens)>,
    pub(super) problems: Vec<ReaderProblem>,
}

/// Expands the main file.
pub(super) fn expand(files: &mut SourceFiles) -> Result<Expanded, ImportError> {
    let main = files.main();
    let mut expander = Expander {
        output: Vec::with_capacity(files.file(main).text.len()),
        files,
        places: Places::default(),
        names: Names::default(),
        frames: Vec::new(),
        pushed: Vec::new(),
        macros: Vec::new(),
        environments: HashMap::new(),
        columns: HashMap::new(),
        flags: HashMap::new(),
        setters: HashMap::new(),
        scopes: Vec::new(),
        undo: Vec::new(),
        conditions: Vec::new(),
        undecided: 0,
        spent: 0,
        problems: Vec::new(),
    };
    expander.push_file(main, 0)?;
    while let Some(token) = expander.raw() {
        expander.token(token)?;
    }
    Ok(Expanded {
        tokens: expander.output,
        places: expander.places,
        names: expander.names,
        columns: expander.columns,
        problems: expander.problems,
    })
}

impl Expander<'_> {
    /// The next token before expansion.
    pub(super) fn raw(&mut self) -> Option<Token> {
        if let Some(token) = self.pushed.pop() {
            return Some(token);
        }
        loop {
            match self.frames.last_mut()? {
                Frame::File(lexer) => {
                    let text = &self.files.file(lexer.file()).text;
                    if let Some(token) = lexer.next(text, &mut self.names) {
                        return Some(token);
                    }
                }
                Frame::Tokens(tokens, next) => {
                    if let Some(&token) = tokens.get(*next) {
                        *next += 1;
                        return Some(token);
                    }
                }
            }
            self.frames.pop();
        }
    }

    /// Puts a token back.
    pub(super) fn unread(&mut self, token: Token) {
        self.pushed.push(token);
    }

    /// Reads `tokens` next. They count against the allowance.
    pub(super) fn push(&mut self, tokens: Vec<Token>, place: Place) -> Result<(), ImportError> {
        self.spend(tokens.len() + 1, place)?;
        self.push_frame(Frame::Tokens(tokens, 0), place)
    }

    fn push_frame(&mut self, frame: Frame, place: Place) -> Result<(), ImportError> {
        // Tokens that were put back come after the new ones.
        if !self.pushed.is_empty() {
            let mut later = std::mem::take(&mut self.pushed);
            later.reverse();
            self.frames.push(Frame::Tokens(later, 0));
        }
        // A frame at its end is dropped first, so that recursion at the end of a body is no depth.
        while let Some(Frame::Tokens(old, next)) = self.frames.last()
            && *next >= old.len()
        {
            self.frames.pop();
        }
        self.frames.push(frame);
        if self.frames.len() > DEPTH {
            let at = self.place(place);
            return Err(ImportError::TooDeep {
                file: at.file,
                line: at.line,
                column: at.column,
                limit: DEPTH,
            });
        }
        Ok(())
    }

    /// Reads a file next.
    pub(super) fn push_file(&mut self, file: FileId, place: Place) -> Result<(), ImportError> {
        let base = self.places.add(file, self.files)?;
        self.push_frame(Frame::File(Lexer::new(file, base)), place)
    }

    /// Ends the file that is read.
    pub(super) fn stop_file(&mut self) {
        while let Some(frame) = self.frames.last_mut() {
            match frame {
                Frame::File(lexer) => {
                    lexer.stop();
                    break;
                }
                Frame::Tokens(..) => {
                    self.frames.pop();
                }
            }
        }
        self.pushed.clear();
    }

    /// Ends the document.
    fn stop(&mut self) {
        self.frames.clear();
        self.pushed.clear();
    }

    pub(super) fn spend(&mut self, tokens: usize, place: Place) -> Result<(), ImportError> {
        self.spent += tokens;
        if self.spent > ALLOWANCE + 2 * self.places.size() {
            let at = self.place(place);
            return Err(ImportError::Malformed {
                file: at.file,
                line: at.line,
                column: at.column,
                problem: format!("expands to more than {ALLOWANCE} tokens"),
            });
        }
        Ok(())
    }

    /// Adds a token to the output.
    pub(super) fn emit(&mut self, token: Token) {
        if self.undecided > 0 && self.is_boundary(token) {
            self.output.push(Token {
                kind: Kind::Undecided,
                place: token.place,
            });
        }
        self.output.push(token);
    }

    fn is_boundary(&self, token: Token) -> bool {
        if let Some(name) = token.kind.command() {
            return matches!(self.names.text(name), "\\" | "tabularnewline" | "cr");
        }
        matches!(token.kind, Kind::Align | Kind::End(_))
    }

    /// Whether it is unknown that what is read is printed.
    pub(super) fn is_undecided(&self) -> bool {
        self.undecided > 0
    }

    /// Opens a condition.
    pub(super) fn open_condition(&mut self, condition: Condition) {
        self.undecided += usize::from(condition == Condition::Undecided);
        self.conditions.push(condition);
    }

    /// Closes the innermost condition.
    pub(super) fn close_condition(&mut self) -> Option<Condition> {
        let condition = self.conditions.pop()?;
        self.undecided -= usize::from(condition == Condition::Undecided);
        Some(condition)
    }

    /// The innermost condition.
    pub(super) fn innermost_condition(&self) -> Option<Condition> {
        self.conditions.last().copied()
    }

    /// Reports what is passed over.
    pub(super) fn report(&mut self, place: Place, text: String) {
        let origin = self.places.origin(place);
        self.problems.push(ReaderProblem { origin, text });
    }

    fn place(&self, place: Place) -> crate::source::Place {
        let origin = self.places.origin(place);
        self.files.place(origin.file, origin.offset)
    }

    fn token(&mut self, token: Token) -> Result<(), ImportError> {
        match token.kind {
            Kind::Command(name) => self.command(name, token.place),
            Kind::Primitive(name) => {
                self.emit(Token {
                    kind: Kind::Command(name),
                    place: token.place,
                });
                Ok(())
            }
            Kind::Open(_) => {
                self.open_scope();
                self.emit(token);
                Ok(())
            }
            Kind::Close => {
                self.close_scope();
                self.emit(token);
                Ok(())
            }
            // Parameters outside a definition print nothing.
            Kind::Hash | Kind::Parameter(_) => Ok(()),
            Kind::Char(_)
            | Kind::Math
            | Kind::Align
            | Kind::Space
            | Kind::Paragraph
            | Kind::Sub
            | Kind::Sup
            | Kind::Begin(_)
            | Kind::End(_)
            | Kind::Undecided => {
                self.emit(token);
                Ok(())
            }
        }
    }

    fn command(&mut self, name: Name, place: Place) -> Result<(), ImportError> {
        if let Some(definition) = self.definition(name) {
            return self.call(&definition, name, place);
        }
        if let Some(&(flag, value)) = self.setters.get(&name) {
            self.flags.insert(flag, value);
            return Ok(());
        }
        if self.flags.contains_key(&name) {
            return self.condition(name, place);
        }
        if self.define(name, place)? || self.structure(name, place)? {
            return Ok(());
        }
        self.emit(Token {
            kind: Kind::Command(name),
            place,
        });
        Ok(())
    }

    /// `\begin{name}`: an environment of the document is replaced.
    pub(super) fn begin(&mut self, name: Name, place: Place) -> Result<(), ImportError> {
        self.open_scope();
        if let Some(environment) = self.environments.get(&name).cloned() {
            return self.call(&environment.start, name, place);
        }
        self.emit(Token {
            kind: Kind::Begin(name),
            place,
        });
        Ok(())
    }

    /// `\end{name}`
    pub(super) fn end(&mut self, name: Name, place: Place) -> Result<(), ImportError> {
        if let Some(environment) = self.environments.get(&name).cloned() {
            let body = moved(&environment.end, place);
            self.close_scope();
            return self.push(body, place);
        }
        self.close_scope();
        self.emit(Token {
            kind: Kind::End(name),
            place,
        });
        if self.names.text(name) == "document" {
            self.stop();
        }
        Ok(())
    }

    /// Definition of a command.
    pub(super) fn definition(&self, name: Name) -> Option<Rc<Macro>> {
        self.macros.get(name.index())?.clone()
    }

    /// Sets a definition until the group ends.
    pub(super) fn set_definition(&mut self, name: Name, mut definition: Macro) {
        definition.undecided |= self.is_undecided();
        if self.macros.len() <= name.index() {
            self.macros.resize(name.index() + 1, None);
        }
        let old = self.macros[name.index()].replace(Rc::new(definition));
        if !self.scopes.is_empty() {
            self.undo.push((name, old));
        }
    }

    fn open_scope(&mut self) {
        self.scopes.push(self.undo.len());
    }

    fn close_scope(&mut self) {
        let Some(start) = self.scopes.pop() else {
            return;
        };
        while self.undo.len() > start {
            if let Some((name, old)) = self.undo.pop() {
                self.macros[name.index()] = old;
            }
        }
    }
}

/// The tokens at the place of a call.
pub(super) fn moved(tokens: &[Token], place: Place) -> Vec<Token> {
    tokens
        .iter()
        .map(|token| Token {
            kind: token.kind,
            place,
        })
        .collect()
}
