//! Ways out of the folders that things lie in. The requests are sent to the letter, for an HTTP library would tidy them up.

use serde_json::json;
use tempfile::TempDir;

use super::besieged::{Besieged, status};

/// What only the server's machine has, and no answer may hold.
const SECRET: &str = "the secret of the machine";

/// Spellings of `../` and of ends of names.
const UPWARDS: [&str; 9] = [
    "../",
    "%2e%2e/",
    "..%2f",
    "%2e%2e%2f",
    "..%5c",
    "..\\",
    "%252e%252e%252f",
    "..%c0%af",
    "....//",
];

#[tokio::test(flavor = "multi_thread")]
async fn of_assets_and_pages() {
    let besieged = Besieged::start().await;
    for upwards in UPWARDS {
        let up = upwards.repeat(8);
        for path in [
            format!("/assets/{up}etc/passwd"),
            format!("/assets/{up}Cargo.toml"),
            format!("/{up}etc/passwd"),
            format!("/api/docs/{up}etc/passwd"),
            format!("/assets/x%00{up}etc/passwd"),
        ] {
            let answer = besieged
                .sends(&format!("GET {path} HTTP/1.1\r\n\r\n"))
                .await;
            assert!(
                ["200", "400", "404"].contains(&status(&answer)),
                "{path}: {answer}"
            );
            assert!(
                !answer.contains("root:") && !answer.contains("[workspace]"),
                "{path}: {answer}"
            );
        }
    }
    for path in [
        "/assets//etc/passwd",
        "/assets/%2fetc%2fpasswd",
        "/assets/.",
    ] {
        let answer = besieged
            .sends(&format!("GET {path} HTTP/1.1\r\n\r\n"))
            .await;
        assert_eq!(status(&answer), "404", "{path}: {answer}");
    }
    for target in [
        "http://evil.example/etc/passwd",
        "file:///etc/passwd",
        "*",
        "etc/passwd",
    ] {
        let answer = besieged
            .sends(&format!("GET {target} HTTP/1.1\r\n\r\n"))
            .await;
        assert!(!answer.contains("root:"), "{target}: {answer}");
    }
    besieged.is_unharmed().await;
}

/// Names in the paths of the REST facade are names, whatever is in them.
#[tokio::test(flavor = "multi_thread")]
async fn of_rest_paths() {
    let besieged = Besieged::start().await;
    let schedule = besieged.schedule();
    for name in [
        format!("..%2f{schedule}"),
        format!("{schedule}%00"),
        format!("{schedule}%2f.."),
        format!("%0d%0a{schedule}"),
        "%ff%fe".to_owned(),
        "%".to_owned(),
        "x".repeat(10_000),
    ] {
        let xml = "<testsuite><testcase name='a'/></testsuite>";
        let request = format!(
            "POST /api/v1/schedules/{name}/junit HTTP/1.1\r\ncontent-length: {}\r\n\r\n{xml}",
            xml.len()
        );
        let answer = besieged.sends(&request).await;
        assert!(
            ["400", "404"].contains(&status(&answer)),
            "{name}: {answer}"
        );
        let answer = besieged
            .sends(&format!("GET /api/tasks/{name} HTTP/1.1\r\n\r\n"))
            .await;
        assert!(
            ["400", "404", "422"].contains(&status(&answer)),
            "{name}: {answer}"
        );
    }
    besieged.is_unharmed().await;
}

/// A plan names a file in the operator's folder, and no other, by GraphQL and by the REST facade.
#[tokio::test(flavor = "multi_thread")]
async fn of_plan_files() {
    let place = TempDir::new().expect("a temporary folder");
    let plans = place.path().join("plans");
    std::fs::create_dir_all(plans.join("inner")).expect("a folder of our own");
    for file in ["secret", "plans/inner/secret"] {
        std::fs::write(place.path().join(file), SECRET).expect("a folder of our own");
    }
    let folder = plans.to_str().expect("a path that is text");
    let besieged = Besieged::start_with(&[("DAYBOOK_PLAN_DIR", folder)]).await;
    let absolute = place.path().join("secret").display().to_string();
    for name in [
        "../secret",
        "..\\secret",
        "inner/secret",
        "./inner/secret",
        &absolute,
        "inner",
        "..",
        ".",
        "",
        "secret\0",
        "\0",
        "../plans/inner/secret",
        "%2e%2e%2fsecret",
        &"x".repeat(10_000),
    ] {
        let config = json!({ "master_schedule": name });
        let (t0, t1) = ("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z");
        let input = json!({ "t0": t0, "t1": t1, "policy": "basic", "config": config });
        let document = "query ($input: PlanInput!) { plan(input: $input) { commands } }";
        let answer = besieged
            .reporter()
            .query(document, json!({ "input": input }))
            .await;
        assert_eq!(
            (answer.code(), answer.field()),
            ("VALIDATION".into(), "master_schedule".into()),
            "{name:?}"
        );
        assert!(!answer.text.contains(SECRET), "{name:?}: {answer:?}");

        let body = json!({ "t0": t0, "t1": t1, "policy": { "policy": "basic", "config": config } });
        let answer = besieged
            .reporter()
            .post("/api/v1/schedule/", "application/json", body.to_string())
            .await;
        assert_eq!(answer.status, 400, "{name:?}");
        assert!(!answer.text.contains(SECRET), "{name:?}: {answer:?}");
    }
    besieged.is_unharmed().await;
}

/// Only what lies in the roots is backed up. What an archive would write outside of its target, nobody restores: that is
/// tried where archives are made.
#[tokio::test(flavor = "multi_thread")]
async fn of_backups() {
    let place = TempDir::new().expect("a temporary folder");
    let root = place.path().join("inside");
    std::fs::create_dir(&root).expect("a folder of our own");
    std::fs::write(place.path().join("secret"), SECRET).expect("a folder of our own");
    std::os::unix::fs::symlink(place.path(), root.join("way out")).expect("a folder of our own");
    let roots = root.to_str().expect("a path that is text");
    let besieged = Besieged::start_with(&[("DAYBOOK_BACKUP_ROOTS", roots)]).await;
    let admin = besieged.server().admin();
    for source in [
        place.path().display().to_string(),
        format!("{roots}/.."),
        format!("{roots}/way out"),
        format!("{roots}/../inside/.."),
        format!("{roots}\0/.."),
        "/".to_owned(),
        "/proc/self".to_owned(),
        "..".to_owned(),
        String::new(),
        "x".repeat(5_000),
    ] {
        let document =
            "mutation ($source: String!) { runBackup(input: { source: $source }) { run { id } } }";
        let answer = admin.query(document, json!({ "source": source })).await;
        assert!(
            ["VALIDATION", "TOO_LARGE"].contains(&answer.code().as_str()),
            "{source:?}: {answer:?}"
        );
        let answer = admin
            .post_form("/backup", &[("path_to_folder", &source)])
            .await;
        assert!(answer.status.is_client_error(), "{source:?}: {answer:?}");
        assert!(!answer.text.contains(SECRET), "{source:?}: {answer:?}");
    }
    let backups = admin.query("{ backups { nodes { id } } }", json!({})).await;
    assert_eq!(backups.data("/backups/nodes"), json!([]));
    besieged.is_unharmed().await;
}
