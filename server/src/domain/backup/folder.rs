//! The folder of the backups: where an archive gets its name only when it is complete.
//!
//! While it is written an archive has another name, and its writer a lock on it. So what a killed process left behind is
//! told apart from what another one is still writing, and only the former is removed.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use rustix::fs::{Advice, fadvise, stat};

use super::{
    error::{Error, Result},
    name,
    read::Sha256Sum,
    source::{Identity, Source},
};

/// The folder, which exists.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

/// An archive in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub file: String,
    /// When it was begun.
    pub created: DateTime<Utc>,
    /// How large it is.
    pub size_bytes: u64,
    /// The digest that was kept when it was made; nothing where that is gone.
    pub sha256: Option<Sha256Sum>,
}

impl Folder {
    /// Opens the folder, and makes it where it is missing: for its owner alone, like what is in it.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        let path = made
            .and_then(|()| path.canonicalize())
            .map_err(|cause| Error::unwritable(path, cause))?;
        Ok(Self { path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn identity(&self) -> Result<Identity> {
        let stat = stat(&self.path).map_err(|cause| Error::unreadable(&self.path, cause))?;
        Ok(Identity::of(&stat))
    }

    /// Removes what killed processes left behind. Tells how many archives that were.
    pub(super) fn remove_leftovers(&self) -> Result<usize> {
        let mut removed = 0;
        for name in self.names()? {
            let Some(archive) = name::of_partial(&name) else {
                continue;
            };
            let partial = self.path.join(&name);
            let is_left = match File::open(&partial) {
                Ok(file) => file.try_lock().is_ok(),
                // Its writer was done with it meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => false,
                Err(cause) => return Err(Error::unreadable(partial, cause)),
            };
            if is_left {
                self.discard(archive)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// The archives, the newest first.
    pub(super) fn list(&self) -> Result<Vec<Listed>> {
        let mut found = Vec::new();
        for file in self.names()? {
            let Some(created) = name::time(&file) else {
                continue;
            };
            let path = self.path.join(&file);
            let meta = fs::metadata(&path).map_err(|cause| Error::unreadable(&path, cause))?;
            found.push(Listed {
                created,
                size_bytes: meta.len(),
                sha256: kept_digest(&path)?,
                file,
            });
        }
        found.sort_unstable_by(|one, other| {
            (other.created, &other.file).cmp(&(one.created, &one.file))
        });
        Ok(found)
    }

    /// Begins an archive under a name that no other one has or is about to get.
    pub(super) fn begin(&self, source: &Source, time: DateTime<Utc>) -> Result<Draft<'_>> {
        for turn in 1.. {
            let archive = name::of(source.name(), time, turn);
            let partial = self.path.join(name::partial(&archive));
            let unwritable = |cause| Error::unwritable(&partial, cause);
            let file = File::options()
                .read(true)
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&partial);
            let file = match file {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(cause) => return Err(unwritable(cause)),
            };
            file.lock().map_err(unwritable)?;
            let draft = Draft {
                folder: self,
                archive,
                file,
                is_done: false,
            };
            // Between being made and being locked it looks like something left behind.
            let is_removed = draft.file.metadata().map_err(unwritable)?.nlink() == 0;
            // Whoever gives an archive its name has its draft, so from here on nobody else can.
            let is_taken = fs::symlink_metadata(draft.path()).is_ok();
            if !is_removed && !is_taken {
                return Ok(draft);
            }
            draft.give_up(is_removed);
        }
        unreachable!("there are more turns than files")
    }

    /// Removes what there is of an archive that is not complete.
    fn discard(&self, archive: &str) -> Result<()> {
        let mut names = vec![name::partial(archive)];
        if fs::symlink_metadata(self.path.join(archive)).is_err() {
            // The partial file goes last: as long as it is there, it tells that the digest is of nothing.
            names.insert(0, name::digest(archive));
        }
        for name in names {
            remove_if_there(self.path.join(name))?;
        }
        Ok(())
    }

    /// Removes an archive that is complete, the digest beside it last: what is there without its archive is no backup.
    pub(super) fn remove(&self, archive: &str) -> Result<()> {
        for name in [archive.to_owned(), name::digest(archive)] {
            remove_if_there(self.path.join(name))?;
        }
        Ok(())
    }

    /// Makes sure that what was renamed stays renamed.
    fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }

    /// The names in the folder that are text; others are not ours.
    fn names(&self) -> Result<Vec<String>> {
        let unreadable = |cause| Error::unreadable(&self.path, cause);
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(unreadable)? {
            names.extend(entry.map_err(unreadable)?.file_name().into_string());
        }
        Ok(names)
    }
}

/// An archive that is being made. Dropped before it is done, it leaves nothing.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    folder: &'a Folder,
    archive: String,
    file: File,
    is_done: bool,
}

impl Draft<'_> {
    /// What it will be called.
    pub(super) fn archive(&self) -> &str {
        &self.archive
    }

    /// Where it will be.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.path.join(&self.archive)
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Makes sure that what was written is on disk, and that reading it back reads the disk.
    pub(super) fn sync(&self) -> Result<()> {
        let synced = self.file.sync_all();
        synced.map_err(|cause| Error::unwritable(self.path(), cause))?;
        if let Err(error) = fadvise(&self.file, 0, None, Advice::DontNeed) {
            tracing::debug!(%error, "what is read back may come from memory");
        }
        Ok(())
    }

    /// Gives it its name, with its digest beside it.
    pub(super) fn finish(mut self, digest: &Sha256Sum) -> Result<()> {
        let path = self.path();
        let finished = (|| {
            let beside = self.folder.path.join(name::digest(&self.archive));
            let mut file = File::options()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(beside)?;
            writeln!(file, "{}  {}", hex::encode(digest), self.archive)?;
            file.sync_all()?;
            let partial = self.folder.path.join(name::partial(&self.archive));
            fs::rename(partial, &path)?;
            self.is_done = true;
            self.folder.sync().inspect_err(|_| {
                // Nobody will be told of it, so it must not be there either.
                if let Err(error) = self.folder.remove(&self.archive) {
                    tracing::error!(file = %path.display(), %error, "this backup failed, and can't be removed");
                }
            })
        })();
        finished.map_err(|cause| Error::unwritable(path, cause))
    }

    /// Leaves a name that turned out to be another's.
    fn give_up(mut self, is_removed: bool) {
        self.is_done = true;
        if !is_removed {
            let partial = self.folder.path.join(name::partial(&self.archive));
            if let Err(error) = fs::remove_file(&partial) {
                tracing::warn!(file = %partial.display(), %error, "left for the next start to remove");
            }
        }
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.is_done
            && let Err(error) = self.folder.discard(&self.archive)
        {
            tracing::warn!(archive = self.archive, %error, "left for the next start to remove");
        }
    }
}

fn remove_if_there(path: PathBuf) -> Result<()> {
    match fs::remove_file(&path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(Error::unwritable(path, cause)),
    }
}

/// The digest that was kept beside an archive.
pub(super) fn kept_digest(archive: &Path) -> Result<Option<Sha256Sum>> {
    let Some(file) = archive.file_name().and_then(|name| name.to_str()) else {
        return Ok(None);
    };
    let beside = archive.with_file_name(name::digest(file));
    let text = match fs::read_to_string(&beside) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(Error::unreadable(beside, cause)),
    };
    let mut digest = Sha256Sum::default();
    let hex = text.split_whitespace().next().unwrap_or_default();
    match hex::decode_to_slice(hex, &mut digest) {
        Ok(()) => Ok(Some(digest)),
        Err(_) => Err(Error::broken(&beside, "it holds no digest")),
    }
}
