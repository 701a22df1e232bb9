//! The rules of the house that a search can see. Each says which words a part of the project must not contain.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A part of the project, the words it must not contain, and the rule.
const RULES: &[(&[&str], &[&str], &str)] = &[
    (
        &[
            "server/src/graphql",
            "server/src/graphql.rs",
            "server/src/rest",
            "server/src/rest.rs",
        ],
        &["sea_orm", "sea_query", "sqlx"],
        "graphql and rest know no SQL",
    ),
    (
        &["server/src/domain", "server/src/domain.rs"],
        &["async_graphql", "axum"],
        "domain knows no GraphQL and no HTTP",
    ),
    (
        &[
            "server/src/domain",
            "server/src/graphql",
            "server/src/http",
            "server/src/rest",
        ],
        &["async_nats", "events::nats"],
        "only the bus knows NATS",
    ),
    (
        &["entity/src"],
        &["async_graphql", "axum", "Entity::find"],
        "entity holds rows only",
    ),
    (
        &["migration/src"],
        &["entity::", "use entity"],
        "a migration imports no entity",
    ),
    (
        &["server/src/demo", "server/src/demo.rs"],
        &[
            "crate::db",
            "crate::domain",
            "crate::graphql",
            "crate::state",
            "entity::",
            "sea_orm",
        ],
        "the demonstration is a client, and knows nothing of the server's inside",
    ),
    (
        &["frontend/src/components"],
        &["crate::api::http", "crate::api::socket"],
        "a component does not talk to the network by itself",
    ),
];

#[test]
fn each_part_keeps_to_its_rule() {
    let mut broken = Vec::new();
    for (places, words, rule) in RULES {
        for file in places
            .iter()
            .flat_map(|place| rust_files(&root().join(place)))
        {
            let text = fs::read_to_string(&file).expect("a source file");
            let hits = words.iter().filter(|word| text.contains(**word));
            broken.extend(hits.map(|word| format!("{rule}: {} has {word}", file.display())));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn modules_are_named_after_themselves() {
    let unnamed: Vec<_> = [
        "entity",
        "frontend",
        "migration",
        "server",
        "tests",
        "xtask",
    ]
    .iter()
    .flat_map(|member| rust_files(&root().join(member)))
    .filter(|file| file.ends_with("mod.rs"))
    .collect();
    assert!(
        unnamed.is_empty(),
        "foo.rs and foo/, never foo/mod.rs: {unnamed:?}"
    );
}

/// The project's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The Rust files at or below a place. A rule about a place that does not exist would never fail.
fn rust_files(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_owned()];
    }
    let entries =
        fs::read_dir(place).unwrap_or_else(|error| panic!("{}: {error}", place.display()));
    entries
        .map(|entry| entry.expect("a readable folder").path())
        .flat_map(|path| match path.extension() {
            _ if path.is_dir() => rust_files(&path),
            Some(ending) if ending == "rs" => vec![path],
            _ => Vec::new(),
        })
        .collect()
}
