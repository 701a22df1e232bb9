//! Backups on the command line: made, listed, verified and restored, and what is left when one is killed half-way.

use std::fs::{self, File};
use std::path::Path;
use std::process::Output;

use daybook_tests::process::{run_command, start_command};
use daybook_tests::{ADMIN_TOKEN, Database, PATIENCE, ServerProcess, eventually};
use tempfile::TempDir;
use tokio::process::Command;

/// This repository, cloned with its history, comes back as it was.
#[tokio::test]
async fn a_checkout_and_back() {
    let folder = TempDir::new().expect("a temporary folder");
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let cloned = run(
        "git",
        folder.path(),
        &["clone", "--quiet", &here.display().to_string(), "checkout"],
    )
    .await;
    assert!(cloned.status.success(), "{cloned:?}");

    let said = succeeds(folder.path(), &["backups", "create", "checkout"]).await;
    let (digest, archive) = said.trim().split_once("  ").expect("digest and name");

    assert!(
        archive.starts_with("checkout_2") && archive.ends_with(".tar.zst"),
        "{said}"
    );
    let listed = succeeds(folder.path(), &["backups", "list"]).await;
    assert!(listed.contains(archive), "{listed}");
    let summed = run(
        "sha256sum",
        &folder.path().join("backup"),
        &["--check", &format!("{archive}.sha256")],
    )
    .await;
    assert!(summed.status.success(), "{summed:?}");
    let kept = fs::read_to_string(folder.path().join(format!("backup/{archive}.sha256")));
    assert!(kept.expect("it is there").starts_with(digest));
    for arguments in [&["backups", "verify"][..], &["backups", "verify", archive]] {
        let verified = succeeds(folder.path(), arguments).await;
        assert!(
            verified.contains("good") && verified.contains("by its digest"),
            "{verified}"
        );
    }
    succeeds(folder.path(), &["backups", "restore", archive, "restored"]).await;
    let compared = run(
        "diff",
        folder.path(),
        &[
            "--recursive",
            "--no-dereference",
            "checkout",
            "restored/checkout",
        ],
    )
    .await;
    assert!(compared.status.success(), "{compared:?}");

    let again = refused(folder.path(), &["backups", "restore", archive, "restored"]).await;
    assert!(again.contains("already"), "{again}");
}

/// A process that is killed leaves nothing with a final name, and the next start removes the rest.
#[tokio::test(flavor = "multi_thread")]
async fn killed_half_way() {
    let folder = TempDir::new().expect("a temporary folder");
    fs::create_dir(folder.path().join("www")).expect("a folder of our own");
    let large = File::create(folder.path().join("www/large")).expect("a folder of our own");
    // Takes minutes to read, and no room.
    large.set_len(200_000_000_000).expect("a file with a hole");
    for by_server in [false, true] {
        let mut writing = start_command(folder.path(), &["backups", "create", "www"], &[]);
        let mut is_done = || !matches!(writing.try_wait(), Ok(None));
        eventually("an archive is begun", PATIENCE, || {
            assert!(!is_done(), "it takes minutes");
            let is_begun = backups(folder.path()).len() == 1;
            async move { is_begun.then_some(()) }
        })
        .await;
        writing.kill().await.expect("it was running");
        let left = backups(folder.path());
        assert!(
            left[0].starts_with(".www_") && left[0].ends_with(".partial"),
            "{left:?}"
        );

        if by_server {
            let database = Database::sqlite();
            let place = folder.path().join("backup").display().to_string();
            let server = ServerProcess::start_with(&[
                ("DATABASE_URL", database.url()),
                ("DAYBOOK_ADMIN_TOKEN", ADMIN_TOKEN),
                ("BACKUP_FOLDER", &place),
            ])
            .await;
            assert!(server.log().contains("never completed"), "{}", server.log());
            assert!(backups(folder.path()).is_empty());
        } else {
            fs::create_dir(folder.path().join("small")).expect("a folder of our own");
            let said = succeeds(folder.path(), &["backups", "create", "small"]).await;
            let archive = said.split_whitespace().last().expect("a name");
            assert_eq!(
                backups(folder.path()),
                [archive.to_owned(), format!("{archive}.sha256")]
            );
            for file in backups(folder.path()) {
                fs::remove_file(folder.path().join("backup").join(file)).expect("it is there");
            }
        }
    }
}

/// What is not allowed or not good is said, and ends in failure.
#[tokio::test]
async fn what_can_not_be_done() {
    let folder = TempDir::new().expect("a temporary folder");
    fs::create_dir(folder.path().join("www")).expect("a folder of our own");
    for (source, reason) in [
        ("..", "outside"),
        ("/etc", "outside"),
        ("www/../../..", "outside"),
        ("missing", "No such folder"),
        ("backup", "backups themselves"),
    ] {
        let said = refused(folder.path(), &["backups", "create", source]).await;
        assert!(said.contains(reason), "{source}: {said}");
    }
    assert!(backups(folder.path()).is_empty());

    let said = succeeds(folder.path(), &["backups", "create", "www"]).await;
    let archive = said.split_whitespace().last().expect("a name");
    fs::write(folder.path().join("backup").join(archive), "damaged").expect("a file of our own");
    let said = refused(folder.path(), &["backups", "verify"]).await;
    assert!(
        said.contains("is broken") && said.contains("1 of 1"),
        "{said}"
    );
    refused(folder.path(), &["backups", "restore", archive, "restored"]).await;
    assert!(!folder.path().join("restored").exists());
}

/// What is in the folder of the backups.
fn backups(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder.join("backup")) else {
        return Vec::new();
    };
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut names: Vec<_> = entries
        .map(|entry| name(entry.expect("a folder of our own")))
        .collect();
    names.sort();
    names
}

async fn succeeds(folder: &Path, arguments: &[&str]) -> String {
    let output = run_command(folder, arguments, &[]).await;
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

async fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = run_command(folder, arguments, &[]).await;
    assert!(!output.status.success(), "{arguments:?}: {output:?}");
    let said = String::from_utf8([output.stdout, output.stderr].concat()).expect("text");
    assert!(!said.contains("panicked"), "{said}");
    said
}

async fn run(program: &str, folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(program)
        .current_dir(folder)
        .args(arguments)
        .output();
    output.await.expect("the program is there")
}
