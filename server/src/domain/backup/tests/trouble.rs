//! What goes wrong on the way leaves nothing, and says what it was.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
    sync::mpsc,
};

use tokio_util::sync::CancellationToken;

use super::{Scene, write};
use crate::domain::backup::{
    Error, Flaw, News, folder::Folder, source::Source, track::Track, verify,
    write::write as write_archive,
};

/// A disk on which little fits.
struct SmallDisk {
    left: usize,
}

impl Write for SmallDisk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let written = bytes.len().min(self.left);
        self.left -= written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Fills the folder with what does not get smaller.
fn fill(scene: &Scene, files: u32) {
    let mut state = 1_u32;
    for number in 0..files {
        let noise = (0..20_000).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        write(
            scene.www(&format!("{number:03}")),
            noise.collect::<Vec<_>>(),
        );
    }
}

#[tokio::test]
async fn a_full_disk_is_said() {
    let scene = Scene::set();
    fill(&scene, 30);
    let folder = Folder::open(&scene.outside("backup")).expect("ours");
    let source = Source::open(&scene.root("www"), &scene.backups.roots, folder.path());
    let (source, nobody) = (source.expect("in the root"), CancellationToken::new());
    let without = folder.identity().expect("ours");
    for left in [0, 100, 500_000] {
        let (mut show, target) = (|_: News<'_>| {}, Path::new("archive"));
        let mut track = Track::new(&mut show, &nobody);

        let refused = write_archive(&source, without, SmallDisk { left }, target, &mut track);

        let refused = refused.map(drop);
        assert!(
            matches!(refused, Err(Error::DiskFull(_))),
            "{left}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_cancelled_one_leaves_nothing() {
    let scene = Scene::set();
    fill(&scene, 30);
    for end in [0.0, 30.0, 80.0] {
        let cancelled = CancellationToken::new();
        let token = cancelled.clone();
        let show = move |news: News<'_>| {
            if matches!(news, News::Percent(percent) if percent >= end) {
                token.cancel();
            }
        };

        let refused = scene
            .backups
            .create(scene.root("www"), show, &cancelled)
            .await;

        assert!(matches!(refused, Err(Error::Cancelled)), "{refused:?}");
        assert!(scene.kept().is_empty(), "{:?}", scene.kept());
    }
}

#[tokio::test]
async fn a_folder_that_vanishes_is_said() {
    let scene = Scene::set();
    fill(&scene, 30);
    let (from, to) = (scene.root("www"), scene.root("moved"));
    let show = move |news: News<'_>| {
        if matches!(news, News::Percent(percent) if percent >= 10.0) && from.exists() {
            fs::rename(&from, &to).expect("ours");
        }
    };

    let refused = scene
        .backups
        .create(scene.root("www"), show, &CancellationToken::new())
        .await;

    assert!(matches!(refused, Err(Error::Vanished(_))), "{refused:?}");
    assert!(scene.kept().is_empty(), "{:?}", scene.kept());
}

#[tokio::test]
async fn files_that_change_meanwhile_break_nothing() {
    let scene = Scene::set();
    fill(&scene, 30);
    fs::create_dir(scene.www("zz")).expect("ours");
    write(scene.www("zz/gone too"), "content");
    let www = scene.root("www");
    let mut is_done = false;
    let (said, hear) = mpsc::channel();
    let show = move |news: News<'_>| {
        match news {
            News::LeftOut(place, flaw) => {
                return said.send((place.to_owned(), flaw)).expect("heard");
            }
            News::Percent(percent) if percent < 10.0 || is_done => return,
            News::Percent(_) => {}
        }
        is_done = true;
        fs::remove_file(www.join("020")).expect("ours");
        fs::remove_dir_all(www.join("zz")).expect("ours");
        fs::remove_file(www.join("021")).expect("ours");
        std::os::unix::fs::symlink("/etc/passwd", www.join("021")).expect("ours");
        let shorter = File::options()
            .write(true)
            .open(www.join("022"))
            .expect("ours");
        shorter.set_len(7).expect("ours");
    };

    let archive = scene
        .backups
        .create(scene.root("www"), show, &CancellationToken::new())
        .await
        .expect("what is left is a good folder");

    // Of the thirty, two are gone and one is a link now; the folder was not reached yet.
    assert_eq!(archive.left_out.vanished, 2, "{archive:?}");
    let said: Vec<_> = hear.iter().collect();
    let www = archive.source.as_path();
    assert_eq!(
        said,
        [
            (www.join("020"), Flaw::Vanished),
            (www.join("zz"), Flaw::Vanished)
        ]
    );
    assert_eq!(archive.file_count, 29);
    let restored = scene
        .restore(&scene.archive(&archive))
        .await
        .expect("a good archive");
    assert_eq!(fs::read(restored.join("022")).expect("restored").len(), 7);
    let link = fs::read_link(restored.join("021")).expect("the link, not what it leads to");
    assert_eq!(link, Path::new("/etc/passwd"));
}

#[tokio::test]
async fn what_was_damaged_since_is_found() {
    let scene = Scene::set();
    fill(&scene, 10);
    let archive = scene.create().await.expect("a good folder");
    let path = scene.archive(&archive);
    let good = fs::read(&path).expect("ours");
    let middle = good.len() / 2;
    let mut flipped = good.clone();
    flipped[middle] ^= 1;
    let longer = [&good[..], b"more"].concat();
    for (damage, bytes) in [
        ("flipped", flipped.as_slice()),
        ("cut", &good[..middle]),
        ("cut at the end", &good[..good.len() - 1]),
        ("longer", longer.as_slice()),
        ("empty", b""),
    ] {
        write(&path, bytes);
        let found = verify::verify(&path);
        assert!(
            matches!(found, Err(Error::Broken { .. })),
            "{damage}: {found:?}"
        );
        let refused = scene.restore(&path).await;
        assert!(
            matches!(refused, Err(Error::Broken { .. })),
            "{damage}: {refused:?}"
        );
        assert!(
            !scene.outside("restored").exists(),
            "{damage} left something"
        );
    }
    // Without the digest, the archive's own checksums find it, too.
    fs::remove_file(path.with_file_name(format!("{}.sha256", archive.file))).expect("ours");
    write(&path, &flipped);
    assert!(verify::verify(&path).is_err());
    write(&path, &good);
    assert!(!verify::verify(&path).expect("good again").by_digest);
}

#[tokio::test]
async fn what_another_process_left_goes_and_what_it_still_writes_stays() {
    let scene = Scene::set();
    write(scene.www("file"), "content");
    let complete = scene.create().await.expect("a good folder");
    let folder = scene.outside("backup");
    for left in [
        ".www_20260101000000.tar.zst.partial",
        "www_20260101000000.tar.zst.sha256",
        ".www_20260101000000_2.tar.zst.partial",
    ] {
        write(folder.join(left), "left behind");
    }
    for kept in [
        ".notes.partial",
        "notes.sha256",
        ".www_20260101000001.tar.zst.partial",
    ] {
        write(folder.join(kept), "not ours, or not yet done");
    }
    let writing = File::open(folder.join(".www_20260101000001.tar.zst.partial")).expect("ours");
    writing.lock().expect("nobody has it");

    assert_eq!(scene.backups.prepare().await.expect("ours"), 2);

    let digest = format!("{}.sha256", complete.file);
    assert_eq!(
        scene.kept(),
        [
            ".notes.partial",
            ".www_20260101000001.tar.zst.partial",
            "notes.sha256",
            &complete.file,
            &digest
        ]
    );
}
