//! What a reader shouldn't have to look for: formatting, and what Clippy finds. Here its warnings
//! are errors.

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::{
    cargo, fuzz,
    step::step,
    tools::{self, WASM_TARGET},
    wasm,
};

/// Checks the formatting of everything, and the code once for the server's machine and once for
/// browsers.
pub(crate) fn run(shell: &Shell) -> Result<()> {
    tools::fmt_and_clippy(shell)?;
    tools::wasm_target(shell)?;
    step("check the formatting", || {
        Ok(cmd!(shell, "cargo fmt --all --check").quiet().run()?)
    })?;

    step("check that the fuzz targets' lock file is current", || {
        let manifest = fuzz::MANIFEST;
        Ok(cmd!(
            shell,
            "cargo update --quiet --workspace --locked --manifest-path {manifest}"
        )
        .quiet()
        .run()?)
    })?;

    let frontend = wasm::PACKAGE;
    step("check the server's code with Clippy", || {
        Ok(cargo::as_typed(cmd!(
            shell,
            "cargo clippy --workspace --exclude {frontend} --all-targets -- --deny warnings"
        ))
        .quiet()
        .run()?)
    })?;
    // In the profile and the folder of the build, so that macros are compiled once for both.
    let build = [
        "--profile",
        wasm::CARGO_PROFILE,
        "--target-dir",
        wasm::TARGET_DIR,
    ];
    step("check the dashboard's code with Clippy", || {
        Ok(cargo::as_typed(cmd!(
            shell,
            "cargo clippy --package {frontend} --target {WASM_TARGET} {build...} --all-targets -- --deny warnings"
        ))
        .quiet()
        .run()?)
    })
}
