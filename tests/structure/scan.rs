//! What a file's code contains: paths, macros, texts, matches; tests and documentation left out.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Arm, ExprMatch, ImplItem, Item, Pat, Stmt};

use crate::workspace::{Workspace, attributes, is_of_tests};

/// A path in code, with the module that it stands in.
pub struct CodePath {
    pub module: usize,
    pub segments: Vec<String>,
    pub line: usize,
}

/// A text in code.
pub struct Text {
    pub value: String,
    pub line: usize,
}

/// What was found in a file.
#[derive(Default)]
pub struct Scan {
    /// Every path outside of imports.
    pub paths: Vec<CodePath>,
    /// The names of the macros that are called.
    pub macros: Vec<(String, usize)>,
    /// Every text.
    pub texts: Vec<Text>,
    /// The lines on which `unsafe` stands.
    pub unsafes: Vec<usize>,
    /// The lines of wildcard arms beside arms that name variants of enums of the workspace.
    pub wildcards: Vec<usize>,
    /// The name, the line and the number of lines of each function.
    pub functions: Vec<(String, usize, usize)>,
    /// Every name that stands in an attribute.
    pub attribute_names: BTreeSet<String>,
    /// The lines on which functions and `impl` blocks stand outside of other items.
    pub logic: Vec<usize>,
}

/// Scans the syntax tree of a file of the workspace.
pub fn scan(workspace: &Workspace, file: usize, syntax: &syn::File) -> Scan {
    let file = &workspace.files[file];
    let mut scanner = Scanner {
        workspace,
        module: file.module,
        own: None,
        scan: Scan::default(),
    };
    scanner.visit_file(syntax);
    scanner.scan
}

struct Scanner<'w> {
    workspace: &'w Workspace,
    module: usize,
    /// What `Self` means.
    own: Option<Vec<String>>,
    scan: Scan,
}

impl Scanner<'_> {
    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let first = signature.fn_token.span.start().line;
        let last = block.brace_token.span.close().end().line;
        let name = signature.ident.to_string();
        self.scan.functions.push((name, first, last + 1 - first));
        if matches!(signature.safety, syn::Safety::Unsafe(_)) {
            self.scan.unsafes.push(first);
        }
    }

    /// The paths and texts of a macro's arguments.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        let mut line = 0;
        for token in tokens {
            let at = token.span().start().line;
            match token {
                TokenTree::Ident(name) => {
                    if name == "unsafe" {
                        self.scan.unsafes.push(at);
                    }
                    if colons != 2 {
                        self.tokens_path(&mut path, line);
                        line = at;
                    }
                    path.push(name.to_string());
                    colons = 0;
                    continue;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => {
                    colons += 1;
                    continue;
                }
                TokenTree::Punct(_) => {}
                TokenTree::Group(group) => {
                    self.tokens_path(&mut path, line);
                    self.tokens(group.stream());
                }
                TokenTree::Literal(literal) => self.literal(&literal.to_string(), at),
            }
            self.tokens_path(&mut path, line);
            colons = 0;
        }
        self.tokens_path(&mut path, line);
    }

    /// Keeps a path of a macro's arguments, unless it may be the name of a variable.
    fn tokens_path(&mut self, path: &mut Vec<String>, line: usize) {
        let segments = std::mem::take(path);
        let is_name = |name: &String| name.starts_with(char::is_uppercase);
        if segments.len() > 1 || segments.first().is_some_and(is_name) {
            self.scan.paths.push(CodePath {
                module: self.module,
                segments,
                line,
            });
        }
    }

    fn literal(&mut self, literal: &str, line: usize) {
        if let Ok(text) = syn::parse_str::<syn::LitStr>(literal) {
            let value = text.value();
            self.scan.texts.push(Text { value, line });
        }
    }

    /// Whether a path names an enum of the workspace, or a variant of one.
    fn is_own_enum(&self, path: &syn::Path) -> bool {
        let segments = self.with_own(&segments(path));
        let target = self.workspace.resolve(self.module, &segments);
        target.is_some_and(|target| self.workspace.is_enum(&target))
    }

    /// The path with `Self` replaced by the type that it means.
    fn with_own(&self, segments: &[String]) -> Vec<String> {
        match (&self.own, segments.split_first()) {
            (Some(own), Some((first, rest))) if first == "Self" => [own.as_slice(), rest].concat(),
            (None | Some(_), _) => segments.to_vec(),
        }
    }

    /// The places inside of a pattern at which a variant of an enum of the workspace stands.
    fn variants(&self, pattern: &Pat, place: &str, found: &mut Vec<String>) {
        let is_own = match pattern {
            Pat::Path(path) => self.is_own_enum(&path.path),
            Pat::TupleStruct(variant) => self.is_own_enum(&variant.path),
            Pat::Struct(variant) => self.is_own_enum(&variant.path),
            // A variant that is imported by its name.
            Pat::Ident(name) => {
                let name = name.ident.to_string();
                let target = self
                    .workspace
                    .resolve(self.module, std::slice::from_ref(&name));
                name.starts_with(char::is_uppercase)
                    && target.is_some_and(|target| self.workspace.is_enum(&target))
            }
            _ => false,
        };
        if is_own {
            found.push(place.to_owned());
        }
        for (place, inner) in parts(pattern, place) {
            self.variants(inner, &place, found);
        }
    }

    /// Keeps the arms that stand for all variants that other arms do not name.
    fn arms(&mut self, arms: &[Arm]) {
        let mut places = Vec::new();
        for arm in arms {
            self.variants(&arm.pat, "", &mut places);
        }
        for arm in arms {
            if !places.is_empty() && is_fallback(&arm.pat, "", &places) {
                let line = arm.fat_arrow_token.spans[0].start().line;
                self.scan.wildcards.push(line);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Scanner<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_of_tests(attributes(item)) {
            return;
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let outer = self.module;
        let child = self.workspace.modules[outer]
            .children
            .get(&item.ident.to_string());
        if let (Some(child), Some(_)) = (child, &item.content) {
            self.module = *child;
            visit::visit_item_mod(self, item);
            self.module = outer;
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.scan.logic.push(item.sig.fn_token.span.start().line);
        self.function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.scan.logic.push(item.impl_token.span.start().line);
        if item.unsafety.is_some() {
            self.scan.unsafes.push(item.impl_token.span.start().line);
        }
        let outer = self.own.take();
        if let syn::Type::Path(own) = &*item.self_ty {
            self.own = Some(segments(&own.path));
        }
        visit::visit_item_impl(self, item);
        self.own = outer;
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        let outer = self.own.replace(vec![item.ident.to_string()]);
        visit::visit_item_enum(self, item);
        self.own = outer;
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if let ImplItem::Fn(function) = item {
            if is_of_tests(&function.attrs) {
                return;
            }
            self.function(&function.sig, &function.block);
        }
        visit::visit_impl_item(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        // Functions inside of functions are no items of the file.
        if let Stmt::Item(_) = statement {
            let logic = self.scan.logic.len();
            visit::visit_stmt(self, statement);
            self.scan.logic.truncate(logic);
        } else {
            visit::visit_stmt(self, statement);
        }
    }

    fn visit_item_use(&mut self, _: &'ast syn::ItemUse) {}

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        match &attribute.meta {
            syn::Meta::List(list) => {
                let names = list.path.segments.first();
                let names = names.map(|segment| segment.ident.to_string());
                self.scan.attribute_names.extend(names);
                idents(list.tokens.clone(), &mut self.scan.attribute_names);
            }
            syn::Meta::Path(_) | syn::Meta::NameValue(_) => {}
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.scan.paths.push(CodePath {
            module: self.module,
            segments: segments(path),
            line: line_of(path),
        });
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let line = line_of(&call.path);
        if let Some(name) = call.path.segments.last() {
            self.scan.macros.push((name.ident.to_string(), line));
        }
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_expr_unsafe(&mut self, block: &'ast syn::ExprUnsafe) {
        self.scan.unsafes.push(block.unsafe_token.span.start().line);
        visit::visit_expr_unsafe(self, block);
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        let line = text.span().start().line;
        let value = text.value();
        self.scan.texts.push(Text { value, line });
    }

    fn visit_expr_match(&mut self, expression: &'ast ExprMatch) {
        self.arms(&expression.arms);
        visit::visit_expr_match(self, expression);
    }
}

/// Collects all names of a token stream.
fn idents(tokens: TokenStream, names: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                names.insert(name.to_string());
            }
            TokenTree::Group(group) => idents(group.stream(), names),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// The segments of a path, without generic arguments.
fn segments(path: &syn::Path) -> Vec<String> {
    let names = path.segments.iter();
    names.map(|segment| segment.ident.to_string()).collect()
}

/// The line of a path.
fn line_of(path: &syn::Path) -> usize {
    let first = path.segments.first();
    first.map_or(0, |segment| segment.ident.span().start().line)
}

/// The parts of a pattern with their places.
fn parts<'p>(pattern: &'p Pat, place: &str) -> Vec<(String, &'p Pat)> {
    let numbered = |name: &str, inner: &'p syn::punctuated::Punctuated<Pat, syn::Token![,]>| {
        let place = |index| format!("{place}/{name}{index};");
        inner
            .iter()
            .enumerate()
            .map(|(index, part)| (place(index), part))
            .collect()
    };
    match pattern {
        Pat::Or(or) => or
            .cases
            .iter()
            .map(|case| (place.to_owned(), case))
            .collect(),
        Pat::Guard(guarded) => vec![(place.to_owned(), &*guarded.pat)],
        Pat::Paren(inner) => vec![(place.to_owned(), &*inner.pat)],
        Pat::Reference(inner) => vec![(place.to_owned(), &*inner.pat)],
        Pat::Ident(name) => match &name.subpat {
            Some((_, inner)) => vec![(place.to_owned(), &**inner)],
            None => Vec::new(),
        },
        Pat::Tuple(tuple) => numbered("", &tuple.elems),
        Pat::Slice(slice) => numbered("", &slice.elems),
        Pat::TupleStruct(variant) => {
            let name = variant.path.segments.last();
            numbered(
                &name.map_or_else(String::new, |name| name.ident.to_string()),
                &variant.elems,
            )
        }
        Pat::Struct(variant) => variant
            .fields
            .iter()
            .map(|field| {
                let name = match &field.member {
                    syn::Member::Named(name) => name.to_string(),
                    syn::Member::Unnamed(index) => index.index.to_string(),
                };
                (format!("{place}/{name};"), &*field.pat)
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether a pattern matches whatever stands at the places at which other arms name variants.
fn is_fallback(pattern: &Pat, place: &str, places: &[String]) -> bool {
    let all = |inner: Vec<(String, &Pat)>| {
        inner
            .iter()
            .all(|(place, part)| is_fallback(part, place, places))
    };
    match pattern {
        Pat::Wild(_) => true,
        Pat::Ident(name) if name.subpat.is_none() => {
            !name.ident.to_string().starts_with(char::is_uppercase)
        }
        Pat::Ident(_) | Pat::Paren(_) | Pat::Reference(_) | Pat::Tuple(_) => {
            all(parts(pattern, place))
        }
        Pat::Or(or) => or.cases.iter().any(|case| is_fallback(case, place, places)),
        // An option or a result whose content other arms match by its variants.
        Pat::TupleStruct(_) => {
            let inner = parts(pattern, place);
            let holds = |place: &String| places.iter().any(|other| other.starts_with(place));
            inner.iter().any(|(place, _)| holds(place)) && all(inner)
        }
        _ => false,
    }
}
