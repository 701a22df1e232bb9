//! GraphiQL, the explorer for the GraphQL API, served by Daybook itself so that it works without
//! the internet.
//!
//! The builds for a plain `<script>` are taken as npm has them, no bundler in between. They put
//! `React`, `ReactDOM` and `GraphiQL` into the global scope, where `frontend/graphiql/start.js`
//! finds them.

use std::fs;

use anyhow::{Context, Result};
use xshell::Shell;

use crate::{assets::Assets, npm, page};

const PROJECT: &str = "frontend/graphiql";

/// In the order in which they need each other.
const LIBRARIES: &[(&str, &str)] = &[
    ("react", "react/umd/react.production.min.js"),
    ("react-dom", "react-dom/umd/react-dom.production.min.js"),
    ("graphiql", "graphiql/graphiql.min.js"),
];

/// The page, whose files go into `assets`.
pub(crate) fn page(shell: &Shell, common_tags: &[String], assets: &mut Assets) -> Result<String> {
    let modules = npm::installed(shell, PROJECT)?;
    let read = |path: &str| {
        let file = modules.join(path);
        fs::read(&file).with_context(|| format!("{} is missing from its package", file.display()))
    };
    let library_style = assets.add("graphiql", "css", read("graphiql/graphiql.min.css")?);
    let page_style = assets.add(
        "graphiql-page",
        "css",
        fs::read("frontend/graphiql/page.css")?,
    );
    let start = assets.add(
        "graphiql-start",
        "js",
        fs::read("frontend/graphiql/start.js")?,
    );

    let mut tags = common_tags.to_vec();
    tags.extend([
        page::style_tag(&library_style),
        page::style_tag(&page_style),
    ]);
    for (name, path) in LIBRARIES {
        tags.push(page::script_tag(&assets.add(name, "js", read(path)?)));
    }
    tags.push(page::module_tag(&start));
    page::fill(
        &fs::read_to_string("frontend/graphiql/graphiql.html")?,
        &tags,
    )
}
