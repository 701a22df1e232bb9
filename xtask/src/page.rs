//! An HTML page out of its template. The server's Content-Security-Policy allows no inline script,
//! so everything that a page loads is a tag with an address.

use std::fs;

use anyhow::{Context, Result};

/// Marks a line that is for `trunk serve` only.
const TRUNK_MARK: &str = "data-trunk";

/// The template's page with `tags` at the end of its head, and without the lines that only Trunk
/// reads.
pub(crate) fn fill(template: &str, tags: &[String]) -> Result<String> {
    let mut lines: Vec<_> = template
        .lines()
        .filter(|line| !line.contains(TRUNK_MARK))
        .collect();
    let head_end = lines
        .iter()
        .position(|line| line.trim() == "</head>")
        .context("the template has no line with `</head>`")?;
    let tags: Vec<_> = tags.iter().map(|tag| format!("    {tag}")).collect();
    lines.splice(head_end..head_end, tags.iter().map(String::as_str));
    Ok(lines.join("\n") + "\n")
}

/// The tag that says from inputs with which hash a page was built.
pub(crate) fn build_tag(inputs: &str) -> String {
    format!(r#"<meta name="build" content="{inputs}">"#)
}

/// The tag for the icon of the browser's tab.
pub(crate) fn icon_tag(address: &str) -> String {
    format!(r#"<link rel="icon" type="image/svg+xml" href="{address}">"#)
}

/// The tag for a style sheet.
pub(crate) fn style_tag(address: &str) -> String {
    format!(r#"<link rel="stylesheet" href="{address}">"#)
}

/// The tag for a plain script. Such scripts, and modules, run in the order of their tags, when the
/// page is there.
pub(crate) fn script_tag(address: &str) -> String {
    format!(r#"<script defer src="{address}"></script>"#)
}

/// The tag for a script that is a module.
pub(crate) fn module_tag(address: &str) -> String {
    format!(r#"<script type="module" src="{address}"></script>"#)
}

/// Whether the page in this file was built from inputs with this hash.
pub(crate) fn is_built_from(file: &str, inputs: &str) -> bool {
    fs::read_to_string(file).is_ok_and(|page| page.contains(&build_tag(inputs)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_to_the_end_of_the_head_and_trunks_lines_go_away() {
        let template =
            "<head>\n<title>Daybook</title>\n<link data-trunk rel=\"rust\">\n</head>\n<body>\n";
        let page = fill(
            template,
            &["<script src=\"/assets/boot.js\"></script>".into()],
        )
        .unwrap();
        assert_eq!(
            page,
            "<head>\n<title>Daybook</title>\n    <script src=\"/assets/boot.js\"></script>\n</head>\n<body>\n"
        );
    }

    #[test]
    fn a_template_without_a_head_is_refused() {
        assert!(fill("<body></body>", &[]).is_err());
    }
}
