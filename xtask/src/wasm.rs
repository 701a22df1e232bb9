//! From the front end's Rust to WebAssembly for browsers: cargo, then wasm-split and wasm-bindgen as
//! libraries, then wasm-opt.
//!
//! Neither Trunk nor an installed wasm-bindgen is needed: both take longer to build than everything
//! in here.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, ensure};
use wasm_bindgen_cli_support::Bindgen;
use xshell::{Shell, cmd};

use crate::{
    cargo, npm,
    step::step,
    tools::{self, WASM_TARGET},
};

/// The package of the dashboard, and the name of its program.
pub(crate) const PACKAGE: &str = "daybook-frontend";

/// A target directory of its own: its lock never makes a build of the server wait.
pub(crate) const TARGET_DIR: &str = "target/wasm";

/// The profile of cargo for a small module.
pub(crate) const CARGO_PROFILE: &str = "wasm-release";

/// The module of the first visit, before it is connected to the browser.
const FIRST: &str = "first.wasm";

/// The JavaScript that loads the other modules, beside the glue, which imports it under this name.
pub(crate) const LOADERS: &str = "./loaders.js";

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
    /// The WebAssembly that the first visit needs, as small as it gets.
    pub(crate) module: Vec<u8>,
    /// The other modules.
    pub(crate) parts: Vec<Part>,
    /// The JavaScript that loads all of them and connects them to the browser, which imports a file
    /// beside it.
    pub(crate) glue: PathBuf,
}

/// A module that is loaded when somebody first goes to one of its pages.
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) module: Vec<u8>,
}

/// Lets cargo build the dashboard, which is quick if nothing has changed, and tells where the
/// module is.
pub(crate) fn compile(shell: &Shell) -> Result<PathBuf> {
    tools::wasm_target(shell)?;
    step("compile the dashboard", || {
        cargo::as_typed(cmd!(
            shell,
            "cargo build --package {PACKAGE} --target {WASM_TARGET} --profile {CARGO_PROFILE} --target-dir {TARGET_DIR}"
        ))
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
    let parts = step("part it (wasm-split)", || part(compiled, &out))?;
    step("connect it to the browser (wasm-bindgen)", || bind(&out))?;
    // Never Debian's: version 108 breaks the module without a word, and the page is blank.
    let wasm_opt = npm::installed(shell, npm::TOOLS)?.join(".bin/wasm-opt");
    let small = |module: &Path| -> Result<Vec<u8>> {
        // Held back unless it fails: it warns of names that it does not know, and leaves out anyway.
        cmd!(shell, "{wasm_opt} {WASM_OPT...} {module} --output {module}")
            .quiet()
            .output()?;
        Ok(fs::read(module)?)
    };
    step("make it small (wasm-opt)", || {
        let parts = parts.iter().map(|path| {
            let name = path.file_stem().context("a module without a name")?;
            Ok(Part {
                name: name.to_string_lossy().into_owned(),
                module: small(path)?,
            })
        });
        Ok(Dashboard {
            module: small(&out.join("dashboard_bg.wasm"))?,
            parts: parts.collect::<Result<_>>()?,
            glue: out.join("dashboard.js"),
        })
    })
}

/// Writes the module of the first visit, [`LOADERS`] and the modules of all other pages, of which it
/// returns the paths.
fn part(compiled: &Path, out: &Path) -> Result<Vec<PathBuf>> {
    let whole = fs::read(compiled)?;
    let mut options = wasm_split_cli_support::Options::new(&whole);
    let first = out.join(FIRST);
    options.output_dir = out;
    options.main_out_path = &first;
    options.link_name = LOADERS;
    options.main_module = "./dashboard.js";
    let split = wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow!("wasm-split refused {}: {error:#}", compiled.display()))?;
    Ok(split.split_modules)
}

fn bind(out: &Path) -> Result<()> {
    Bindgen::new()
        .input_path(out.join(FIRST))
        .out_name("dashboard")
        .web(true)?
        .typescript(false)
        // The other modules import what they share with the first one.
        .keep_lld_exports(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(out)
        .context("wasm-bindgen refused the module")?;
    ensure!(
        !out.join("snippets").exists(),
        "a dependency brings JavaScript files of its own; the bundle has no place for them yet"
    );
    Ok(())
}
