//! Variables, held against the types that their operation declares, before anything is executed.
//!
//! The specification wants this, and it is what names the field of a bad value: the library would notice it only while
//! executing, and speak of the type alone.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::LazyLock,
};

use async_graphql::{
    Name, ScalarType, Value as GraphQlValue,
    parser::{
        parse_schema,
        types::{
            BaseType, InputObjectType, OperationDefinition, Type, TypeKind, TypeSystemDefinition,
        },
    },
};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{scalar::Instant, sdl};
use crate::error::{Error, Result};

/// How much of a bad value is shown.
const SHOWN_CHARACTERS: usize = 40;

/// The types that input can have, from the schema's own text.
static TYPES: LazyLock<HashMap<String, InputType>> = LazyLock::new(|| {
    let schema = parse_schema(sdl()).expect("the schema's text is GraphQL");
    let types = schema
        .definitions
        .into_iter()
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(definition.node),
            TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
        });
    types
        .filter_map(|definition| {
            Some((
                definition.name.node.to_string(),
                InputType::of(definition.kind)?,
            ))
        })
        .collect()
});

enum InputType {
    Enum(HashSet<Name>),
    Object(Vec<Field>),
}

struct Field {
    name: Name,
    of: Type,
    has_default: bool,
}

impl InputType {
    fn of(kind: TypeKind) -> Option<Self> {
        match kind {
            TypeKind::Enum(kind) => {
                let values = kind.values.into_iter().map(|value| value.node.value.node);
                Some(Self::Enum(values.collect()))
            }
            TypeKind::InputObject(InputObjectType { fields }) => {
                let field = |field: async_graphql::Positioned<_>| -> Field {
                    let field: async_graphql::parser::types::InputValueDefinition = field.node;
                    Field {
                        name: field.name.node,
                        of: field.ty.node,
                        has_default: field.default_value.is_some(),
                    }
                };
                Some(Self::Object(fields.into_iter().map(field).collect()))
            }
            _ => None,
        }
    }
}

/// Refuses variables that their operation does not take. The error names the field.
pub(super) fn check(operation: &OperationDefinition, variables: &Map<String, Value>) -> Result<()> {
    for definition in &operation.variable_definitions {
        let definition = &definition.node;
        let name = definition.name.node.as_str();
        let of = &definition.var_type.node;
        let mut place = Place(vec![Step::Field(name)]);
        match variables.get(name) {
            Some(value) => check_value(&mut place, of, value)?,
            None if of.nullable || definition.default_value.is_some() => {}
            None => return Err(place.bad(format!("is required, and must be {of}"))),
        }
    }
    Ok(())
}

fn check_value<'a>(place: &mut Place<'a>, of: &'a Type, value: &'a Value) -> Result<()> {
    match (&of.base, value) {
        (_, Value::Null) if of.nullable => Ok(()),
        (_, Value::Null) => Err(place.bad("must not be null".to_owned())),
        (BaseType::List(each), Value::Array(values)) => {
            for (index, value) in values.iter().enumerate() {
                place.0.push(Step::Index(index));
                check_value(place, each, value)?;
                place.0.pop();
            }
            Ok(())
        }
        // A single value stands for a list of one.
        (BaseType::List(each), value) => check_value(place, each, value),
        (BaseType::Named(name), value) => check_named(place, name, value),
    }
}

fn check_named<'a>(place: &mut Place<'a>, name: &'a Name, value: &'a Value) -> Result<()> {
    match (TYPES.get(name.as_str()), value) {
        (Some(InputType::Object(fields)), Value::Object(values)) => {
            check_fields(place, fields, values)
        }
        (Some(InputType::Enum(values)), Value::String(text)) if values.contains(text.as_str()) => {
            Ok(())
        }
        (None, value) if is_scalar(name, value) => Ok(()),
        (_, value) => Err(place.bad(format!("must be {name}, not {}", shown(value)))),
    }
}

fn check_fields<'a>(
    place: &mut Place<'a>,
    fields: &'static [Field],
    values: &'a Map<String, Value>,
) -> Result<()> {
    let is_known = |name: &String| fields.iter().any(|field| field.name == *name);
    if let Some(unknown) = values.keys().find(|name| !is_known(name)) {
        place.0.push(Step::Field(unknown));
        return Err(place.bad("is no field of this input".to_owned()));
    }
    for field in fields {
        place.0.push(Step::Field(&field.name));
        match values.get(field.name.as_str()) {
            Some(value) => check_value(place, &field.of, value)?,
            None if field.of.nullable || field.has_default => {}
            None => return Err(place.bad(format!("is required, and must be {}", field.of))),
        }
        place.0.pop();
    }
    Ok(())
}

/// Whether a value is one of a scalar. What is no scalar here is none of a variable's types, as validation says.
fn is_scalar(name: &str, value: &Value) -> bool {
    match (name, value) {
        ("Int", Value::Number(number)) => number
            .as_i64()
            .is_some_and(|number| i32::try_from(number).is_ok()),
        ("ID", Value::Number(number)) => number.is_i64() || number.is_u64(),
        ("Float", value) => value.is_number(),
        ("Boolean", value) => value.is_boolean(),
        ("String" | "ID", value) => value.is_string(),
        ("UUID", Value::String(text)) => {
            <Uuid as ScalarType>::parse(GraphQlValue::from(text.as_str())).is_ok()
        }
        ("DateTime", Value::String(text)) => {
            Instant::parse(GraphQlValue::from(text.as_str())).is_ok()
        }
        ("Int" | "UUID" | "DateTime", _) => false,
        _ => true,
    }
}

/// Where a value stands in the variables.
struct Place<'a>(Vec<Step<'a>>);

enum Step<'a> {
    Field(&'a str),
    Index(usize),
}

impl Place<'_> {
    fn bad(&self, message: String) -> Error {
        Error::validation(self.to_string(), message)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(".")?;
            }
            match step {
                Step::Field(name) => f.write_str(name)?,
                Step::Index(index) => write!(f, "{index}")?,
            }
        }
        Ok(())
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    let mut shown: String = text.chars().take(SHOWN_CHARACTERS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::{parse_query, types::DocumentOperations};
    use serde_json::json;

    use super::*;

    /// What is said of variables for an operation that declares them so.
    fn checked(declared: &str, variables: &Value) -> Result<()> {
        let document = parse_query(format!("query({declared}) {{ viewer {{ name }} }}")).unwrap();
        let DocumentOperations::Single(operation) = document.operations else {
            panic!("there is one operation");
        };
        check(&operation.node, variables.as_object().unwrap())
    }

    fn field(declared: &str, variables: &Value) -> String {
        let error = checked(declared, variables).expect_err("bad variables");
        error.field().expect("it names the field").to_owned()
    }

    #[test]
    fn a_bad_value_is_named_by_its_place() {
        assert_eq!(field("$n: UUID!", &json!({"n": 7})), "n");
        assert_eq!(field("$n: UUID!", &json!({})), "n");
        assert_eq!(field("$n: UUID!", &json!({"n": null})), "n");
        let report = |script: Value, status: &str| {
            json!({"i": {"schedule": Uuid::new_v4(), "results": [
                {"script": "a", "status": "PASS"}, {"script": script, "status": status}
            ]}})
        };
        let declared = "$i: ReportResultsInput!";
        assert!(checked(declared, &report(json!("b"), "FAIL")).is_ok());
        assert_eq!(
            field(declared, &report(json!(1), "FAIL")),
            "i.results.1.script"
        );
        assert_eq!(
            field(declared, &report(json!("b"), "GREEN")),
            "i.results.1.status"
        );
        let unknown = json!({"i": {"role": "ADMIN", "name": "a", "colour": "red"}});
        assert_eq!(field("$i: CreateClientInput!", &unknown), "i.colour");
        assert_eq!(
            field("$i: CreateClientInput!", &json!({"i": {"name": "a"}})),
            "i.role"
        );
    }

    #[test]
    fn scalars_are_read_as_the_schema_reads_them() {
        assert_eq!(field("$n: Int", &json!({"n": 3_000_000_000_u32})), "n");
        assert_eq!(field("$n: Int", &json!({"n": 1.5})), "n");
        assert_eq!(field("$t: DateTime", &json!({"t": "yesterday"})), "t");
        assert!(checked("$t: DateTime", &json!({"t": "2026-11-21T22:00:00+01:00"})).is_ok());
        assert!(checked("$n: Int = 3, $b: Boolean, $f: Float!", &json!({"f": 2})).is_ok());
        assert!(checked("$id: ID!", &json!({"id": 7})).is_ok());
    }

    #[test]
    fn a_single_value_stands_for_a_list_of_one() {
        assert!(checked("$s: [ResultStatus!]", &json!({"s": "PASS"})).is_ok());
        assert_eq!(
            field("$s: [ResultStatus!]", &json!({"s": ["PASS", "GREEN"]})),
            "s.1"
        );
    }

    #[test]
    fn a_long_value_is_cut_in_the_message() {
        let error = checked("$n: Int", &json!({"n": "x".repeat(10_000)})).unwrap_err();
        assert!(error.to_string().len() < 200);
    }
}
