//! The files of the bundle, collected in memory and written at the end: whatever fails on the way
//! leaves the last bundle as it was.

use std::{fs, path::Path};

use anyhow::Result;
use sha2::{Digest, Sha256};

use crate::compress;

/// Files with a content hash in their names, each of which may be cached for ever.
#[derive(Default)]
pub(crate) struct Assets {
    files: Vec<Asset>,
}

struct Asset {
    name: String,
    content: Vec<u8>,
}

impl Assets {
    /// Takes a file in, and returns the address that the server will give it.
    pub(crate) fn add(&mut self, stem: &str, extension: &str, content: Vec<u8>) -> String {
        let name = format!("{stem}-{}.{extension}", content_hash(&[&content]));
        let address = format!("/assets/{name}");
        self.files.push(Asset { name, content });
        address
    }

    /// Writes all files, and what they are in compressed form, into `folder`, which is made.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)?;
        self.files
            .iter()
            .try_for_each(|file| compress::write(&folder.join(&file.name), &file.content))
    }
}

/// 16 hexadecimal digits that change with any of these contents.
pub(crate) fn content_hash(contents: &[impl AsRef<[u8]>]) -> String {
    let mut hash = Sha256::new();
    for content in contents {
        let content = content.as_ref();
        // With the length, bytes that move from one content to the next make a difference too.
        hash.update(content.len().to_le_bytes());
        hash.update(content);
    }
    hex::encode(&hash.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_changes_with_the_content_and_with_nothing_else() {
        let address = |content: &str| Assets::default().add("dashboard", "css", content.into());
        assert_eq!(address("a {}"), address("a {}"));
        assert_ne!(address("a {}"), address("b {}"));
        assert!(address("a {}").starts_with("/assets/dashboard-"));
    }

    #[test]
    fn the_same_bytes_in_other_files_have_another_hash() {
        assert_ne!(content_hash(&["ab", "c"]), content_hash(&["a", "bc"]));
    }
}
