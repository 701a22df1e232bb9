//! Sees to it that the folder with the pages is there, so that the server can be built before them. A server without
//! pages says so where they would be.

use std::{fs, io};

fn main() -> io::Result<()> {
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/../frontend/dist");
    fs::create_dir_all(pages)?;
    println!("cargo:rerun-if-changed={pages}");
    println!("cargo:rerun-if-changed=build.rs");
    Ok(())
}
