//! Documents, read once: scripts and pages send the same few again and again, and to parse and validate one takes longer
//! than to answer what most of them ask.
//!
//! A document is kept when it was found good. What may differ from one request to the next is checked each time: its
//! variables, and what it costs with them.

use std::sync::Arc;

use async_graphql::{
    Request, ServerError, ValidationMode, ValidationResult, Variables,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation},
    parser::{parse_query, types::ExecutableDocument},
};
use moka::sync::Cache;

use super::{Schema, builder, limits, request::Rejected};

/// How many bytes of text all documents may have that are kept.
const KEPT_BYTES: u64 = 4 * 1024 * 1024;

/// The documents that were found good.
#[derive(Clone)]
pub struct Documents {
    known: Cache<String, Arc<ExecutableDocument>>,
    /// Validates, and does nothing else.
    validator: Schema,
}

impl Default for Documents {
    fn default() -> Self {
        Self {
            known: Cache::builder()
                .max_capacity(KEPT_BYTES)
                .weigher(|text: &String, _| u32::try_from(text.len()).unwrap_or(u32::MAX))
                .build(),
            validator: builder()
                .validation_mode(ValidationMode::Strict)
                .extension(StopWhenValid)
                .finish(),
        }
    }
}

/// A document.
pub(super) struct Document {
    pub(super) parsed: Arc<ExecutableDocument>,
    is_new: bool,
}

impl Documents {
    /// Parses a document, or finds it among those that were.
    pub(super) fn parse(&self, text: &str) -> Result<Document, Rejected> {
        if let Some(parsed) = self.known.get(text) {
            return Ok(Document {
                parsed,
                is_new: false,
            });
        }
        limits::check_text(text)?;
        let parsed =
            parse_query(text).map_err(|error| Rejected::Invalid(vec![ServerError::from(error)]))?;
        limits::check_size(&parsed)?;
        Ok(Document {
            parsed: Arc::new(parsed),
            is_new: true,
        })
    }

    /// Validates a document, unless that was done before.
    pub(super) async fn validate(
        &self,
        text: &str,
        operation_name: Option<&str>,
        document: &Document,
        variables: &Variables,
    ) -> Result<(), Rejected> {
        if !document.is_new {
            return Ok(());
        }
        let mut request = Request::new(text).variables(variables.clone());
        request.operation_name = operation_name.map(str::to_owned);
        request.set_parsed_query(ExecutableDocument::clone(&document.parsed));
        let errors = self.validator.execute(request).await.errors;
        if !errors.iter().any(|error| error.source::<Valid>().is_some()) {
            return Err(Rejected::Invalid(errors));
        }
        let parsed = Arc::clone(&document.parsed);
        self.known.insert(text.to_owned(), parsed);
        Ok(())
    }
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
