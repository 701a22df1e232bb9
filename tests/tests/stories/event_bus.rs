//! Several server processes and a NATS server: what one did is seen at the others at once while NATS is there, within
//! seconds while it is not, and nothing is missed in between.

use std::fs::File;
use std::io::Write;
use std::process::Command;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use daybook_tests::subscriber::{Change, SCHEDULE_CHANGES};
use daybook_tests::{
    ADMIN_TOKEN, Api, Database, NatsServer, PATIENCE, Report, ServerProcess, Socket, eventually,
    on_both_databases, within,
};
use nix::{sys::stat::Mode, unistd::mkfifo};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::Instant;
use uuid::Uuid;

/// In the median, a report is with the other server's subscribers within this time from its acknowledgement.
const AT_ONCE: Duration = Duration::from_millis(100);

/// The same for lists and the log, which are looked at four times a second.
const SOON: Duration = Duration::from_millis(500);

/// Without NATS, everything is found within this time.
const FOUND: Duration = Duration::from_secs(5);

/// Reports through one server, a subscriber at the other; NATS is killed, and comes back.
async fn a_report_reaches_the_other_server(database: Database) {
    let mut nats = NatsServer::start().await;
    let servers = [
        ServerProcess::start_on_bus(&database, &nats.url()).await,
        ServerProcess::start_on_bus(&database, &nats.url()).await,
    ];
    let mut follower = Follower::between(&servers[0], &servers[1]).await;
    all_have(&servers, "nats").await;

    let with = median(follower.latencies(50).await);
    println!("with NATS: {with:?} in the median");
    assert!(with <= AT_ONCE, "{with:?}");

    nats.kill();
    all_have(&servers, "nats-disconnected").await;
    let without = follower.latencies(10).await;
    println!("without NATS: {without:?}");
    assert!(
        without.iter().all(|latency| *latency <= FOUND),
        "{without:?}"
    );

    nats.restart().await;
    all_have(&servers, "nats").await;
    let again = median(follower.latencies(50).await);
    println!("with NATS again: {again:?} in the median");
    assert!(again <= AT_ONCE, "{again:?}");

    for server in &servers {
        let log = server.log();
        let said = |words| log.matches(words).count();
        assert_eq!(said("the event bus is there"), 2, "{log}");
        assert_eq!(said("the event bus is lost"), 1, "{log}");
        assert_eq!(said("the event bus does not work"), 0, "{log}");
    }
}

/// What was reported while NATS was away, and not found yet when it is back, is found then.
async fn coming_back_is_a_reason_to_look(database: Database) {
    let mut nats = NatsServer::start().await;
    let servers = [
        ServerProcess::start_on_bus(&database, &nats.url()).await,
        ServerProcess::start_on_bus(&database, &nats.url()).await,
    ];
    let mut follower = Follower::between(&servers[0], &servers[1]).await;
    let mut late = Vec::new();
    for _ in 0..5 {
        all_have(&servers, "nats").await;
        nats.kill();
        all_have(&servers, "nats-disconnected").await;
        let reported = follower.report().await;
        nats.restart().await;
        all_have(&servers, "nats").await;
        let back = Instant::now();
        follower.arrives(reported.revision).await;
        late.push(back.elapsed());
    }
    let late = median(late);
    println!("found {late:?} after NATS was back, in the median");
    assert!(late <= SOON, "{late:?}");
}

/// A NATS server that isn't there yet keeps nobody from starting; when it comes, it is used.
async fn nats_comes_later(database: Database) {
    let mut nats = NatsServer::start().await;
    nats.kill();
    let servers = [
        ServerProcess::start_on_bus(&database, &nats.url()).await,
        ServerProcess::start_on_bus(&database, &nats.url()).await,
    ];
    let mut follower = Follower::between(&servers[0], &servers[1]).await;
    let without = follower.latencies(3).await;
    assert!(
        without.iter().all(|latency| *latency <= FOUND),
        "{without:?}"
    );
    for server in &servers {
        assert_eq!(server.event_bus().await, "nats-disconnected");
        let log = server.log();
        assert_eq!(
            log.matches("the event bus").count(),
            1,
            "warned once: {log}"
        );
        assert!(log.contains("WARN") && log.contains(&nats.url()), "{log}");
    }

    nats.restart().await;
    all_have(&servers, "nats").await;
    let with = median(follower.latencies(20).await);
    assert!(with <= AT_ONCE, "{with:?}");
}

/// A NATS server that is there and does nothing: nobody waits for it, and it is known as away after a while.
async fn a_frozen_nats(database: Database) {
    let nats = NatsServer::start().await;
    let servers = [
        ServerProcess::start_on_bus(&database, &nats.url()).await,
        ServerProcess::start_on_bus(&database, &nats.url()).await,
    ];
    let mut follower = Follower::between(&servers[0], &servers[1]).await;
    all_have(&servers, "nats").await;

    nats.freeze();
    let mut acknowledged = Vec::new();
    for _ in 0..10 {
        let begun = Instant::now();
        let reported = follower.report().await;
        acknowledged.push(reported.at - begun);
        follower.arrives(reported.revision).await;
        assert!(reported.at.elapsed() <= FOUND);
    }
    let acknowledged = median(acknowledged);
    assert!(acknowledged <= SOON, "{acknowledged:?}");
    all_have(&servers, "nats-disconnected").await;

    nats.thaw();
    all_have(&servers, "nats").await;
    let with = median(follower.latencies(20).await);
    assert!(with <= AT_ONCE, "{with:?}");
}

/// Everything else that people follow: schedules in lists, the log, tasks by it, runs, and what they write.
async fn all_that_is_followed(database: Database) {
    let mut nats = NatsServer::start().await;
    let commands = "[commands.sh]\nprogram = '/bin/sh'\narguments = ['-c']\nallow_arguments = true";
    let bus = format!("event_bus = '{}'", nats.url());
    let servers = [
        ServerProcess::start_with_file(&database, &format!("{bus}\n{commands}")).await,
        ServerProcess::start_with_file(&database, &bus).await,
    ];
    let admin = servers[0].admin();
    let elsewhere = admin.through(servers[1].address());
    let talk = Talk::begin(&admin).await;
    let mut news = News::follow(&elsewhere, &talk.run).await;

    all_have(&servers, "nats").await;
    for (what, latencies) in news.after_deeds(&admin, &talk, 9).await {
        let latency = median(latencies);
        println!("{what}: {latency:?} in the median");
        assert!(latency <= SOON, "{what}: {latency:?}");
    }

    nats.kill();
    all_have(&servers, "nats-disconnected").await;
    for (what, latencies) in news.after_deeds(&admin, &talk, 2).await {
        println!("{what}, without NATS: {latencies:?}");
        assert!(
            latencies.iter().all(|latency| *latency <= FOUND),
            "{what}: {latencies:?}"
        );
    }
}

/// Two Daybooks that use one subject by mistake, in which the same ids mean different things, wake each other for nothing
/// and do no harm.
async fn strangers_on_the_same_subject(database: Database) {
    let nats = NatsServer::start().await;
    let stranger = Database::sqlite();
    let servers = [
        ServerProcess::start_on_bus(&database, &nats.url()).await,
        ServerProcess::start_on_bus(&stranger, &nats.url()).await,
    ];
    all_have(&servers, "nats").await;
    let mine = servers[0].admin().open_schedule("mine").await;
    let foreign = servers[1].admin().open_schedule("foreign").await;
    let mut socket = Socket::connect(&servers[0].admin()).await;
    let name = json!({ "name": mine });
    socket.subscribe("feed", SCHEDULE_CHANGES, name).await;
    assert_eq!(Change::of(&socket.next().await).revision, 0);

    for number in 0..20 {
        let report = Report::pass(number);
        servers[1].admin().reported(foreign, report).await;
    }
    servers[1].admin().delete(foreign).await.data("");
    let report = Report::pass("login");
    let login = servers[0].admin().reported(mine, report).await;

    assert_eq!(login.revision, 1);
    assert_eq!(Change::of(&socket.next().await).revision, 1);
}

on_both_databases!(
    a_report_reaches_the_other_server,
    coming_back_is_a_reason_to_look,
    nats_comes_later,
    a_frozen_nats,
    all_that_is_followed,
    strangers_on_the_same_subject,
);

/// Who shows no good password is told once, and not with the password.
#[tokio::test(flavor = "multi_thread")]
async fn a_password() {
    let nats = NatsServer::start_with("authorization { user: daybook, password: \"op@en\" }").await;
    let database = Database::sqlite();
    let at = |login: &str| format!("nats://{login}@{}/nightly", nats.address());
    let good = ServerProcess::start_on_bus(&database, &at("daybook:op%40en")).await;
    let bad = ServerProcess::start_on_bus(&database, &at("daybook:wrong-password")).await;

    good.has_event_bus("nats").await;
    eventually("the refusal is told", PATIENCE, || async {
        bad.log().contains("authorization violation").then_some(())
    })
    .await;
    assert_eq!(bad.event_bus().await, "nats-disconnected");
    let log = bad.log();
    assert_eq!(log.matches("the event bus").count(), 1, "{log}");
    assert!(!log.contains("wrong-password"), "{log}");
    assert!(good.log().contains(&format!("{}/nightly", nats.url())));
    assert!(!good.log().contains("op@en") && !good.log().contains("op%40en"));
}

/// Who may not hear what it sends is not told that NATS is at work.
#[tokio::test(flavor = "multi_thread")]
async fn a_subject_that_is_forbidden() {
    let permissions = "permissions: { publish: \"daybook\", subscribe: \"other\" }";
    let users = format!("authorization {{ users: [ {{ user: a, password: b, {permissions} }} ] }}");
    let nats = NatsServer::start_with(&users).await;
    let database = Database::sqlite();
    let url = format!("nats://a:b@{}", nats.address());
    let server = ServerProcess::start_on_bus(&database, &url).await;

    eventually("the refusal is told", PATIENCE, || async {
        server.log().contains("Permissions Violation").then_some(())
    })
    .await;
    assert_eq!(server.event_bus().await, "nats-disconnected");
}

/// `tls://` encrypts, and takes no server whose certificate is nobody's.
#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_connection() {
    let folder = TempDir::new().expect("a temporary folder");
    make_certificate(&folder);
    let certificate = folder.path().join("server.pem").display().to_string();
    let tls = "tls { cert_file: \"server.pem\", key_file: \"server.key\" }";
    let nats = NatsServer::start_in(folder, tls).await;
    let database = Database::sqlite();
    let url = format!("tls://{}", nats.address());
    let trusting = ServerProcess::start_with(&[
        ("DATABASE_URL", database.url()),
        ("DAYBOOK_ADMIN_TOKEN", ADMIN_TOKEN),
        ("DAYBOOK_EVENT_BUS", &url),
        ("SSL_CERT_FILE", &certificate),
    ])
    .await;
    let wary = ServerProcess::start_on_bus(&database, &url).await;

    trusting.has_event_bus("nats").await;
    eventually("the stranger is told", PATIENCE, || async {
        wary.log()
            .contains("the event bus does not work")
            .then_some(())
    })
    .await;
    assert_eq!(wary.event_bus().await, "nats-disconnected");
}

/// Makes a certificate for the loopback interface that vouches for itself.
fn make_certificate(folder: &TempDir) {
    let request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=nats \
                   -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
                   -keyout server.key -out server.pem";
    let output = Command::new("openssl")
        .args(request.split_whitespace())
        .current_dir(folder.path())
        .output()
        .expect("openssl is installed");
    assert!(output.status.success(), "{output:?}");
}

async fn all_have(servers: &[ServerProcess], event_bus: &str) {
    for server in servers {
        server.has_event_bus(event_bus).await;
    }
}

fn median(mut latencies: Vec<Duration>) -> Duration {
    latencies.sort();
    latencies[latencies.len() / 2]
}

/// Someone who reports through one server, and follows the schedule at another.
struct Follower {
    reporter: Api,
    schedule: Uuid,
    socket: Socket,
    seen: i64,
    reports: i64,
}

/// A report that was acknowledged.
struct Reported {
    revision: i64,
    at: Instant,
}

impl Follower {
    async fn between(one: &ServerProcess, other: &ServerProcess) -> Self {
        let reporter = one.reporter("nightly").await;
        let schedule = reporter.open_schedule("bus").await;
        let mut socket = Socket::connect(&reporter.through(other.address())).await;
        let name = json!({ "name": schedule });
        socket.subscribe("feed", SCHEDULE_CHANGES, name).await;
        let first = Change::of(&socket.next().await);
        assert_eq!(first.revision, 0);
        Self {
            reporter,
            schedule,
            socket,
            seen: 0,
            reports: 0,
        }
    }

    async fn report(&mut self) -> Reported {
        self.reports += 1;
        let report = Report::pass(self.reports);
        let revision = self.reporter.reported(self.schedule, report).await.revision;
        assert_eq!(revision, self.reports);
        Reported {
            revision,
            at: Instant::now(),
        }
    }

    /// Waits until the subscriber has a revision, and judges that it missed none before.
    async fn arrives(&mut self, revision: i64) {
        while self.seen < revision {
            let change = Change::of(&self.socket.next().await);
            let seen: Vec<_> = change
                .results
                .iter()
                .map(|result| result.revision)
                .collect();
            let expected: Vec<_> = (self.seen + 1..=change.revision).collect();
            assert_eq!(seen, expected);
            self.seen = change.revision;
        }
    }

    /// How long each of some reports takes from its acknowledgement to the subscriber.
    async fn latencies(&mut self, reports: usize) -> Vec<Duration> {
        let mut latencies = Vec::with_capacity(reports);
        for _ in 0..reports {
            let reported = self.report().await;
            self.arrives(reported.revision).await;
            latencies.push(reported.at.elapsed());
        }
        latencies
    }
}

/// A run that says what it is told to say.
struct Talk {
    run: String,
    mouth: File,
    _folder: TempDir,
}

impl Talk {
    async fn begin(admin: &Api) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let pipe = folder.path().join("pipe");
        mkfifo(&pipe, Mode::S_IRWXU).expect("a pipe with a name");
        let script = format!("echo hello; cat < {}", pipe.display());
        let input = json!({
            "name": "talk", "scheduledTime": Utc::now() + TimeDelta::days(365),
            "action": { "command": { "command": "sh", "arguments": [script] } },
        });
        admin.create_task(input).await.data("");
        let run = taken_by_the_first(admin).await;
        let open = File::options().read(true).write(true).open(&pipe);
        Self {
            run,
            mouth: open.expect("a pipe of our own"),
            _folder: folder,
        }
    }

    fn say(&self, line: &str) {
        let mut mouth = &self.mouth;
        writeln!(mouth, "{line}").expect("the command reads");
    }
}

/// Runs the task until the server that has its command took a run: the other one can only fail it.
async fn taken_by_the_first(admin: &Api) -> String {
    eventually(
        "the server with the command takes a run",
        Duration::from_mins(1),
        || async {
            let id: String = admin.run_task("talk").await.parse("/runTask/run/id");
            eventually("it has begun or failed", PATIENCE, || async {
                let has_begun = !admin.lines_of(&id).await.is_empty();
                (has_begun || admin.run(&id).await.has_ended()).then_some(has_begun)
            })
            .await
            .then_some(id)
        },
    )
    .await
}

/// What people follow at a server.
struct News {
    schedules: Socket,
    log: Socket,
    runs: Socket,
    output: Socket,
}

impl News {
    async fn follow(api: &Api, run: &str) -> Self {
        let subscribed = async |document: &str, variables: Value| {
            let mut socket = Socket::connect(api).await;
            socket.subscribe("news", document, variables).await;
            socket
        };
        let mut news = Self {
            schedules: subscribed("subscription { scheduleUpdated { title } }", Value::Null).await,
            log: subscribed(
                "subscription { logAppended { action parameter } }",
                Value::Null,
            )
            .await,
            runs: subscribed(
                "subscription { runChanged { taskName status } }",
                Value::Null,
            )
            .await,
            output: subscribed(
                "subscription ($id: ID!) { runOutput(id: $id) { text } }",
                json!({ "id": run }),
            )
            .await,
        };
        until(&mut news.output, "hello").await;
        news
    }

    /// Does one thing of each kind some times. Tells how long each took until it was seen.
    async fn after_deeds(
        &mut self,
        admin: &Api,
        talk: &Talk,
        times: usize,
    ) -> [(&'static str, Vec<Duration>); 4] {
        let mut latencies = [const { Vec::new() }; 4];
        for _ in 0..times {
            let name = Uuid::new_v4().to_string();

            admin.open_schedule(&name).await;
            let done = Instant::now();
            until(&mut self.schedules, &name).await;
            latencies[0].push(done.elapsed());

            let reminder = json!({ "name": name, "scheduledTime": "2999-01-01T00:00:00Z" });
            admin.create_task(reminder).await.data("");
            let done = Instant::now();
            until(&mut self.log, &name).await;
            latencies[1].push(done.elapsed());

            admin.run_task(&name).await.data("");
            let done = Instant::now();
            until(&mut self.runs, &name).await;
            latencies[2].push(done.elapsed());

            let done = Instant::now();
            talk.say(&name);
            until(&mut self.output, &name).await;
            latencies[3].push(done.elapsed());
        }
        let mut latencies = latencies.into_iter();
        ["schedules", "the log", "runs", "output"]
            .map(|what| (what, latencies.next().expect("four kinds")))
    }
}

/// Waits until a message has these words.
async fn until(socket: &mut Socket, words: &str) {
    let words_come = async { while !socket.next().await.to_string().contains(words) {} };
    within(words, PATIENCE, words_come).await;
}
