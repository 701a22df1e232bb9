//! What is served beside the APIs: the dashboard, GraphiQL, the page of the REST facade, their assets, and the probes.

use std::collections::BTreeSet;

use daybook_tests::{Answer, TestApp};
use reqwest::Method;
use serde_json::json;

/// Whatever page of the dashboard is asked for, the answer is its index, never cached, under a strict policy.
#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_is_on_every_other_path() {
    let app = TestApp::sqlite().await;
    for path in [
        "/",
        "/login",
        "/schedules",
        "/schedules/8b5f1d9e-7f4a-4b58-9b2c-6d2f3f0f7c11",
        "/any/other?query=1",
    ] {
        let page = app.anonymous().get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(
            page.header("content-type").starts_with("text/html"),
            "{path}: {page:?}"
        );
        assert!(
            page.header("cache-control").contains("no-"),
            "{path}: {}",
            page.header("cache-control")
        );
        let policy = page.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "style-src 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe-inline"), "{policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
    }
}

/// Every file that a page names is there, as a compressed copy for whoever takes one, and may be kept for a year.
#[tokio::test(flavor = "multi_thread")]
async fn assets_are_immutable_and_compressed() {
    let app = TestApp::sqlite().await;
    for page in ["/", "/graphiql", "/api/docs"] {
        let page = app.anonymous().get(page).await;
        let assets = asset_paths(&page.text);
        assert!(!assets.is_empty(), "{}", page.text);
        for path in assets {
            let plain = fetch(&app, &path, "identity").await;
            assert_eq!(
                (plain.status.as_u16(), plain.header("content-encoding")),
                (200, ""),
                "{path}"
            );
            let kept = plain.header("cache-control");
            assert!(
                kept.contains("max-age=31536000") && kept.contains("immutable"),
                "{path}: {kept}"
            );
            if [".js", ".css", ".wasm"]
                .iter()
                .any(|extension| path.ends_with(extension))
            {
                for encoding in ["br", "gzip"] {
                    let packed = fetch(&app, &path, encoding).await;
                    assert_eq!(packed.header("content-encoding"), encoding, "{path}");
                    assert!(
                        packed
                            .header("vary")
                            .to_ascii_lowercase()
                            .contains("accept-encoding"),
                        "{path}"
                    );
                }
            }
        }
    }
    let missing = app.anonymous().get("/assets/no-such-file.js").await;
    assert_eq!(missing.status, 404, "a missing asset is not the dashboard");
}

/// What the first visit to the dashboard transfers: what the overview needs, and no other page.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_visit_is_small() {
    const LIMIT: usize = 264 * 1024;
    let app = TestApp::sqlite().await;
    let page = app.anonymous().get("/").await;
    let assets: BTreeSet<_> = asset_paths(&page.text).into_iter().collect();
    let mut total = 0;
    for path in assets {
        let packed = fetch(&app, &path, "br").await;
        let length = packed.header("content-length").parse::<usize>();
        total += length.unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    assert!(total > 0 && total <= LIMIT, "{total} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn explorers_load_nothing_from_elsewhere() {
    let app = TestApp::sqlite().await;
    for path in ["/graphiql", "/api/docs", "/api/docs/"] {
        let page = app.anonymous().get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.header("content-type").starts_with("text/html"));
        let policy = page.header("content-security-policy");
        assert!(policy.contains("script-src 'self';"), "{policy}");
        assert!(
            !page.text.contains("https://") && !page.text.contains("//unpkg"),
            "{}",
            page.text
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_probes() {
    let app = TestApp::sqlite().await;
    assert_eq!(app.anonymous().get("/healthz").await.status, 200);
    let ready = app.anonymous().get("/readyz").await;
    assert_eq!(ready.status, 200);
    assert_eq!(
        ready.json(),
        json!({ "status": "ready", "eventBus": "local" })
    );
}

/// What is not a page is not answered with one.
#[tokio::test(flavor = "multi_thread")]
async fn other_methods_and_the_api_are_no_pages() {
    let app = TestApp::sqlite().await;
    let posted = app.anonymous().post("/schedules", "text/plain", "x").await;
    assert!([404, 405].contains(&posted.status.as_u16()), "{posted:?}");
    let unknown = app.anonymous().get("/api/v1/nonsense").await;
    assert_eq!(unknown.status, 404);
    assert!(
        !unknown.header("content-type").starts_with("text/html"),
        "{unknown:?}"
    );
}

async fn fetch(app: &TestApp, path: &str, encoding: &str) -> Answer {
    let request = app
        .anonymous()
        .request(Method::GET, path)
        .header("accept-encoding", encoding);
    let response = request.send().await.expect("an answer");
    // Only the head matters, and a compressed body is no text.
    Answer {
        status: response.status(),
        headers: response.headers().clone(),
        text: String::new(),
    }
}

/// The paths below `/assets/` that a page's source names.
fn asset_paths(html: &str) -> Vec<String> {
    html.split(['"', '\''])
        .filter(|part| part.starts_with("/assets/"))
        .map(str::to_owned)
        .collect()
}
