//! A request that was read: parsed once, held against the limits, and its operation found.

use async_graphql::{
    Request, ServerError, Variables,
    parser::{
        parse_query,
        types::{ExecutableDocument, OperationDefinition, OperationType},
    },
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{limits, variables};
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

/// A request that can be executed.
#[derive(Debug)]
pub struct Prepared {
    /// The request, already parsed.
    pub request: Request,
    /// What kind of operation it asks for.
    pub operation: OperationType,
}

/// Why a request can't be executed.
#[derive(Debug)]
pub enum Rejected {
    /// Its text is no GraphQL.
    Syntax(ServerError),
    /// It is too large, or names no operation.
    Refused(Error),
}

impl From<Error> for Rejected {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// Parses a request, finds its operation, and holds its variables against it.
pub fn prepare(parameters: Parameters) -> Result<Prepared, Rejected> {
    limits::check_text(&parameters.query)?;
    let document = parse_query(&parameters.query)
        .map_err(|error| Rejected::Syntax(ServerError::from(error)))?;
    limits::check_size(&document)?;
    let operation = operation(&document, parameters.operation_name.as_deref())?;
    let variables = parameters.variables.unwrap_or_default();
    variables::check(operation, &variables)?;
    let kind = operation.ty;
    let mut request =
        Request::new(parameters.query).variables(Variables::from_json(Value::Object(variables)));
    request.operation_name = parameters.operation_name;
    request.set_parsed_query(document);
    Ok(Prepared {
        request,
        operation: kind,
    })
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

    fn prepared(parameters: Value) -> Result<Prepared, Rejected> {
        prepare(serde_json::from_value(parameters).expect("parameters"))
    }

    #[test]
    fn the_operation_is_found_by_name() {
        let query =
            "query a { viewer { name } } mutation b { closeMySchedules { schedules { name } } }";
        let found = prepared(json!({"query": query, "operationName": "b"})).expect("good");
        assert_eq!(found.operation, OperationType::Mutation);
        assert!(prepared(json!({"query": query})).is_err());
        assert!(prepared(json!({"query": query, "operationName": "c"})).is_err());
    }

    #[test]
    fn variables_must_be_a_map() {
        let parameters = json!({"query": "{ viewer { name } }", "variables": [1]});
        assert!(serde_json::from_value::<Parameters>(parameters).is_err());
    }

    #[test]
    fn what_is_no_graphql_is_rejected() {
        assert!(matches!(
            prepared(json!({"query": "{"})),
            Err(Rejected::Syntax(_))
        ));
    }
}
