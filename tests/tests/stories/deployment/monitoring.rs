//! Alerts and dashboard: their queries are good, the alerts fire when they should, and all name metrics that there are.

use std::collections::BTreeSet;
use std::fs;

use daybook_tests::tool::{project, succeeds, tool};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Prometheus takes the rules, and each alert fires and stays silent as alerts.test.yaml says.
#[test]
fn alerts_fire_when_they_should() {
    succeeds(tool("promtool").args(["check", "rules", "deploy/prometheus/alerts.yaml"]));
    succeeds(tool("promtool").args(["test", "rules", "deploy/prometheus/alerts.test.yaml"]));
}

/// Every alert has a test that sees it fire.
#[test]
fn every_alert_is_seen_to_fire() {
    let (rules, tests) = (
        read("deploy/prometheus/alerts.yaml"),
        read("deploy/prometheus/alerts.test.yaml"),
    );
    let alerts = rules.split("- alert: ").skip(1);
    for alert in alerts.map(|rest| rest.lines().next().expect("a name")) {
        let fires = format!("alertname: {alert}\n        exp_alerts:\n          - exp_labels");
        assert!(tests.contains(&fires), "no test sees {alert} fire");
    }
}

/// The example of how to scrape.
#[test]
fn prometheus_takes_the_settings() {
    succeeds(tool("promtool").args(["check", "config", "deploy/prometheus/scrape.yaml"]));
}

/// Prometheus understands the query of every panel, with values for the variables that Grafana puts in.
#[test]
fn the_dashboard_asks_what_prometheus_understands() {
    let rules: Vec<Value> = queries()
        .iter()
        .map(|query| {
            let query = query
                .replace("$__rate_interval", "5m")
                .replace("$instance", ".+");
            json!({ "record": "daybook:panel", "expr": query })
        })
        .enumerate()
        .map(|(number, mut rule)| {
            // Two rules of one name would be a mistake of their own.
            rule["labels"] = json!({ "panel": number.to_string() });
            rule
        })
        .collect();
    assert!(rules.len() > 20, "the panels have queries");
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("panels.json");
    let groups = json!({ "groups": [{ "name": "panels", "rules": rules }] });
    fs::write(&file, groups.to_string()).expect("a folder of our own");
    succeeds(tool("promtool").args(["check", "rules"]).arg(&file));
}

/// What dashboard and alerts name is in the list of metrics, and nothing is in the list for nobody.
#[test]
fn every_metric_is_in_the_list() {
    let list = read("deploy/prometheus/metrics.txt");
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    let listed: BTreeSet<String> = lines
        .map(|line| line.split(' ').next().expect("a name").to_owned())
        .collect();
    let mut text = queries().join("\n");
    let alerts = read("deploy/prometheus/alerts.yaml");
    let expressions = alerts.split("expr: ").skip(1);
    text.extend(expressions.filter_map(|rest| rest.split("labels:").next()));

    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let named: BTreeSet<String> = words
        .filter(|word| word.starts_with("daybook_") || word.starts_with("process_"))
        .map(|word| {
            let series = ["_bucket", "_sum", "_count"];
            let histogram = series.iter().find_map(|end| word.strip_suffix(end));
            histogram.unwrap_or(word).to_owned()
        })
        .collect();
    assert_eq!(named, listed);
}

/// The queries of all panels.
fn queries() -> Vec<String> {
    let dashboard: Value =
        serde_json::from_str(&read("deploy/grafana/dashboard.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels
        .iter()
        .filter_map(|panel| panel["targets"].as_array());
    targets
        .flatten()
        .map(|target| target["expr"].as_str().expect("a query").to_owned())
        .collect()
}

fn read(file: &str) -> String {
    fs::read_to_string(project().join(file)).expect("it is there")
}
