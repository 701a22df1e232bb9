//! Why a backup was not made, is no good, or was not restored. Whatever it was, nothing is left half-done.

use std::{
    io,
    path::{Path, PathBuf},
};

/// The result of everything that has to do with archives.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, with the file or folder that it is about.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such folder, inside of the roots.
    #[error("No such folder: {0}")]
    NoSuchFolder(PathBuf),
    /// There is something, but it is no folder.
    #[error("{0} is not a folder")]
    NotAFolder(PathBuf),
    /// It lies outside of the roots, or would, if it were there.
    #[error("{0} lies outside of the folders that may be backed up (DAYBOOK_BACKUP_ROOTS)")]
    OutsideOfRoots(PathBuf),
    /// It is the folder of the backups, or a part of it.
    #[error("{0} belongs to the backups themselves")]
    OfBackups(PathBuf),
    /// The folder went away, or was replaced by another one, while it was read.
    #[error("{0} vanished while it was read")]
    Vanished(PathBuf),
    /// A part of the folder can't be read.
    #[error("{path} can't be read: {cause}")]
    Unreadable {
        /// Which part.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// There is no room left for it.
    #[error("no space left for {0}")]
    DiskFull(PathBuf),
    /// Something can't be written.
    #[error("{path} can't be written: {cause}")]
    Unwritable {
        /// What.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// It was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// An archive does not hold what was written into it.
    #[error("{file} is broken: {reason}")]
    Broken {
        /// Which archive.
        file: PathBuf,
        /// What was found.
        reason: String,
    },
    /// An archive holds what Daybook writes into none, such as a way out of the folder it is restored into.
    #[error("{file} is not to be trusted: {entry} {reason}")]
    Hostile {
        /// Which archive.
        file: PathBuf,
        /// Which of its entries.
        entry: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Where an archive is to be restored, there is something already.
    #[error("there is something at {0} already")]
    Occupied(PathBuf),
}

impl Error {
    pub(super) fn unreadable(path: impl Into<PathBuf>, cause: impl Into<io::Error>) -> Self {
        Self::Unreadable {
            path: path.into(),
            cause: cause.into(),
        }
    }

    pub(super) fn unwritable(path: impl Into<PathBuf>, cause: impl Into<io::Error>) -> Self {
        let (path, cause) = (path.into(), cause.into());
        match cause.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::DiskFull(path),
            _ => Self::Unwritable { path, cause },
        }
    }

    pub(super) fn broken(file: &Path, reason: &(impl ToString + ?Sized)) -> Self {
        Self::Broken {
            file: file.to_owned(),
            reason: reason.to_string(),
        }
    }
}
