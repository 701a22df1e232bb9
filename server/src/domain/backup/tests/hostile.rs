//! Archives that were made to do harm: none gets anything outside of the folder it is restored into, nor over what is
//! there.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use tar::{Builder, EntryType, Header};

use super::{Scene, names, write};
use crate::domain::backup::{
    Error,
    entry::{Entry, Kind, Meta},
};

fn entry(path: &str, kind: Kind, size: u64) -> Entry {
    Entry {
        path: path.into(),
        kind,
        meta: Meta {
            mode: 0o755,
            user: 0,
            group: 0,
            modified: (0, 0),
            size,
        },
    }
}

fn folder(path: &str) -> Entry {
    entry(path, Kind::Folder, 0)
}

fn file(path: &str) -> Entry {
    entry(path, Kind::File, 4)
}

fn link(path: &str, target: &str) -> Entry {
    entry(path, Kind::SymbolicLink(target.into()), 0)
}

fn hard_link(path: &str, target: &str) -> Entry {
    entry(path, Kind::HardLink(target.into()), 0)
}

/// Writes an archive that holds just that.
fn archive(scene: &Scene, entries: &[Entry]) -> PathBuf {
    let path = scene.outside("hostile.tar.zst");
    let out = File::create(&path).expect("ours");
    let mut archive = Builder::new(zstd::Encoder::new(out, 1).expect("ours").auto_finish());
    for entry in entries {
        let bytes: &[u8] = if entry.kind == Kind::File {
            b"evil"
        } else {
            b""
        };
        entry.append(&mut archive, bytes).expect("ours");
    }
    drop(archive.into_inner().expect("ours"));
    path
}

#[tokio::test]
async fn no_way_leads_out() {
    let scene = Scene::set();
    write(scene.outside("victim"), "innocent");
    let outside = scene.outside("").display().to_string();
    for entries in [
        vec![file("evil")],
        vec![folder("www"), file("../victim")],
        vec![folder("www"), file("www/../../victim")],
        vec![folder("www"), file(&format!("{outside}/victim"))],
        vec![folder("..")],
        vec![folder("/")],
        vec![folder(".")],
        vec![folder("www"), file("www/.")],
        vec![folder("www/..")],
        vec![folder("www"), folder("other"), file("other/evil")],
        vec![
            folder("www"),
            link("www/out", &outside),
            file("www/out/victim"),
        ],
        vec![
            folder("www"),
            link("www/out", "../.."),
            folder("www/out/evil"),
        ],
        vec![
            folder("www"),
            link("www/out", &outside),
            link("www/out/evil", "x"),
        ],
        vec![
            folder("www"),
            link("www/out", &format!("{outside}/victim")),
            file("www/out"),
        ],
        vec![folder("www"), link("www/out", &outside), folder("www/out")],
        vec![link("www", &outside), file("www/victim")],
        vec![folder("www"), hard_link("www/mine", "../victim")],
        vec![
            folder("www"),
            hard_link("www/mine", &format!("{outside}/victim")),
        ],
        vec![
            folder("www"),
            link("www/out", &outside),
            hard_link("www/mine", "www/out/victim"),
        ],
        vec![
            folder("www"),
            link("www/out", "../../victim"),
            hard_link("www/mine", "www/out"),
        ],
        vec![folder("www"), file("www/not/there")],
        vec![folder("www"), file("www/twice"), file("www/twice")],
        vec![folder("www"), folder("www")],
    ] {
        let refused = scene.restore(&archive(&scene, &entries)).await;

        assert!(
            matches!(refused, Err(Error::Hostile { .. })),
            "{entries:?}: {refused:?}"
        );
        let victim = fs::read_to_string(scene.outside("victim")).expect("still there");
        assert_eq!(victim, "innocent", "{entries:?}");
        assert_eq!(
            names(&scene.outside("")),
            ["hostile.tar.zst", "root", "victim"],
            "{entries:?}"
        );
    }
}

#[tokio::test]
async fn devices_are_refused() {
    let scene = Scene::set();
    let path = scene.outside("hostile.tar.zst");
    let out = File::create(&path).expect("ours");
    let mut archive = Builder::new(zstd::Encoder::new(out, 1).expect("ours").auto_finish());
    folder("www")
        .append(&mut archive, io::empty())
        .expect("ours");
    let mut header = Header::new_gnu();
    header.set_path("www/null").expect("short");
    header.set_entry_type(EntryType::Char);
    header.set_mode(0o666);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(0);
    header.set_mtime(0);
    header.set_cksum();
    archive.append(&header, io::empty()).expect("ours");
    drop(archive.into_inner().expect("ours"));

    let refused = scene.restore(&path).await;

    assert!(matches!(refused, Err(Error::Broken { .. })), "{refused:?}");
    assert!(!scene.outside("restored").exists());
}

#[tokio::test]
async fn nothing_is_written_over() {
    let scene = Scene::set();
    write(scene.www("file"), "new");
    let archive = scene.create().await.expect("a good folder");
    let path = scene.archive(&archive);
    let target = scene.outside("restored");
    fs::create_dir_all(target.join("www")).expect("ours");
    write(target.join("other"), "stays");

    let refused = scene.restore(&path).await;
    assert!(matches!(refused, Err(Error::Occupied(_))), "{refused:?}");
    fs::remove_dir(target.join("www")).expect("still empty");
    std::os::unix::fs::symlink("/tmp", target.join("www")).expect("ours");
    let refused = scene.restore(&path).await;
    assert!(matches!(refused, Err(Error::Occupied(_))), "{refused:?}");
    assert_eq!(names(&target), ["other", "www"]);

    fs::remove_file(target.join("www")).expect("ours");
    scene.restore(&path).await.expect("now there is room");
    assert_eq!(
        fs::read_to_string(target.join("other")).expect("there"),
        "stays"
    );
    assert_eq!(names(&target), ["other", "www"]);
}

#[tokio::test]
async fn a_target_that_can_not_be_made_is_said() {
    let scene = Scene::set();
    let archive = scene.create().await.expect("a good folder");
    let path = scene.archive(&archive);
    for target in ["not/there", "root/www/file"] {
        write(scene.www("file"), "no folder");
        let refused = scene.backups.restore(&path, scene.outside(target)).await;
        assert!(
            matches!(refused, Err(Error::Unwritable { .. })),
            "{target}: {refused:?}"
        );
    }
    let missing = scene
        .backups
        .restore(Path::new("not there"), scene.outside("restored"));
    let refused = missing.await;
    assert!(
        matches!(refused, Err(Error::Unreadable { .. })),
        "{refused:?}"
    );
    assert!(!scene.outside("restored").exists());
}
