//! The binary's command line: the first start, the subcommands, and settings that are mistakes.

use daybook_tests::process::run_command;
use daybook_tests::{
    ADMIN_TOKEN, Answer, Api, Credential, CuttingProxy, Database, ServerProcess, on_both_databases,
};
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;

/// The first start without a token makes one, and prints a link that logs in; later starts don't, and say how to get one.
async fn the_first_start(database: Database) {
    let mut server = ServerProcess::start_with(&[("DATABASE_URL", database.url())]).await;
    let link_start = format!("http://{}/login#token=", server.address());
    let first_log = server.log();
    let links: Vec<&str> = first_log
        .split_whitespace()
        .filter(|word| word.starts_with(&link_start))
        .collect();
    assert_eq!(links.len(), 1, "{first_log}");
    let token = links[0]
        .strip_prefix(&link_start)
        .expect("the token's place")
        .to_owned();

    let admin = Api::new(server.address(), Credential::Token(token.clone()));
    assert_eq!(
        admin
            .query("{ viewer { role } }", json!({}))
            .await
            .data("/viewer/role"),
        "ADMIN"
    );

    server.kill().await;
    server.restart().await;
    let log = server.log();
    assert_eq!(log.matches("#token=").count(), 1, "printed once: {log}");
    assert!(log.contains("daybook token create"), "{log}");
    assert_eq!(
        admin
            .query("{ viewer { role } }", json!({}))
            .await
            .data("/viewer/role"),
        "ADMIN"
    );
}

/// `daybook token create` makes a client's token where nobody has one any more.
async fn token_create(database: Database) {
    let server = ServerProcess::start(&database).await;
    let folder = TempDir::new().expect("a temporary folder");
    let arguments = ["token", "create", "rescue", "--role", "operator"];
    let output = run_command(
        folder.path(),
        &arguments,
        &[("DATABASE_URL", database.url())],
    )
    .await;
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).expect("text");

    let operator = Api::new(server.address(), Credential::Token(last_word(&printed)));
    let viewer = operator.query("{ viewer { name role } }", json!({})).await;
    assert_eq!(
        viewer.data("/viewer"),
        json!({ "name": "rescue", "role": "OPERATOR" })
    );

    let again = run_command(
        folder.path(),
        &arguments,
        &[("DATABASE_URL", database.url())],
    )
    .await;
    assert!(!again.status.success(), "the name is taken: {again:?}");
}

/// `daybook migrate` prepares a database, again and again without harm.
async fn migrate(database: Database) {
    let folder = TempDir::new().expect("a temporary folder");
    for _ in 0..2 {
        let output = run_command(
            folder.path(),
            &["migrate"],
            &[("DATABASE_URL", database.url())],
        )
        .await;
        assert!(output.status.success(), "{output:?}");
    }
    assert_eq!(
        database.value::<i64>("SELECT COUNT(*) FROM schedule").await,
        0
    );
    ServerProcess::start(&database).await;
}

on_both_databases!(the_first_start, token_create, migrate);

/// `daybook healthcheck` tells by its status whether the server of the same settings is ready, and says why it isn't.
#[tokio::test(flavor = "multi_thread")]
async fn healthcheck() {
    let database = Database::mariadb().await;
    let proxy = CuttingProxy::before(database.address()).await;
    let mut server = ServerProcess::start_on(&database.url_through(proxy.address())).await;
    let folder = TempDir::new().expect("a temporary folder");
    let everywhere = format!("0.0.0.0:{}", server.address().port());
    let ask = async |listen: &str| {
        let output = run_command(
            folder.path(),
            &["healthcheck"],
            &[("DAYBOOK_LISTEN", listen)],
        )
        .await;
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.success(), said)
    };
    let address = server.address().to_string();
    assert_eq!(ask(&address).await, (true, "ready\n".into()));
    assert_eq!(ask(&everywhere).await, (true, "ready\n".into()));

    proxy.sever();
    let (is_ready, said) = ask(&address).await;
    assert!(!is_ready && said.contains("database"), "{said}");

    server.kill().await;
    let (is_ready, said) = ask(&address).await;
    assert!(!is_ready && said.contains(&address), "{said}");
}

/// The printed schema is the committed one, so that a build can't change it unseen.
#[tokio::test]
async fn print_schema() {
    let folder = TempDir::new().expect("a temporary folder");
    let output = run_command(folder.path(), &["print-schema"], &[]).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        String::from_utf8(output.stdout).expect("text"),
        include_str!("../../../server/schema.graphql")
    );
}

/// What can only be a mistake stops the server, and is named.
#[tokio::test]
async fn settings_that_are_mistakes() {
    let folder = TempDir::new().expect("a temporary folder");
    std::fs::write(
        folder.path().join("unknown.toml"),
        "lissten = \"127.0.0.1:1\"\n",
    )
    .expect("a folder of our own");
    for (arguments, settings, named) in [
        (
            vec!["serve", "--lissten", "127.0.0.1:0"],
            vec![],
            "--lissten",
        ),
        (vec!["serve", "--config", "unknown.toml"], vec![], "lissten"),
        (
            vec!["serve", "--config", "missing.toml"],
            vec![],
            "missing.toml",
        ),
        (
            vec!["serve"],
            vec![("DAYBOOK_ADMIN_TOKEN", "too short")],
            "DAYBOOK_ADMIN_TOKEN",
        ),
        (vec!["serve"], vec![("DAYBOOK_LISTEN", "nowhere")], "LISTEN"),
        (
            vec!["serve"],
            vec![
                ("DAYBOOK_LISTEN", "127.0.0.1:0"),
                ("DATABASE_URL", "postgres://localhost/daybook"),
            ],
            "DATABASE_URL",
        ),
        (vec!["dance"], vec![], "dance"),
    ] {
        let output = run_command(folder.path(), &arguments, &settings).await;
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(
            !output.status.success(),
            "{arguments:?} {settings:?}: {said}"
        );
        assert!(
            said.contains(named),
            "{arguments:?} {settings:?} should name {named}: {said}"
        );
        assert!(!said.contains("panicked"), "{said}");
    }
}

/// An unknown variable is a warning: Kubernetes makes such for a service called `daybook`.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_variable_is_a_warning() {
    let database = Database::sqlite();
    let settings = [
        ("DATABASE_URL", database.url()),
        ("DAYBOOK_ADMIN_TOKEN", ADMIN_TOKEN),
        ("DAYBOOK_SERVICE_HOST", "10.0.0.1"),
    ];
    let server = ServerProcess::start_with(&settings).await;
    assert!(
        server.log().contains("DAYBOOK_SERVICE_HOST"),
        "{}",
        server.log()
    );
}

/// With `DAYBOOK_PUBLIC_READ`, anybody may read, and nobody may write or see clients.
#[tokio::test(flavor = "multi_thread")]
async fn public_reading() {
    let database = Database::sqlite();
    let settings = [
        ("DATABASE_URL", database.url()),
        ("DAYBOOK_ADMIN_TOKEN", ADMIN_TOKEN),
        ("DAYBOOK_PUBLIC_READ", "true"),
    ];
    let server = ServerProcess::start_with(&settings).await;
    let anonymous = server.anonymous();
    let schedule = server.admin().open_schedule("public").await;

    let read = anonymous
        .query(
            "{ viewer { name } schedules { nodes { title client { name role } } } }",
            json!({}),
        )
        .await;
    assert_eq!(
        read.data(""),
        json!({ "viewer": null, "schedules": { "nodes": [{ "title": "public", "client": { "name": "admin", "role": "ADMIN" } }] } })
    );
    assert_eq!(anonymous.close(schedule).await.code(), "UNAUTHENTICATED");
    assert_eq!(
        anonymous
            .query("{ clients { nodes { name } } }", json!({}))
            .await
            .code(),
        "UNAUTHENTICATED"
    );
}

/// Requests carry an id that the log knows, and tokens never get there.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_names_requests_and_no_tokens() {
    let database = Database::sqlite();
    let server = ServerProcess::start(&database).await;
    let request = server
        .admin()
        .request(Method::POST, "/graphql")
        .json(&json!({ "query": "{ viewer { name } }" }));
    let answer = Answer::of(request).await.expect("an answer");
    assert_ne!(answer.header("x-request-id"), "");
    super::login::log_in(&server.anonymous(), ADMIN_TOKEN).await;
    assert!(!server.log().contains(ADMIN_TOKEN), "{}", server.log());
}

fn last_word(text: &str) -> String {
    text.split_whitespace()
        .last()
        .expect("at least one word")
        .to_owned()
}
