//! Whatever is sent as a GraphQL request: what the limits promise of it holds, and it is taken or refused in the same way
//! whether its document is known already or not.

use std::sync::LazyLock;

use async_graphql::{
    Positioned, Response, Value,
    parser::{
        parse_query,
        types::{ExecutableDocument, OperationType, Selection, SelectionSet},
    },
};
use async_graphql_value::Value as Argument;
use moka::sync::Cache;

use super::Documents;
use crate::{
    config::{Config, Limits},
    fuzzing,
    graphql::{
        error::{response_of, with_codes},
        limits::{self, NESTING},
        request::{Parameters, Rejected, prepare},
    },
};

/// What the server has read before.
static KNOWN: LazyLock<Documents> = LazyLock::new(|| Documents::new(*LIMITS));

/// What a server lets pass that nobody set up otherwise.
static LIMITS: LazyLock<Limits> = LazyLock::new(|| Config::default().limits);

/// How many fields and uses of fragments a document of good size has at most, all of them put in.
const STEPS: usize = 100_000;

/// Reads the text of a document.
pub fn graphql_document(bytes: &[u8]) {
    let Some(text) = fuzzing::text(bytes) else {
        return;
    };
    if let Err(error) = limits::check_text(text, &LIMITS) {
        return fuzzing::check_refusal(&error);
    }
    // Where the limits let too deep nesting pass, the parser runs out of stack.
    let Ok(document) = parse_query(text) else {
        return;
    };
    let extent = Extent::of(&document);
    assert!(
        extent.depth <= NESTING,
        "brackets nest {} deep",
        extent.depth
    );
    assert!(
        extent.words <= LIMITS.tokens,
        "there are {} words",
        extent.words
    );
    match limits::check_size(&document, &LIMITS) {
        Ok(fields) => {
            let count = Count::of(&document);
            assert_eq!(count.fields, fields);
            assert!(fields <= LIMITS.fields && count.aliases <= LIMITS.aliases);
        }
        Err(error) => fuzzing::check_refusal(&error),
    }
    // What else is looked for before a document is validated is found in a moment.
    drop(KNOWN.parse(text));
}

/// Reads a whole request.
pub fn graphql_request(bytes: &[u8]) {
    let parameters = || serde_json::from_slice::<Parameters>(bytes).ok();
    let (Some(first), Some(second), Some(third)) = (parameters(), parameters(), parameters())
    else {
        return;
    };
    let fresh = Documents {
        limits: *LIMITS,
        known: Cache::new(1),
        validator: KNOWN.validator.clone(),
    };
    let told = outcome(&fresh, first);
    assert_eq!(outcome(&KNOWN, second), told, "when it may be known");
    assert_eq!(outcome(&KNOWN, third), told, "when it was just read");
}

/// What kind of operation a request asks for; nothing where it is refused, with a reason and a code.
fn outcome(documents: &Documents, parameters: Parameters) -> Option<OperationType> {
    let rejected = match fuzzing::at_once(prepare(documents, parameters)) {
        Ok(prepared) => return Some(prepared.operation),
        Err(rejected) => rejected,
    };
    let response = match rejected {
        Rejected::Invalid(errors) => with_codes(Response::from_errors(errors)),
        Rejected::Refused(error) => {
            fuzzing::check_refusal(&error);
            response_of(error)
        }
    };
    assert!(!response.errors.is_empty(), "a refusal says why");
    for error in response.errors {
        let extensions = error.extensions.as_ref().expect("it has a code");
        let code = Some(&Value::from("VALIDATION"));
        assert_eq!(extensions.get("code"), code, "{error:?}");
        assert!(!error.message.is_empty());
    }
    None
}

/// How deep a document's brackets nest at least, and how many words it has at least.
#[derive(Clone, Copy, Default)]
struct Extent {
    depth: usize,
    words: usize,
}

impl Extent {
    fn of(document: &ExecutableDocument) -> Self {
        let operations = document.operations.iter();
        let operations = operations.map(|(_, operation)| &operation.node.selection_set);
        let fragments = document.fragments.values();
        let fragments = fragments.map(|fragment| &fragment.node.selection_set);
        let sets = operations.chain(fragments);
        sets.map(Self::of_set).fold(Self::default(), Self::beside)
    }

    fn of_set(set: &Positioned<SelectionSet>) -> Self {
        let selections = set
            .node
            .items
            .iter()
            .map(|selection| match &selection.node {
                Selection::Field(field) => {
                    let arguments = field.node.arguments.iter();
                    let arguments = arguments.map(|(_, value)| Self::of_value(&value.node));
                    let arguments = arguments.fold(Self::default(), Self::beside);
                    arguments.beside(Self::of_set(&field.node.selection_set))
                }
                Selection::InlineFragment(fragment) => Self::of_set(&fragment.node.selection_set),
                Selection::FragmentSpread(_) => Self::default(),
            });
        selections
            .map(Self::with_a_word)
            .fold(Self::default(), Self::beside)
            .bracketed(!set.node.items.is_empty())
    }

    fn of_value(value: &Argument) -> Self {
        match value {
            Argument::List(values) => {
                let values = values.iter().map(Self::of_value);
                values.fold(Self::default(), Self::beside).bracketed(true)
            }
            Argument::Object(fields) => {
                let fields = fields.values().map(Self::of_value).map(Self::with_a_word);
                fields.fold(Self::default(), Self::beside).bracketed(true)
            }
            _ => Self::default().with_a_word(),
        }
    }

    fn beside(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            words: self.words + other.words,
        }
    }

    fn with_a_word(self) -> Self {
        Self {
            words: self.words + 1,
            ..self
        }
    }

    fn bracketed(self, is: bool) -> Self {
        Self {
            depth: self.depth + usize::from(is),
            ..self
        }
    }
}

/// The fields, uses of fragments and aliases of a document, counted one by one with the fragments put in.
struct Count<'a> {
    document: &'a ExecutableDocument,
    steps: usize,
    fields: usize,
    aliases: usize,
}

impl<'a> Count<'a> {
    fn of(document: &'a ExecutableDocument) -> Self {
        let mut count = Self {
            document,
            steps: 0,
            fields: 0,
            aliases: 0,
        };
        for (_, operation) in document.operations.iter() {
            count.add(&operation.node.selection_set.node);
        }
        count
    }

    fn add(&mut self, set: &'a SelectionSet) {
        for selection in &set.items {
            self.steps += 1;
            assert!(self.steps <= STEPS, "there is no end of it");
            match &selection.node {
                Selection::Field(field) => {
                    self.fields += 1;
                    self.aliases += usize::from(field.node.alias.is_some());
                    self.add(&field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => self.add(&fragment.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    self.fields += 1;
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = self.document.fragments.get(name) {
                        self.add(&fragment.node.selection_set.node);
                    }
                }
            }
        }
    }
}
