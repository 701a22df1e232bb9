//! A request that was read: parsed once, held against the limits, and its operation found.

use async_graphql::{
    Request, ServerError, Variables,
    parser::{
        parse_query,
        types::{DocumentOperations, ExecutableDocument, OperationType},
    },
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::limits;
use crate::error::Error;

/// The parameters of a request, as GraphQL over HTTP and `graphql-transport-ws` both have them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    query: String,
    operation_name: Option<String>,
    variables: Option<Map<String, Value>>,
    extensions: Option<Map<String, Value>>,
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
            extensions,
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

/// Parses a request and finds its operation.
pub fn prepare(parameters: Parameters) -> Result<Prepared, Rejected> {
    limits::check_text(&parameters.query)?;
    let document = parse_query(&parameters.query)
        .map_err(|error| Rejected::Syntax(ServerError::from(error)))?;
    limits::check_size(&document)?;
    let operation = operation(&document, parameters.operation_name.as_deref())?;
    let mut request = Request::new(parameters.query);
    request.set_parsed_query(document);
    if let Some(name) = parameters.operation_name {
        request = request.operation_name(name);
    }
    if let Some(variables) = parameters.variables {
        request = request.variables(Variables::from_json(Value::Object(variables)));
    }
    if let Some(Ok(extensions)) = parameters
        .extensions
        .map(|extensions| serde_json::from_value(Value::Object(extensions)))
    {
        request.extensions = extensions;
    }
    Ok(Prepared { request, operation })
}

fn operation(document: &ExecutableDocument, name: Option<&str>) -> Result<OperationType, Error> {
    let refused = |message| Err(Error::validation("operationName", message));
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok(operation.node.ty),
        (DocumentOperations::Multiple(operations), Some(name)) => match operations.get(name) {
            Some(operation) => Ok(operation.node.ty),
            None => refused("names no operation of this document"),
        },
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => {
            let only = operations.values().next().expect("there is one");
            Ok(only.node.ty)
        }
        (DocumentOperations::Multiple(_), None) => refused("must say which operation to execute"),
        (DocumentOperations::Single(_), Some(_)) => refused("names no operation of this document"),
    }
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
