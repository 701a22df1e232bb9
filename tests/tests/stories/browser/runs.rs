//! A run's page: what it writes is seen as it does, whatever happens to the connection.

use daybook_tests::{Browser, CuttingProxy, TestApp};
use serde_json::{Value, json};

const LINE: &str = "[data-testid=output-line]";

/// Somebody runs a command by hand and watches: lines come as they are written, of both streams; they are searched, and
/// taken along as a file.
#[tokio::test(flavor = "multi_thread")]
async fn watched_live() {
    let app = TestApp::sqlite().await;
    let gate = Gate::new();
    let script = format!(
        "echo 'step one'; {}; echo 'Step two' >&2; exit 3",
        gate.wait()
    );
    task(&app, "smoke", &script).await;
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/tasks/smoke", app.address()))
        .await;
    browser.click("[data-testid=run-task]").await;
    browser.reads("[data-testid=run-status]", "Running").await;
    browser.shows("step one").await;
    browser.screenshot("run-goes-on").await;

    gate.open();
    browser.shows("Step two").await;
    browser.reads("[data-testid=run-status]", "Failed").await;
    browser.reads("[data-testid=exit-code]", "3").await;
    browser.reads("[data-testid=line-count]", "2 lines").await;
    browser.has(&format!("{LINE}.output__line--err")).await;

    browser
        .fill("[data-testid=search-output]", "STEP TWO")
        .await;
    browser
        .reads("[data-testid=line-count]", "1 of 2 lines")
        .await;
    browser.reads(&format!("{LINE} mark"), "Step two").await;
    let keep = "const made = URL.createObjectURL;
        URL.createObjectURL = blob => { window.kept = blob.text(); return made.call(URL, blob); };";
    browser.value_of(keep, Vec::new()).await;
    browser.click("[data-testid=download-output]").await;
    let kept = browser.script("return window.kept", Vec::new()).await;
    assert_eq!(kept.as_deref(), Some("step one\nStep two\n"));
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

/// The connection is lost while the command writes: every line is there in the end, and each once.
#[tokio::test(flavor = "multi_thread")]
async fn resumed_after_a_lost_connection() {
    let app = TestApp::sqlite().await;
    let proxy = CuttingProxy::before(app.address()).await;
    let gate = Gate::new();
    let script = format!("seq 1 700; {}; seq 701 1500", gate.wait());
    task(&app, "count", &script).await;
    let run: String = app.admin().run_task("count").await.parse("/runTask/run/id");
    let browser = Browser::signed_in(proxy.address()).await;
    browser
        .open(&format!("http://{}/runs/{run}", proxy.address()))
        .await;
    browser.reads("[data-testid=line-count]", "700 lines").await;

    proxy.sever();
    browser
        .has("[data-testid=connection][data-state=reconnecting]")
        .await;
    gate.open();
    app.admin().ended(&run).await;
    proxy.mend();

    browser
        .reads("[data-testid=line-count]", "1\u{202f}500 lines")
        .await;
    browser.reads("[data-testid=run-status]", "Succeeded").await;
    let drawn = "return [...document.querySelectorAll(arguments[0])].map(line => line.dataset.seq)";
    let drawn: Vec<String> =
        serde_json::from_value(browser.value_of(drawn, vec![json!(LINE)]).await)
            .expect("a list of texts");
    assert!(
        drawn.len() < 200,
        "only what is in sight is drawn, not {}",
        drawn.len()
    );
    browser.quit().await;
}

/// A run that waits or goes on can be called off from its page.
#[tokio::test(flavor = "multi_thread")]
async fn called_off() {
    let app = TestApp::sqlite().await;
    let gate = Gate::new();
    task(&app, "long", &gate.wait()).await;
    let run: String = app.admin().run_task("long").await.parse("/runTask/run/id");
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/runs/{run}", app.address()))
        .await;
    browser.reads("[data-testid=run-status]", "Running").await;
    browser.click("[data-testid=cancel-run]").await;
    browser.reads("[data-testid=run-status]", "Cancelled").await;
    browser
        .open(&format!("http://{}/runs/nonsense", app.address()))
        .await;
    browser.has("[data-testid=run-not-found]").await;
    browser.quit().await;
}

/// A command waits at a gate until the story opens it.
struct Gate(tempfile::TempDir);

impl Gate {
    fn new() -> Self {
        Self(tempfile::TempDir::new().expect("a temporary folder"))
    }

    /// What a shell waits with.
    fn wait(&self) -> String {
        let file = self.0.path().join("open");
        format!("while [ ! -e '{}' ]; do sleep 0.05; done", file.display())
    }

    fn open(&self) {
        std::fs::write(self.0.path().join("open"), "").expect("the folder is writable");
    }
}

/// Makes a task that runs a shell's script, far in the future.
async fn task(app: &TestApp, name: &str, script: &str) -> Value {
    let action = json!({ "command": { "command": "sh", "arguments": [script] } });
    let input = json!({ "name": name, "scheduledTime": "2999-01-01T00:00:00Z", "action": action });
    app.admin().create_task(input).await.data("")
}
