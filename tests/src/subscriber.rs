//! A subscriber as the dashboard is one: it follows a schedule through lost connections, dead servers and databases that are
//! away, each time resuming from the last revision it saw.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::api::{Api, ResultStatus, ScheduleStatus};
use crate::socket::{Message, Socket};
use crate::wait::eventually;

/// The subscription, with as much of a result as a subscriber needs to tell changes apart.
pub const SCHEDULE_CHANGES: &str = "subscription ($name: UUID!, $after: Int) {
    scheduleChanges(name: $name, after: $after) {
        revision
        schedule { status revision }
        results { id script attempt status revision }
    }
}";

/// How long a dead server may take to come back.
const OUTAGE: Duration = Duration::from_secs(90);

/// Follows one schedule until it is dropped.
pub struct ResilientSubscriber {
    feed: Arc<Mutex<Feed>>,
    following: JoinHandle<()>,
}

/// All that a subscriber saw.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    /// The revision of the last message.
    pub revision: i64,
    /// The schedule's status in the last message.
    pub status: Option<ScheduleStatus>,
    /// How often it had to connect.
    pub connections: usize,
    /// Every change of a result, in the order in which it was seen.
    pub sightings: Vec<Sighting>,
    /// What the feed must never do, and did.
    pub violations: Vec<String>,
}

/// One change of one result, as it was seen.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[expect(missing_docs, reason = "the schema describes the fields")]
pub struct Sighting {
    pub id: String,
    pub script: String,
    pub attempt: i64,
    pub status: ResultStatus,
    pub revision: i64,
}

/// One message of the feed.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the schema describes the fields")]
pub struct Change {
    pub revision: i64,
    pub schedule: ChangedSchedule,
    pub results: Vec<Sighting>,
}

/// The schedule in a message of the feed.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the schema describes the fields")]
pub struct ChangedSchedule {
    pub status: ScheduleStatus,
    pub revision: i64,
}

impl Change {
    /// Reads an execution result of the subscription.
    pub fn of(payload: &Value) -> Self {
        let change = payload["data"]["scheduleChanges"].clone();
        serde_json::from_value(change).unwrap_or_else(|error| panic!("{error} in {payload}"))
    }
}

impl Feed {
    /// The last sighting of each result, by its id.
    pub fn latest(&self) -> HashMap<&str, &Sighting> {
        self.sightings
            .iter()
            .map(|sighting| (sighting.id.as_str(), sighting))
            .collect()
    }

    /// Takes a message in, and notes where it breaks the feed's promise: every result in a message was changed after
    /// the message before, and not after this one.
    fn take(&mut self, change: Change) {
        if change.revision <= self.revision && self.status.is_some() && !change.results.is_empty() {
            self.violations.push(format!(
                "from {} back to {}",
                self.revision, change.revision
            ));
        }
        for sighting in &change.results {
            if sighting.revision <= self.revision || sighting.revision > change.revision {
                let span = (self.revision, change.revision);
                self.violations
                    .push(format!("{sighting:?} is outside of {span:?}"));
            }
        }
        self.revision = change.revision;
        self.status = Some(change.schedule.status);
        self.sightings.extend(change.results);
    }
}

impl ResilientSubscriber {
    /// Starts to follow a schedule, from its beginning, as the given client.
    pub fn follow(api: &Api, schedule: Uuid) -> Self {
        let feed = Arc::new(Mutex::new(Feed::default()));
        let following = tokio::spawn(follow(api.clone(), schedule, Arc::clone(&feed)));
        Self { feed, following }
    }

    /// What it saw so far.
    pub fn feed(&self) -> Feed {
        lock(&self.feed).clone()
    }

    /// Waits until it has seen a revision, and tells all that it saw.
    pub async fn has_seen(&self, revision: i64, deadline: Duration) -> Feed {
        eventually(
            &format!("the subscriber sees revision {revision}"),
            deadline,
            || async {
                assert!(!self.following.is_finished(), "the subscriber gave up");
                let seen = lock(&self.feed).revision;
                (seen >= revision).then(|| self.feed())
            },
        )
        .await
    }
}

impl Drop for ResilientSubscriber {
    fn drop(&mut self) {
        self.following.abort();
    }
}

async fn follow(api: Api, schedule: Uuid, feed: Arc<Mutex<Feed>>) {
    loop {
        let mut socket = eventually("the server takes a socket", OUTAGE, || {
            Socket::try_connect(&api)
        })
        .await;
        lock(&feed).connections += 1;
        let variables = json!({ "name": schedule, "after": lock(&feed).revision });
        if socket
            .try_subscribe("changes", SCHEDULE_CHANGES, variables)
            .await
            .is_ok()
        {
            listen(&mut socket, &feed).await;
        }
    }
}

/// Takes messages in until the connection is lost, or the server says that its database is away.
async fn listen(socket: &mut Socket, feed: &Mutex<Feed>) {
    loop {
        match socket.listen().await {
            Message::Next { payload, .. } if is_unavailable(&payload["errors"]) => return,
            Message::Next { payload, .. } => lock(feed).take(Change::of(&payload)),
            Message::Error { payload, .. } if is_unavailable(&payload) => return,
            Message::Closed(_) => return,
            other => panic!("the feed of a schedule that exists does not end: {other:?}"),
        }
    }
}

fn is_unavailable(errors: &Value) -> bool {
    errors[0]["extensions"]["code"] == "UNAVAILABLE"
}

fn lock(feed: &Mutex<Feed>) -> MutexGuard<'_, Feed> {
    feed.lock().unwrap_or_else(PoisonError::into_inner)
}
