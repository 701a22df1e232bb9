//! How large a request may be. The numbers are documented in the README.

use async_graphql::{
    Positioned,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

use crate::error::{Error, Result};

/// How deep fields may be nested. Introspection, as GraphiQL asks for it, needs all of it.
pub const DEPTH: usize = 15;

/// What the fields of a request may cost together: each costs 1, and a list costs its items as often as it may have
/// some (`first`, or 50).
pub const COMPLEXITY: usize = 100_000;

/// How deep brackets may be nested, in the text of a request.
pub const NESTING: usize = 32;

/// How many directives a single field may have.
pub const DIRECTIVES: usize = 5;

/// How many tokens the text of a request may have. Large input belongs into variables.
pub const TOKENS: usize = 20_000;

/// How many aliases a request may have.
pub const ALIASES: usize = 100;

/// Counts the tokens of a document without parsing it, and refuses too many.
///
/// It reads strings, comments, names, numbers and punctuation as the grammar does; whether they make sense is the
/// parser's business.
pub fn check_tokens(document: &str) -> Result<()> {
    let mut rest = document.as_bytes();
    let mut tokens = 0;
    while let Some(&first) = rest.first() {
        let length = match first {
            b'#' => line(rest),
            b'"' => string(rest),
            b' ' | b'\t' | b'\r' | b'\n' | b',' => {
                rest = &rest[1..];
                continue;
            }
            byte if is_word(byte) => word(rest),
            _ => 1,
        };
        tokens += usize::from(first != b'#');
        if tokens > TOKENS {
            let message = format!("has more than {TOKENS} tokens, put large input into variables");
            return Err(Error::validation("query", message));
        }
        rest = &rest[length..];
    }
    Ok(())
}

/// Refuses a document with too many aliases.
pub fn check_aliases(document: &ExecutableDocument) -> Result<()> {
    let operations = document
        .operations
        .iter()
        .map(|(_, operation)| &operation.node.selection_set);
    let fragments = document
        .fragments
        .values()
        .map(|fragment| &fragment.node.selection_set);
    let aliases: usize = operations.chain(fragments).map(aliases).sum();
    if aliases > ALIASES {
        let message = format!("has {aliases} aliases, at most {ALIASES} are allowed");
        return Err(Error::validation("query", message));
    }
    Ok(())
}

fn aliases(set: &Positioned<SelectionSet>) -> usize {
    set.node
        .items
        .iter()
        .map(|selection| match &selection.node {
            Selection::Field(field) => {
                usize::from(field.node.alias.is_some()) + aliases(&field.node.selection_set)
            }
            Selection::InlineFragment(fragment) => aliases(&fragment.node.selection_set),
            Selection::FragmentSpread(_) => 0,
        })
        .sum()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'.')
}

fn word(text: &[u8]) -> usize {
    text.iter().take_while(|byte| is_word(**byte)).count()
}

fn line(text: &[u8]) -> usize {
    text.iter().take_while(|byte| **byte != b'\n').count()
}

/// The length of a string with its quotes, or of all the rest where it does not end.
fn string(text: &[u8]) -> usize {
    let quotes: &[u8] = if text.starts_with(b"\"\"\"") {
        b"\"\"\""
    } else {
        b"\""
    };
    let mut at = quotes.len();
    while at < text.len() {
        if text[at] == b'\\' {
            at += 2;
        } else if text[at..].starts_with(quotes) {
            return at + quotes.len();
        } else {
            at += 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn a_string_is_one_token_however_long() {
        let document = format!(r#"{{ a(b: "{}") }}"#, "x \\\" y ".repeat(TOKENS));
        assert!(check_tokens(&document).is_ok());
        let document = format!(r#"{{ a(b: """{}""") }}"#, "x \" y ".repeat(TOKENS));
        assert!(check_tokens(&document).is_ok());
    }

    #[test]
    fn too_many_tokens_are_refused() {
        let document = format!("{{ {} }}", "a ".repeat(TOKENS));
        assert_eq!(check_tokens(&document).unwrap_err().field(), Some("query"));
    }

    #[test]
    fn a_string_without_end_ends_with_the_document() {
        assert!(check_tokens("{ a(b: \"").is_ok());
        assert!(check_tokens("{ a(b: \"\\").is_ok());
    }

    #[test]
    fn aliases_are_counted_in_fragments_too() {
        let fields: String = (0..=ALIASES)
            .map(|n| format!("a{n}: viewer {{ name }} "))
            .collect();
        let document = parse_query(format!("fragment f on Query {{ {fields} }} {{ ...f }}"));
        assert!(check_aliases(&document.expect("good syntax")).is_err());
        let document = parse_query("{ a: viewer { name } }").expect("good syntax");
        assert!(check_aliases(&document).is_ok());
    }
}
