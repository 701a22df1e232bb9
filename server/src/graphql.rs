//! GraphQL: the schema, and how a request is answered.
//!
//! Rule of the house: a resolver translates, it never decides. No SQL here, and no rules; both are `domain`'s. The roots
//! are merged from one small struct a noun.

mod action;
mod backup;
mod batch;
mod client;
mod comparison;
mod connection;
pub mod documents;
pub mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod health;
mod id;
pub mod json;
pub mod limits;
mod loaders;
mod log;
mod node;
mod page;
mod plain;
mod plan;
pub mod request;
mod result;
mod run;
mod scalar;
mod schedule;
mod script;
mod slot;
mod statistics;
mod subscription;
mod task;
mod variables;

use async_graphql::{
    Context, MergedObject, MergedSubscription, Request, SDLExportOptions, ValidationMode,
};

use crate::{
    config::{Config, Limits},
    domain::actor::Actor,
    state::State,
};
use batch::Loader;
use connection::Connection;
use loaders::Batch;

/// Everything that can be asked for.
#[derive(MergedObject, Default)]
pub struct Query(
    backup::BackupQuery,
    client::ClientQuery,
    health::HealthQuery,
    log::LogQuery,
    node::NodeQuery,
    plan::PlanQuery,
    result::ResultQuery,
    schedule::ScheduleQuery,
    script::ScriptQuery,
    statistics::StatisticsQuery,
    task::TaskQuery,
    slot::SlotQuery,
    run::RunQuery,
);

/// Everything that can be done. Every mutation but the reports of results leaves an entry in the log.
#[derive(MergedObject, Default)]
pub struct Mutation(
    schedule::ScheduleMutation,
    result::ResultMutation,
    client::ClientMutation,
    task::TaskMutation,
    run::RunMutation,
    backup::BackupMutation,
);

/// Everything that can be followed live, over `graphql-transport-ws`.
#[derive(MergedSubscription, Default)]
pub struct Subscription(
    subscription::ScheduleSubscription,
    health::HealthSubscription,
    log::LogSubscription,
    run::RunSubscription,
);

/// The schema of this server.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// The schema, ready to execute what [`request::prepare`] has found good: it does not validate again.
pub fn schema(state: State) -> Schema {
    let limits = &state.config.limits;
    builder(limits)
        .limit_depth(limits.depth)
        .limit_complexity(limits.complexity)
        .validation_mode(ValidationMode::Fast)
        .data(state)
        .finish()
}

/// The schema as text, as `server/schema.graphql` keeps it.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by();
    builder(&Config::default().limits)
        .finish()
        .sdl_with_options(options)
}

fn builder(limits: &Limits) -> async_graphql::SchemaBuilder<Query, Mutation, Subscription> {
    async_graphql::Schema::build(
        Query::default(),
        Mutation::default(),
        Subscription::default(),
    )
    .limit_directives(limits.directives)
    .override_output_type_description::<Connection<backup::Backup>>("A page of backups.")
    .override_output_type_description::<Connection<client::Client>>("A page of clients.")
    .override_output_type_description::<Connection<log::LogEntry>>("A page of the log.")
    .override_output_type_description::<Connection<result::TestResult>>("A page of results.")
    .override_output_type_description::<Connection<run::Run>>("A page of runs.")
    .override_output_type_description::<Connection<schedule::Schedule>>("A page of schedules.")
    .override_output_type_description::<Connection<script::Script>>("A page of scripts.")
    .override_output_type_description::<Connection<task::Task>>("A page of tasks.")
}

/// Gives a request what it is executed with: who asks, and what loads its rows in batches.
pub fn equip(request: &mut Request, state: &State, actor: Actor) {
    let batch = Batch::new(state.clone(), actor.clone());
    request.data.insert(Loader::new(batch));
    request.data.insert(actor);
}

/// Shorthands for what every resolver needs.
trait Asked {
    fn state(&self) -> &State;
    fn actor(&self) -> &Actor;
    fn loader(&self) -> &Loader;
}

impl Asked for Context<'_> {
    fn state(&self) -> &State {
        self.data_unchecked()
    }

    fn actor(&self) -> &Actor {
        self.data_unchecked()
    }

    fn loader(&self) -> &Loader {
        self.data_unchecked()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_schema_is_the_printed_one() {
        let committed = include_str!("../schema.graphql");
        assert!(
            committed == super::sdl(),
            "server/schema.graphql is out of date, run `cargo xtask schema`"
        );
    }
}
