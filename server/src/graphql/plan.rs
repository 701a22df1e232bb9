//! Plans in GraphQL: policies, what they make of a window, and the same as input of a schedule.

#![expect(
    clippy::unused_async,
    reason = "resolvers are async, whether they wait or not"
)]

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Asked, error::Result, scalar::Instant};
use crate::domain::policy::{self, Block, Dropped, NewPlan, Step};

/// How plans are made.
#[derive(SimpleObject)]
struct Policy {
    /// The name by which plans ask for it.
    name: &'static str,
    /// What it does.
    description: &'static str,
    /// The configuration that a plan has where it says nothing else, and so a list of all that can be set.
    default_config: Value,
}

/// What is to be done over a window of time.
pub(super) struct Plan(pub(super) policy::Plan);

/// What is to be done over a window of time.
#[Object]
impl Plan {
    /// The name of the policy that made it.
    async fn policy(&self) -> &str {
        &self.0.policy
    }

    /// When it begins.
    #[graphql(name = "t0")]
    async fn start(&self) -> Instant {
        instant(self.0.t0)
    }

    /// When it has ended.
    #[graphql(name = "t1")]
    async fn end(&self) -> Instant {
        instant(self.0.t1)
    }

    /// The text that an executor runs.
    async fn commands(&self) -> String {
        self.0.commands()
    }

    /// What is done, in the order of time.
    async fn steps(&self) -> Vec<PlanStep> {
        convert(&self.0.outcome.steps)
    }

    /// What came in, before any rule.
    async fn considered(&self) -> Vec<PlanBlock> {
        convert(&self.0.outcome.considered)
    }

    /// What the rules left, before it was merged into one sequence.
    async fn kept(&self) -> Vec<PlanBlock> {
        convert(&self.0.outcome.kept)
    }

    /// What was considered and left out, and by which rule.
    async fn dropped(&self) -> Vec<DroppedBlock> {
        convert(&self.0.outcome.dropped)
    }
}

/// Something that a plan does.
#[derive(SimpleObject)]
struct PlanStep {
    /// What it is called; the script that a schedule of this plan expects.
    name: String,
    /// When it begins.
    start_time: Instant,
    /// When it has ended.
    end_time: Instant,
    /// The lines of `commands` that do it.
    commands: String,
}

impl From<&Step> for PlanStep {
    fn from(step: &Step) -> Self {
        Self {
            name: step.name.clone(),
            start_time: instant(step.start),
            end_time: instant(step.end),
            commands: step.commands.clone(),
        }
    }
}

/// Something that might be done at a time.
#[derive(SimpleObject)]
struct PlanBlock {
    /// Where it belongs: a dotted path, as `sources.calibration.uranus`.
    lane: String,
    /// What it is called.
    name: String,
    /// When it begins.
    start_time: Instant,
    /// When it has ended.
    end_time: Instant,
}

impl From<&Block> for PlanBlock {
    fn from(block: &Block) -> Self {
        Self {
            lane: block.lane.clone(),
            name: block.name.clone(),
            start_time: instant(block.start),
            end_time: instant(block.end),
        }
    }
}

/// Something that a plan considered and left out, all of it or a part.
#[derive(SimpleObject)]
struct DroppedBlock {
    /// What it is called.
    name: String,
    /// When it would have begun.
    start_time: Instant,
    /// When it would have ended.
    end_time: Instant,
    /// The rule that left it out.
    rule: String,
}

impl From<&Dropped> for DroppedBlock {
    fn from(dropped: &Dropped) -> Self {
        Self {
            name: dropped.name.clone(),
            start_time: instant(dropped.start),
            end_time: instant(dropped.end),
            rule: dropped.rule.clone(),
        }
    }
}

fn convert<'a, T, U: From<&'a T>>(items: &'a [T]) -> Vec<U> {
    items.iter().map(Into::into).collect()
}

fn instant(time: DateTime<Utc>) -> Instant {
    Instant(time.into())
}

/// A plan to be made.
#[derive(InputObject)]
pub(super) struct PlanInput {
    /// When it begins.
    #[graphql(name = "t0")]
    start: Instant,
    /// When it has ended: not before `t0`, and at most 400 days after it.
    #[graphql(name = "t1")]
    end: Instant,
    /// The name of the policy that makes it.
    policy: String,
    /// What differs from the policy's default configuration, merged with that key by key. A list replaces a list; null
    /// switches off what can be switched off.
    config: Option<Value>,
}

impl From<PlanInput> for NewPlan {
    fn from(input: PlanInput) -> Self {
        Self {
            t0: input.start.0.into(),
            t1: input.end.0.into(),
            policy: input.policy,
            config: input.config,
        }
    }
}

#[derive(Default)]
pub(super) struct PlanQuery;

#[Object]
impl PlanQuery {
    /// The policies by which plans are made.
    async fn policies(&self, ctx: &Context<'_>) -> Result<Vec<Policy>> {
        ctx.actor().viewer()?;
        let policies = policy::policies().map(|policy| Policy {
            name: policy.name(),
            description: policy.description(),
            default_config: policy.default_config(),
        });
        Ok(policies.collect())
    }

    /// A plan for a window of time. Nothing of it is kept, and nothing is done.
    #[graphql(complexity = "20_000 + child_complexity")]
    async fn plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The plan to be made.")] input: PlanInput,
    ) -> Result<Plan> {
        let viewer = ctx.actor().viewer()?;
        Ok(Plan(
            policy::plan(ctx.state(), &viewer, input.into()).await?,
        ))
    }
}
