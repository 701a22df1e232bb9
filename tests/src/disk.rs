//! A file system that is small enough to be filled up.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

use nix::unistd::geteuid;
use tempfile::TempDir;

use crate::tool::{run, succeeds, system};

/// A mounted file system in memory. Gone when this is dropped.
pub struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// Mounts one of so many mebibytes; none where the story does not run as root, who alone may.
    pub fn mount(mebibytes: u32) -> Option<Self> {
        if !geteuid().is_root() {
            return None;
        }
        let folder = TempDir::new().expect("a temporary folder");
        let size = format!("size={mebibytes}m");
        succeeds(
            system("mount")
                .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
                .arg(folder.path()),
        );
        Some(Self { folder })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes all the room that is left.
    pub fn fill(&self) {
        let mut file = File::create(self.path().join("filler")).expect("a file system of our own");
        let block = [0; 4096];
        loop {
            match file.write_all(&block) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Gives that room back.
    pub fn free(&self) {
        fs::remove_file(self.path().join("filler")).expect("it was filled");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: whoever still has a file open there is about to end.
        let (unmounted, said) = run(system("umount").arg("--lazy").arg(self.folder.path()));
        if !unmounted {
            eprintln!("a file system is left behind: {said}");
        }
    }
}
