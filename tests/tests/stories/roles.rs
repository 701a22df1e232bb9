//! Each field and each mutation, for each role and for no role at all, from one table.
//!
//! The table is held against the schema that the server describes itself with: a new field that is not in it fails these
//! stories, so that nobody forgets to decide who may see it.

use std::collections::{BTreeMap, BTreeSet};

use daybook_tests::socket::Message;
use daybook_tests::{
    Api, Credential, PATIENCE, Report, ResultStatus, Role, Socket, TestApp, eventually,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// Who may.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum May {
    /// Everybody with a role.
    View,
    /// Reporters and above.
    Report,
    /// The reporter that the schedule belongs to; operators and above for anyone's.
    Own,
    /// Operators and above.
    Operate,
    /// Administrators.
    Administer,
    /// The client itself, and administrators.
    Themselves,
}

/// Who asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Caller {
    Anonymous,
    Viewer,
    OtherReporter,
    Owner,
    Operator,
    Admin,
}

const CALLERS: [Caller; 6] = [
    Caller::Anonymous,
    Caller::Viewer,
    Caller::OtherReporter,
    Caller::Owner,
    Caller::Operator,
    Caller::Admin,
];

/// The root fields, each with who may use it, and how it is used on a scene. One that takes more from some people than
/// from others is there once for each of them.
const OPERATIONS: &[(&str, May, &str)] = &[
    ("Query.viewer", May::View, "viewer"),
    ("Query.health", May::View, "health"),
    ("Query.node", May::View, "node(id: $result)"),
    ("Query.result", May::View, "result(id: $result)"),
    ("Query.schedule", May::View, "schedule(name: $open)"),
    ("Query.schedules", May::View, "schedules(first: 1)"),
    (
        "Query.latestClosedSchedules",
        May::View,
        "latestClosedSchedules(since: $moment)",
    ),
    ("Query.script", May::View, "script(name: \"login\")"),
    ("Query.scripts", May::View, "scripts(first: 1)"),
    ("Query.statistics", May::View, "statistics(to: $moment)"),
    ("Query.policies", May::View, "policies"),
    (
        "Query.plan",
        May::View,
        "plan(input: { t0: $moment, t1: $moment, policy: \"dummy\" })",
    ),
    ("Query.clients", May::Administer, "clients(first: 1)"),
    ("Query.logs", May::View, "logs(first: 1)"),
    ("Query.task", May::View, "task(name: $task)"),
    ("Query.tasks", May::View, "tasks(first: 1)"),
    ("Query.run", May::View, "run(id: $run)"),
    ("Query.runs", May::View, "runs(first: 1)"),
    ("Query.commands", May::View, "commands"),
    ("Query.backups", May::View, "backups(first: 1)"),
    (
        "Query.previewTask",
        May::View,
        "previewTask(input: { localTime: \"2999-01-01T00:00\" })",
    ),
    (
        "Mutation.createTask",
        May::Operate,
        "createTask(input: { name: $new, scheduledTime: \"2999-01-01T00:00:00Z\" })",
    ),
    (
        "Mutation.updateTask",
        May::Operate,
        "updateTask(input: { name: $task, enabled: false })",
    ),
    (
        "Mutation.deleteTask",
        May::Operate,
        "deleteTask(name: $task)",
    ),
    ("Mutation.runTask", May::Operate, "runTask(name: $task)"),
    (
        "Mutation.runBackup",
        May::Operate,
        "runBackup(input: { source: \"fixtures\" })",
    ),
    (
        "Mutation.cancelRun",
        May::Operate,
        "cancelRun(id: $waiting)",
    ),
    (
        "Mutation.createSchedule",
        May::Report,
        "createSchedule(input: { title: \"another\" })",
    ),
    (
        "Mutation.createSchedule",
        May::Report,
        "createSchedule(input: { plan: { t0: $moment, t1: $moment, policy: \"dummy\" } })",
    ),
    (
        "Mutation.createSchedule",
        May::Administer,
        "createSchedule(input: { title: \"history\", createdTime: $moment })",
    ),
    (
        "Mutation.reportResult",
        May::Own,
        "reportResult(input: { schedule: $open, script: \"logout\", status: PASS })",
    ),
    (
        "Mutation.reportResult",
        May::Administer,
        "reportResult(input: { schedule: $open, script: \"logout\", status: PASS, submittedTime: $moment })",
    ),
    (
        "Mutation.reportResults",
        May::Own,
        "reportResults(input: { schedule: $open, results: [{ script: \"logout\", status: PASS }] })",
    ),
    (
        "Mutation.reportResults",
        May::Administer,
        "reportResults(input: { schedule: $open, results: [{ script: \"logout\", status: PASS, submittedTime: $moment }] })",
    ),
    (
        "Mutation.importJunit",
        May::Own,
        "importJunit(input: { schedule: $open, xml: \"<testsuite><testcase name='logout'/></testsuite>\" })",
    ),
    (
        "Mutation.closeSchedule",
        May::Own,
        "closeSchedule(input: { name: $open })",
    ),
    (
        "Mutation.closeSchedule",
        May::Administer,
        "closeSchedule(input: { name: $open, closedTime: $moment })",
    ),
    ("Mutation.closeMySchedules", May::Report, "closeMySchedules"),
    (
        "Mutation.updateSchedule",
        May::Own,
        "updateSchedule(input: { name: $open, title: \"renamed\" })",
    ),
    (
        "Mutation.reopenSchedule",
        May::Operate,
        "reopenSchedule(input: { name: $closed, reason: \"one more\" })",
    ),
    (
        "Mutation.amendResult",
        May::Administer,
        "amendResult(input: { id: $result, status: PASS, reason: \"the rig was broken\" })",
    ),
    (
        "Mutation.deleteSchedule",
        May::Administer,
        "deleteSchedule(name: $open)",
    ),
    (
        "Mutation.createClient",
        May::Administer,
        "createClient(input: { name: $new, role: VIEWER })",
    ),
    (
        "Mutation.rotateClientToken",
        May::Administer,
        "rotateClientToken(name: $bystander)",
    ),
    (
        "Mutation.revokeClient",
        May::Administer,
        "revokeClient(name: $bystander)",
    ),
    (
        "Subscription.scheduleChanges",
        May::View,
        "scheduleChanges(name: $open)",
    ),
    ("Subscription.scheduleUpdated", May::View, "scheduleUpdated"),
    ("Subscription.healthChanged", May::View, "healthChanged"),
    ("Subscription.logAppended", May::View, "logAppended"),
    (
        "Subscription.runChanged",
        May::View,
        "runChanged(task: $task)",
    ),
    ("Subscription.runOutput", May::View, "runOutput(id: $busy)"),
];

/// A type that holds what people look at.
struct Noun {
    name: &'static str,
    /// How one of them is reached on a scene.
    way: &'static str,
    /// The fields that everybody with a role may see.
    for_all: &'static [&'static str],
    /// The fields that are only for the client itself and for administrators.
    for_themselves: &'static [&'static str],
}

const NOUNS: &[Noun] = &[
    Noun {
        name: "Schedule",
        way: "schedule(name: $open) { FIELD }",
        for_all: &[
            "id",
            "name",
            "title",
            "status",
            "client",
            "labels",
            "createdTime",
            "lastModifyTime",
            "closedTime",
            "revision",
            "leaseSeconds",
            "progress",
            "missing",
            "plan",
            "results",
            "comparison",
            "previous",
            "sincePrevious",
        ],
        for_themselves: &[],
    },
    Noun {
        name: "Health",
        way: "health { FIELD }",
        for_all: &["database", "since"],
        for_themselves: &[],
    },
    Noun {
        name: "Progress",
        way: "schedule(name: $open) { progress { FIELD } }",
        for_all: &[
            "expected",
            "reported",
            "running",
            "pass",
            "fail",
            "block",
            "error",
            "skip",
            "percent",
            "remainingSeconds",
        ],
        for_themselves: &[],
    },
    Noun {
        name: "Label",
        way: "schedule(name: $open) { labels { FIELD } }",
        for_all: &["key", "value"],
        for_themselves: &[],
    },
    Noun {
        name: "Result",
        way: "schedule(name: $open) { results { nodes { FIELD } } }",
        for_all: &[
            "id",
            "schedule",
            "script",
            "status",
            "attempt",
            "message",
            "output",
            "durationMs",
            "startedTime",
            "submittedTime",
            "revision",
            "corrections",
        ],
        for_themselves: &[],
    },
    Noun {
        name: "Correction",
        way: "schedule(name: $open) { results { nodes { corrections { FIELD } } } }",
        for_all: &["from", "to", "reason", "by", "time"],
        for_themselves: &[],
    },
    Noun {
        name: "Comparison",
        way: "schedule(name: $open) { comparison(with: $closed) { FIELD } }",
        for_all: &[
            "base",
            "newlyFailing",
            "fixed",
            "stillFailing",
            "added",
            "removed",
            "slower",
        ],
        for_themselves: &[],
    },
    Noun {
        name: "Slowdown",
        way: "schedule(name: $open) { comparison(with: $closed) { slower { FIELD } } }",
        for_all: &["script", "beforeMs", "afterMs"],
        for_themselves: &[],
    },
    Noun {
        name: "Script",
        way: "script(name: \"login\") { FIELD }",
        for_all: &[
            "name",
            "history",
            "runs",
            "passRate",
            "flips",
            "flaky",
            "medianDurationMs",
        ],
        for_themselves: &[],
    },
    Noun {
        name: "Task",
        way: "task(name: $task) { FIELD }",
        for_all: &[
            "id",
            "number",
            "name",
            "scheduledTime",
            "localTime",
            "recurrence",
            "timeZone",
            "enabled",
            "action",
            "overlapPolicy",
            "catchUpPolicy",
            "monthEndPolicy",
            "timeoutSeconds",
            "maxAttempts",
            "nextTime",
            "nextTimes",
            "slots",
            "lastRun",
            "runs",
            "createdTime",
            "lastModifyTime",
        ],
        for_themselves: &[],
    },
    Noun {
        name: "Slot",
        way: "task(name: $task) { slots { FIELD } }",
        for_all: &["time", "localTime", "remarks"],
        for_themselves: &[],
    },
    Noun {
        name: "TaskPreview",
        way: "previewTask(input: { localTime: \"2999-01-01T00:00\" }) { FIELD }",
        for_all: &["scheduledTime", "slots"],
        for_themselves: &[],
    },
    Noun {
        name: "Reminder",
        way: "task(name: $task) { action { ... on Reminder { FIELD } } }",
        for_all: &["note"],
        for_themselves: &[],
    },
    Noun {
        name: "Run",
        way: "run(id: $busy) { FIELD }",
        for_all: &[
            "id",
            "task",
            "taskName",
            "action",
            "slotTime",
            "trigger",
            "status",
            "reason",
            "attempt",
            "startedTime",
            "finishedTime",
            "exitCode",
            "percent",
            "output",
            "backup",
            "schedule",
        ],
        for_themselves: &[],
    },
    Noun {
        name: "BackupAction",
        way: "run(id: $backup) { action { ... on BackupAction { FIELD } } }",
        for_all: &["source"],
        for_themselves: &[],
    },
    Noun {
        name: "Backup",
        way: "run(id: $backup) { backup { FIELD } }",
        for_all: &[
            "id",
            "source",
            "file",
            "sizeBytes",
            "fileCount",
            "sha256",
            "createdTime",
        ],
        for_themselves: &[],
    },
    Noun {
        name: "CommandAction",
        way: "run(id: $busy) { action { ... on CommandAction { FIELD } } }",
        for_all: &["command", "arguments"],
        for_themselves: &[],
    },
    Noun {
        name: "ScheduleAction",
        way: "run(id: $planned) { action { ... on ScheduleAction { FIELD } } }",
        for_all: &["policy", "config", "windowSeconds", "title"],
        for_themselves: &[],
    },
    Noun {
        name: "OutputLine",
        way: "run(id: $busy) { output { FIELD } }",
        for_all: &["seq", "stream", "text", "time"],
        for_themselves: &[],
    },
    Noun {
        name: "LogEntry",
        way: "logs(first: 1, filter: { client: \"owner\" }) { nodes { FIELD } }",
        for_all: &[
            "id",
            "number",
            "date",
            "action",
            "parameter",
            "status",
            "client",
            "message",
        ],
        for_themselves: &[],
    },
    Noun {
        name: "Policy",
        way: "policies { FIELD }",
        for_all: &["name", "description", "defaultConfig"],
        for_themselves: &[],
    },
    Noun {
        name: "Plan",
        way: "schedule(name: $open) { plan { FIELD } }",
        for_all: &[
            "policy",
            "t0",
            "t1",
            "commands",
            "steps",
            "considered",
            "kept",
            "dropped",
        ],
        for_themselves: &[],
    },
    Noun {
        name: "PlanStep",
        way: "schedule(name: $open) { plan { steps { FIELD } } }",
        for_all: &["name", "startTime", "endTime", "commands"],
        for_themselves: &[],
    },
    Noun {
        name: "PlanBlock",
        way: "schedule(name: $open) { plan { considered { FIELD } } }",
        for_all: &["lane", "name", "startTime", "endTime"],
        for_themselves: &[],
    },
    Noun {
        name: "DroppedBlock",
        way: "schedule(name: $open) { plan { dropped { FIELD } } }",
        for_all: &["name", "startTime", "endTime", "rule"],
        for_themselves: &[],
    },
    Noun {
        name: "Statistics",
        way: "statistics { FIELD }",
        for_all: &[
            "from",
            "to",
            "numberOfBackups",
            "successfulBackups",
            "failedBackups",
            "actions",
            "activity",
            "days",
        ],
        for_themselves: &[],
    },
    Noun {
        name: "ActionCount",
        way: "statistics { actions { FIELD } }",
        for_all: &["action", "success", "error"],
        for_themselves: &[],
    },
    Noun {
        name: "DayActivity",
        way: "statistics { activity { FIELD } }",
        for_all: &["date", "success", "error"],
        for_themselves: &[],
    },
    Noun {
        name: "DayCount",
        way: "statistics { days { FIELD } }",
        for_all: &[
            "date",
            "schedules",
            "pass",
            "fail",
            "block",
            "error",
            "skip",
        ],
        for_themselves: &[],
    },
    Noun {
        name: "Client",
        way: "schedule(name: $open) { client { FIELD } }",
        for_all: &["id", "name", "role"],
        for_themselves: &["tokenPrefix", "createdTime", "lastUsedTime", "revokedTime"],
    },
];

impl Noun {
    /// All fields, each with who may see it.
    fn fields(&self) -> impl Iterator<Item = (&'static str, May)> {
        let for_all = self.for_all.iter().map(|field| (*field, May::View));
        for_all.chain(
            self.for_themselves
                .iter()
                .map(|field| (*field, May::Themselves)),
        )
    }
}

/// Types without a rule of their own: what is in them is as visible as they are.
fn is_wrapper(name: &str) -> bool {
    ["PageInfo", "ScheduleChange"].contains(&name)
        || ["Payload", "Connection", "Edge"]
            .iter()
            .any(|ending| name.ends_with(ending))
}

/// The code with which a caller is refused, or `None` where it is allowed.
fn refusal(may: May, caller: Caller) -> Option<&'static str> {
    let allowed = match caller {
        Caller::Anonymous => return Some("UNAUTHENTICATED"),
        Caller::Viewer => may == May::View,
        Caller::OtherReporter => matches!(may, May::View | May::Report),
        Caller::Owner => matches!(may, May::View | May::Report | May::Own | May::Themselves),
        Caller::Operator => matches!(may, May::View | May::Report | May::Own | May::Operate),
        Caller::Admin => true,
    };
    (!allowed).then_some("FORBIDDEN")
}

/// The table has a row for each field that the server describes, and no other.
#[tokio::test(flavor = "multi_thread")]
async fn the_table_is_complete() {
    let app = TestApp::sqlite().await;
    let schema = Schema::of(&app.admin()).await;

    let described: BTreeSet<String> = schema
        .objects
        .iter()
        .filter(|(name, _)| !is_wrapper(name))
        .flat_map(|(name, fields)| fields.keys().map(move |field| format!("{name}.{field}")))
        .collect();
    let roots = OPERATIONS.iter().map(|(name, _, _)| (*name).to_owned());
    let nouns = NOUNS.iter().flat_map(|noun| {
        noun.fields()
            .map(|(field, _)| format!("{}.{field}", noun.name))
    });
    let table: BTreeSet<String> = roots.chain(nouns).collect();

    assert_eq!(
        described.difference(&table).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "not in the table yet"
    );
    assert_eq!(
        table.difference(&described).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "not in the schema any more"
    );
}

/// Queries and mutations, each on a scene of its own; what is refused has changed nothing.
#[tokio::test(flavor = "multi_thread")]
async fn operations() {
    let cast = Cast::assemble().await;
    let schema = Schema::of(&cast.app.admin()).await;
    for (name, may, usage) in OPERATIONS
        .iter()
        .filter(|(name, ..)| !name.starts_with("Subscription"))
    {
        let (root, field) = name.split_once('.').expect("Type.field");
        let selection = schema.selection(root, field);
        for caller in CALLERS {
            let scene = Scene::set(&cast).await;
            let document = format!("{} {{ {usage} {selection} }}", root.to_lowercase());

            let answer = cast
                .speaker(caller)
                .query(&scene.fill(&document), json!({}))
                .await;

            assert_eq!(
                answer.refusal().as_deref(),
                refusal(*may, caller),
                "{name} by {caller:?}: {answer:?}"
            );
            if answer.refusal().is_some() {
                scene.is_unchanged(&cast).await;
            }
        }
    }
}

/// Subscriptions; who has no credential doesn't even get a socket to ask on.
#[tokio::test(flavor = "multi_thread")]
async fn subscriptions() {
    let cast = Cast::assemble().await;
    let schema = Schema::of(&cast.app.admin()).await;
    let scene = Scene::set(&cast).await;
    for (name, may, usage) in OPERATIONS
        .iter()
        .filter(|(name, ..)| name.starts_with("Subscription"))
    {
        let (root, field) = name.split_once('.').expect("Type.field");
        let document = scene.fill(&format!(
            "subscription {{ {usage} {} }}",
            schema.selection(root, field)
        ));
        for caller in CALLERS {
            if caller == Caller::Anonymous {
                let mut socket = Socket::open(cast.app.address()).await;
                socket.send(json!({ "type": "connection_init" })).await;
                assert_eq!(socket.closed().await, Some(4403), "{name}");
                continue;
            }
            assert_eq!(
                refusal(*may, caller),
                None,
                "a subscription that only some may use needs its own check here"
            );
            let mut socket = Socket::connect(&cast.speaker(caller)).await;
            socket.subscribe("1", &document, Value::Null).await;
            let message = socket.receive_answer().await;
            let shown = matches!(&message, Message::Next { payload, .. } if payload.get("errors").is_none());
            assert!(shown, "{name} by {caller:?}: {message:?}");
        }
    }
}

/// The fields of everything that can be looked at.
#[tokio::test(flavor = "multi_thread")]
async fn fields() {
    let cast = Cast::assemble().await;
    let schema = Schema::of(&cast.app.admin()).await;
    let scene = Scene::set(&cast).await;
    for noun in NOUNS {
        for (field, may) in noun.fields() {
            let arguments = if field == "comparison" {
                "(with: $closed)"
            } else {
                ""
            };
            let selection = schema.selection(noun.name, field);
            let document = format!(
                "{{ {} }}",
                noun.way
                    .replace("FIELD", &format!("{field}{arguments} {selection}"))
            );
            for caller in CALLERS {
                let answer = cast
                    .speaker(caller)
                    .query(&scene.fill(&document), json!({}))
                    .await;

                let what = format!("{}.{field} by {caller:?}: {answer:?}", noun.name);
                assert_eq!(answer.refusal().as_deref(), refusal(may, caller), "{what}");
                if answer.refusal().is_none() {
                    assert!(
                        answer.text.contains(&format!("\"{field}\":")),
                        "not reached: {what}"
                    );
                }
            }
        }
    }
}

/// The task whose run goes on all the time. Others of its runs wait for that one.
const BUSY: &str = "busy";

/// One client for each caller, a run that goes on all the time, one that has made a backup, and one that has opened a
/// schedule.
struct Cast {
    app: TestApp,
    busy: String,
    backup: String,
    planned: String,
    viewer: Api,
    other: Api,
    owner: Api,
    operator: Api,
}

impl Cast {
    async fn assemble() -> Self {
        let app = TestApp::sqlite().await;
        let admin = app.admin();
        let input = json!({
            "name": BUSY, "scheduledTime": "2999-01-01T00:00:00Z", "overlapPolicy": "QUEUE",
            "action": { "command": { "command": "sh", "arguments": ["echo begun; exec sleep 600"] } },
        });
        admin.create_task(input).await.data("");
        let busy: String = admin.run_task(BUSY).await.parse("/runTask/run/id");
        eventually("the run has written its line", PATIENCE, || async {
            (!admin.lines_of(&busy).await.is_empty()).then_some(())
        })
        .await;
        let backup = admin.backed_up("fixtures").await;
        let input = json!({
            "name": "plan", "scheduledTime": "2999-01-01T00:00:00Z",
            "action": { "schedule": { "policy": "dummy", "windowSeconds": 60 } },
        });
        admin.create_task(input).await.data("");
        let planned: String = admin.run_task("plan").await.parse("/runTask/run/id");
        admin.ended(&planned).await;
        Self {
            busy,
            backup: backup.id,
            planned,
            viewer: admin.create_client("viewer", Role::Viewer).await,
            other: admin.create_client("other", Role::Reporter).await,
            owner: admin.create_client("owner", Role::Reporter).await,
            operator: admin.create_client("operator", Role::Operator).await,
            app,
        }
    }

    fn speaker(&self, caller: Caller) -> Api {
        match caller {
            Caller::Anonymous => self.viewer.with(Credential::Anonymous),
            Caller::Viewer => self.viewer.clone(),
            Caller::OtherReporter => self.other.clone(),
            Caller::Owner => self.owner.clone(),
            Caller::Operator => self.operator.clone(),
            Caller::Admin => self.app.admin(),
        }
    }
}

/// An open and a closed schedule of the owner, with something in each field, a client that nobody is, a task that has
/// run, and a run that waits.
struct Scene {
    open: Uuid,
    closed: Uuid,
    result: String,
    bystander: String,
    new: String,
    /// When all of that was done.
    moment: String,
    task: String,
    run: String,
    waiting: String,
    busy: String,
    backup: String,
    planned: String,
}

impl Scene {
    async fn set(cast: &Cast) -> Self {
        let closed = cast.owner.open_schedule("scene").await;
        cast.owner
            .reported(closed, Report::pass("login").duration_ms(1_000))
            .await;
        cast.owner.close(closed).await.data("");
        let input = json!({
            "title": "scene", "labels": [{ "key": "os", "value": "linux" }], "expected": ["login"], "plan": plan(),
        });
        let open: Uuid = cast
            .owner
            .open_schedule_with(input)
            .await
            .parse("/createSchedule/schedule/name");
        let result = cast
            .owner
            .reported(open, Report::fail("login").duration_ms(9_000))
            .await
            .id;
        cast.app
            .admin()
            .amend(&result, ResultStatus::Error, "looked at by hand")
            .await
            .data("");
        let bystander = format!("bystander {open}");
        cast.app
            .admin()
            .create_client(&bystander, Role::Viewer)
            .await;
        let moment = cast.owner.schedule(open).await.last_modify_time;
        let task = format!("task {open}");
        let operator = &cast.operator;
        let input = json!({ "name": task, "scheduledTime": "2999-01-01T00:00:00Z" });
        operator.create_task(input).await.data("");
        Self {
            run: operator.run_task(&task).await.parse("/runTask/run/id"),
            waiting: operator.run_task(BUSY).await.parse("/runTask/run/id"),
            busy: cast.busy.clone(),
            backup: cast.backup.clone(),
            planned: cast.planned.clone(),
            task,
            open,
            closed,
            result,
            bystander,
            new: format!("new {open}"),
            moment: moment.to_rfc3339(),
        }
    }

    /// Puts the scene's names in.
    fn fill(&self, document: &str) -> String {
        let (open, closed) = (self.open.to_string(), self.closed.to_string());
        [
            ("$open", &open),
            ("$closed", &closed),
            ("$result", &self.result),
            ("$bystander", &self.bystander),
            ("$new", &self.new),
            ("$moment", &self.moment),
            ("$task", &self.task),
            ("$run", &self.run),
            ("$waiting", &self.waiting),
            ("$busy", &self.busy),
            ("$backup", &self.backup),
            ("$planned", &self.planned),
        ]
        .iter()
        .fold(document.to_owned(), |text, (place, name)| {
            text.replace(place, &format!("\"{name}\""))
        })
    }

    async fn is_unchanged(&self, cast: &Cast) {
        let open = cast.owner.schedule(self.open).await;
        let closed = cast.owner.schedule(self.closed).await;
        assert_eq!(
            (open.revision, closed.revision),
            (2, 2),
            "a refused mutation changes nothing"
        );
        let runs = cast.operator.runs_of(&self.task).await;
        let waiting = cast.operator.run(&self.waiting).await;
        assert_eq!(
            (runs.len(), waiting.status.as_str()),
            (1, "QUEUED"),
            "a refused mutation changes nothing"
        );
    }
}

/// A plan with a step, and with something that was left out for being too short.
fn plan() -> Value {
    let block = |name: &str, t0: &str, t1: &str| json!({ "name": name, "t0": t0, "t1": t1, "az": 180, "alt": 50, "throw": 20 });
    json!({
        "t0": "2026-01-01T00:00:00Z", "t1": "2026-01-01T03:00:00Z", "policy": "basic",
        "config": {
            "blocks": [
                block("field", "2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z"),
                block("patch", "2026-01-01T02:00:00Z", "2026-01-01T02:01:00Z"),
            ],
            "calibration_targets": [],
            "rules": { "min-duration": { "min_duration": 600 } },
        },
    })
}

/// The object types that the server describes: their fields, each with the object that it holds, if it holds one.
struct Schema {
    objects: BTreeMap<String, BTreeMap<String, Option<String>>>,
}

impl Schema {
    async fn of(api: &Api) -> Self {
        let document = "{ __schema { types { kind name fields(includeDeprecated: true) { name type { ...T } } } } }
            fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }";
        let types = api.query(document, json!({})).await.data("/__schema/types");
        let objects = types
            .as_array()
            .expect("a list")
            .iter()
            .filter(|one| one["kind"] == "OBJECT" && !text(&one["name"]).starts_with("__"))
            .map(|one| (text(&one["name"]).to_owned(), fields_of(one)))
            .collect();
        Self { objects }
    }

    /// What to select of a field: all of what wraps something, and of the thing itself just its type.
    fn selection(&self, object: &str, field: &str) -> String {
        let field_type = self
            .objects
            .get(object)
            .and_then(|fields| fields.get(field));
        match field_type.unwrap_or_else(|| panic!("the schema has no {object}.{field}")) {
            None => String::new(),
            Some(name) if is_wrapper(name) => {
                let fields = self.objects[name]
                    .keys()
                    .map(|field| format!("{field} {}", self.selection(name, field)));
                format!("{{ {} }}", fields.collect::<Vec<_>>().join(" "))
            }
            Some(_) => "{ __typename }".to_owned(),
        }
    }
}

fn fields_of(object: &Value) -> BTreeMap<String, Option<String>> {
    let fields = object["fields"].as_array().expect("an object has fields");
    fields
        .iter()
        .map(|field| (text(&field["name"]).to_owned(), object_type(&field["type"])))
        .collect()
}

/// The name of the object or interface in a type, through lists and non-nulls.
fn object_type(field_type: &Value) -> Option<String> {
    match text(&field_type["kind"]) {
        "LIST" | "NON_NULL" => object_type(&field_type["ofType"]),
        "OBJECT" | "INTERFACE" | "UNION" => Some(text(&field_type["name"]).to_owned()),
        _ => None,
    }
}

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
}
