//! The rows of the archives that runs made.

use std::collections::HashMap;

use entity::{
    BackupId, Digest, Guid, RunId, Timestamp,
    backup::{ActiveModel, Column, Entity, Model},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, SqlErr,
};
use uuid::Uuid;

use super::Archive;
use crate::{
    domain::{
        actor::Viewer,
        page::{Page, Slice},
    },
    error::{Error, Result},
    state::State,
};

/// Where a backup stands in the list, the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// When it was begun.
    pub created: Timestamp,
    /// Tells those of one moment apart.
    pub id: BackupId,
}

impl Position {
    /// Where `backup` stands.
    pub fn of(backup: &Model) -> Self {
        Self {
            created: backup.created_time,
            id: backup.backup_id,
        }
    }

    /// What is older. The first condition is the one that an index knows how to begin with.
    fn older(self) -> Condition {
        let before = Condition::any()
            .add(Column::CreatedTime.lt(self.created))
            .add(Column::BackupId.lt(self.id));
        Condition::all()
            .add(Column::CreatedTime.lte(self.created))
            .add(before)
    }
}

/// Records an archive in the transaction in which its run succeeds. Where another server on the same database has made one
/// of the same name, in a folder of its own, that is a conflict.
pub(crate) async fn record(
    transaction: &impl ConnectionTrait,
    run: RunId,
    archive: &Archive,
) -> Result<()> {
    let most = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let row = ActiveModel {
        backup_guid: Set(Guid(Uuid::new_v4())),
        run_id: Set(Some(run)),
        source: Set(archive.source.to_string_lossy().into_owned()),
        file: Set(archive.file.clone()),
        size_bytes: Set(most(archive.size_bytes)),
        file_count: Set(most(archive.file_count)),
        sha256: Set(Digest::from(archive.sha256)),
        created_time: Set(archive.created.into()),
        ..Default::default()
    };
    let inserted = Entity::insert(row).exec(transaction).await;
    inserted.map_err(|error| or_taken(error, archive))?;
    Ok(())
}

fn or_taken(error: DbErr, archive: &Archive) -> Error {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => Error::Conflict(format!(
            "there is a backup {} on record already, made in another folder",
            archive.file
        )),
        _ => error.into(),
    }
}

/// Whether an archive of a run is on record.
pub(crate) async fn is_recorded(state: &State, run: RunId, archive: &Archive) -> Result<bool> {
    let found = Entity::find()
        .filter(Column::RunId.eq(run))
        .filter(Column::File.eq(archive.file.as_str()));
    Ok(found.count(state.db.read()).await? > 0)
}

/// One backup by what it is known by for ever, if there is one.
pub async fn by_guid(state: &State, _: &Viewer, guid: Guid) -> Result<Option<Model>> {
    let found = Entity::find().filter(Column::BackupGuid.eq(guid));
    Ok(found.one(state.db.read()).await?)
}

/// The backups that some runs made.
pub async fn of_runs(state: &State, _: &Viewer, runs: &[RunId]) -> Result<HashMap<RunId, Model>> {
    let rows = Entity::find()
        .filter(Column::RunId.is_in(runs.iter().copied()))
        .all(state.db.read())
        .await?;
    let keyed = rows.into_iter().filter_map(|row| Some((row.run_id?, row)));
    Ok(keyed.collect())
}

/// Backups, the newest first.
pub async fn list(state: &State, _: &Viewer, slice: &Slice<Position>) -> Result<Page<Model>> {
    let rows = Entity::find()
        .apply_if(slice.after, |query, after| query.filter(after.older()))
        .order_by_desc(Column::CreatedTime)
        .order_by_desc(Column::BackupId)
        .limit(slice.rows())
        .all(state.db.read())
        .await?;
    Ok(slice.page(rows))
}
