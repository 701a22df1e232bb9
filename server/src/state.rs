//! What a running server holds: everything that a request may need, and nothing that it can't lose.

use std::sync::Arc;

use entity::Guid;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    clock::Clock,
    config::Config,
    db::Db,
    domain::{
        auth::Directory,
        feed::SharedReads,
        health,
        policy::Planner,
        report::{Tools, Writer},
        runner::Running,
        scheduler::Pulse,
    },
    events::Events,
    metrics::Metrics,
    throttle::Throttle,
};

/// The state of a server, shared by all of its requests.
#[derive(Clone, Debug)]
pub struct State(Arc<Inner>);

/// See [`State`].
#[derive(Debug)]
pub struct Inner {
    /// This server process, as the leases of its runs name it. Another one at each start.
    pub process: Guid,
    /// The time that tasks fall due by.
    pub clock: Clock,
    /// What operators see in numbers.
    pub metrics: Arc<Metrics>,
    /// Who asks too often.
    pub throttle: Throttle,
    /// The settings.
    pub config: Config,
    /// The database.
    pub db: Db,
    /// How it is.
    pub health: health::Seen,
    /// Who is told of changes.
    pub events: Arc<Events>,
    /// Those that write results, for all who report them.
    pub writer: Writer,
    /// Who is who.
    pub directory: Directory,
    /// Where plans are made.
    pub planner: Planner,
    /// What subscribers of one schedule read together.
    pub reads: SharedReads,
    /// Since when this process lives without a pause.
    pub pulse: Pulse,
    /// The runs that this process is at.
    pub running: Running,
    /// Cancelled when the server is to stop.
    pub stopping: CancellationToken,
    /// What the server does in the background, waited for at the end.
    pub background: TaskTracker,
}

impl State {
    /// The state of a server that starts on an open, migrated database.
    pub fn new(clock: Clock, config: Config, db: Db, stopping: CancellationToken) -> Self {
        let events = Arc::new(Events::new());
        let metrics = Arc::new(Metrics::new(config.event_bus.is_some()));
        let background = TaskTracker::new();
        let tools = Tools {
            db: db.clone(),
            events: Arc::clone(&events),
            metrics: Arc::clone(&metrics),
        };
        Self(Arc::new(Inner {
            writer: Writer::start(&tools, config.limits.write_queue, &background),
            throttle: Throttle::new(&config.limits, Arc::clone(&metrics)),
            metrics,
            directory: Directory::new(config.admin_token.clone()),
            planner: Planner::new(),
            reads: SharedReads::new(),
            health: health::Seen::new(),
            process: Guid(Uuid::new_v4()),
            pulse: Pulse::default(),
            running: Running::default(),
            clock,
            config,
            db,
            events,
            stopping,
            background,
        }))
    }
}

impl std::ops::Deref for State {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
