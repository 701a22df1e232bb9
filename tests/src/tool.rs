//! Programs that know what these tests don't: Helm's rules, the schemas of Kubernetes and Compose, HAProxy, Prometheus.
//! `cargo xtask test` installs them. A test whose program is missing fails and says so.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The project's folder.
pub fn project() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package
        .parent()
        .expect("tests/ lies in the project")
        .to_owned()
}

/// A program that was installed for the checks of `deploy/`, to be started in the project's folder.
pub fn tool(name: &str) -> Command {
    let program = project().join("target/deployment/bin").join(name);
    assert!(
        program.exists(),
        "{} is missing; `cargo xtask test` installs what the tests need",
        program.display()
    );
    system(&program.display().to_string())
}

/// A program of the machine's own, to be started in the project's folder.
pub fn system(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(project()).stdin(Stdio::null());
    command
}

/// Runs a program to its end; tells whether it succeeded, and all that it wrote.
pub fn run(command: &mut Command) -> (bool, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned();
    (status.success(), said)
}

/// Runs a program that has to succeed; returns what it wrote.
pub fn succeeds(command: &mut Command) -> String {
    let (succeeded, said) = run(command);
    assert!(succeeded, "{command:?} failed:\n{said}");
    said
}
