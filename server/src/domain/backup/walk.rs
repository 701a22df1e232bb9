//! A walk through a folder, each folder before what is in it, by name.
//!
//! Everything is opened from the open folder above it and never through a symbolic link, so whatever is moved or replaced
//! meanwhile, nothing leads out. What vanishes is left out, and named.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::{Path, PathBuf},
    vec,
};

use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, openat, readlinkat, statat},
    io::Errno,
};

use super::{
    entry::file_type,
    error::{Error, Result},
    source::{FOLDER, Identity, Source},
};

/// How files are opened. What is no file any more must not make anybody wait.
const FILE: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// Something that was met.
#[derive(Debug)]
pub(super) struct Met {
    /// Its path in the archive, which begins with the name of the folder that is walked through.
    pub(super) path: PathBuf,
    pub(super) stat: Stat,
}

/// A walk that is under way.
pub(super) struct Walk<'a> {
    source: &'a Source,
    /// What is passed by, with all that is in it.
    without: Identity,
    /// The folders that it is in, the outermost first.
    levels: Vec<Level>,
    /// What was met last.
    last: Option<(OsString, FileType, PathBuf)>,
    has_begun: bool,
    /// What vanished before it could be looked at, since somebody last took note of it.
    pub(super) vanished: Vec<PathBuf>,
}

struct Level {
    folder: OwnedFd,
    path: PathBuf,
    names: vec::IntoIter<OsString>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(source: &'a Source, without: Identity) -> Self {
        Self {
            source,
            without,
            levels: Vec::new(),
            last: None,
            has_begun: false,
            vanished: Vec::new(),
        }
    }

    /// Goes on to the next one; the folder itself comes first.
    pub(super) fn next(&mut self) -> Result<Option<Met>> {
        if !self.has_begun {
            self.has_begun = true;
            return self.begin().map(Some);
        }
        self.enter_last()?;
        loop {
            let Some(level) = self.levels.last_mut() else {
                return Ok(None);
            };
            let Some(name) = level.names.next() else {
                self.levels.pop();
                continue;
            };
            let path = level.path.join(&name);
            match statat(&level.folder, &name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) if Identity::of(&stat) == self.without => {}
                Ok(stat) => {
                    self.last = Some((name, file_type(&stat), path.clone()));
                    return Ok(Some(Met { path, stat }));
                }
                Err(Errno::NOENT) => self.vanished.push(path),
                Err(cause) => return Err(self.unreadable(&path, cause)),
            }
        }
    }

    /// Opens the file that was met last; nothing where it is gone.
    pub(super) fn open(&mut self) -> Result<Option<File>> {
        let opened = openat(self.above(), self.last_name(), FILE, Mode::empty());
        Ok(self.unless_gone(opened)?.map(File::from))
    }

    /// Where the link points to that was met last; nothing where it is gone.
    pub(super) fn target(&mut self) -> Result<Option<PathBuf>> {
        let target = readlinkat(self.above(), self.last_name(), Vec::new());
        let target = self.unless_gone(target)?;
        Ok(target.map(|target| PathBuf::from(OsStr::from_bytes(target.as_bytes()))))
    }

    fn begin(&mut self) -> Result<Met> {
        let path = PathBuf::from(self.source.name());
        let folder = self.source.folder().try_clone_to_owned();
        let folder = folder.map_err(|cause| self.unreadable(&path, cause))?;
        self.push(folder, path.clone())?;
        Ok(Met {
            path,
            stat: *self.source.stat(),
        })
    }

    /// Goes into what was met last, where it is a folder.
    fn enter_last(&mut self) -> Result<()> {
        let Some((name, FileType::Directory, path)) = &self.last else {
            return Ok(());
        };
        let (opened, path) = (
            openat(self.above(), name, FOLDER, Mode::empty()),
            path.clone(),
        );
        let folder = self.unless_gone(opened)?;
        self.last = None;
        match folder {
            Some(folder) => self.push(folder, path),
            None => Ok(()),
        }
    }

    fn push(&mut self, folder: OwnedFd, path: PathBuf) -> Result<()> {
        let names = names(folder.as_fd()).map_err(|cause| self.unreadable(&path, cause))?;
        self.levels.push(Level {
            folder,
            path,
            names: names.into_iter(),
        });
        Ok(())
    }

    /// What came of trying to open what was met last. It may be gone, or something else by now.
    fn unless_gone<T>(&mut self, tried: rustix::io::Result<T>) -> Result<Option<T>> {
        match tried {
            Ok(found) => Ok(Some(found)),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::INVAL | Errno::NXIO) => {
                self.vanished.extend(self.last_path());
                Ok(None)
            }
            Err(cause) => {
                let path = self.last_path().unwrap_or_default();
                Err(self.unreadable(&path, cause))
            }
        }
    }

    fn above(&self) -> BorrowedFd<'_> {
        let level = self.levels.last().expect("what was met lies in a folder");
        level.folder.as_fd()
    }

    fn last_name(&self) -> &OsStr {
        let (name, ..) = self.last.as_ref().expect("something was met");
        name
    }

    fn last_path(&self) -> Option<PathBuf> {
        self.last.as_ref().map(|(_, _, path)| path.clone())
    }

    fn unreadable(&self, path: &Path, cause: impl Into<io::Error>) -> Error {
        Error::unreadable(self.source.locate(path), cause)
    }
}

/// The names of what is in a folder, in order.
fn names(folder: BorrowedFd<'_>) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name != "." && name != ".." {
            names.push(name.to_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}
