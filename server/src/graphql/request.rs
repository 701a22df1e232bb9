//! A request that was read: its document, its operation and its variables are good.

use std::borrow::Cow;

use async_graphql::{
    Request, ServerError, Variables,
    parser::types::{ExecutableDocument, OperationDefinition, OperationType, Selection},
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{documents::Documents, variables};
use crate::error::Error;

/// The parameters of a request, as GraphQL over HTTP and `graphql-transport-ws` both have them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    query: String,
    operation_name: Option<String>,
    variables: Option<Map<String, Value>>,
    /// Nothing here has a meaning yet, but it must be a map.
    #[serde(rename = "extensions")]
    _extensions: Option<Map<String, Value>>,
}

impl Parameters {
    /// Parameters from the query of a URL, where maps are JSON texts.
    pub fn new(
        query: String,
        operation_name: Option<String>,
        variables: Option<Map<String, Value>>,
        extensions: Option<Map<String, Value>>,
    ) -> Self {
        Self {
            query,
            operation_name,
            variables,
            _extensions: extensions,
        }
    }
}

/// What a request carries where the answer joins what is asked for twice: only the library knows how.
#[derive(Debug)]
pub(super) struct Joins;

/// A request that can be executed.
#[derive(Debug)]
pub struct Prepared {
    /// The request, already parsed.
    pub request: Request,
    /// What kind of operation it asks for.
    pub operation: OperationType,
    /// The field that it asks for.
    pub asked_for: Cow<'static, str>,
}

/// Why a request can't be executed.
#[derive(Debug)]
pub enum Rejected {
    /// Its text is no GraphQL, or none of this schema.
    Invalid(Vec<ServerError>),
    /// It is too large, or names no operation.
    Refused(Error),
}

impl From<Error> for Rejected {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// Reads a request, finds its operation, and holds its variables against it.
pub async fn prepare(documents: &Documents, parameters: Parameters) -> Result<Prepared, Rejected> {
    let Parameters {
        query,
        operation_name,
        variables,
        ..
    } = parameters;
    let (document, is_valid) = documents.parse(&query)?;
    let operation = operation(&document.parsed, operation_name.as_deref())?;
    let kind = operation.ty;
    let asked_for = asked_for(operation);
    let variables = variables.unwrap_or_default();
    variables::check(operation, &variables)?;
    let variables = Variables::from_json(Value::Object(variables));
    if !is_valid {
        documents
            .validate(&query, operation_name.as_deref(), &document, &variables)
            .await?;
    }
    let mut request = Request::new(query).variables(variables);
    request.operation_name = operation_name;
    if document.joins {
        request = request.data(Joins);
    }
    if let Some(question) = document.question {
        request = request.data(question);
    }
    request.set_parsed_query(document.parsed.clone());
    Ok(Prepared {
        request,
        operation: kind,
        asked_for,
    })
}

/// The field that an operation asks for, where it is one.
fn asked_for(operation: &OperationDefinition) -> Cow<'static, str> {
    match operation.selection_set.node.items.as_slice() {
        [one] => match &one.node {
            Selection::Field(field) => field.node.name.node.to_string().into(),
            _ => "several".into(),
        },
        _ => "several".into(),
    }
}

/// The operation that is to be executed.
fn operation<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a OperationDefinition, Error> {
    let mut operations = document.operations.iter();
    let found = match name {
        Some(name) => operations.find(|(own, _)| own.is_some_and(|own| own == name)),
        None if operations.clone().count() > 1 => {
            let message = "must say which operation to execute";
            return Err(Error::validation("operationName", message));
        }
        None => operations.next(),
    };
    let unknown = || Error::validation("operationName", "names no operation of this document");
    found
        .map(|(_, operation)| &operation.node)
        .ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Config;

    async fn prepared(documents: &Documents, parameters: Value) -> Result<Prepared, Rejected> {
        let parameters = serde_json::from_value(parameters).expect("parameters");
        prepare(documents, parameters).await
    }

    #[tokio::test]
    async fn the_operation_is_found_by_name() {
        let documents = Documents::new(Config::default().limits);
        let query =
            "query a { viewer { name } } mutation b { closeMySchedules { schedules { name } } }";
        let named = json!({"query": query, "operationName": "b"});
        // Read for the first time, and out of what is known.
        for _ in 0..2 {
            let found = prepared(&documents, named.clone()).await.expect("good");
            assert_eq!(found.operation, OperationType::Mutation);
        }
        let without_name = prepared(&documents, json!({"query": query})).await;
        assert!(without_name.is_err());
        let unknown = json!({"query": query, "operationName": "c"});
        assert!(prepared(&documents, unknown).await.is_err());
    }

    #[test]
    fn variables_must_be_a_map() {
        let parameters = json!({"query": "{ viewer { name } }", "variables": [1]});
        assert!(serde_json::from_value::<Parameters>(parameters).is_err());
    }

    #[tokio::test]
    async fn what_is_not_of_this_schema_is_rejected_again_and_again() {
        let documents = Documents::new(Config::default().limits);
        for query in [
            "{",
            "{ nothing }",
            "{ viewer }",
            "{ viewer { name(a: 1) } }",
        ] {
            for _ in 0..2 {
                let rejected = prepared(&documents, json!({"query": query})).await;
                assert!(matches!(rejected, Err(Rejected::Invalid(_))), "{query}");
            }
        }
    }

    #[tokio::test]
    async fn variables_are_checked_each_time() {
        let documents = Documents::new(Config::default().limits);
        let query = "query($name: UUID!) { schedule(name: $name) { title } }";
        let with = |name: Value| json!({"query": query, "variables": {"name": name}});
        let good = with(json!(uuid::Uuid::new_v4()));
        assert!(prepared(&documents, with(json!("?"))).await.is_err());
        assert!(prepared(&documents, good.clone()).await.is_ok());
        assert!(prepared(&documents, with(json!("?"))).await.is_err());
        assert!(prepared(&documents, good).await.is_ok());
    }

    #[tokio::test]
    async fn what_a_variable_hides_is_not_kept_as_good() {
        let documents = Documents::new(Config::default().limits);
        let query = "query($t: String) { schedules(filter: {title: $t, statsu: [CLOSED]}) { nodes { name } } }";
        for _ in 0..2 {
            let _ = prepared(&documents, json!({"query": query})).await;
            let with = json!({"query": query, "variables": {"t": "x"}});
            assert!(prepared(&documents, with).await.is_err());
        }
    }
}
