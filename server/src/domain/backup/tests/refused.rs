//! What may not be backed up.

use std::{fs, os::unix::fs::symlink, path::Path};

use super::{Scene, write};
use crate::domain::backup::Error;

#[tokio::test]
async fn nothing_outside_of_the_roots() {
    let scene = Scene::set();
    fs::create_dir(scene.outside("private")).expect("ours");
    fs::create_dir(scene.outside("root-too")).expect("ours");
    symlink(scene.outside("private"), scene.www("way out")).expect("ours");
    symlink("..", scene.root("up")).expect("ours");
    for path in [
        scene.outside("private"),
        scene.outside("root-too"),
        scene.outside(""),
        scene.outside("root/../private"),
        scene.outside("root/www/../../private"),
        scene.www("way out"),
        scene.root("up"),
        scene.root("up/private"),
        scene.outside("not there"),
        scene.outside("root/../not there"),
        scene.www("way out/not there"),
        scene.www("not there/../../../private"),
        "/".into(),
        "/etc".into(),
    ] {
        let refused = scene.create_of(&path).await;
        assert!(
            matches!(refused, Err(Error::OutsideOfRoots(_))),
            "{path:?}: {refused:?}"
        );
    }
    assert!(scene.kept().is_empty());
}

#[tokio::test]
async fn nothing_that_is_no_folder() {
    let scene = Scene::set();
    write(scene.www("file"), "content");
    let refused = scene.create_of(&scene.root("not there")).await;
    assert!(
        matches!(refused, Err(Error::NoSuchFolder(_))),
        "{refused:?}"
    );
    let refused = scene.create_of(&scene.www("file/below")).await;
    assert!(
        matches!(refused, Err(Error::NoSuchFolder(_))),
        "{refused:?}"
    );
    let refused = scene.create_of(&scene.www("file")).await;
    assert!(matches!(refused, Err(Error::NotAFolder(_))), "{refused:?}");
}

#[tokio::test]
async fn not_the_backups_themselves() {
    let mut scene = Scene::set();
    scene.backups.folder = scene.root("backup");
    fs::create_dir_all(scene.root("backup/inside")).expect("ours");
    symlink("backup", scene.root("link")).expect("ours");
    for path in ["backup", "backup/inside", "link"] {
        let refused = scene.create_of(&scene.root(path)).await;
        assert!(
            matches!(refused, Err(Error::OfBackups(_))),
            "{path}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn links_within_the_roots_lead_there() {
    let scene = Scene::set();
    write(scene.www("file"), "content");
    symlink("www", scene.root("link")).expect("ours");
    for path in [scene.root("link"), scene.root("www/../link/.")] {
        let archive = scene.create_of(&path).await.expect("in the root");
        assert!(archive.file.starts_with("www_"), "{}", archive.file);
        assert_eq!(
            archive.source,
            fs::canonicalize(scene.root("www")).expect("ours")
        );
    }
}

#[tokio::test]
async fn a_root_that_is_missing_is_no_root() {
    let mut scene = Scene::set();
    scene.backups.roots.insert(0, scene.outside("not mounted"));
    scene.create().await.expect("the other root is there");
    let refused = scene.create_of(Path::new("/")).await;
    assert!(
        matches!(refused, Err(Error::OutsideOfRoots(_))),
        "{refused:?}"
    );
}
