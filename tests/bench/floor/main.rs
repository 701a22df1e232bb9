//! The floor: the least program that does the same durable work.
//!
//! Plain SQL through the same driver, one transaction for all reports that wait, and none of what makes a server of it: no
//! GraphQL, no roles, no checks beyond the types, no subscribers, no retries. Nothing that keeps Daybook's promise can be
//! much faster, so it tells how much of the time is ours.

mod group;
mod store;

use std::{net::Ipv4Addr, sync::Arc};

use anyhow::{Context, Result};
use axum::{
    Json, Router,
    extract::{Request, State},
    http::{StatusCode, header::AUTHORIZATION},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};
use uuid::Uuid;

use group::{Committed, Job};
use store::Store;

/// How many submissions may wait.
const QUEUE: usize = 4_096;

/// A report, with the schedule beside it where it comes alone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    schedule: Option<Uuid>,
    script: String,
    status: Status,
    duration_ms: Option<i32>,
    message: Option<String>,
    key: Uuid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Running,
    Pass,
    Fail,
    Block,
    Error,
    Skip,
}

impl Status {
    /// As it is stored, and the name of its counter in lower case.
    fn text(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Block => "BLOCK",
            Self::Error => "ERROR",
            Self::Skip => "SKIP",
        }
    }
}

#[derive(Deserialize)]
struct Batch {
    schedule: Uuid,
    results: Vec<Report>,
}

#[derive(Deserialize)]
struct NewSchedule {
    name: Uuid,
    title: String,
    labels: Vec<Label>,
}

#[derive(Deserialize)]
struct Label {
    key: String,
    value: String,
}

#[derive(Serialize)]
struct Created {
    name: Uuid,
    revision: i32,
}

#[derive(Serialize)]
struct Revised {
    revision: i32,
}

#[derive(Serialize)]
struct Reported {
    result: Stored,
    schedule: Revised,
}

#[derive(Serialize)]
struct Stored {
    script: String,
    attempt: i32,
    status: Status,
}

#[derive(Serialize)]
struct Taken {
    accepted: usize,
    duplicates: usize,
    schedule: Revised,
}

#[derive(Clone)]
struct Floor {
    authorization: Arc<str>,
    store: Store,
    queue: mpsc::Sender<Job>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let setting = |name| std::env::var(name).with_context(|| format!("{name} is not set"));
    let store = Store::open(&setting("BENCH_DATABASE")?).await?;
    let (queue, jobs) = mpsc::channel(QUEUE);
    tokio::spawn(group::work(store.clone(), jobs));
    let floor = Floor {
        authorization: format!("Bearer {}", setting("BENCH_TOKEN")?).into(),
        store,
        queue,
    };
    let port = setting("BENCH_PORT")?.parse()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let routes = Router::new()
        .route("/schedules", post(create))
        .route("/results", post(report))
        .route("/results/batch", post(batch))
        .layer(middleware::from_fn_with_state(floor.clone(), admit))
        .route("/healthz", get(async || "ok"))
        .with_state(floor);
    Ok(axum::serve(listener, routes).await?)
}

async fn admit(State(floor): State<Floor>, request: Request, next: Next) -> Response {
    let shown = request.headers().get(AUTHORIZATION);
    if shown.is_some_and(|shown| shown.as_bytes() == floor.authorization.as_bytes()) {
        next.run(request).await
    } else {
        StatusCode::UNAUTHORIZED.into_response()
    }
}

async fn create(
    State(floor): State<Floor>,
    Json(new): Json<NewSchedule>,
) -> Result<Json<Created>, Failed> {
    floor.store.create(&new).await?;
    Ok(Json(Created {
        name: new.name,
        revision: 0,
    }))
}

async fn report(
    State(floor): State<Floor>,
    Json(report): Json<Report>,
) -> Result<Json<Reported>, Failed> {
    let schedule = report.schedule.context("the schedule is missing")?;
    let (script, status) = (report.script.clone(), report.status);
    let committed = floor.submit(schedule, vec![report]).await?;
    Ok(Json(Reported {
        result: Stored {
            script,
            attempt: committed.first_attempt,
            status,
        },
        schedule: Revised {
            revision: committed.revision,
        },
    }))
}

async fn batch(
    State(floor): State<Floor>,
    Json(batch): Json<Batch>,
) -> Result<Json<Taken>, Failed> {
    let committed = floor.submit(batch.schedule, batch.results).await?;
    Ok(Json(Taken {
        accepted: committed.accepted,
        duplicates: committed.duplicates,
        schedule: Revised {
            revision: committed.revision,
        },
    }))
}

impl Floor {
    async fn submit(&self, schedule: Uuid, reports: Vec<Report>) -> Result<Committed> {
        let (answer, answered) = oneshot::channel();
        let job = Job {
            schedule,
            reports,
            answer,
        };
        self.queue.send(job).await?;
        answered.await?
    }
}

/// Whatever goes wrong. Nobody but the benchmark asks, and it stops at the first.
struct Failed(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, format!("{:#}", self.0)).into_response()
    }
}
