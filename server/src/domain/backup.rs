//! Backups: a folder becomes an archive that is complete and was read back, or there is none.
//!
//! Rules of the house. An archive has its name only when it is on disk and verified; whatever happens before that leaves
//! nothing, a killed process no more than what the next start removes. Nothing outside of the roots is ever read, and
//! nothing outside of the target ever written, by whatever links there are. What of a folder an archive does not hold as it
//! is, is counted and named. The work blocks, and is done on a thread for such.
//!
//! An archive that a run made has a row, which comes into being with the run's success, and outlives the run.

mod chronicle;
mod entry;
mod error;
mod folder;
mod name;
mod read;
mod record;
mod restore;
mod source;
#[cfg(test)]
mod tests;
mod track;
mod verify;
mod walk;
mod write;

pub use chronicle::{figures, log};
pub use error::{Error, Result};
pub use folder::Listed;
pub use read::Sha256Sum;
pub use record::{Position, by_guid, list, of_runs};
pub(crate) use record::{is_recorded, record};
pub use restore::Restored;
pub use track::{Flaw, LeftOut, News};
pub use verify::Verified;

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use folder::Folder;
use read::Sealed;
use source::Source;
use track::Track;

/// An archive that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// The folder that it is of.
    pub source: PathBuf,
    /// Its name in the folder of the backups.
    pub file: String,
    /// How large it is.
    pub size_bytes: u64,
    /// How many files and links it holds, folders not counted.
    pub file_count: u64,
    /// The digest of its file.
    pub sha256: Sha256Sum,
    /// When it was begun.
    pub created: DateTime<Utc>,
    /// What it does not hold as it is.
    pub left_out: LeftOut,
}

/// The backups of a server: where they lie, and of what they may be.
#[derive(Clone, Debug)]
pub struct Backups {
    folder: PathBuf,
    roots: Vec<PathBuf>,
}

impl Backups {
    /// As the operator set them up.
    pub fn new(config: &Config) -> Self {
        Self {
            folder: config.backup_folder.clone(),
            roots: config.backup_roots.as_ref().to_vec(),
        }
    }

    /// Makes the folder of the backups where it is missing, and removes what killed processes left in it. Tells how many
    /// archives that were.
    pub async fn prepare(&self) -> Result<usize> {
        let folder = self.folder.clone();
        blocking(move || Folder::open(&folder)?.remove_leftovers()).await
    }

    /// Makes an archive of a folder inside of the roots.
    ///
    /// `tell` is told how far it is and what is left out. It ends early when `cancelled`, or when nobody waits for it any
    /// more.
    pub async fn create(
        &self,
        source: PathBuf,
        mut tell: impl FnMut(News<'_>) + Send + 'static,
        cancelled: &CancellationToken,
    ) -> Result<Archive> {
        let backups = self.clone();
        let cancelled = cancelled.child_token();
        let _abandoned = cancelled.clone().drop_guard();
        blocking(move || backups.make(&source, &mut tell, &cancelled)).await
    }

    /// Refuses a folder of which no archive could be made right now.
    pub(crate) async fn check(&self, source: PathBuf) -> Result<()> {
        let backups = self.clone();
        blocking(move || {
            let folder = Folder::open(&backups.folder);
            // What is wrong with the folder that is asked for comes first: it will not pass by itself.
            let own = folder.as_ref().map_or(&*backups.folder, Folder::path);
            Source::open(&source, &backups.roots, own)?;
            folder.map(drop)
        })
        .await
    }

    /// Removes an archive that was made, for it turned out to be nobody's.
    pub(crate) async fn discard(&self, archive: &Archive) -> Result<()> {
        let (folder, file) = (self.folder.clone(), archive.file.clone());
        blocking(move || Folder::open(&folder)?.remove(&file)).await
    }

    /// Reads an archive to its end. A name without a folder is looked for among the backups.
    pub async fn verify(&self, archive: &Path) -> Result<Verified> {
        let path = self.locate(archive);
        blocking(move || verify::verify(&path)).await
    }

    /// Restores the folder that an archive holds into `target`, where there must be nothing of its name yet.
    pub async fn restore(&self, archive: &Path, target: PathBuf) -> Result<Restored> {
        let path = self.locate(archive);
        blocking(move || restore::restore(&path, &target)).await
    }

    /// The archives, the newest first.
    pub async fn list(&self) -> Result<Vec<Listed>> {
        let folder = self.folder.clone();
        blocking(move || Folder::open(&folder)?.list()).await
    }

    fn locate(&self, archive: &Path) -> PathBuf {
        if archive
            .parent()
            .is_some_and(|above| above.as_os_str().is_empty())
            && !archive.exists()
        {
            self.folder.join(archive)
        } else {
            archive.to_owned()
        }
    }

    fn make(
        &self,
        asked: &Path,
        tell: &mut dyn FnMut(News<'_>),
        cancelled: &CancellationToken,
    ) -> Result<Archive> {
        let folder = Folder::open(&self.folder)?;
        let source = Source::open(asked, &self.roots, folder.path())?;
        let without = folder.identity()?;
        let mut track = Track::new(tell, cancelled);
        write::measure(&source, without, &mut track)?;

        let created = Utc::now();
        let draft = folder.begin(&source, created)?;
        let (path, out) = (draft.path(), Sealed::new(draft.file()));
        let (sealed, written) = write::write(&source, without, out, &path, &mut track)?;
        let (size_bytes, sha256) = (sealed.bytes(), sealed.digest());
        draft.sync()?;
        let fingerprints = &written.fingerprints;
        verify::read_back(draft.file(), &path, fingerprints, &sha256, &mut track)?;

        // Whoever asked may have given up on it while a disk hung, and would not know of it.
        track.unless_cancelled()?;
        let file = draft.archive().to_owned();
        draft.finish(&sha256)?;
        track.end();
        Ok(Archive {
            source: source.path().to_owned(),
            file,
            size_bytes,
            file_count: written.files,
            sha256,
            created,
            left_out: track.left_out,
        })
    }
}

/// Does what blocks on a thread for such.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.expect("reading and writing files does not panic, and nobody aborts it")
}
