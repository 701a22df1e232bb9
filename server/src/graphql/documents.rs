//! Documents, read once: scripts and pages send the same few again and again, and to parse and validate one takes longer
//! than to answer what most of them ask.
//!
//! A document is kept when it was found good. What may differ from one request to the next is checked each time: its
//! variables, and what it costs with them.

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod shape;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_graphql::{
    Request, ServerError, ValidationMode, ValidationResult, Variables,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation},
    parser::{parse_query, types::ExecutableDocument},
};
use moka::sync::Cache;

use super::{Schema, builder, limits, request::Rejected};
use crate::config::Limits;

/// How much memory all documents may take that are kept, and what a field of one takes in it, about.
const KEPT_BYTES: u64 = 16 * 1024 * 1024;
const FIELD_BYTES: usize = 300;

/// How long a document is kept that nobody sends.
const KEPT: Duration = Duration::from_mins(30);

/// The documents that were found good.
#[derive(Clone)]
pub struct Documents {
    limits: Limits,
    known: Cache<String, Arc<Document>>,
    /// Validates, and does nothing else.
    validator: Schema,
}

impl Documents {
    /// None was read yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            known: Cache::builder()
                .max_capacity(KEPT_BYTES)
                .time_to_idle(KEPT)
                .weigher(|text: &String, document: &Arc<Document>| {
                    let bytes = text.len() + document.fields * FIELD_BYTES;
                    u32::try_from(bytes).unwrap_or(u32::MAX)
                })
                .build(),
            validator: builder(&limits)
                .validation_mode(ValidationMode::Strict)
                .extension(StopWhenValid)
                .finish(),
        }
    }

    /// Parses a document, or finds it among those that were. Says whether it was found, and so is valid.
    pub(super) fn parse(&self, text: &str) -> Result<(Arc<Document>, bool), Rejected> {
        if let Some(document) = self.known.get(text) {
            return Ok((document, true));
        }
        limits::check_text(text, &self.limits)?;
        let parsed =
            parse_query(text).map_err(|error| Rejected::Invalid(vec![ServerError::from(error)]))?;
        let fields = limits::check_size(&parsed, &self.limits)?;
        let document = Document {
            joins: shape::joins(&parsed),
            is_good_for_ever: !shape::has_variables_inside_of_values(&parsed),
            question: question(&parsed),
            parsed,
            fields,
        };
        Ok((Arc::new(document), false))
    }

    /// Validates a document, and keeps it if it is valid whatever the variables are.
    pub(super) async fn validate(
        &self,
        text: &str,
        operation_name: Option<&str>,
        document: &Arc<Document>,
        variables: &Variables,
    ) -> Result<(), Rejected> {
        let mut request = Request::new(text).variables(variables.clone());
        request.operation_name = operation_name.map(str::to_owned);
        request.set_parsed_query(document.parsed.clone());
        let errors = self.validator.execute(request).await.errors;
        if !errors.iter().any(|error| error.source::<Valid>().is_some()) {
            return Err(Rejected::Invalid(errors));
        }
        if document.is_good_for_ever {
            self.known.insert(text.to_owned(), Arc::clone(document));
        }
        Ok(())
    }
}

/// A document that was parsed.
#[derive(Clone)]
pub(super) struct Document {
    pub(super) parsed: ExecutableDocument,
    /// Whether something with fields of its own is asked for twice under one name, and is to be joined.
    pub(super) joins: bool,
    /// Which question it asks of what is found, where that is the same whatever the variables are.
    pub(super) question: Option<Question>,
    /// How many fields there are, with the fragments put in.
    fields: usize,
    /// Whether it may be kept once it was found good. Where a variable is a part of a larger value, whether that is good
    /// depends on the variable.
    is_good_for_ever: bool,
}

/// What is asked of whatever is found: another one for each document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Question(pub(super) u64);

fn question(document: &ExecutableDocument) -> Option<Question> {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    let is_one = document.operations.iter().count() == 1 && !shape::varies_inside(document);
    is_one.then(|| Question(ASKED.fetch_add(1, Ordering::Relaxed)))
}

/// Found to be valid. It travels as an error, for that ends a request before anything is executed.
struct Valid;

/// Ends each request when it was validated.
struct StopWhenValid;

impl ExtensionFactory for StopWhenValid {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for StopWhenValid {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        next.run(ctx).await?;
        let mut valid = ServerError::new("valid", None);
        valid.source = Some(Arc::new(Valid));
        Err(vec![valid])
    }
}
