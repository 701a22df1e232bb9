//! The unit of systemd, as far as systemd can judge it without being started.

use std::fs;

use daybook_tests::tool::{project, succeeds, system};
use tempfile::TempDir;

const UNIT: &str = "deploy/systemd/daybook.service";

/// The exposure that `systemd-analyze security` computes, 0 to 100, must not grow.
const EXPOSURE: &str = "--threshold=13";

/// No key is misspelt, and no value is one that systemd would skip.
#[test]
fn systemd_understands_it() {
    let folder = TempDir::new().expect("a temporary folder");
    let unit = fs::read_to_string(project().join(UNIT)).expect("it is there");
    let program = "/usr/local/bin/daybook";
    assert!(unit.contains(program), "{unit}");
    // It also looks whether the program is there, which it isn't before it is installed.
    let here = folder.path().join("daybook.service");
    fs::write(&here, unit.replace(program, "/bin/true")).expect("a folder of our own");
    let said = succeeds(
        system("systemd-analyze")
            .args(["verify", "--man=no", "--recursive-errors=no"])
            .arg(&here),
    );
    // What it skips, it only warns of; and it reads the machine's other units, too.
    assert!(!said.contains("daybook.service"), "{said}");
}

/// It gives away as little as commands and backups allow.
#[test]
fn it_is_closed_to_what_it_need_not_have() {
    succeeds(system("systemd-analyze").args(["security", "--offline=true", EXPOSURE, UNIT]));
}
