//! Writing an archive: a folder becomes a stream of tar, compressed.
//!
//! What changes while it is read does not break the archive: a file has as many bytes as it had when it was opened, and it
//! is said that it changed.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use rustix::fs::{FileType, Stat, fstat};
use sha2::{Digest, Sha256};
use tar::Builder;
use zstd::Encoder;

use super::{
    entry::{Entry, Fingerprint, Kind, Meta, file_type},
    error::{Error, Result},
    source::{Identity, Source},
    track::{Flaw, Track},
    walk::{Met, Walk},
};

/// What the compression costs: 1 is fast, 19 small.
const LEVEL: i32 = 3;

/// What was written.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// One for each entry, in their order.
    pub(super) fingerprints: Vec<Fingerprint>,
    /// How many of them are files or links.
    pub(super) files: u64,
}

/// Counts what there is to write. A file with several names is written once.
pub(super) fn measure(source: &Source, without: Identity, track: &mut Track<'_>) -> Result<()> {
    let mut walk = Walk::new(source, without);
    let mut linked = HashSet::new();
    while let Some(met) = walk.next()? {
        let is_file = file_type(&met.stat) == FileType::RegularFile;
        let is_new = met.stat.st_nlink <= 1 || linked.insert(Identity::of(&met.stat));
        let bytes = if is_file && is_new {
            met.stat.st_size
        } else {
            0
        };
        track.expect(u64::try_from(bytes).unwrap_or(0))?;
    }
    Ok(())
}

/// Writes an archive of a folder into `out`, which is called `target` where it fails.
pub(super) fn write<W: Write>(
    source: &Source,
    without: Identity,
    out: W,
    target: &Path,
    track: &mut Track<'_>,
) -> Result<(W, Written)> {
    let unwritable = |cause| Error::unwritable(target, cause);
    let mut encoder = Encoder::new(out, LEVEL).map_err(unwritable)?;
    encoder.include_checksum(true).map_err(unwritable)?;
    let mut archive = Archive {
        builder: Builder::new(encoder),
        target,
        links: HashMap::new(),
        written: Written::default(),
    };
    let mut walk = Walk::new(source, without);
    loop {
        let met = walk.next()?;
        for path in walk.vanished.drain(..) {
            track.left_out(&source.locate(&path), Flaw::Vanished);
        }
        let Some(met) = met else { break };
        track.entry()?;
        archive.add(source, &mut walk, met, track)?;
    }
    source.is_still_there()?;
    let encoder = archive.builder.into_inner().map_err(unwritable)?;
    let out = encoder.finish().map_err(unwritable)?;
    Ok((out, archive.written))
}

/// What tells whether a file was written to: its size, and when it last was. Not when it got or lost a name.
type LastWrite = (i64, i64, u64);

fn last_write(stat: &Stat) -> LastWrite {
    #[expect(
        clippy::useless_conversion,
        reason = "these types differ from system to system"
    )]
    (
        stat.st_size,
        stat.st_mtime.into(),
        stat.st_mtime_nsec.into(),
    )
}

struct Archive<'a, W: Write> {
    builder: Builder<Encoder<'static, W>>,
    target: &'a Path,
    /// The files with several names, each under its first one and as it was then.
    links: HashMap<Identity, (PathBuf, LastWrite)>,
    written: Written,
}

impl<W: Write> Archive<'_, W> {
    fn add(
        &mut self,
        source: &Source,
        walk: &mut Walk<'_>,
        met: Met,
        track: &mut Track<'_>,
    ) -> Result<()> {
        let Met { path, stat } = met;
        match file_type(&stat) {
            FileType::Directory => self.append_empty(path, Kind::Folder, &stat),
            FileType::Symlink => match walk.target()? {
                Some(target) => self.append_empty(path, Kind::SymbolicLink(target), &stat),
                None => Ok(()),
            },
            FileType::RegularFile => {
                if let Some(first) = self.first_name(&stat) {
                    return self.append_empty(path, Kind::HardLink(first), &stat);
                }
                match walk.open()? {
                    Some(file) => self.add_file(source, path, &file, track),
                    None => Ok(()),
                }
            }
            _ => {
                track.left_out(&source.locate(&path), Flaw::Special);
                Ok(())
            }
        }
    }

    /// The first name of a file that has several. One that was written to since is another file here; and so is a new one
    /// that the system gave the number of one that is gone.
    fn first_name(&self, stat: &Stat) -> Option<PathBuf> {
        let (first, written) = self.links.get(&Identity::of(stat))?;
        (stat.st_nlink > 1 && *written == last_write(stat)).then(|| first.clone())
    }

    fn add_file(
        &mut self,
        source: &Source,
        path: PathBuf,
        file: &File,
        track: &mut Track<'_>,
    ) -> Result<()> {
        let place = source.locate(&path);
        let look = || fstat(file).map_err(|cause| Error::unreadable(&place, cause));
        let before = look()?;
        if file_type(&before) != FileType::RegularFile {
            // Something else came in its place.
            track.left_out(&place, Flaw::Vanished);
            return Ok(());
        }
        let entry = Entry {
            meta: Meta::of(&before, &Kind::File),
            kind: Kind::File,
            path: path.clone(),
        };
        let is_whole = self.append(&entry, file, &place, track)?;
        let after = look()?;
        if !is_whole || state(&before) != state(&after) {
            track.left_out(&place, Flaw::Changed);
        }
        if before.st_nlink > 1 {
            let first = (path, last_write(&before));
            self.links.insert(Identity::of(&before), first);
        }
        Ok(())
    }

    fn append_empty(&mut self, path: PathBuf, kind: Kind, stat: &Stat) -> Result<()> {
        self.written.files += u64::from(kind != Kind::Folder);
        let entry = Entry {
            meta: Meta::of(stat, &kind),
            kind,
            path,
        };
        let appended = entry.append(&mut self.builder, io::empty());
        appended.map_err(|cause| Error::unwritable(self.target, cause))?;
        self.written
            .fingerprints
            .push(entry.digest().finalize().into());
        Ok(())
    }

    /// Writes a file that is read from `bytes` and lies at `place`. Tells whether it had all the bytes that it said.
    fn append(
        &mut self,
        entry: &Entry,
        bytes: impl Read,
        place: &Path,
        track: &mut Track<'_>,
    ) -> Result<bool> {
        let mut content = Content {
            bytes,
            place,
            left: entry.meta.size,
            digest: entry.digest(),
            is_whole: true,
            failure: None,
            track,
        };
        let appended = entry.append(&mut self.builder, &mut content);
        if let Some(failure) = content.failure {
            return Err(failure);
        }
        appended.map_err(|cause| Error::unwritable(self.target, cause))?;
        self.written
            .fingerprints
            .push(content.digest.finalize().into());
        self.written.files += 1;
        Ok(content.is_whole)
    }
}

/// What tells that a file was changed.
fn state(stat: &Stat) -> impl PartialEq + use<> {
    (
        stat.st_size,
        stat.st_mtime,
        stat.st_mtime_nsec,
        stat.st_ctime,
        stat.st_ctime_nsec,
    )
}

/// A file's bytes, as many as it had when it was opened. Where it has fewer by now, zeros take their place.
struct Content<'a, 'b, R> {
    bytes: R,
    place: &'a Path,
    left: u64,
    digest: Sha256,
    is_whole: bool,
    /// Why reading it failed. The archive's writer would only know that it did.
    failure: Option<Error>,
    track: &'a mut Track<'b>,
}

impl<R: Read> Read for Content<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        let buffer = &mut buffer[..most];
        if buffer.is_empty() {
            return Ok(0);
        }
        let mut read = 0;
        if self.is_whole {
            read = match self.bytes.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
                Err(cause) => return self.fail(Error::unreadable(self.place, cause)),
                Ok(read) => read,
            };
        }
        if read == 0 {
            self.is_whole = false;
            buffer.fill(0);
            read = buffer.len();
        }
        self.digest.update(&buffer[..read]);
        self.left -= read as u64;
        match self.track.bytes(read as u64) {
            Ok(()) => Ok(read),
            Err(cancelled) => self.fail(cancelled),
        }
    }
}

impl<R> Content<'_, '_, R> {
    fn fail(&mut self, failure: Error) -> io::Result<usize> {
        self.failure = Some(failure);
        Err(io::Error::other("reading failed"))
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::{super::track::News, *};

    /// Writes a file of `size` bytes that is read from `bytes`, and returns what is in the archive then.
    fn append(size: u64, bytes: impl Read) -> Result<(bool, Vec<u8>)> {
        let (mut show, nobody) = (|_: News<'_>| {}, CancellationToken::new());
        let encoder = Encoder::new(Vec::new(), 1).expect("memory takes it");
        let mut archive = Archive {
            builder: Builder::new(encoder),
            target: Path::new("archive"),
            links: HashMap::new(),
            written: Written::default(),
        };
        let entry = Entry {
            path: "www/file".into(),
            kind: Kind::File,
            meta: Meta {
                mode: 0o644,
                user: 0,
                group: 0,
                modified: (0, 0),
                size,
            },
        };
        let mut track = Track::new(&mut show, &nobody);
        let is_whole = archive.append(&entry, bytes, Path::new("/www/file"), &mut track)?;
        let encoder = archive.builder.into_inner().expect("memory takes it");
        let compressed = encoder.finish().expect("memory takes it");
        let tar = zstd::decode_all(compressed.as_slice()).expect("an archive");
        let mut archive = tar::Archive::new(tar.as_slice());
        let mut entries = archive.entries().expect("an archive");
        let mut content = Vec::new();
        let mut file = entries.next().expect("a file").expect("a good one");
        file.read_to_end(&mut content).expect("its bytes");
        assert!(entries.next().is_none());
        Ok((is_whole, content))
    }

    /// Fails after some bytes, as a disk does.
    struct BadSector<'a>(&'a [u8]);

    impl Read for BadSector<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::Error::other("bad sector")),
                read => Ok(read),
            }
        }
    }

    #[test]
    fn a_file_that_can_not_be_read_is_named() {
        let failed = append(10, BadSector(b"good")).expect_err("it can't be read");
        assert!(
            matches!(&failed, Error::Unreadable { path, .. } if path == Path::new("/www/file"))
        );
        assert_eq!(failed.to_string(), "/www/file can't be read: bad sector");
    }

    #[test]
    fn a_file_has_as_many_bytes_as_it_said() {
        let (is_whole, content) = append(4, &b"good"[..]).expect("good");
        assert!(is_whole && content == b"good");
        let (is_whole, content) = append(6, &b"good"[..]).expect("one that got shorter");
        assert!(!is_whole && content == b"good\0\0");
        let (is_whole, content) = append(2, &b"good"[..]).expect("one that got longer");
        assert!(is_whole && content == b"go");
    }
}
