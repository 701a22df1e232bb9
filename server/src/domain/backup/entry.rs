//! One entry of an archive: what is kept of a file beside its bytes, as a header of tar and back.
//!
//! Names and the targets of links are kept to the byte, times to the nanosecond, owners by number. Extended attributes are
//! not kept.

use std::{
    ffi::OsStr,
    io::{self, Read, Write},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use rustix::fs::{FileType, Stat};
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

/// The PAX key of the time of the last change, with a fraction of a second.
const MTIME: &str = "mtime";

/// The name that GNU tar gives to entries that only hold a long name for the next one.
const LONG: &[u8] = b"././@LongLink";

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    File,
    /// Another name of a file that came before.
    HardLink(PathBuf),
    /// A link, whatever it points to.
    SymbolicLink(PathBuf),
}

/// What is kept of a file beside its name and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meta {
    /// The twelve bits of permissions.
    pub(super) mode: u32,
    pub(super) user: u32,
    pub(super) group: u32,
    /// When it was last changed: seconds since 1970, and nanoseconds after that.
    pub(super) modified: (i64, u32),
    /// How many bytes follow; 0 for what is no file.
    pub(super) size: u64,
}

impl Meta {
    /// What is kept of a file of this kind.
    pub(super) fn of(stat: &Stat, kind: &Kind) -> Self {
        let size = match kind {
            Kind::File => u64::try_from(stat.st_size).unwrap_or(0),
            _ => 0,
        };
        Self {
            mode: stat.st_mode & 0o7777,
            user: stat.st_uid,
            group: stat.st_gid,
            modified: (
                stat.st_mtime,
                u32::try_from(stat.st_mtime_nsec).unwrap_or(0),
            ),
            size,
        }
    }
}

/// An entry as it is told apart from every other one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
    pub(super) meta: Meta,
}

/// A digest of all that an entry holds, its bytes included.
pub(super) type Fingerprint = [u8; 32];

impl Entry {
    /// The beginning of a fingerprint; the entry's bytes are still to be added. Each part is preceded by its length, so
    /// that no two entries read alike.
    pub(super) fn digest(&self) -> Sha256 {
        let (kind, link) = match &self.kind {
            Kind::Folder => (0_u8, None),
            Kind::File => (1, None),
            Kind::HardLink(target) => (2, Some(target)),
            Kind::SymbolicLink(target) => (3, Some(target)),
        };
        let mut digest = Sha256::new();
        digest.update([kind]);
        for path in [Some(&self.path), link].into_iter().flatten() {
            let bytes = path.as_os_str().as_bytes();
            digest.update((bytes.len() as u64).to_be_bytes());
            digest.update(bytes);
        }
        let meta = &self.meta;
        for number in [meta.mode, meta.user, meta.group, meta.modified.1] {
            digest.update(number.to_be_bytes());
        }
        digest.update(meta.modified.0.to_be_bytes());
        digest.update(meta.size.to_be_bytes());
        digest
    }

    /// Writes the entry with its bytes, of which there must be as many as it says.
    pub(super) fn append<W: Write>(
        &self,
        archive: &mut Builder<W>,
        bytes: impl Read,
    ) -> io::Result<()> {
        let (seconds, nanoseconds) = self.meta.modified;
        let plain_seconds = u64::try_from(seconds).ok();
        if nanoseconds != 0 || plain_seconds.is_none() {
            let time = fractional(seconds, nanoseconds);
            archive.append_pax_extensions([(MTIME, time.as_bytes())])?;
        }
        let mut header = Header::new_gnu();
        let (kind, link) = match &self.kind {
            Kind::Folder => (EntryType::Directory, None),
            Kind::File => (EntryType::Regular, None),
            Kind::HardLink(target) => (EntryType::Link, Some(target)),
            Kind::SymbolicLink(target) => (EntryType::Symlink, Some(target)),
        };
        let gnu = header.as_gnu_mut().expect("it was made as one");
        name(archive, &mut gnu.name, EntryType::GNULongName, &self.path)?;
        if let Some(target) = link {
            name(archive, &mut gnu.linkname, EntryType::GNULongLink, target)?;
        }
        header.set_entry_type(kind);
        header.set_mode(self.meta.mode);
        header.set_uid(self.meta.user.into());
        header.set_gid(self.meta.group.into());
        header.set_mtime(plain_seconds.unwrap_or(0));
        header.set_size(self.meta.size);
        header.set_cksum();
        archive.append(&header, bytes)
    }

    /// Reads an entry's header. What Daybook writes into no archive is an error that says so.
    pub(super) fn read<R: Read>(read: &mut tar::Entry<'_, R>) -> io::Result<Self> {
        let link = |link: Option<std::borrow::Cow<'_, [u8]>>| {
            let target = link.ok_or_else(|| invalid("a link to nowhere"))?;
            Ok::<_, io::Error>(PathBuf::from(OsStr::from_bytes(&target)))
        };
        let path = PathBuf::from(OsStr::from_bytes(&read.path_bytes()));
        let kind = match read.header().entry_type() {
            EntryType::Directory => Kind::Folder,
            EntryType::Regular => Kind::File,
            EntryType::Link => Kind::HardLink(link(read.link_name_bytes())?),
            EntryType::Symlink => Kind::SymbolicLink(link(read.link_name_bytes())?),
            _ => return Err(invalid("an entry of a kind that is never written")),
        };
        let modified = modified(read)?;
        let header = read.header();
        let number = |number: u64| u32::try_from(number).map_err(|_| invalid("too high a number"));
        Ok(Self {
            path,
            kind,
            meta: Meta {
                mode: header.mode()? & 0o7777,
                user: number(header.uid()?)?,
                group: number(header.gid()?)?,
                modified,
                size: read.size(),
            },
        })
    }
}

/// Puts a name into its field of a header; a long one goes before, into an entry of its own. It does so by itself, for the
/// library changes names: `./a//b` becomes `a/b`, which for the target of a link is not the same to the byte.
fn name<W: Write>(
    archive: &mut Builder<W>,
    field: &mut [u8],
    long: EntryType,
    path: &Path,
) -> io::Result<()> {
    let bytes = path.as_os_str().as_bytes();
    if bytes.len() > field.len() {
        let mut header = Header::new_gnu();
        let gnu = header.as_gnu_mut().expect("it was made as one");
        gnu.name[..LONG.len()].copy_from_slice(LONG);
        header.set_entry_type(long);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(bytes.len() as u64 + 1);
        header.set_cksum();
        archive.append(&header, bytes.chain(&[0_u8][..]))?;
    }
    let fitting = bytes.len().min(field.len());
    field[..fitting].copy_from_slice(&bytes[..fitting]);
    Ok(())
}

/// A time as PAX has it: seconds with a fraction.
fn fractional(seconds: i64, nanoseconds: u32) -> String {
    if seconds >= 0 || nanoseconds == 0 {
        format!("{seconds}.{nanoseconds:09}")
    } else {
        // -1 s and 0.25 s is -0.75 s.
        format!("-{}.{:09}", -(seconds + 1), 1_000_000_000 - nanoseconds)
    }
}

/// Reads such a time.
fn parse_fractional(text: &str) -> Option<(i64, u32)> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (seconds, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let seconds: i64 = seconds.parse().ok()?;
    let nanoseconds: u32 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    if sign > 0 || nanoseconds == 0 {
        Some((sign * seconds, nanoseconds))
    } else {
        Some((-seconds - 1, 1_000_000_000 - nanoseconds))
    }
}

fn modified<R: Read>(read: &mut tar::Entry<'_, R>) -> io::Result<(i64, u32)> {
    if let Some(extensions) = read.pax_extensions()? {
        for extension in extensions {
            let extension = extension?;
            if extension.key() == Ok(MTIME) {
                let time = extension.value().ok().and_then(parse_fractional);
                return time.ok_or_else(|| invalid("a time that is none"));
            }
        }
    }
    let seconds = i64::try_from(read.header().mtime()?);
    Ok((seconds.map_err(|_| invalid("too high a number"))?, 0))
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("it has {what}"))
}

/// What a file is, by what the system says of it.
pub(super) fn file_type(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bytes that a path may have.
    fn path(most: usize) -> impl Strategy<Value = PathBuf> {
        prop::collection::vec(1_u8..=255, 1..most)
            .prop_map(|bytes| PathBuf::from(OsStr::from_bytes(&bytes)))
    }

    fn entry() -> impl Strategy<Value = (Entry, Vec<u8>)> {
        let kind = prop_oneof![
            Just(Kind::Folder),
            Just(Kind::File),
            path(400).prop_map(Kind::HardLink),
            path(400).prop_map(Kind::SymbolicLink),
        ];
        let bytes = prop::collection::vec(any::<u8>(), 0..2_000);
        let modified = (-10_000_000_000_i64..100_000_000_000, 0_u32..1_000_000_000);
        let meta = (0_u32..=0o7777, any::<u32>(), any::<u32>(), modified);
        (path(400), kind, meta, bytes).prop_map(|(path, kind, meta, mut bytes)| {
            if kind != Kind::File {
                bytes.clear();
            }
            let (mode, user, group, modified) = meta;
            let size = bytes.len() as u64;
            let meta = Meta {
                mode,
                user,
                group,
                modified,
                size,
            };
            (Entry { path, kind, meta }, bytes)
        })
    }

    proptest! {
        #[test]
        fn every_entry_is_read_back_to_the_byte(entries in prop::collection::vec(entry(), 1..5)) {
            let mut archive = Builder::new(Vec::new());
            for (entry, bytes) in &entries {
                entry.append(&mut archive, bytes.as_slice()).expect("memory takes it");
            }
            let written = archive.into_inner().expect("memory takes it");
            let mut archive = tar::Archive::new(written.as_slice());
            let mut read_back = Vec::new();
            for entry in archive.entries().expect("an archive") {
                let mut entry = entry.expect("an entry");
                let read = Entry::read(&mut entry).expect("one of ours");
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).expect("its bytes");
                read_back.push((read, bytes));
            }
            prop_assert_eq!(read_back, entries);
        }

        #[test]
        fn every_time_is_read_back(seconds in any::<i32>(), nanoseconds in 0_u32..1_000_000_000) {
            let text = fractional(seconds.into(), nanoseconds);
            prop_assert_eq!(parse_fractional(&text), Some((seconds.into(), nanoseconds)));
        }
    }
}
