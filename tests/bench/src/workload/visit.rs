//! The first visit of a browser: what it transfers, and how soon there is something to see.

use std::{
    net::{Ipv4Addr, SocketAddr},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use serde::Deserialize;
use tempfile::TempDir;
use thirtyfour::{
    ChromeCapabilities, WebDriver, common::capabilities::chromium::ChromiumLikeCapabilities,
};
use tokio::net::TcpStream;

use crate::{
    contender::{Contender, free_port},
    wait::eventually,
};

/// What Chromium is told on a machine without a display, and that it must not phone home.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
];

/// How long a page may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// How soon chromedriver has to answer.
const START: Duration = Duration::from_secs(20);

/// What a visit was like.
pub(crate) struct Visit {
    /// All that was transferred, compressed with Brotli, in bytes.
    pub(crate) bytes: usize,
    /// From the navigation to the first thing drawn, and to the page that is up to date, in milliseconds.
    pub(crate) painted: f64,
    pub(crate) live: f64,
}

/// What the browser says of its page.
#[derive(Deserialize)]
struct Seen {
    painted: f64,
    live: f64,
    files: Vec<String>,
}

/// Visits the overview by the login link, with a browser that was never here.
pub(crate) async fn first(daybook: &Contender) -> Result<Visit> {
    let (_driver, address) = Driver::start().await?;
    let profile = TempDir::with_prefix("daybook-bench-")?;
    let mut capabilities = ChromeCapabilities::new();
    for flag in FLAGS {
        capabilities.add_arg(flag)?;
    }
    let folder = format!("--user-data-dir={}", profile.path().display());
    capabilities.add_arg(&folder)?;
    let browser = WebDriver::new(format!("http://{address}"), capabilities).await?;
    let seen = visit(&browser, daybook).await;
    browser.quit().await?;
    let seen = seen?;
    let client = reqwest::Client::new();
    let mut bytes = 0;
    for file in seen.files {
        let asked = client.get(&file).header("accept-encoding", "br");
        bytes += asked.send().await?.error_for_status()?.bytes().await?.len();
    }
    Ok(Visit {
        bytes,
        painted: seen.painted,
        live: seen.live,
    })
}

async fn visit(browser: &WebDriver, daybook: &Contender) -> Result<Seen> {
    const LOOK: &str = r##"
        if (!document.querySelector("[data-testid=connection][data-state=live]")) return null;
        const live = performance.now();
        const painted = performance.getEntriesByName("first-contentful-paint")[0];
        if (!painted) return null;
        const files = performance.getEntriesByType("resource")
            .filter(entry => ["script", "link", "css", "fetch", "other"].includes(entry.initiatorType))
            .map(entry => entry.name.split("#")[0])
            .filter(name => name.includes("/assets/"));
        return {painted: painted.startTime, live, files: [location.origin + "/", ...new Set(files)]};
    "##;
    let link = format!(
        "http://{}/login#token={}",
        daybook.address(),
        Contender::admin_token()
    );
    browser.goto(&link).await?;
    eventually("the overview is live", PATIENCE, async || {
        let seen = browser.execute(LOOK, Vec::new()).await?;
        Ok(serde_json::from_value(seen.json().clone())?)
    })
    .await
}

/// A chromedriver. Dropped, it is stopped, and its browser with it.
struct Driver(Child);

impl Driver {
    async fn start() -> Result<(Self, SocketAddr)> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let process = Command::new("chromedriver")
            .arg(format!("--port={}", address.port()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("chromedriver could not be started")?;
        let driver = Self(process);
        eventually("chromedriver takes connections", START, async || {
            Ok(TcpStream::connect(address).await.ok().map(drop))
        })
        .await?;
        Ok((driver, address))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Both calls fail only if it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
