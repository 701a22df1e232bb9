//! What is backed up comes back as it was.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{self, File, Permissions},
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, PermissionsExt, symlink},
        net::UnixListener,
    },
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use chrono::Utc;
use tokio_util::sync::CancellationToken;

use super::{Scene, names, write};
use crate::domain::backup::{LeftOut, News, folder::Folder, name, source::Source};

/// All that is kept of something, in a form that can be compared.
#[derive(Debug, PartialEq, Eq)]
struct Facts {
    mode: u32,
    modified: (i64, i64),
    owner: (u32, u32),
    /// A file's bytes, or where a link points to.
    content: Vec<u8>,
}

/// The facts of everything in a folder, by path.
fn facts(folder: &Path) -> BTreeMap<PathBuf, Facts> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        let meta = fs::symlink_metadata(&path).expect("it is there");
        let mut content = Vec::new();
        if meta.is_dir() {
            let inner = fs::read_dir(&path).expect("a folder of our own");
            waiting.extend(inner.map(|entry| entry.expect("a folder of our own").path()));
        } else if meta.is_symlink() {
            let target = fs::read_link(&path).expect("it is a link");
            content = target.as_os_str().as_bytes().to_owned();
        } else {
            content = fs::read(&path).expect("a file of our own");
        }
        let facts = Facts {
            mode: meta.mode(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            owner: (meta.uid(), meta.gid()),
            content,
        };
        let path = path.strip_prefix(folder).expect("it is in there");
        found.insert(path.to_owned(), facts);
    }
    found
}

#[tokio::test]
async fn a_folder_comes_back_as_it_was() {
    let scene = Scene::set();
    write(scene.outside("secret"), "never read");
    write(scene.www("empty"), "");
    write(
        scene.www("binary"),
        (0..=255).cycle().take(300_000).collect::<Vec<u8>>(),
    );
    write(scene.www("script"), "#!/bin/sh");
    fs::set_permissions(scene.www("script"), Permissions::from_mode(0o4751)).expect("ours");
    fs::hard_link(scene.www("script"), scene.www("a second name")).expect("ours");
    for (link, target) in [
        ("to a file", "./script//"),
        ("to nowhere", "not/there"),
        ("to outside", "../../secret"),
        ("to itself", "to itself"),
        ("absolute", "/etc/passwd"),
    ] {
        symlink(target, scene.www(link)).expect("ours");
    }
    symlink("x/".repeat(1_000), scene.www("far away")).expect("ours");
    for name in [
        "line\nbreak",
        " ",
        "-rf",
        "ünïcödé",
        "back\\slash",
        ".hidden",
        "*?\"'",
    ] {
        write(scene.www(name), name);
    }
    let bytes = scene
        .root("www")
        .join(OsStr::from_bytes(b"\xff\xfe no text \x80"));
    write(&bytes, "bytes");
    let long = "é".repeat(127);
    let deep = scene.www(&long).join(&long).join(&long).join(&long);
    fs::create_dir_all(&deep).expect("ours");
    write(deep.join(&long), "deep");
    fs::create_dir(scene.www("read-only")).expect("ours");
    write(scene.www("read-only/inside"), "inside");
    fs::set_permissions(scene.www("read-only"), Permissions::from_mode(0o555)).expect("ours");
    for (name, seconds) in [("empty", -86_400.25), ("binary", 1_000_000_000.123_456)] {
        let time = if seconds < 0.0 {
            SystemTime::UNIX_EPOCH - Duration::from_secs_f64(-seconds)
        } else {
            SystemTime::UNIX_EPOCH + Duration::from_secs_f64(seconds)
        };
        let file = File::options()
            .write(true)
            .open(scene.www(name))
            .expect("ours");
        file.set_modified(time).expect("ours");
    }
    let before = facts(&scene.root("www"));

    let archive = scene.create().await.expect("a good folder");
    let restored = scene
        .restore(&scene.archive(&archive))
        .await
        .expect("a good archive");

    assert_eq!(restored, scene.outside("restored/www"));
    assert_eq!(facts(&restored), before);
    let inode = |name: &str| fs::metadata(restored.join(name)).expect("restored").ino();
    assert_eq!(inode("script"), inode("a second name"));
    assert_eq!(names(&scene.outside("restored")), ["www"]);
    assert_eq!(archive.left_out, LeftOut::default());
    let folders = 1 + 4 + 1;
    assert_eq!(archive.file_count, before.len() as u64 - folders);
    let verified = scene
        .backups
        .verify(Path::new(&archive.file))
        .await
        .expect("good");
    assert!(verified.by_digest);
    assert_eq!(verified.files, archive.file_count);
}

#[tokio::test]
async fn holes_come_back_as_holes() {
    let scene = Scene::set();
    let file = File::create(scene.www("sparse")).expect("ours");
    file.set_len(64 * 1024 * 1024).expect("ours");
    write(
        scene.www("zeros at the end"),
        [vec![1; 5_000], vec![0; 5_000]].concat(),
    );

    let archive = scene.create().await.expect("a good folder");
    let restored = scene
        .restore(&scene.archive(&archive))
        .await
        .expect("a good archive");

    let sparse = fs::metadata(restored.join("sparse")).expect("restored");
    assert_eq!(sparse.len(), 64 * 1024 * 1024);
    assert!(
        sparse.blocks() * 512 < 1024 * 1024,
        "{} blocks",
        sparse.blocks()
    );
    let content = fs::read(restored.join("zeros at the end")).expect("restored");
    assert_eq!(content, [vec![1; 5_000], vec![0; 5_000]].concat());
}

#[tokio::test]
async fn what_has_no_content_is_counted() {
    let scene = Scene::set();
    write(scene.www("file"), "content");
    let _socket = UnixListener::bind(scene.www("socket")).expect("ours");

    let archive = scene.create().await.expect("a good folder");

    assert_eq!((archive.file_count, archive.left_out.special), (1, 1));
}

#[tokio::test]
async fn the_folder_of_the_backups_is_in_none() {
    let scene = Scene::set();
    write(scene.www("file"), "content");
    let mut inside = scene.backups.clone();
    inside.folder = scene.www("backup");
    let nobody = CancellationToken::new();
    for _ in 0..2 {
        let archive = inside.create(scene.root("www"), |_| {}, &nobody);
        let archive = archive.await.expect("a good folder");
        assert_eq!(archive.file_count, 1);
    }
}

#[tokio::test]
async fn two_in_one_second_have_two_names() {
    let scene = Scene::set();
    let folder = Folder::open(&scene.outside("backup")).expect("ours");
    let source = Source::open(&scene.root("www"), &scene.backups.roots, folder.path());
    let (source, now) = (source.expect("in the root"), Utc::now());

    let one = folder.begin(&source, now).expect("ours");
    let other = folder.begin(&source, now).expect("ours");
    let third = folder.begin(&source, now).expect("ours");
    one.finish(&[1; 32]).expect("ours");
    drop(third);
    let fourth = folder.begin(&source, now).expect("ours");
    other.finish(&[2; 32]).expect("ours");
    fourth.finish(&[4; 32]).expect("ours");

    let expected = [1, 2, 3].map(|turn| name::of(source.name(), now, turn));
    let mut listed: Vec<_> = folder
        .list()
        .expect("ours")
        .into_iter()
        .map(|one| one.file)
        .collect();
    listed.sort();
    let mut sorted = expected.to_vec();
    sorted.sort();
    assert_eq!(listed, sorted);
}

#[tokio::test]
async fn progress_goes_from_0_to_100() {
    let scene = Scene::set();
    for number in 0..50 {
        write(scene.www(&number.to_string()), vec![number; 10_000]);
    }
    let (sender, receiver) = std::sync::mpsc::channel();
    let nobody = CancellationToken::new();
    let show = move |news: News<'_>| match news {
        News::Percent(percent) => sender.send(percent).expect("somebody listens"),
        News::LeftOut(place, _) => panic!("{} is not left out", place.display()),
    };

    let archive = scene.backups.create(scene.root("www"), show, &nobody).await;

    archive.expect("a good folder");
    let shown: Vec<f64> = receiver.iter().collect();
    assert!(shown.is_sorted() && shown.len() > 50, "{shown:?}");
    assert_eq!(shown.last(), Some(&100.0));
}
