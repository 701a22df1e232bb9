//! The facade's own description, in OpenAPI 3.1: made from the routes and types that it describes, served to programs
//! as `/api/openapi.json` and to people as `/api/docs`.

use std::collections::BTreeMap;

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header},
    routing::get,
};
use bytes::Bytes;
use utoipa::{
    IntoResponses, Modify, OpenApi, PartialSchema, ToSchema,
    openapi::{
        self, Content, ContentBuilder, HeaderBuilder, Ref, RefOr, Required, Response,
        ResponseBuilder, Schema,
        header::Header,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::body::FORM;
use crate::http::{App, error::ErrorBody};

pub(super) const COLLECTOR: &str = "Execution collector";
pub(super) const GENERATOR: &str = "Schedule generator";
pub(super) const BACKUP: &str = "Remote backup";
pub(super) const TASKS: &str = "Task scheduler";

/// A name: 1 to 255 characters, none of which controls. White space around it does not count.
// The pattern's white space is that which `str::trim` takes away: `\s` is another one in each language.
#[derive(ToSchema)]
#[schema(
    min_length = 1,
    pattern = r"^[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*[^\x00- \x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]([^\x00-\x1f\x7f-\x9f]{0,253}[^\x00- \x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000])?[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$"
)]
#[expect(
    dead_code,
    reason = "it describes what `domain::input` takes for a name"
)]
pub(super) struct Name(String);

/// What the description begins with.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Daybook's REST facade",
        description = "Plain requests for the clients of the four systems that Daybook replaces, over the same functions as \
            its GraphQL API. Every path is served with and without a slash at its end. Times without an offset are UTC. \
            Forms may come in parts, too (`multipart/form-data`).\n\n\
            Whatever is refused says why, as JSON. Where an operation shows no body of its own for a status, it is \
            `{\"error\": {\"code\", \"message\", \"field\"}}`. A method that a path does not have is 405, and the header \
            `Allow` names those that it has.",
    ),
    modifiers(&Credentials),
    tags(
        (name = COLLECTOR, description = "Schedules opened, reported to and closed with one form each."),
        (name = GENERATOR, description = "Command text for a window of time."),
        (name = BACKUP, description = "A folder backed up while its client waits, the log of that, and its figures."),
        (name = TASKS, description = "Reminders that fall due at a time, once or again and again."),
    ),
)]
pub(super) struct Document;

/// How clients say who they are.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "The token of a client. The form field `token` of the collector's routes does as well; no cookie is taken.",
            ))
            .build();
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("token", SecurityScheme::Http(bearer));
    }
}

/// Answers by their status.
type Responses = BTreeMap<String, RefOr<Response>>;

/// What every operation may answer.
pub(super) struct Usual;

impl IntoResponses for Usual {
    fn responses() -> Responses {
        let defect = refusal(
            "`INTERNAL`: a defect. The server's log has it, under the answer's `x-request-id`.",
        );
        let mut responses = Admission::responses();
        responses.extend(by_status([(StatusCode::INTERNAL_SERVER_ERROR, defect)]));
        responses
    }
}

/// What every operation may answer before it is done.
pub(super) struct Admission;

impl IntoResponses for Admission {
    fn responses() -> Responses {
        let unknown = refusal("`UNAUTHENTICATED`: the token is missing, or not known.")
            .header("WWW-Authenticate", text_header("How to be admitted."));
        let away = refusal("`UNAVAILABLE`: the database is away or too busy, or the server stops.")
            .header(
                "Retry-After",
                text_header("After how many seconds to try again."),
            );
        by_status([
            (StatusCode::UNAUTHORIZED, unknown),
            (StatusCode::SERVICE_UNAVAILABLE, away),
        ])
    }
}

/// What an operation may answer that not everybody may do.
pub(super) struct Guarded;

impl IntoResponses for Guarded {
    fn responses() -> Responses {
        let forbidden =
            refusal("`FORBIDDEN`: the role is too low, or the thing is somebody else's.");
        by_status([(StatusCode::FORBIDDEN, forbidden)])
    }
}

/// What an operation may answer that takes a body.
pub(super) struct WithBody;

impl IntoResponses for WithBody {
    fn responses() -> Responses {
        let large = refusal("`TOO_LARGE`: the body, or a text in it, is longer than it may be.");
        let other = refusal("`VALIDATION`: the body says that it is of another type.");
        by_status([
            (StatusCode::PAYLOAD_TOO_LARGE, large),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, other),
        ])
    }
}

fn by_status<const N: usize>(responses: [(StatusCode, ResponseBuilder); N]) -> Responses {
    responses
        .map(|(status, response)| (status.as_str().to_owned(), response.build().into()))
        .into()
}

/// An answer in the facade's own form.
fn refusal(description: &str) -> ResponseBuilder {
    let schema = Ref::from_schema_name(ErrorBody::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new()
        .description(description)
        .content("application/json", content)
}

fn text_header(description: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(String::schema()))
        .description(Some(description))
        .build()
}

/// Says of each form, all of whose fields may be left out, that it may be left out itself.
pub(super) fn with_empty_forms(mut document: openapi::OpenApi) -> openapi::OpenApi {
    let schemas = document
        .components
        .as_ref()
        .map(|components| &components.schemas);
    let needs_nothing = |content: &RefOr<Content>| {
        let RefOr::T(Content {
            schema: Some(RefOr::Ref(form)),
            ..
        }) = content
        else {
            return false;
        };
        let name = form.ref_location.rsplit('/').next();
        let schema = schemas
            .zip(name)
            .and_then(|(schemas, name)| schemas.get(name));
        matches!(schema, Some(RefOr::T(Schema::Object(form))) if form.required.is_empty())
    };
    let posts = document
        .paths
        .paths
        .values_mut()
        .filter_map(|item| item.post.as_mut());
    for operation in posts {
        if let Some(RefOr::T(body)) = &mut operation.request_body
            && body.content.get(FORM).is_some_and(needs_nothing)
        {
            body.required = Some(Required::False);
        }
    }
    document
}

/// Where the description is served.
pub(super) fn route(document: &openapi::OpenApi) -> Router<App> {
    let text = document
        .to_json()
        .expect("a description is made of maps, lists and texts");
    let text = Bytes::from(text);
    let content_type = (
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    let fresh = (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Router::new().route(
        "/api/openapi.json",
        get(async move || ([content_type, fresh], text)),
    )
}
