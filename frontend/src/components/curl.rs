//! Commands that can be typed as they stand, with the address of the server that shows them.

use leptos::prelude::*;
use serde::Serialize;

use super::code_block::CodeBlock;
use crate::browser;

#[derive(Serialize)]
struct Request {
    query: String,
}

/// The command that sends an operation to the server at `origin`. The operation must hold no single
/// quote, as the shell's quoting does.
fn command(origin: &str, operation: String) -> String {
    let request = Request { query: operation };
    let body = serde_json::to_string(&request).expect("a text always has a JSON form");
    format!(
        "curl -sS {origin}/graphql \\\n  \
         -H \"Authorization: Bearer $DAYBOOK_TOKEN\" \\\n  \
         -H 'Content-Type: application/json' \\\n  \
         -d '{body}'"
    )
}

/// A `curl` command that sends a GraphQL operation to this server.
#[component]
pub fn Curl(
    /// The operation.
    #[prop(into)]
    operation: String,
    /// What the command does, for those who don't see it.
    label: &'static str,
    /// What the client must be that sends it.
    #[prop(default = "may report")]
    needs: &'static str,
) -> impl IntoView {
    view! {
        <CodeBlock text=command(&browser::origin(), operation) label/>
        <p class="muted">
            <code>"$DAYBOOK_TOKEN"</code>
            " is the token of a client that "
            {needs}
            "."
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_sends_the_operation_as_json_to_this_server() {
        let operation =
            r#"mutation { createSchedule(input: {title: "nightly"}) { schedule { name } } }"#;
        let command = command("https://daybook.example.org", operation.to_owned());
        assert!(command.starts_with("curl -sS https://daybook.example.org/graphql "));
        let body = command
            .split("-d '")
            .nth(1)
            .and_then(|rest| rest.strip_suffix('\''));
        let body: serde_json::Value =
            serde_json::from_str(body.expect("a quoted body")).expect("JSON");
        assert_eq!(body["query"], operation);
    }
}
