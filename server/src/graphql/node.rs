//! Anything by its global id.

use async_graphql::{Context, ID, Interface, Object};

use super::{
    Asked,
    backup::{self, Backup},
    client::Client,
    error::Result,
    id::GlobalId,
    log::LogEntry,
    result::TestResult,
    run::{self, Run},
    schedule::Schedule,
    task::{self, Task},
};
use crate::domain::{client, log};

/// Something that can be fetched again by its id.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "The global id: opaque, and the same for ever."
))]
pub(super) enum Node {
    /// A client.
    Client(Client),
    /// A schedule.
    Schedule(Schedule),
    /// A result.
    Result(TestResult),
    /// An entry of the log.
    LogEntry(LogEntry),
    /// A task.
    Task(Task),
    /// A run.
    Run(Run),
    /// A backup.
    Backup(Backup),
}

#[derive(Default)]
pub(super) struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Whatever has this id; null where nothing has.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A global id, as any object's `id` shows it.")] id: ID,
    ) -> Result<Option<Node>> {
        let viewer = ctx.actor().viewer()?;
        let node = match GlobalId::decode(&id) {
            None => None,
            Some(GlobalId::Client(name)) => client::by_name(ctx.state(), &viewer, &name)
                .await?
                .map(|client| Node::Client(Client(client))),
            Some(GlobalId::Schedule(name)) => {
                let schedule = ctx.loader().load_one(name).await?;
                schedule.map(|schedule| Node::Schedule(Schedule(schedule)))
            }
            Some(GlobalId::Result(..)) => TestResult::by_id(ctx, &id).await?.map(Node::Result),
            Some(GlobalId::LogEntry(number)) => log::by_id(ctx.state(), &viewer, number)
                .await?
                .map(|entry| Node::LogEntry(LogEntry(entry))),
            Some(GlobalId::Task(guid)) => task::by_guid(ctx, guid).await?.map(Node::Task),
            Some(GlobalId::Run(guid)) => run::by_guid(ctx, guid).await?.map(Node::Run),
            Some(GlobalId::Backup(guid)) => backup::by_guid(ctx, guid).await?.map(Node::Backup),
        };
        Ok(node)
    }
}
