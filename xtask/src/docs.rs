//! The page that shows the REST facade's description: Swagger UI, served by Daybook itself so that it
//! works without the internet.
//!
//! The build for a plain `<script>` is taken as npm has it. It puts `SwaggerUIBundle` into the global
//! scope, where `frontend/docs/start.js` finds it.

use std::fs;

use anyhow::{Context, Result};
use xshell::Shell;

use crate::{assets::Assets, npm, page};

const PROJECT: &str = "frontend/docs";

/// The page, whose files go into `assets`.
pub(crate) fn page(shell: &Shell, common_tags: &[String], assets: &mut Assets) -> Result<String> {
    let library = npm::installed(shell, PROJECT)?.join("swagger-ui-dist");
    let read = |name: &str| {
        let file = library.join(name);
        fs::read(&file).with_context(|| format!("{} is missing from its package", file.display()))
    };
    let library_style = assets.add("swagger-ui", "css", read("swagger-ui.css")?);
    let page_style = assets.add("docs-page", "css", fs::read("frontend/docs/page.css")?);
    let library = assets.add("swagger-ui", "js", read("swagger-ui-bundle.js")?);
    let start = assets.add("docs-start", "js", fs::read("frontend/docs/start.js")?);

    let mut tags = common_tags.to_vec();
    tags.extend([
        page::style_tag(&library_style),
        page::style_tag(&page_style),
        page::script_tag(&library),
        page::module_tag(&start),
    ]);
    page::fill(&fs::read_to_string("frontend/docs/docs.html")?, &tags)
}
