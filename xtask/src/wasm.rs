//! From the front end's Rust to WebAssembly for browsers: cargo, then wasm-bindgen as a library,
//! then wasm-opt.
//!
//! Neither Trunk nor an installed wasm-bindgen is needed: both take longer to build than everything
//! in here.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;
use xshell::{Shell, cmd};

use crate::{
    npm,
    step::step,
    tools::{self, WASM_TARGET},
};

/// The package of the dashboard, and the name of its program.
pub(crate) const PACKAGE: &str = "daybook-frontend";

/// A target directory of its own: its lock never makes a build of the server wait.
pub(crate) const TARGET_DIR: &str = "target/wasm";

/// The profile of cargo for a small module.
pub(crate) const CARGO_PROFILE: &str = "wasm-release";

/// How wasm-opt makes the module small. Left to itself it copies functions into their callers, which
/// makes the module shorter, and what travels of it longer: repetition is what compresses well. The
/// first kilobyte of memory is the far end of the stack, where no address is computed from.
const WASM_OPT: &[&str] = &[
    "-Oz",
    "--low-memory-unused",
    "--always-inline-max-function-size=0",
    "--flexible-inline-max-function-size=2",
    "--one-caller-inline-max-function-size=3",
];

/// What a browser needs to run the dashboard.
pub(crate) struct Dashboard {
    /// The JavaScript module that loads the WebAssembly and connects it to the browser.
    pub(crate) glue: Vec<u8>,
    /// The WebAssembly itself, as small as it gets.
    pub(crate) module: Vec<u8>,
}

/// Lets cargo build the dashboard, which is quick if nothing has changed, and tells where the
/// module is.
pub(crate) fn compile(shell: &Shell) -> Result<PathBuf> {
    tools::wasm_target(shell)?;
    step("compile the dashboard", || {
        cmd!(
            shell,
            "cargo build --package {PACKAGE} --target {WASM_TARGET} --profile {CARGO_PROFILE} --target-dir {TARGET_DIR}"
        )
        .quiet()
        .run()?;
        Ok(Path::new(TARGET_DIR)
            .join(WASM_TARGET)
            .join(CARGO_PROFILE)
            .join(PACKAGE)
            .with_extension("wasm"))
    })
}

/// Makes of cargo's module what a browser can run.
pub(crate) fn link(shell: &Shell, compiled: &Path) -> Result<Dashboard> {
    let out = Path::new(TARGET_DIR).join("bindgen");
    shell.remove_path(&out)?;
    step("connect it to the browser (wasm-bindgen)", || {
        bind(compiled, &out)
    })?;
    let optimised = out.join("dashboard.wasm");
    // Never Debian's: version 108 breaks the module without a word, and the page is blank.
    let wasm_opt = npm::installed(shell, npm::TOOLS)?.join(".bin/wasm-opt");
    step("make it small (wasm-opt)", || {
        let bound = out.join("dashboard_bg.wasm");
        Ok(cmd!(
            shell,
            "{wasm_opt} {WASM_OPT...} {bound} --output {optimised}"
        )
        .quiet()
        .run()?)
    })?;
    Ok(Dashboard {
        glue: fs::read(out.join("dashboard.js"))?,
        module: fs::read(optimised)?,
    })
}

fn bind(compiled: &Path, out: &Path) -> Result<()> {
    Bindgen::new()
        .input_path(compiled)
        .out_name("dashboard")
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(out)
        .with_context(|| format!("wasm-bindgen refused {}", compiled.display()))?;
    // Files that the glue imports by name could change without a change of their address.
    ensure!(
        !out.join("snippets").exists(),
        "a dependency brings JavaScript files of its own; the bundle has no place for them yet"
    );
    Ok(())
}
