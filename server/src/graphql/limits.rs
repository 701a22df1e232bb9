//! How large a request may be. What an operator may not set is documented in the README.

use std::{collections::HashMap, ops::Add};

use async_graphql::{
    Name, Positioned,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

use crate::{
    config::Limits,
    error::{Error, Result},
};

/// How deep brackets may be nested, in the text of a request.
pub const NESTING: usize = 64;

/// How long a name or a number may be, in the text of a request. To an unknown name the library looks for known ones that
/// are alike, letter by letter.
pub const WORD: usize = 100;

/// Reads the text of a request without parsing it, and refuses one with too many tokens, too long ones or too deep nesting:
/// those who read it next would work on it for long, or run out of stack.
///
/// It tells strings, comments, names, numbers and punctuation apart as the grammar does; whether they make sense is the
/// parser's business.
pub fn check_text(document: &str, limits: &Limits) -> Result<()> {
    let most = limits.tokens;
    let mut rest = document.as_bytes();
    let (mut tokens, mut nesting) = (0, 0_usize);
    while let Some(&first) = rest.first() {
        let length = match first {
            b'#' => line(rest),
            b'"' => string(rest),
            byte if is_word(byte) => word(rest),
            _ => 1,
        };
        match first {
            b'{' | b'[' | b'(' => nesting += 1,
            b'}' | b']' | b')' => nesting = nesting.saturating_sub(1),
            _ => {}
        }
        tokens += usize::from(!matches!(first, b'#' | b' ' | b'\t' | b'\r' | b'\n' | b','));
        if tokens > most {
            let message = format!("has more than {most} tokens, put large input into variables");
            return Err(Error::validation("query", message));
        }
        if is_word(first) && length > WORD {
            let message = format!("has a name or a number of more than {WORD} characters");
            return Err(Error::validation("query", message));
        }
        if nesting > NESTING {
            let message = format!("has brackets nested more than {NESTING} deep");
            return Err(Error::validation("query", message));
        }
        rest = &rest[length..];
    }
    Ok(())
}

/// Refuses a document that would ask for too much with its fragments put in, or whose fragments use themselves: a few
/// fragments that use one another twice ask for billions of fields, and even where they ask for none, whoever puts them
/// in is at it for ever. Says how many fields it has.
pub fn check_size(document: &ExecutableDocument, limits: &Limits) -> Result<usize> {
    let Limits {
        aliases, fields, ..
    } = limits;
    let mut sizes = Sizes {
        document,
        known: HashMap::new(),
    };
    let mut total = Size::default();
    for (_, operation) in document.operations.iter() {
        total = total + sizes.of(&operation.node.selection_set)?;
    }
    if total.aliases > *aliases {
        let message = format!("has more than {aliases} aliases");
        return Err(Error::validation("query", message));
    }
    if total.fields > *fields {
        let message =
            format!("has more than {fields} fields and uses of fragments, with these put in");
        return Err(Error::validation("query", message));
    }
    Ok(total.fields)
}

/// How much a part of a document asks for.
#[derive(Clone, Copy, Default)]
struct Size {
    fields: usize,
    aliases: usize,
}

impl Add for Size {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            fields: self.fields.saturating_add(other.fields),
            aliases: self.aliases.saturating_add(other.aliases),
        }
    }
}

/// Measures the parts of a document, each fragment once.
struct Sizes<'a> {
    document: &'a ExecutableDocument,
    /// What was measured; nothing, while it is being measured.
    known: HashMap<&'a Name, Option<Size>>,
}

impl<'a> Sizes<'a> {
    fn of(&mut self, set: &'a Positioned<SelectionSet>) -> Result<Size> {
        let mut parts = set.node.items.iter();
        parts.try_fold(Size::default(), |size, selection| {
            let part = match &selection.node {
                Selection::Field(field) => {
                    let own = Size {
                        fields: 1,
                        aliases: usize::from(field.node.alias.is_some()),
                    };
                    own + self.of(&field.node.selection_set)?
                }
                Selection::InlineFragment(fragment) => self.of(&fragment.node.selection_set)?,
                Selection::FragmentSpread(spread) => {
                    let own = Size {
                        fields: 1,
                        aliases: 0,
                    };
                    own + self.of_fragment(&spread.node.fragment_name.node)?
                }
            };
            Ok(size + part)
        })
    }

    /// One that is missing counts as nothing: validation refuses it.
    fn of_fragment(&mut self, name: &'a Name) -> Result<Size> {
        match self.known.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                let message = format!("has a fragment {name} that uses itself");
                return Err(Error::validation("query", message));
            }
            None => {}
        }
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Size::default());
        };
        self.known.insert(name, None);
        let size = self.of(&fragment.node.selection_set)?;
        self.known.insert(name, Some(size));
        Ok(size)
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'.')
}

fn word(text: &[u8]) -> usize {
    text.iter().take_while(|byte| is_word(**byte)).count()
}

fn line(text: &[u8]) -> usize {
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    text.iter().take_while(|byte| !is_end(byte)).count()
}

/// The length of a string with its quotes, or of all the rest where it does not end.
fn string(text: &[u8]) -> usize {
    if text.starts_with(BLOCK) {
        // The parser takes the quotes of a block without end for an empty string, and goes on behind that.
        return block(text).unwrap_or(2);
    }
    let mut at = 1;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

const BLOCK: &[u8] = b"\"\"\"";

/// The length of a string over several lines, in which nothing but its own quotes can be escaped.
fn block(text: &[u8]) -> Option<usize> {
    let mut at = BLOCK.len();
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(BLOCK) {
            return Some(at + BLOCK.len());
        }
        at += if rest.starts_with(b"\\\"\"\"") { 4 } else { 1 };
    }
    None
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;
    use crate::config::Config;

    fn limits() -> Limits {
        Config::default().limits
    }

    #[test]
    fn a_string_is_one_token_however_long() {
        let document = format!(r#"{{ a(b: "{}") }}"#, "x \\\" y ".repeat(limits().tokens));
        assert!(check_text(&document, &limits()).is_ok());
        let document = format!(r#"{{ a(b: """{}""") }}"#, "x \" y ".repeat(limits().tokens));
        assert!(check_text(&document, &limits()).is_ok());
    }

    #[test]
    fn too_many_tokens_are_refused() {
        let document = format!("{{ {} }}", "a ".repeat(limits().tokens));
        assert_eq!(
            check_text(&document, &limits()).unwrap_err().field(),
            Some("query")
        );
    }

    #[test]
    fn long_words_are_refused() {
        let document = |length| format!("{{ {} }}", "x".repeat(length));
        assert!(check_text(&document(WORD), &limits()).is_ok());
        assert_eq!(
            check_text(&document(WORD + 1), &limits())
                .unwrap_err()
                .field(),
            Some("query")
        );
    }

    #[test]
    fn a_string_without_end_ends_with_the_document() {
        assert!(check_text("{ a(b: \"", &limits()).is_ok());
        assert!(check_text("{ a(b: \"\\", &limits()).is_ok());
    }

    #[test]
    fn deep_nesting_is_refused() {
        let document = |depth| format!("{}{}", "{a".repeat(depth), "}".repeat(depth));
        assert!(check_text(&document(NESTING), &limits()).is_ok());
        assert!(check_text(&document(NESTING + 1), &limits()).is_err());
        assert!(check_text(r#"{ a(b: "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((") }"#, &limits()).is_ok());
    }

    #[test]
    fn fragments_that_use_one_another_twice_are_refused_at_once() {
        let link = |n| {
            format!(
                "fragment f{n} on Query {{ ...f{next} ...f{next} }} ",
                next = n + 1
            )
        };
        let chain: String = (0..200).map(link).collect();
        let document =
            format!("{{ ...f0 }} {chain} fragment f200 on Query {{ viewer {{ name }} }}");
        assert!(check_size(&parse_query(document).expect("good syntax"), &limits()).is_err());
    }

    #[test]
    fn brackets_do_not_hide_behind_quotes_and_comments() {
        let brackets = "[".repeat(NESTING);
        for before in [
            r#"{ a(b: """\\""" c: """) "#,
            r#"{ a(b: [""" x" "#,
            "{ # a comment\r",
        ] {
            let refused = check_text(&format!("{before}{brackets}"), &limits());
            assert_eq!(refused.unwrap_err().field(), Some("query"), "{before}");
        }
        let inside = format!(r#"{{ a(b: """\\ \""" {brackets} """) }}"#);
        assert!(check_text(&inside, &limits()).is_ok());
    }

    #[test]
    fn fragments_that_ask_for_nothing_are_counted_too() {
        let link = |n| {
            format!(
                "fragment f{n} on Query {{ ...f{next} ...f{next} }} ",
                next = n + 1
            )
        };
        let chain: String = (0..40).map(link).collect();
        let document = parse_query(format!("{{ ...f0 }} {chain}")).expect("good syntax");
        assert!(check_size(&document, &limits()).is_err());
    }

    #[test]
    fn a_fragment_that_uses_itself_is_refused() {
        for text in [
            "{ ...f } fragment f on Query { viewer { name } ...f }",
            "{ ...f } fragment f on Query { a { ...g } } fragment g on A { b { ...f } }",
        ] {
            let refused = check_size(&parse_query(text).expect("good syntax"), &limits());
            assert!(refused.unwrap_err().to_string().contains("uses itself"));
        }
        let twice = "{ ...f ...f } fragment f on Query { a }";
        assert_eq!(
            check_size(&parse_query(twice).expect("good syntax"), &limits()).ok(),
            Some(4)
        );
    }

    #[test]
    fn aliases_are_counted_in_fragments_too() {
        let fields: Vec<_> = (0..=limits().aliases)
            .map(|n| format!("a{n}: viewer {{ name }}"))
            .collect();
        let fields = fields.join(" ");
        let document = parse_query(format!("fragment f on Query {{ {fields} }} {{ ...f }}"));
        assert!(check_size(&document.expect("good syntax"), &limits()).is_err());
        let document = parse_query("{ a: viewer { name } }").expect("good syntax");
        assert!(check_size(&document, &limits()).is_ok());
    }
}
