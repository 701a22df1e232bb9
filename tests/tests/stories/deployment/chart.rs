//! The Helm chart: what it makes of values, and which it refuses. `tests/tools/chart.py` renders it, and holds all that
//! comes out against the schemas of Kubernetes.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use daybook_tests::tool::{project, tool};
use daybook_tests::{Database, ServerProcess};
use serde_json::{Value, json};

/// What a chart makes of values.
struct Rendered(Vec<Value>);

impl Rendered {
    fn find(&self, kind: &str) -> Option<&Value> {
        self.0.iter().find(|object| object["kind"] == kind)
    }

    fn get(&self, kind: &str) -> &Value {
        self.find(kind)
            .unwrap_or_else(|| panic!("there is no {kind}"))
    }

    fn pod(&self) -> &Value {
        &self.get("Deployment")["spec"]["template"]["spec"]
    }

    fn container(&self) -> &Value {
        &self.pod()["containers"][0]
    }

    fn variable(&self, name: &str) -> Option<&Value> {
        let variables = self.container()["env"].as_array().expect("variables");
        variables.iter().find(|variable| variable["name"] == name)
    }
}

/// As it is: one server on SQLite, which never has a second one beside it.
#[test]
fn one_server_on_sqlite() {
    let chart = rendered(&json!({}));
    let deployment = &chart.get("Deployment")["spec"];
    assert_eq!(deployment["replicas"], 1);
    assert_eq!(deployment["strategy"], json!({ "type": "Recreate" }));
    assert_eq!(chart.variable("DATABASE_URL"), None);
    let claim = chart.get("PersistentVolumeClaim");
    assert_eq!(
        claim["metadata"]["annotations"]["helm.sh/resource-policy"],
        "keep"
    );
    assert!(
        chart.find("PodDisruptionBudget").is_none(),
        "no node would ever be drained"
    );
    assert!(chart.find("Secret").is_none(), "there is nothing to keep");
}

/// Several servers share a database and the backups; an update never leaves fewer than there should be.
#[test]
fn several_servers_on_mysql() {
    let chart = rendered(&several());
    let deployment = &chart.get("Deployment")["spec"];
    assert_eq!(deployment["replicas"], 3);
    assert_eq!(deployment["strategy"]["rollingUpdate"]["maxUnavailable"], 0);
    let budget = &chart.get("PodDisruptionBudget")["spec"];
    assert_eq!(budget["maxUnavailable"], 1);
    assert_eq!(budget["selector"], deployment["selector"]);
    assert_eq!(
        chart.get("Service")["spec"]["selector"],
        deployment["selector"]["matchLabels"]
    );
    let secret = &chart.get("Secret")["stringData"];
    assert_eq!(
        secret["database-url"],
        "mysql://daybook:secret@mariadb/daybook"
    );
    assert_eq!(secret["event-bus"], "nats://nats:4222");
    for name in ["DATABASE_URL", "DAYBOOK_ADMIN_TOKEN", "DAYBOOK_EVENT_BUS"] {
        let variable = chart.variable(name).expect("the server is told");
        assert!(
            variable.get("value").is_none(),
            "a secret is no value: {variable}"
        );
    }
}

/// Behind an Ingress the server knows the address that people type.
#[test]
fn behind_an_ingress() {
    let ingress =
        json!({ "enabled": true, "host": "daybook.example.net", "tlsSecret": "certificate" });
    let chart = rendered(&json!({ "ingress": ingress }));
    let url = chart.variable("DAYBOOK_PUBLIC_URL").expect("it is told");
    assert_eq!(url["value"], "https://daybook.example.net");
    assert_eq!(
        chart.get("Ingress")["spec"]["tls"][0]["secretName"],
        "certificate"
    );
}

/// A Secret of one's own takes the place of the chart's.
#[test]
fn with_a_secret_of_ones_own() {
    let chart = rendered(&json!({ "database": { "kind": "mysql" }, "existingSecret": "mine" }));
    assert!(chart.find("Secret").is_none());
    let url = chart.variable("DATABASE_URL").expect("it is told");
    assert_eq!(
        url["valueFrom"]["secretKeyRef"],
        json!({ "name": "mine", "key": "database-url" })
    );
}

/// The pod is what Kubernetes calls restricted, and runs as the image's user.
#[test]
fn a_pod_that_may_do_nothing() {
    let chart = rendered(&json!({}));
    let (pod, container) = (chart.pod(), chart.container());
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(
        pod["securityContext"]["seccompProfile"]["type"],
        "RuntimeDefault"
    );
    let security = &container["securityContext"];
    assert_eq!(security["allowPrivilegeEscalation"], false);
    assert_eq!(security["readOnlyRootFilesystem"], true);
    assert_eq!(security["capabilities"], json!({ "drop": ["ALL"] }));
    let dockerfile = fs::read_to_string(project().join("deploy/Dockerfile")).expect("it is there");
    let user = &pod["securityContext"]["runAsUser"];
    assert!(dockerfile.contains(&format!("\nUSER {user}:")), "{user}");
}

/// A pod is given the time that a server takes to stop: that of the hook, twice the server's grace, and the last wait.
#[test]
fn a_pod_has_the_time_to_stop() {
    let chart = rendered(&json!({}));
    let given = chart.pod()["terminationGracePeriodSeconds"].as_u64();
    let hook = chart.container()["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64();
    assert!(given.expect("a number") > hook.expect("a number") + 2 * 10 + 1);
}

/// What would lose data or never start is refused, and what to do instead is said.
#[test]
fn values_that_are_refused() {
    let two = |access_modes: &str| {
        let mut values = several();
        values["persistence"]["accessModes"] = json!([access_modes]);
        values
    };
    for (values, said) in [
        (json!({ "replicaCount": 2 }), "set database.kind to mysql"),
        (
            json!({ "persistence": { "enabled": false } }),
            "SQLite's file is gone with the pod",
        ),
        (
            json!({ "database": { "kind": "mysql" } }),
            "where is the database?",
        ),
        (two("ReadWriteOnce"), "must be ReadWriteMany"),
        (json!({ "adminToken": "too short" }), "/adminToken"),
        (json!({ "replicas": 2 }), "'replicas' not allowed"),
        (
            json!({ "existingSecret": "mine", "adminToken": "sixteen characters" }),
            "existingSecret",
        ),
        (
            json!({ "settings": "admin_token = \"sixteen characters\"" }),
            "are secrets",
        ),
        (
            json!({ "resources": { "limitz": {} } }),
            "'limitz' was unexpected",
        ),
    ] {
        let refusal = render(&values).err();
        let refusal = refusal.unwrap_or_else(|| panic!("{values} is taken"));
        assert!(refusal.contains(said), "{values}: {refusal}");
    }
}

/// A server starts with the settings that the chart gives to it where nobody says otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_takes_the_settings() {
    let chart = rendered(&json!({}));
    let settings = chart.get("ConfigMap")["data"]["daybook.toml"].as_str();
    let database = Database::sqlite();
    let settings = settings.expect("text");
    let mut server = ServerProcess::start_with_file(&database, settings).await;
    server.terminate();
    assert!(server.exited().await.success(), "{}", server.log());
    let log = server.log();
    assert!(
        log.contains("{\"timestamp\""),
        "it logs for machines: {log}"
    );
}

fn several() -> Value {
    json!({
        "replicaCount": 3,
        "database": { "kind": "mysql", "url": "mysql://daybook:secret@mariadb/daybook" },
        "adminToken": "sixteen characters",
        "eventBus": "nats://nats:4222",
        "persistence": { "accessModes": ["ReadWriteMany"] },
    })
}

fn rendered(values: &Value) -> Rendered {
    render(values).unwrap_or_else(|refusal| panic!("{values}: {refusal}"))
}

/// Renders the chart; an error is what was said of the values.
fn render(values: &Value) -> Result<Rendered, String> {
    let mut rendering = tool("python")
        .arg("tests/tools/chart.py")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("there is a Python");
    let mut stdin = rendering.stdin.take().expect("it was piped");
    write!(stdin, "{values}").expect("it reads");
    drop(stdin);
    let output = rendering.wait_with_output().expect("it ends");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let objects = serde_json::from_slice(&output.stdout).expect("JSON");
    Ok(Rendered(objects))
}
