//! Leases: of any number of server processes, one does the work.
//!
//! A lease is a row with an end. Who dies while holding one loses it when it ends; who is done may keep it until the work
//! is due again, and so nobody else does it meanwhile.

use entity::{
    Timestamp,
    lease::{ActiveModel, Column, Entity},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, SqlErr,
    sea_query::Expr,
};
use uuid::Uuid;

use crate::{db, error::Result, state::State};

/// A lease that was taken.
#[derive(Debug)]
pub(crate) struct Lease {
    state: State,
    name: &'static str,
    holder: String,
}

impl Lease {
    /// Takes a lease for some time, unless somebody has it.
    pub(crate) async fn take(
        state: &State,
        name: &'static str,
        seconds: i32,
    ) -> Result<Option<Self>> {
        db::retrying(async || {
            let holder = Uuid::new_v4().to_string();
            let is_taken = take_once(state, name, &holder, seconds).await?;
            Ok(is_taken.then(|| Self {
                state: state.clone(),
                name,
                holder,
            }))
        })
        .await
    }

    /// Holds it until a moment from now on. Tells whether it was still held: one that has ended may be another's.
    pub(crate) async fn hold_until(&self, moment: Timestamp) -> Result<bool> {
        db::retrying(async || {
            let transaction = self.state.db.begin().await?;
            let held = Entity::update_many()
                .col_expr(Column::ExpiresTime, Expr::value(moment))
                .filter(Column::Name.eq(self.name))
                .filter(Column::Holder.eq(self.holder.as_str()))
                .exec(&transaction)
                .await?;
            db::commit(transaction).await?;
            Ok(held.rows_affected == 1)
        })
        .await
    }
}

async fn take_once(state: &State, name: &str, holder: &str, seconds: i32) -> Result<bool> {
    let now = Timestamp::now();
    let transaction = state.db.begin().await?;
    let present = Entity::find_by_id(name)
        .lock_exclusive()
        .one(&transaction)
        .await?;
    let row = ActiveModel {
        name: Set(name.to_owned()),
        holder: Set(holder.to_owned()),
        expires_time: Set(now.plus_seconds(seconds)),
    };
    match present {
        Some(lease) if lease.expires_time > now => return Ok(false),
        Some(_) => {
            row.update(&transaction).await?;
        }
        None => match row.insert(&transaction).await {
            Ok(_) => {}
            // Another process was faster.
            Err(error) if is_taken(&error) => return Ok(false),
            Err(error) => return Err(error.into()),
        },
    }
    db::commit(transaction).await?;
    Ok(true)
}

fn is_taken(error: &sea_orm::DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}
