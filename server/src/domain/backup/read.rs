//! Reading an archive from its beginning to its end, to verify it or to restore what it holds.

use std::{
    fs::File,
    io::{self, BufReader, Read, Write},
    path::Path,
};

use sha2::{Digest, Sha256};
use zstd::Decoder;

use super::{
    entry::Entry,
    error::{Error, Result},
};

/// A digest of an archive's file.
pub type Sha256Sum = [u8; 32];

/// Reads all of an archive, hands out each entry with its bytes, and returns the digest of the file.
///
/// What `each` leaves unread of an entry is passed over.
pub(super) fn read(
    file: &File,
    path: &Path,
    mut each: impl FnMut(Entry, &mut dyn Read) -> Result<()>,
) -> Result<Sha256Sum> {
    let broken = |cause: io::Error| Error::broken(path, &cause);
    let sealed = Sealed::new(BufReader::new(file));
    let decoder = Decoder::with_buffer(BufReader::new(sealed)).map_err(broken)?;
    let mut archive = tar::Archive::new(decoder);
    for entry in archive.entries().map_err(broken)? {
        let mut bytes = entry.map_err(broken)?;
        let entry = Entry::read(&mut bytes).map_err(broken)?;
        each(entry, &mut bytes)?;
    }
    // The end of the archive is not yet the end of the file.
    let mut decoder = archive.into_inner();
    io::copy(&mut decoder, &mut io::sink()).map_err(broken)?;
    let mut sealed = decoder.finish().into_inner();
    io::copy(&mut sealed, &mut io::sink()).map_err(broken)?;
    Ok(sealed.digest())
}

/// A stream of which a digest is kept, whichever way it goes.
pub(super) struct Sealed<S> {
    stream: S,
    digest: Sha256,
    bytes: u64,
}

impl<S> Sealed<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            digest: Sha256::new(),
            bytes: 0,
        }
    }

    /// How many bytes went through.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The digest of all of them.
    pub(super) fn digest(self) -> Sha256Sum {
        self.digest.finalize().into()
    }

    fn take(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
    }
}

impl<S: Read> Read for Sealed<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.take(&buffer[..read]);
        Ok(read)
    }
}

impl<S: Write> Write for Sealed<S> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.stream.write(buffer)?;
        self.take(&buffer[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
