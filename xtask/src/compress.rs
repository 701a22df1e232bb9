//! Compression at build time, as strong as it gets: the server only picks the form that a browser
//! understands.

use std::{fs, io::Write, path::Path};

use anyhow::Result;
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, GzBuilder};

/// What browsers fetch and what isn't compressed already.
const COMPRESSIBLE: &[&str] = &["css", "html", "js", "json", "svg", "wasm"];

/// Writes a file, and beside it, if its kind is worth it, `<file>.br` and `<file>.gz`.
pub(crate) fn write(file: &Path, content: &[u8]) -> Result<()> {
    fs::write(file, content)?;
    let extension = file.extension().unwrap_or_default();
    if COMPRESSIBLE
        .iter()
        .any(|compressible| extension == *compressible)
    {
        fs::write(file.with_added_extension("br"), brotli(content)?)?;
        fs::write(file.with_added_extension("gz"), gzip(content)?)?;
    }
    Ok(())
}

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let strongest = BrotliEncoderParams {
        quality: 11,
        size_hint: content.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &*content, &mut compressed, &strongest)?;
    Ok(compressed)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    // Without a time in its header, the same content makes the same file.
    let mut encoder = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn both_forms_hold_the_content() {
        let content = "the day's record ".repeat(200);

        let mut from_brotli = Vec::new();
        brotli::BrotliDecompress(&mut &*brotli(content.as_bytes()).unwrap(), &mut from_brotli)
            .unwrap();
        assert_eq!(from_brotli, content.as_bytes());

        let mut from_gzip = String::new();
        let compressed = gzip(content.as_bytes()).unwrap();
        flate2::read::GzDecoder::new(&*compressed)
            .read_to_string(&mut from_gzip)
            .unwrap();
        assert_eq!(from_gzip, content);
    }
}
