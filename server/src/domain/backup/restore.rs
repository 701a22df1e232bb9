//! Restoring an archive: all of it, or nothing.
//!
//! An archive is unpacked into a new folder of its restorer's alone, and moved to its place when it is whole. It may be
//! anybody's: every entry must lie in a folder that came before it in the same archive, so there is no way out, be it by
//! `..`, by an absolute path, or through a link; and nothing is written over.

use std::{
    collections::HashSet,
    fs::{self, DirBuilder, File},
    io::{self, Read},
    os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt, lchown, symlink},
    path::{Component, Path, PathBuf},
};

use rustix::fs::{AtFlags, CWD, Mode, Timespec, Timestamps, UTIME_OMIT, chmodat, utimensat};
use tempfile::TempDir;

use super::{
    entry::{Entry, Kind, Meta},
    error::{Error, Result},
    folder::kept_digest,
    read::read,
    verify::{drain, same},
};

/// What the folder is called in which an archive is unpacked.
const STAGING: &str = ".daybook-restore-";

/// Runs of zeros of this length become holes.
const HOLE: usize = 4_096;

/// What was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Where the folder is now.
    pub path: PathBuf,
    /// How many files and links are in it.
    pub files: u64,
}

/// Restores the folder that an archive holds into `target`, where there must be nothing of its name.
pub(super) fn restore(archive: &Path, target: &Path) -> Result<Restored> {
    let file = File::open(archive).map_err(|cause| Error::unreadable(archive, cause))?;
    let kept = kept_digest(archive)?;
    let target = Target::open(target)?;
    let staging = tempfile::Builder::new()
        .prefix(STAGING)
        .tempdir_in(&target.path)
        .map_err(|cause| Error::unwritable(&target.path, cause))?;
    let mut restoration = Restoration {
        archive,
        target: &target.path,
        staging,
        top: None,
        folders: Vec::new(),
        known: HashSet::new(),
        files: 0,
    };
    let found = read(&file, archive, |entry, bytes| {
        restoration.unpack(entry, bytes)
    })?;
    if let Some(kept) = &kept {
        same(archive, kept, &found)?;
    }
    let restored = restoration.finish()?;
    target.keep();
    Ok(restored)
}

/// The folder that is restored into. Where it was made for that, it goes again unless it is kept.
struct Target {
    path: PathBuf,
    is_new: bool,
}

impl Target {
    fn open(path: &Path) -> Result<Self> {
        let is_new = match fs::create_dir(path) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => false,
            Err(cause) => return Err(Error::unwritable(path, cause)),
        };
        Ok(Self {
            path: path.to_owned(),
            is_new,
        })
    }

    fn keep(mut self) {
        self.is_new = false;
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if self.is_new
            && let Err(error) = fs::remove_dir(&self.path)
        {
            tracing::warn!(folder = %self.path.display(), %error, "an empty folder is left");
        }
    }
}

/// A restoration that is under way.
struct Restoration<'a> {
    archive: &'a Path,
    target: &'a Path,
    staging: TempDir,
    /// The name of the folder that the archive holds.
    top: Option<PathBuf>,
    /// The folders so far: what they are to be like is set last, for they may be read-only.
    folders: Vec<(PathBuf, Meta)>,
    known: HashSet<PathBuf>,
    files: u64,
}

impl Restoration<'_> {
    fn unpack(&mut self, entry: Entry, bytes: &mut dyn Read) -> Result<()> {
        self.check(&entry)?;
        let place = self.staging.path().join(&entry.path);
        let unwritable = |cause: io::Error| {
            if cause.kind() == io::ErrorKind::AlreadyExists {
                self.hostile(&entry.path, "comes twice")
            } else {
                Error::unwritable(self.target.join(&entry.path), cause)
            }
        };
        match &entry.kind {
            Kind::Folder => {
                let made = DirBuilder::new().mode(0o700).create(&place);
                made.map_err(unwritable)?;
                self.known.insert(entry.path.clone());
                self.folders.push((entry.path, entry.meta));
                return Ok(());
            }
            Kind::File => {
                let file = File::options()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(&place);
                self.fill(&file.map_err(unwritable)?, &entry, bytes)?;
                restore_meta(&place, &entry.meta).map_err(unwritable)?;
            }
            Kind::HardLink(target) => {
                let target = self.staging.path().join(self.linked(&entry.path, target)?);
                fs::hard_link(target, &place).map_err(unwritable)?;
            }
            Kind::SymbolicLink(target) => {
                symlink(target, &place).map_err(unwritable)?;
                restore_link_meta(&place, &entry.meta).map_err(unwritable)?;
            }
        }
        self.files += 1;
        Ok(())
    }

    /// Refuses an entry that does not lie in the archive's own folder.
    fn check(&mut self, entry: &Entry) -> Result<()> {
        if !is_plain(&entry.path) {
            return Err(self.hostile(&entry.path, "leads out of the archive's folder"));
        }
        let above = entry.path.parent().expect("a plain path has a name");
        if self.top.is_none() && above.as_os_str().is_empty() && entry.kind == Kind::Folder {
            let place = self.target.join(&entry.path);
            if fs::symlink_metadata(&place).is_ok() {
                return Err(Error::Occupied(place));
            }
            self.top = Some(entry.path.clone());
            return Ok(());
        }
        if !self.known.contains(above) {
            return Err(self.hostile(&entry.path, "does not lie in a folder of the archive"));
        }
        Ok(())
    }

    /// The file that a hard link is another name of.
    fn linked<'t>(&self, entry: &Path, target: &'t Path) -> Result<&'t Path> {
        let is_known = is_plain(target)
            && target
                .parent()
                .is_some_and(|above| self.known.contains(above))
            && fs::symlink_metadata(self.staging.path().join(target))
                .is_ok_and(|meta| meta.is_file());
        if is_known {
            Ok(target)
        } else {
            Err(self.hostile(entry, "is a hard link to what is no file of the archive"))
        }
    }

    /// Writes a file's bytes.
    fn fill(&self, file: &File, entry: &Entry, bytes: &mut dyn Read) -> Result<()> {
        let unwritable = |cause| Error::unwritable(self.target.join(&entry.path), cause);
        let mut at = 0;
        drain(bytes, self.archive, |some| {
            for part in some.chunks(HOLE) {
                if part.len() < HOLE || part.iter().any(|byte| *byte != 0) {
                    file.write_all_at(part, at).map_err(unwritable)?;
                }
                at += part.len() as u64;
            }
            Ok(())
        })?;
        file.set_len(entry.meta.size).map_err(unwritable)
    }

    /// Moves the folder to its place.
    fn finish(self) -> Result<Restored> {
        let Some(top) = &self.top else {
            return Err(Error::broken(self.archive, "it holds no folder"));
        };
        let place = self.target.join(top);
        let unwritable = |cause| Error::unwritable(&place, cause);
        let staged = self.staging.path();
        let (first, inner) = self.folders.split_first().expect("the first is the top");
        for (path, meta) in inner.iter().rev() {
            restore_meta(&staged.join(path), meta).map_err(unwritable)?;
        }
        if fs::symlink_metadata(&place).is_ok() {
            return Err(Error::Occupied(place));
        }
        // Only then may it be read-only: a folder that is can't be moved.
        fs::rename(staged.join(top), &place).map_err(unwritable)?;
        restore_meta(&place, &first.1).map_err(unwritable)?;
        Ok(Restored {
            path: place.clone(),
            files: self.files,
        })
    }

    fn hostile(&self, entry: &Path, reason: &'static str) -> Error {
        Error::Hostile {
            file: self.archive.to_owned(),
            entry: entry.to_owned(),
            reason,
        }
    }
}

/// Whether a path has names only, and one at least.
fn is_plain(path: &Path) -> bool {
    let mut steps = path.components().peekable();
    steps.peek().is_some() && steps.all(|step| matches!(step, Component::Normal(_)))
}

/// Gives a file or folder the owner (where we may), permissions and time that it had, in this order: a new owner takes
/// some permissions away.
fn restore_meta(path: &Path, meta: &Meta) -> io::Result<()> {
    if rustix::process::geteuid().is_root() {
        lchown(path, Some(meta.user), Some(meta.group))?;
    }
    chmodat(CWD, path, Mode::from_raw_mode(meta.mode), AtFlags::empty())?;
    Ok(utimensat(CWD, path, &times(meta), AtFlags::empty())?)
}

/// The same for a symbolic link itself, whose permissions mean nothing.
fn restore_link_meta(path: &Path, meta: &Meta) -> io::Result<()> {
    if rustix::process::geteuid().is_root() {
        lchown(path, Some(meta.user), Some(meta.group))?;
    }
    Ok(utimensat(
        CWD,
        path,
        &times(meta),
        AtFlags::SYMLINK_NOFOLLOW,
    )?)
}

fn times(meta: &Meta) -> Timestamps {
    let (seconds, nanoseconds) = meta.modified;
    Timestamps {
        last_access: Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
        last_modification: Timespec {
            tv_sec: seconds,
            tv_nsec: nanoseconds.into(),
        },
    }
}
