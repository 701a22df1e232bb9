//! The bundle for browsers, `frontend/dist/`: `index.html` with the dashboard, `graphiql.html`,
//! `docs.html`, and under `assets/` everything that they load, each file under a name that changes
//! with its content.
//!
//! Cargo knows when the Rust part is stale. The rest is made again when a hash over all inputs
//! differs from the one that the last page carries.

use std::{fs, path::Path};

use anyhow::{Result, ensure};
use xshell::Shell;

use crate::{
    assets::{self, Assets},
    compress, docs, graphiql, minify, page,
    step::step,
    wasm::{self, Dashboard, Part},
};

const BUNDLE: &str = "frontend/dist";
const INDEX: &str = "frontend/dist/index.html";

/// The bundle's inputs beside the compiled module: the files that lie directly in these folders.
/// That of xtask is among them, for how the bundle is made counts like what it is made of.
const INPUT_FOLDERS: &[&str] = &[
    "frontend",
    "frontend/docs",
    "frontend/graphiql",
    "frontend/style",
    "xtask",
    "xtask/src",
    "xtask/tools",
];

/// Builds the bundle if it is missing or stale.
pub(crate) fn build(shell: &Shell) -> Result<()> {
    let compiled = wasm::compile(shell)?;
    let inputs = inputs_hash(shell, &compiled)?;
    if page::is_built_from(INDEX, &inputs) {
        return Ok(());
    }
    let dashboard = wasm::link(shell, &compiled)?;
    let mut assets = Assets::default();
    let icon = assets.add("icon", "svg", fs::read("frontend/icon.svg")?);
    let common_tags = [page::build_tag(&inputs), page::icon_tag(&icon)];
    let index = index_page(shell, dashboard, &common_tags, &mut assets)?;
    let graphiql = graphiql::page(shell, &common_tags, &mut assets)?;
    let docs = docs::page(shell, &common_tags, &mut assets)?;
    step("write and compress the bundle", || {
        shell.remove_path(BUNDLE)?;
        let bundle = Path::new(BUNDLE);
        assets.write(&bundle.join("assets"))?;
        compress::write(&bundle.join("graphiql.html"), graphiql.as_bytes())?;
        compress::write(&bundle.join("docs.html"), docs.as_bytes())?;
        // Last, as this page is what says that the bundle is complete.
        compress::write(Path::new(INDEX), index.as_bytes())
    })
}

fn inputs_hash(shell: &Shell, compiled: &Path) -> Result<String> {
    let mut inputs = vec![fs::read(compiled)?];
    for folder in INPUT_FOLDERS {
        for file in shell.read_dir(folder)?.iter().filter(|path| path.is_file()) {
            inputs.push(file.as_os_str().as_encoded_bytes().to_vec());
            inputs.push(fs::read(file)?);
        }
    }
    Ok(assets::content_hash(&inputs))
}

fn index_page(
    shell: &Shell,
    dashboard: Dashboard,
    common_tags: &[String],
    assets: &mut Assets,
) -> Result<String> {
    let style = minify::style_sheet(shell, &style_sheet(shell)?)?;
    let style = assets.add("dashboard", "css", style);
    let module = assets.add("dashboard", "wasm", dashboard.module);
    name_parts(dashboard.parts, &dashboard.glue, assets)?;
    let glue = minify::modules(shell, &dashboard.glue)?;
    let glue = assets.add("dashboard", "js", glue);
    let boot = assets.add("boot", "js", fs::read("frontend/boot.js")?);
    let mut tags = common_tags.to_vec();
    tags.extend([
        page::style_tag(&style),
        format!(r#"<link rel="modulepreload" href="{glue}">"#),
        // With `crossorigin`, the same request as the one that the glue makes later.
        format!(r#"<link rel="preload" as="fetch" crossorigin href="{module}">"#),
        page::module_tag(&boot),
    ]);
    page::fill(&fs::read_to_string("frontend/index.html")?, &tags)
}

/// Takes the other modules in, and tells their addresses to the JavaScript that loads them.
fn name_parts(parts: Vec<Part>, glue: &Path, assets: &mut Assets) -> Result<()> {
    let path = glue.with_file_name(wasm::LOADERS);
    let mut loaders = fs::read_to_string(&path)?;
    for Part { name, module } in parts {
        let quoted = format!("\"./{name}.wasm\"");
        ensure!(loaders.contains(&quoted), "nothing loads the module {name}");
        let address = assets.add(&name, "wasm", module);
        loaders = loaders.replace(&quoted, &format!("\"{address}\""));
    }
    Ok(fs::write(path, loaders)?)
}

/// All style sheets as one, in the order of their names.
fn style_sheet(shell: &Shell) -> Result<Vec<u8>> {
    let mut sheet = Vec::new();
    for file in shell.read_dir("frontend/style")? {
        if file.extension().is_some_and(|extension| extension == "css") {
            sheet.extend(fs::read(file)?);
        }
    }
    Ok(sheet)
}
