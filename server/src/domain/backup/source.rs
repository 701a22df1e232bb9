//! The folder that is backed up: found inside of the roots, opened so that nothing leads out of them.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{Component, Path, PathBuf},
};

use rustix::fs::{Mode, OFlags, Stat, fstat, open, openat};

use super::error::{Error, Result};

/// How folders are opened: never through a symbolic link.
pub(super) const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// What an archive of `/` calls its folder.
const ROOT: &str = "root";

/// Tells a file from every other one on the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity(u64, u64);

impl Identity {
    pub(super) fn of(stat: &Stat) -> Self {
        Self(stat.st_dev, stat.st_ino)
    }
}

/// A folder inside of the roots, held open.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    folder: OwnedFd,
    stat: Stat,
}

impl Source {
    /// Finds the folder that somebody asks for. `..` and symbolic links are resolved before it is held against the roots;
    /// where there is nothing, nobody learns so outside of them. `backups` is the folder of the backups themselves.
    pub(super) fn open(asked: &Path, roots: &[PathBuf], backups: &Path) -> Result<Self> {
        // Of what can't be resolved nobody knows where it leads.
        let path = resolve(asked).map_err(|_| Error::OutsideOfRoots(asked.to_owned()))?;
        let roots = roots.iter().filter_map(|root| match root.canonicalize() {
            Ok(root) => Some(root),
            Err(error) => {
                tracing::warn!(root = %root.display(), %error, "nothing in this root can be backed up");
                None
            }
        });
        let root = roots
            .filter(|root| path.starts_with(root))
            .max_by_key(|root| root.components().count())
            .ok_or_else(|| Error::OutsideOfRoots(asked.to_owned()))?;
        if path.starts_with(backups) {
            return Err(Error::OfBackups(path));
        }
        match fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => return Err(Error::NotAFolder(path)),
            Err(error) if is_missing(&error) => {
                return Err(Error::NoSuchFolder(asked.to_owned()));
            }
            Err(cause) => return Err(Error::unreadable(path, cause)),
        }
        let opened = descend(&root, &path).and_then(|folder| Ok((fstat(&folder)?, folder)));
        let (stat, folder) = opened.map_err(|cause| Error::unreadable(&path, cause))?;
        Ok(Self { path, folder, stat })
    }

    /// What the folder is called, in the archive too.
    pub(super) fn name(&self) -> &OsStr {
        self.path.file_name().unwrap_or(OsStr::new(ROOT))
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where something lies that has a path in the archive.
    pub(super) fn locate(&self, entry: &Path) -> PathBuf {
        let within = entry.strip_prefix(self.name()).unwrap_or(entry);
        // Joining nothing would leave a slash at the end.
        if within.as_os_str().is_empty() {
            self.path.clone()
        } else {
            self.path.join(within)
        }
    }

    pub(super) fn folder(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }

    pub(super) fn stat(&self) -> &Stat {
        &self.stat
    }

    /// Refuses where the folder went away, or another one came in its place.
    pub(super) fn is_still_there(&self) -> Result<()> {
        match rustix::fs::stat(&self.path) {
            Ok(now) if Identity::of(&now) == Identity::of(&self.stat) => Ok(()),
            _ => Err(Error::Vanished(self.path.clone())),
        }
    }
}

/// A path without `..` and symbolic links, of something that need not be there. Where `..` would lead from what is not
/// there nobody can tell: that is an error of a missing thing.
fn resolve(asked: &Path) -> io::Result<PathBuf> {
    let mut there = std::path::absolute(asked)?;
    let mut missing: Vec<OsString> = Vec::new();
    loop {
        match there.canonicalize() {
            Ok(mut resolved) => {
                resolved.extend(missing.iter().rev());
                return Ok(resolved);
            }
            Err(error) if is_missing(&error) => match there.components().next_back() {
                Some(Component::Normal(name)) => {
                    missing.push(name.to_owned());
                    there.pop();
                }
                _ => return Err(error),
            },
            Err(error) => return Err(error),
        }
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Opens a folder step by step from a root. The path has no links; where one came in meanwhile, this fails.
fn descend(root: &Path, path: &Path) -> io::Result<OwnedFd> {
    let mut folder = open(root, FOLDER, Mode::empty())?;
    let steps = path.strip_prefix(root).expect("it begins with the root");
    for step in steps.components() {
        folder = openat(&folder, step.as_os_str(), FOLDER, Mode::empty())?;
    }
    Ok(folder)
}
