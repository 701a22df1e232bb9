//! A headless Chromium, driven through chromedriver. Both end with the story.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities;
use thirtyfour::error::WebDriverResult;
use thirtyfour::{
    By, ChromeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, TypingData, WebDriver,
};
use tokio::net::TcpStream;

use crate::ADMIN_TOKEN;
use crate::ports::free_address;
use crate::wait::eventually;

/// How long a page may take to show something: compiling the dashboard's WebAssembly on a busy machine included.
const PAGE: Duration = Duration::from_mins(1);

/// What a machine of tests has to tell Chromium: there is no display and no sandbox for root, and it must not phone home.
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

/// The badge of a page that is up to date.
pub const LIVE: &str = "[data-testid=connection][data-state=live]";

/// The badge of a page whose server went away.
pub const RECONNECTING: &str = "[data-testid=connection][data-state=reconnecting]";

/// The accessibility engine, for browsers.
const AXE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tools/node_modules/axe-core/axe.min.js"
);

/// One browser with one window.
pub struct Browser {
    // In this order: the session ends before its driver, and the profile is removed last.
    driver: WebDriver,
    _process: Driver,
    _profile: TempDir,
}

impl Browser {
    /// Starts a browser with an empty profile.
    pub async fn start() -> Self {
        let (process, address) = Driver::start().await;
        let profile = TempDir::new().expect("a temporary folder");
        let capabilities = capabilities(profile.path()).expect("the flags are valid");
        let driver = WebDriver::new(format!("http://{address}"), capabilities)
            .await
            .expect("Chromium starts");
        Self {
            driver,
            _process: process,
            _profile: profile,
        }
    }

    /// Starts a browser, follows the login link of the server at `address`, and waits until it is live.
    pub async fn signed_in(address: SocketAddr) -> Self {
        let browser = Self::start().await;
        browser
            .open(&format!("http://{address}/login#token={ADMIN_TOKEN}"))
            .await;
        browser.has(LIVE).await;
        browser
    }

    /// Opens a page.
    pub async fn open(&self, url: &str) {
        self.driver
            .goto(url)
            .await
            .unwrap_or_else(|error| panic!("{error}: {url}"));
    }

    /// Loads the page anew.
    pub async fn reload(&self) {
        self.driver.refresh().await.expect("the browser answers");
    }

    /// The address of the page, as the location bar shows it.
    pub async fn url(&self) -> String {
        self.driver
            .current_url()
            .await
            .expect("the browser answers")
            .into()
    }

    /// Shows pages in a window of this size, in the system's light or dark colours.
    pub async fn looks_like(&self, width: u32, height: u32, dark: bool) {
        let tools = self.driver.cdp();
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        for (command, parameters) in [
            ("Emulation.setDeviceMetricsOverride", size),
            ("Emulation.setEmulatedMedia", media),
        ] {
            tools
                .send_raw(command, parameters)
                .await
                .expect("Chromium knows the command");
        }
    }

    /// Runs the body of a JavaScript function, with `arguments`, and returns the text that it returns, or none.
    pub async fn script(&self, body: &str, arguments: Vec<Value>) -> Option<String> {
        self.value_of(body, arguments)
            .await
            .as_str()
            .map(str::to_owned)
    }

    /// Runs the body of a JavaScript function, with `arguments`, and returns what it returns, or what the promise that
    /// it returns comes to.
    pub async fn value_of(&self, body: &str, arguments: Vec<Value>) -> Value {
        let value = self.driver.execute(body, arguments).await;
        value.expect("the script runs").json().clone()
    }

    /// What axe-core has to say against the page's accessibility: one line a finding.
    pub async fn accessibility_violations(&self) -> Vec<String> {
        let axe = std::fs::read_to_string(AXE)
            .expect("axe-core is not installed; `cargo xtask test` installs what the tests need");
        self.value_of(&axe, Vec::new()).await;
        let run = "return axe.run().then(result => result.violations.flatMap(violation =>
            violation.nodes.map(node => `${violation.id}: ${node.html} ${node.failureSummary}`)))";
        serde_json::from_value(self.value_of(run, Vec::new()).await).expect("a list of texts")
    }

    /// The text of the first element that a CSS selector finds, as a person can read it.
    pub async fn text(&self, selector: &str) -> Option<String> {
        let body = "return document.querySelector(arguments[0])?.innerText.trim()";
        self.script(body, vec![json!(selector)]).await
    }

    /// Waits until the element that a CSS selector finds reads as wished.
    pub async fn reads(&self, selector: &str, wished: &str) {
        self.becomes(&format!("{selector} reads {wished:?}"), async || {
            self.text(selector).await.as_deref() == Some(wished)
        })
        .await;
    }

    /// Waits until the page shows a text, wherever on it.
    pub async fn shows(&self, text: &str) {
        self.becomes(&format!("the page shows {text:?}"), async || {
            self.text("body")
                .await
                .is_some_and(|page| page.contains(text))
        })
        .await;
    }

    /// Waits until there is an element that a CSS selector finds.
    pub async fn has(&self, selector: &str) {
        self.becomes(&format!("the page has {selector}"), async || {
            self.count(selector).await > 0
        })
        .await;
    }

    /// Waits until the page shows a text nowhere.
    pub async fn lacks_text(&self, text: &str) {
        self.becomes(&format!("the page does not show {text:?}"), async || {
            self.text("body")
                .await
                .is_some_and(|page| !page.contains(text))
        })
        .await;
    }

    /// Waits until a CSS selector finds so many elements.
    pub async fn has_count(&self, selector: &str, count: usize) {
        self.becomes(&format!("the page has {count} of {selector}"), async || {
            self.count(selector).await == count
        })
        .await;
    }

    /// Waits until the page is as wished. Takes a picture where it never is.
    async fn becomes(&self, what: &str, wished: impl AsyncFn() -> bool) {
        let wished = &wished;
        let reached = tokio::time::timeout(
            PAGE,
            eventually(
                what,
                PAGE * 2,
                || async move { wished().await.then_some(()) },
            ),
        );
        if reached.await.is_err() {
            self.screenshot("failed").await;
            let text = self.text("body").await.unwrap_or_default();
            panic!(
                "not within {PAGE:?}: {what}; there is a picture in target/screenshots, and the page reads:\n{text}"
            );
        }
    }

    /// Clicks on the first element that a CSS selector finds, once it is there.
    pub async fn click(&self, selector: &str) {
        self.has(selector).await;
        let element = self
            .driver
            .find(By::Css(selector))
            .await
            .expect("it was there");
        element.click().await.expect("it can be clicked");
    }

    /// Presses keys, wherever the focus is.
    pub async fn press(&self, keys: impl Into<TypingData>) {
        let keys = keys.into();
        let pressed = self.driver.action_chain().send_keys(keys).perform().await;
        pressed.expect("the browser answers");
    }

    /// Types into the field that a CSS selector finds, once it is there.
    pub async fn type_into(&self, selector: &str, text: &str) {
        self.has(selector).await;
        let element = self
            .driver
            .find(By::Css(selector))
            .await
            .expect("it was there");
        element.send_keys(text).await.expect("it can be typed into");
    }

    /// Puts a text into the field that a CSS selector finds, in place of what stands there, as its kind of field has it.
    pub async fn fill(&self, selector: &str, text: &str) {
        self.has(selector).await;
        let body = "const field = document.querySelector(arguments[0]);
            field.focus();
            field.value = arguments[1];
            field.dispatchEvent(new Event('input', { bubbles: true }));
            field.dispatchEvent(new Event('change', { bubbles: true }));";
        self.value_of(body, vec![json!(selector), json!(text)])
            .await;
    }

    /// How many elements a CSS selector finds now.
    pub async fn count(&self, selector: &str) -> usize {
        self.driver
            .find_all(By::Css(selector))
            .await
            .expect("the browser answers")
            .len()
    }

    /// What the page complained about in the console: errors of scripts, of loading, of the content security policy.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = self
            .driver
            .browser_log()
            .await
            .expect("the browser answers");
        entries
            .into_iter()
            .map(|entry| format!("{entry:?}"))
            .collect()
    }

    /// Saves a picture of the window as `target/screenshots/<name>.png`.
    pub async fn screenshot(&self, name: &str) {
        let folder = screenshots();
        std::fs::create_dir_all(&folder).expect("the target folder is writable");
        let file = folder.join(format!("{name}.png"));
        self.driver
            .screenshot(&file)
            .await
            .expect("the browser answers");
    }

    /// Ends the browser.
    pub async fn quit(self) {
        self.driver.quit().await.expect("the browser answers");
    }
}

/// A chromedriver process.
struct Driver(Child);

impl Driver {
    async fn start() -> (Self, SocketAddr) {
        let address = free_address();
        let child = Command::new("chromedriver")
            .arg(format!("--port={}", address.port()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect(
                "chromedriver is not installed; `cargo xtask test` installs what the tests need",
            );
        let driver = Self(child);
        eventually("chromedriver listens", PAGE, || async {
            TcpStream::connect(address).await.ok()
        })
        .await;
        (driver, address)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let pid = i32::try_from(self.0.id()).expect("a process id");
        // SIGTERM, not SIGKILL: chromedriver then ends the Chromium that it started, too.
        let ended = kill(Pid::from_raw(pid), Signal::SIGTERM).is_ok() && self.0.wait().is_ok();
        if !ended {
            eprintln!("chromedriver is left behind as process {pid}");
        }
    }
}

fn capabilities(profile: &Path) -> WebDriverResult<ChromeCapabilities> {
    let mut capabilities = DesiredCapabilities::chrome();
    for flag in FLAGS {
        capabilities.add_arg(flag)?;
    }
    capabilities.add_arg(&format!("--user-data-dir={}", profile.display()))?;
    capabilities.set_browser_log_level(LoggingPrefsLogLevel::Warning)?;
    Ok(capabilities)
}

/// `target/screenshots`, beside the profile's folder that holds the running test.
fn screenshots() -> PathBuf {
    let test = std::env::current_exe().expect("the running test has a path");
    let target = test
        .ancestors()
        .nth(3)
        .expect("target/<profile>/deps/<test>");
    target.join("screenshots")
}
