//! What can be said of a document by looking at it.

use std::collections::HashSet;

use async_graphql::{
    Name, Positioned,
    parser::types::{Directive, ExecutableDocument, Selection, SelectionSet},
};
use async_graphql_value::Value as Argument;

/// Whether something with fields of its own is asked for twice under one name, its fragments put in: the answer joins the
/// two. A document whose fragments use themselves is left to validation.
pub(super) fn joins(document: &ExecutableDocument) -> bool {
    let mut reader = Reader {
        document,
        inside: Vec::new(),
    };
    document
        .operations
        .iter()
        .any(|(_, operation)| reader.joins(&operation.node.selection_set.node))
}

/// Puts in the fragments of a document.
struct Reader<'a> {
    document: &'a ExecutableDocument,
    /// The fragments that are being read.
    inside: Vec<&'a Name>,
}

impl<'a> Reader<'a> {
    fn joins(&mut self, set: &'a SelectionSet) -> bool {
        self.repeats(set, &mut HashSet::new())
    }

    /// Whether one of the names was met before, or something below joins.
    fn repeats(&mut self, set: &'a SelectionSet, names: &mut HashSet<&'a Name>) -> bool {
        set.items.iter().any(|selection| match &selection.node {
            Selection::Field(field) => {
                let set = &field.node.selection_set.node;
                !set.items.is_empty()
                    && (!names.insert(&field.node.response_key().node) || self.joins(set))
            }
            Selection::InlineFragment(fragment) => {
                self.repeats(&fragment.node.selection_set.node, names)
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                let Some(fragment) = self.document.fragments.get(name) else {
                    return false;
                };
                if self.inside.contains(&name) {
                    return false;
                }
                self.inside.push(name);
                let repeats = self.repeats(&fragment.node.selection_set.node, names);
                self.inside.pop();
                repeats
            }
        })
    }
}

/// Whether a list or an object among the arguments has a variable inside.
pub(super) fn has_variables_inside_of_values(document: &ExecutableDocument) -> bool {
    let mut operations = document.operations.iter();
    operations.any(|(_, operation)| {
        let operation = &operation.node;
        any_in_directives(&operation.directives, has_variable_inside)
            || any_argument(&operation.selection_set.node, has_variable_inside)
    }) || any_in_fragments(document, has_variable_inside)
}

/// Whether anything but the arguments of what is asked for at first depends on a variable.
pub(super) fn varies_inside(document: &ExecutableDocument) -> bool {
    let mut operations = document.operations.iter();
    operations.any(|(_, operation)| {
        let selections = &operation.node.selection_set.node.items;
        selections.iter().any(|selection| match &selection.node {
            Selection::Field(field) => {
                any_in_directives(&field.node.directives, has_variable)
                    || any_argument(&field.node.selection_set.node, has_variable)
            }
            _ => any_in_selection(selection, has_variable),
        })
    }) || any_in_fragments(document, has_variable)
}

/// Whether any argument is of this kind.
type IsOfKind = fn(&Argument) -> bool;

fn any_in_fragments(document: &ExecutableDocument, is: IsOfKind) -> bool {
    document.fragments.values().any(|fragment| {
        any_in_directives(&fragment.node.directives, is)
            || any_argument(&fragment.node.selection_set.node, is)
    })
}

fn any_argument(set: &SelectionSet, is: IsOfKind) -> bool {
    let mut selections = set.items.iter();
    selections.any(|selection| any_in_selection(selection, is))
}

fn any_in_selection(selection: &Positioned<Selection>, is: IsOfKind) -> bool {
    match &selection.node {
        Selection::Field(field) => {
            let mut arguments = field.node.arguments.iter();
            arguments.any(|(_, value)| is(&value.node))
                || any_in_directives(&field.node.directives, is)
                || any_argument(&field.node.selection_set.node, is)
        }
        Selection::InlineFragment(fragment) => {
            any_in_directives(&fragment.node.directives, is)
                || any_argument(&fragment.node.selection_set.node, is)
        }
        Selection::FragmentSpread(spread) => any_in_directives(&spread.node.directives, is),
    }
}

fn any_in_directives(directives: &[Positioned<Directive>], is: IsOfKind) -> bool {
    directives.iter().any(|directive| {
        let mut arguments = directive.node.arguments.iter();
        arguments.any(|(_, value)| is(&value.node))
    })
}

fn has_variable_inside(value: &Argument) -> bool {
    match value {
        Argument::List(values) => values.iter().any(has_variable),
        Argument::Object(fields) => fields.values().any(has_variable),
        _ => false,
    }
}

fn has_variable(value: &Argument) -> bool {
    matches!(value, Argument::Variable(_)) || has_variable_inside(value)
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn parsed(text: &str) -> ExecutableDocument {
        parse_query(text).expect("good syntax")
    }

    #[test]
    fn what_is_asked_for_twice_is_joined() {
        for text in [
            "{ a { b } a { c } }",
            "{ a { b { c } ...f } } fragment f on A { b { d } }",
            "{ a { ... { b { c } } ... on A { b { d } } } }",
            "{ ...f } fragment f on Query { x: a { b } x: a { c } }",
        ] {
            assert!(joins(&parsed(text)), "{text}");
        }
        for text in [
            "{ a { b b } c { b } }",
            "{ x: a { b } y: a { b } }",
            "{ a { ...f } c { ...f } } fragment f on A { b { d } }",
            "{ ...f } fragment f on Query { a ...f }",
            "{ ...missing }",
        ] {
            assert!(!joins(&parsed(text)), "{text}");
        }
    }

    #[test]
    fn variables_are_found_inside_of_values() {
        for text in [
            "query($t: String) { a(filter: {title: $t}) }",
            "query($t: String) { ...f } fragment f on Query { a { b(c: [[$t]]) } }",
        ] {
            assert!(has_variables_inside_of_values(&parsed(text)), "{text}");
        }
        for text in [
            "query($t: String, $s: Boolean!) { a(title: $t) @skip(if: $s) }",
            "{ a(filter: {title: \"$t\"}) }",
        ] {
            assert!(!has_variables_inside_of_values(&parsed(text)), "{text}");
        }
    }

    #[test]
    fn what_is_asked_for_first_may_depend_on_variables() {
        for text in [
            "subscription($n: UUID!, $i: Boolean!) { a(name: $n) { b @include(if: $i) } }",
            "subscription($i: Boolean!) { a @include(if: $i) { b } }",
            "subscription($f: Int) { a { ...f } } fragment f on A { b(first: $f) }",
            "subscription($i: Boolean!) { ... @skip(if: $i) { a { b } } }",
        ] {
            assert!(varies_inside(&parsed(text)), "{text}");
        }
        for text in [
            "subscription($n: UUID!) { a(name: $n, after: 0) { b c(first: 1) { d } } }",
            "subscription($n: UUID!) { a(name: $n) { ...f } } fragment f on A { b @include(if: true) }",
        ] {
            assert!(!varies_inside(&parsed(text)), "{text}");
        }
    }
}
