//! The plans that schedules were opened from: kept as they were made, for a policy may change its mind.

use std::collections::HashMap;

use entity::{ScheduleId, plan};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use crate::{
    domain::{actor::Viewer, policy::Plan},
    error::{Error, Result},
    state::State,
};

/// The most bytes of a plan that is kept. One of 400 days with all sources has half of that.
pub const PLAN_BYTES: usize = 8 * 1024 * 1024;

/// A plan as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Document(String);

impl Document {
    /// What is to be kept of a plan.
    pub(super) fn of(plan: &Plan) -> Result<Self> {
        let document = serde_json::to_string(plan).map_err(|error| defect(&error))?;
        if document.len() > PLAN_BYTES {
            return Err(Error::TooLarge {
                field: "plan".into(),
                limit: PLAN_BYTES,
            });
        }
        Ok(Self(document))
    }

    /// Keeps it for a schedule that is being opened.
    pub(super) async fn insert(
        &self,
        transaction: &impl ConnectionTrait,
        schedule: ScheduleId,
    ) -> Result<()> {
        let row = plan::ActiveModel {
            schedule_id: Set(schedule),
            document: Set(self.0.clone()),
        };
        plan::Entity::insert(row)
            .exec_without_returning(transaction)
            .await?;
        Ok(())
    }
}

/// The plans of several schedules; those without one are left out.
pub async fn plans(
    state: &State,
    _: &Viewer,
    ids: &[ScheduleId],
) -> Result<HashMap<ScheduleId, Plan>> {
    let rows = plan::Entity::find()
        .filter(plan::Column::ScheduleId.is_in(ids.iter().copied()))
        .all(state.db.read())
        .await?;
    let read = |row: plan::Model| {
        let plan = serde_json::from_str(&row.document).map_err(|error| defect(&error))?;
        Ok((row.schedule_id, plan))
    };
    rows.into_iter().map(read).collect()
}

fn defect(error: &serde_json::Error) -> Error {
    Error::Internal(DbErr::Json(error.to_string()))
}
