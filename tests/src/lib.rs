//! The harness of Daybook's end-to-end tests.
//!
//! A story starts a server on a database of its own, acts as people do (over HTTP, a WebSocket, in a browser), breaks
//! something on purpose, and looks at what is left. The parts here let it say so in a few lines. Rule of the house: a
//! part *does* things and *tells* what it saw, the story judges; and nobody sleeps, except in [`wait`].

// A statement of SeaORM is a future of many futures, and Clippy looks to the bottom of each.
#![recursion_limit = "256"]

pub mod api;
pub mod app;
pub mod browser;
pub mod database;
pub mod disk;
pub mod galera;
pub mod haproxy;
pub mod http;
pub mod moment;
pub mod nats;
pub mod ports;
pub mod process;
pub mod proxy;
pub mod reporters;
pub mod socket;
pub mod subscriber;
pub mod tool;
pub mod wait;

pub use api::{
    Api, Credential, Progress, Report, ResultRow, ResultStatus, Role, RunFacts, ScheduleFacts,
    ScheduleStatus,
};
pub use app::TestApp;
pub use browser::{Browser, LIVE, RECONNECTING};
pub use database::{Database, one_connection};
pub use disk::SmallDisk;
pub use galera::Galera;
pub use haproxy::HaProxy;
pub use http::Answer;
pub use moment::{days_ago, minutes_ago};
pub use nats::NatsServer;
pub use process::ServerProcess;
pub use proxy::CuttingProxy;
pub use reporters::Reporters;
pub use socket::Socket;
pub use subscriber::ResilientSubscriber;
pub use wait::{PATIENCE, eventually, within};

/// The token of the client `admin` in every story.
pub const ADMIN_TOKEN: &str = "the-admin-token-of-every-story";

/// Makes each named story, an `async fn(Database)`, two tests: `name::sqlite` and `name::mariadb`. An attribute before the
/// name is that of both.
#[macro_export]
macro_rules! on_both_databases {
    ($($(#[$attribute:meta])* $story:ident),+ $(,)?) => {$(
        mod $story {
            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                super::$story($crate::Database::sqlite()).await;
            }

            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread")]
            async fn mariadb() {
                super::$story($crate::Database::mariadb().await).await;
            }
        }
    )+};
}
