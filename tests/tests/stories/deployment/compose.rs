//! `compose.yaml`: two servers, and what stands around them.

use std::collections::BTreeSet;
use std::fs;

use daybook_tests::tool::{project, succeeds, system, tool};
use serde_json::Value;

/// Compose's own schema.
#[test]
fn compose_understands_it() {
    succeeds(tool("check-jsonschema").args([
        "--builtin-schema",
        "vendor.compose-spec",
        "deploy/compose.yaml",
    ]));
}

/// HAProxy shares out among the very servers that are started.
#[test]
fn the_proxy_knows_the_servers() {
    let settings = read("deploy/haproxy/haproxy.cfg");
    let known: BTreeSet<&str> = settings
        .lines()
        .filter_map(|line| line.trim().strip_prefix("server "))
        .map(|server| server.split(' ').next().expect("a name"))
        .collect();
    let compose = compose();
    let services = compose["services"].as_object().expect("services");
    let started: BTreeSet<&str> = services
        .keys()
        .map(String::as_str)
        .filter(|name| name.starts_with("daybook"))
        .collect();
    assert_eq!(known, started);
    for name in started {
        assert!(
            settings.contains(&format!("server {name} {name}:8080")),
            "{settings}"
        );
    }
}

/// MariaDB knows each option that it is given.
#[test]
fn mariadb_knows_its_options() {
    let compose = compose();
    let options = compose["services"]["mariadb"]["command"].as_array();
    let options = options.expect("a list").iter().map(|option| {
        let option = option.as_str().expect("text");
        // With what stands in for a variable that nobody has set.
        let (start, default) = option.split_once(":-").unwrap_or((option, ""));
        let name = start.split("${").next().expect("something comes before");
        format!("{name}{}", default.trim_end_matches('}'))
    });
    // As somebody else than root, whom it would refuse for being root.
    succeeds(
        system("mariadbd")
            .args(["--no-defaults", "--user=nobody"])
            .args(options)
            .args(["--verbose", "--help"]),
    );
}

/// Whatever it wants to be told stands in the example to be copied.
#[test]
fn the_example_has_every_variable() {
    let compose = read("deploy/compose.yaml");
    let example = read("deploy/compose.env.example");
    let variables = compose.split("${").skip(1).map(|rest| {
        let end = rest.find([':', '}']).expect("a variable ends");
        (&rest[..end], rest[end..].starts_with(":?"))
    });
    for (variable, is_needed) in variables {
        let line = if is_needed {
            format!("\n{variable}=\n")
        } else {
            format!("\n# {variable}=")
        };
        assert!(example.contains(&line), "{line:?} is missing");
    }
}

fn read(file: &str) -> String {
    fs::read_to_string(project().join(file)).expect("it is there")
}

fn compose() -> Value {
    let script =
        "import json, yaml; print(json.dumps(yaml.safe_load(open('deploy/compose.yaml'))))";
    let json = succeeds(tool("python").args(["-c", script]));
    serde_json::from_str(&json).expect("JSON")
}
