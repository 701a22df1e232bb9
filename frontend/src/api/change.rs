//! What can be done to schedules and their results. What became of it comes through the change feed,
//! so nothing is read from the answers but whether they are errors.

#![expect(dead_code, reason = "the answers' fields are there to be selected")]

use cynic::MutationBuilder;

use super::{
    Api, error::Error, results::ResultStatus, scalars::Uuid, schedules::ScheduleName, schema,
};

#[derive(cynic::InputObject)]
struct CloseScheduleInput {
    name: Uuid,
}

#[derive(cynic::QueryVariables)]
struct CloseScheduleVariables {
    input: CloseScheduleInput,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "CloseScheduleVariables")]
struct CloseScheduleMutation {
    #[arguments(input: $input)]
    close_schedule: CloseSchedulePayload,
}

#[derive(cynic::QueryFragment)]
struct CloseSchedulePayload {
    schedule: ScheduleName,
}

#[derive(cynic::InputObject)]
struct ReopenScheduleInput {
    name: Uuid,
    reason: String,
}

#[derive(cynic::QueryVariables)]
struct ReopenScheduleVariables {
    input: ReopenScheduleInput,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "ReopenScheduleVariables")]
struct ReopenScheduleMutation {
    #[arguments(input: $input)]
    reopen_schedule: ReopenSchedulePayload,
}

#[derive(cynic::QueryFragment)]
struct ReopenSchedulePayload {
    schedule: ScheduleName,
}

#[derive(cynic::QueryVariables)]
struct DeleteScheduleVariables {
    name: Uuid,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "DeleteScheduleVariables")]
struct DeleteScheduleMutation {
    #[arguments(name: $name)]
    delete_schedule: DeleteSchedulePayload,
}

#[derive(cynic::QueryFragment)]
struct DeleteSchedulePayload {
    name: Uuid,
}

#[derive(cynic::InputObject)]
struct AmendResultInput {
    id: cynic::Id,
    status: ResultStatus,
    reason: String,
}

#[derive(cynic::QueryVariables)]
struct AmendResultVariables {
    input: AmendResultInput,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "AmendResultVariables")]
struct AmendResultMutation {
    #[arguments(input: $input)]
    amend_result: AmendResultPayload,
}

#[derive(cynic::QueryFragment)]
struct AmendResultPayload {
    result: ResultId,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Result")]
struct ResultId {
    id: cynic::Id,
}

impl Api {
    /// Closes a schedule: it takes no new report.
    pub async fn close_schedule(self, name: Uuid) -> Result<(), Error> {
        let input = CloseScheduleInput { name };
        self.change(&CloseScheduleMutation::build(CloseScheduleVariables {
            input,
        }))
        .await
    }

    /// Opens a closed schedule again. Needs the role OPERATOR.
    pub async fn reopen_schedule(self, name: Uuid, reason: String) -> Result<(), Error> {
        let input = ReopenScheduleInput { name, reason };
        self.change(&ReopenScheduleMutation::build(ReopenScheduleVariables {
            input,
        }))
        .await
    }

    /// Deletes a schedule with all its results. Needs the role ADMIN.
    pub async fn delete_schedule(self, name: Uuid) -> Result<(), Error> {
        self.change(&DeleteScheduleMutation::build(DeleteScheduleVariables {
            name,
        }))
        .await
    }

    /// Corrects the status of a result; also in a closed schedule. Needs the role ADMIN.
    pub async fn amend_result(
        self,
        id: cynic::Id,
        status: ResultStatus,
        reason: String,
    ) -> Result<(), Error> {
        let input = AmendResultInput { id, status, reason };
        self.change(&AmendResultMutation::build(AmendResultVariables { input }))
            .await
    }
}
