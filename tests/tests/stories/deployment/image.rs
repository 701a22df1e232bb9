//! The image: its Dockerfile, and what that relies on.

use std::fs;

use daybook_tests::tool::{project, succeeds, tool};

/// Of the rules that hadolint knows, none is broken.
#[test]
fn the_dockerfile_is_a_good_one() {
    succeeds(tool("hadolint").arg("deploy/Dockerfile"));
}

/// Without a shell, and as nobody: what is run there is written as a list, and no stage after the last `FROM` runs anything.
#[test]
fn the_last_stage_needs_no_shell() {
    let dockerfile = fs::read_to_string(project().join("deploy/Dockerfile")).expect("it is there");
    let (_, last) = dockerfile.rsplit_once("\nFROM ").expect("a last stage");
    assert!(!last.contains("\nRUN "), "{last}");
    for word in ["ENTRYPOINT ", "CMD "] {
        for (_, command) in last.lines().filter_map(|line| line.split_once(word)) {
            assert!(command.starts_with('['), "{command}");
        }
    }
    let user = last.lines().find_map(|line| line.strip_prefix("USER "));
    let user = user.expect("it says as whom").split(':').next();
    let id: u32 = user.and_then(|id| id.parse().ok()).expect("a number");
    assert_ne!(id, 0, "not as root");
}

/// The compiler in the image is one that the workspace takes.
#[test]
fn the_compiler_is_new_enough() {
    let read = |file: &str| fs::read_to_string(project().join(file)).expect("it is there");
    let (dockerfile, manifest) = (read("deploy/Dockerfile"), read("Cargo.toml"));
    let after = |text: &str, start: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(start));
        let numbers = value.expect("it is set").trim_matches('"').split('.');
        let numbers: Vec<u32> = numbers
            .map(|number| number.parse().expect("a number"))
            .collect();
        numbers
    };
    let (image, workspace) = (
        after(&dockerfile, "ARG RUST="),
        after(&manifest, "rust-version = "),
    );
    assert!(image >= workspace, "{image:?} is older than {workspace:?}");
}
