//! Documents that are small to send and large to answer, or to read.

use std::fmt::Write;

use serde_json::{Value, json};

use super::besieged::Besieged;

#[tokio::test(flavor = "multi_thread")]
async fn deep() {
    let besieged = Besieged::start().await;
    let nested = |depth| {
        let open = "{ node(id: \"x\") { ... on Schedule { previous ";
        nest(open, depth, "{ name }", " } } }")
    };
    besieged.refuses(&nested(20), "depth").await;
    besieged.refuses(&nested(5_000), "nested").await;
    let schedule = besieged.schedule();
    let previous = nest("{ previous ", 15, "{ name }", " }");
    let document = format!("{{ schedule(name: \"{schedule}\") {previous} }}");
    besieged.refuses(&document, "too deep").await;
    besieged.is_unharmed().await;
}

/// Brackets that a careless reader takes for a part of a text or a comment, and the parser does not.
#[tokio::test(flavor = "multi_thread")]
async fn deep_in_disguise() {
    let besieged = Besieged::start().await;
    let brackets = "[".repeat(100_000);
    for before in [
        "{ node(id: # a comment ends here:\r",
        r#"{ node(a: """\\""" id: """, b: "#,
        r#"{ node(id: [""" x" "#,
    ] {
        besieged
            .refuses(&format!("{before}{brackets}"), "nested")
            .await;
    }
    besieged.is_unharmed().await;
}

/// Values that nest deeper than any reader's stack, in a document and in JSON.
#[tokio::test(flavor = "multi_thread")]
async fn deep_values() {
    let besieged = Besieged::start().await;
    let list = |depth| nest("[", depth, "1", "]");
    besieged
        .refuses(&format!("{{ node(id: {}) {{ id }} }}", list(500)), "nested")
        .await;
    let object = nest("{a: ", 500, "1", "}");
    besieged
        .refuses(&format!("{{ node(id: {object}) {{ id }} }}"), "nested")
        .await;
    let kind = nest("[", 500, "Int", "]");
    besieged
        .refuses(&format!("query ($a: {kind}) {{ __typename }}"), "nested")
        .await;
    for depth in [200, 1_000_000] {
        let body = format!(
            r#"{{"query": "{{ __typename }}", "variables": {{"a": {}}}}}"#,
            list(depth)
        );
        let answer = besieged
            .reporter()
            .post("/graphql", "application/json", body)
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (400, "VALIDATION")
        );
    }
    besieged.is_unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wide() {
    let besieged = Besieged::start().await;
    besieged
        .refuses(
            &format!("{{ {} }}", "__typename ".repeat(5_001)),
            "5000 fields",
        )
        .await;
    besieged
        .refuses(
            &format!("{{ {} }}", "viewer { name } ".repeat(250_000)),
            "tokens",
        )
        .await;
    besieged
        .refuses(&format!("{{ {} }}", "! ".repeat(2_000_000)), "tokens")
        .await;
    besieged.is_unharmed().await;
}

/// A hundred schedules with a hundred results each, each with its schedule, with a hundred results each, and so on.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_pages() {
    let besieged = Besieged::start().await;
    let mut selection = "id".to_owned();
    for _ in 0..4 {
        selection = format!("results(first: 100) {{ nodes {{ schedule {{ {selection} }} }} }}");
    }
    let document = format!("{{ schedules(first: 100) {{ nodes {{ {selection} }} }} }}");
    besieged.refuses(&document, "too complex").await;
    let by_variable = document
        .replacen("{ schedules", "query ($n: Int) { schedules", 1)
        .replace("first: 100", "first: $n");
    besieged
        .refuses_with(&by_variable, json!({ "n": 100 }), "too complex")
        .await;
    besieged.is_unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn aliased() {
    let besieged = Besieged::start().await;
    for number in [101, 1_000] {
        let document = format!("{{ {} }}", aliases(number, "viewer { name }"));
        besieged.refuses(&document, "100 aliases").await;
        let fragment = aliases(number, "__typename");
        let document = format!("{{ ...f }} fragment f on Query {{ {fragment} }}");
        besieged.refuses(&document, "100 aliases").await;
    }
    besieged.is_unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fragments_in_a_circle() {
    let besieged = Besieged::start().await;
    for document in [
        "{ ...a } fragment a on Query { ...a }".to_owned(),
        "{ ...a } fragment a on Query { ...b } fragment b on Query { ...c } fragment c on Query { ...a }".to_owned(),
        "{ node(id: 1) { ...a } } fragment a on Schedule { previous { ...b } } fragment b on Schedule { previous { ...a } }".to_owned(),
        // As many ways around as there are orders of fourteen things.
        each_with_all_others(14),
    ] {
        besieged.refuses(&document, "uses itself").await;
    }
    besieged.is_unharmed().await;
}

/// A chain of fragments, each of which uses the next one twice, doubles at each link.
#[tokio::test(flavor = "multi_thread")]
async fn fragments_that_double() {
    let besieged = Besieged::start().await;
    for end in [
        "fragment f60 on Query { viewer { name } }",
        "fragment f60 on Query { ... @skip(if: true) { ...gone } }",
        // None at all: what is missing asks for nothing, two to the sixtieth times.
        "",
    ] {
        let mut document = format!("{{ ...f0 }} {end}");
        for number in 0..60 {
            let next = number + 1;
            write!(
                document,
                " fragment f{number} on Query {{ ...f{next} ...f{next} }}"
            )
            .expect("a string grows");
        }
        besieged.refuses(&document, "uses of fragments").await;
    }
    besieged.is_unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn directives() {
    let besieged = Besieged::start().await;
    let many = "@include(if: true) ".repeat(6);
    besieged
        .refuses(&format!("{{ viewer {{ name {many} }} }}"), "directives")
        .await;
    besieged
        .refuses(&format!("{{ ... {many} {{ __typename }} }}"), "")
        .await;
    let thousands = "@include(if: true) ".repeat(3_000);
    besieged
        .refuses(&format!("query {thousands} {{ __typename }}"), "")
        .await;
    besieged.is_unharmed().await;
}

/// The schema is small, but its types have fields that have types.
#[tokio::test(flavor = "multi_thread")]
async fn introspection_in_a_circle() {
    let besieged = Besieged::start().await;
    let types = nest("fields { type { ", 8, "name", " } }");
    let document = format!("{{ __schema {{ types {{ {types} }} }} }}");
    besieged.refuses(&document, "too deep").await;
    besieged.is_unharmed().await;
}

/// Names of megabytes: to an unknown one, known ones that are alike would be looked for.
#[tokio::test(flavor = "multi_thread")]
async fn long_words() {
    let besieged = Besieged::start().await;
    let long = "x".repeat(7 * 1024 * 1024);
    for document in [
        format!("{{ {long} }}"),
        format!("{{ viewer {{ {long} }} }}"),
        format!("{{ viewer(a: {long}) {{ name }} }}"),
        format!("{{ ... on {long} {{ name }} }}"),
        format!("query {long} {{ __typename }}"),
        format!(
            "{{ schedules(first: {}) {{ nodes {{ name }} }} }}",
            "7".repeat(1_000_000)
        ),
    ] {
        besieged.refuses(&document, "name or a number").await;
    }
    let in_a_text = format!("{{ node(id: \"{long}\") {{ id }} }}");
    let answer = besieged.reporter().query(&in_a_text, Value::Null).await;
    assert_eq!(answer.data("/node"), Value::Null, "there is no such thing");
    besieged.is_unharmed().await;
}

fn aliases(number: usize, field: &str) -> String {
    (0..number).fold(String::new(), |mut text, number| {
        write!(text, "a{number}: {field} ").expect("a string grows");
        text
    })
}

fn each_with_all_others(number: usize) -> String {
    let mut document = "{ ...f0 }".to_owned();
    for own in 0..number {
        let others = (0..number).filter(|other| *other != own);
        let others: Vec<_> = others.map(|other| format!("...f{other}")).collect();
        write!(
            document,
            " fragment f{own} on Query {{ {} }}",
            others.join(" ")
        )
        .expect("a string grows");
    }
    document
}

fn nest(open: &str, depth: usize, inside: &str, close: &str) -> String {
    format!("{}{inside}{}", open.repeat(depth), close.repeat(depth))
}
