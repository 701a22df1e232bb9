//! Backups of real folders, and the ways in which they go wrong.

mod hostile;
mod refused;
mod roundtrip;
mod trouble;

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::{Archive, Backups, Result};
use crate::config::Config;

/// A root with a folder to back up, and a place for the backups beside it.
struct Scene {
    folder: TempDir,
    backups: Backups,
}

impl Scene {
    fn set() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let root = folder.path().join("root");
        fs::create_dir_all(root.join("www")).expect("a folder of our own");
        let config = Config {
            backup_folder: folder.path().join("backup"),
            backup_roots: root.display().to_string().try_into().expect("one folder"),
            ..Config::default()
        };
        Self {
            backups: Backups::new(&config),
            folder,
        }
    }

    /// A path beside the root, where nothing may be backed up.
    fn outside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A path in the root.
    fn root(&self, name: &str) -> PathBuf {
        self.outside("root").join(name)
    }

    /// A path in the folder that is backed up.
    fn www(&self, name: &str) -> PathBuf {
        self.root("www").join(name)
    }

    async fn create(&self) -> Result<Archive> {
        self.create_of(&self.root("www")).await
    }

    async fn create_of(&self, source: &Path) -> Result<Archive> {
        let nobody = CancellationToken::new();
        self.backups
            .create(source.to_owned(), |_| {}, &nobody)
            .await
    }

    /// Where an archive is.
    fn archive(&self, archive: &Archive) -> PathBuf {
        self.outside("backup").join(&archive.file)
    }

    async fn restore(&self, archive: &Path) -> Result<PathBuf> {
        let restored = self.backups.restore(archive, self.outside("restored"));
        Ok(restored.await?.path)
    }

    /// What is in the folder of the backups.
    fn kept(&self) -> Vec<String> {
        names(&self.outside("backup"))
    }
}

/// What is in a folder, by name.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder of our own");
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut names: Vec<_> = entries
        .map(|entry| name(entry.expect("a folder of our own")))
        .collect();
    names.sort();
    names
}

/// Writes a file of our own.
fn write(path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
    fs::write(path, content).expect("a folder of our own");
}
