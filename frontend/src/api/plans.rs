//! Plans: the policies that make them, what one made of a window, and a schedule opened from one.

use cynic::{MutationBuilder, QueryBuilder};

use super::{
    Api,
    error::Error,
    scalars::{DateTime, Json, Uuid},
    schema,
};

/// How plans are made.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct Policy {
    /// The name by which plans ask for it.
    pub name: String,
    /// What it does.
    pub description: String,
    /// All that can be set, as it is where nothing else is said.
    pub default_config: Json,
}

/// Something that a plan does.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "PlanStep")]
pub struct Step {
    /// What it is called.
    pub name: String,
    /// When it begins.
    pub start_time: DateTime,
    /// When it has ended.
    pub end_time: DateTime,
}

/// Something that might be done at a time.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "PlanBlock")]
pub struct Block {
    /// Where it belongs: a dotted path.
    pub lane: String,
    /// What it is called.
    pub name: String,
    /// When it begins.
    pub start_time: DateTime,
    /// When it has ended.
    pub end_time: DateTime,
}

/// Something that was considered and left out.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "DroppedBlock")]
pub struct Dropped {
    /// What it is called.
    pub name: String,
    /// When it would have begun.
    pub start_time: DateTime,
    /// When it would have ended.
    pub end_time: DateTime,
    /// The rule that left it out.
    pub rule: String,
}

/// What is to be done over a window of time.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct Plan {
    /// When it begins.
    pub t0: DateTime,
    /// When it has ended.
    pub t1: DateTime,
    /// The text that an executor runs.
    pub commands: String,
    /// What is done, in the order of time.
    pub steps: Vec<Step>,
    /// What came in, before any rule.
    pub considered: Vec<Block>,
    /// What the rules left, before it was merged into one sequence.
    pub kept: Vec<Block>,
    /// What was considered and left out.
    pub dropped: Vec<Dropped>,
}

/// A plan to be made.
#[derive(cynic::InputObject, Clone, Debug, PartialEq)]
pub struct PlanInput {
    /// When it begins.
    pub t0: DateTime,
    /// When it has ended.
    pub t1: DateTime,
    /// The policy that makes it.
    pub policy: String,
    /// What differs from the policy's default configuration.
    pub config: Option<Json>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query")]
struct PoliciesQuery {
    policies: Vec<Policy>,
}

#[derive(cynic::QueryVariables)]
struct PlanVariables {
    input: PlanInput,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "PlanVariables")]
struct PlanQuery {
    #[arguments(input: $input)]
    plan: Plan,
}

#[derive(cynic::InputObject)]
struct CreateScheduleInput {
    name: Uuid,
    #[cynic(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    plan: PlanInput,
}

#[derive(cynic::QueryVariables)]
struct OpenVariables {
    input: CreateScheduleInput,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "OpenVariables")]
struct OpenMutation {
    #[arguments(input: $input)]
    create_schedule: CreateSchedulePayload,
}

#[derive(cynic::QueryFragment)]
struct CreateSchedulePayload {
    schedule: ScheduleName,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Schedule")]
struct ScheduleName {
    name: Uuid,
}

impl Api {
    /// The policies, in the order in which the server lists them.
    pub async fn policies(self) -> Result<Vec<Policy>, Error> {
        Ok(self.query(PoliciesQuery::build(())).await?.policies)
    }

    /// Makes a plan. Nothing of it is kept.
    pub async fn plan(self, input: PlanInput) -> Result<Plan, Error> {
        let operation = PlanQuery::build(PlanVariables { input });
        Ok(self.query(operation).await?.plan)
    }

    /// Opens a schedule that follows a plan. Sent again under the same name, it opens none beside it.
    pub async fn open_from_plan(
        self,
        name: Uuid,
        title: Option<String>,
        plan: PlanInput,
    ) -> Result<Uuid, Error> {
        let input = CreateScheduleInput { name, title, plan };
        let operation = OpenMutation::build(OpenVariables { input });
        Ok(self.query(operation).await?.create_schedule.schedule.name)
    }
}
