//! Verifying an archive: against what was written into it, or against the digest that was kept of it.

use std::{
    fs::File,
    io::{self, Read, Seek},
    path::Path,
};

use sha2::Digest;

use super::{
    entry::{Fingerprint, Kind},
    error::{Error, Result},
    folder::kept_digest,
    read::{Sha256Sum, read},
    track::Track,
};

/// What a good archive holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many files and links.
    pub files: u64,
    /// How many bytes those have together.
    pub content_bytes: u64,
    /// Whether the file is the very one that was made, by the digest that was kept of it. Without one, only its own
    /// checksums say that it is good.
    pub by_digest: bool,
}

/// Reads an archive back, and holds each of its entries against the fingerprint that it was written with.
pub(super) fn read_back(
    mut file: &File,
    path: &Path,
    fingerprints: &[Fingerprint],
    digest: &Sha256Sum,
    track: &mut Track<'_>,
) -> Result<()> {
    file.rewind()
        .map_err(|cause| Error::unreadable(path, cause))?;
    let mut expected = fingerprints.iter();
    let found = read(file, path, |entry, bytes| {
        track.entry()?;
        let mut print = entry.digest();
        drain(bytes, path, |some| {
            print.update(some);
            track.bytes(some.len() as u64)
        })?;
        let print: Fingerprint = print.finalize().into();
        if expected.next() == Some(&print) {
            return Ok(());
        }
        let reason = format!("{} is not as it was written", entry.path.display());
        Err(Error::broken(path, &reason))
    })?;
    if expected.next().is_some() {
        return Err(Error::broken(path, "it ends too early"));
    }
    same(path, digest, &found)
}

/// Reads an archive to its end, and holds it against the digest that was kept of it, where there is one.
pub(super) fn verify(path: &Path) -> Result<Verified> {
    let file = File::open(path).map_err(|cause| Error::unreadable(path, cause))?;
    let kept = kept_digest(path)?;
    let (mut files, mut content_bytes) = (0, 0);
    let found = read(&file, path, |entry, bytes| {
        files += u64::from(entry.kind != Kind::Folder);
        drain(bytes, path, |some| {
            content_bytes += some.len() as u64;
            Ok(())
        })
    })?;
    if let Some(kept) = &kept {
        same(path, kept, &found)?;
    }
    Ok(Verified {
        files,
        content_bytes,
        by_digest: kept.is_some(),
    })
}

/// Refuses an archive whose digest is not what it should be.
pub(super) fn same(path: &Path, expected: &Sha256Sum, found: &Sha256Sum) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    let reason = format!(
        "its digest is {}, and was {}",
        hex::encode(found),
        hex::encode(expected)
    );
    Err(Error::broken(path, &reason))
}

/// Reads all bytes of an entry.
pub(super) fn drain(
    bytes: &mut dyn Read,
    path: &Path,
    mut each: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match bytes.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => each(&buffer[..read])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(Error::broken(path, &cause)),
        }
    }
}
