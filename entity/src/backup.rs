//! Backups: archives that runs made. A row tells what was made, and stays when the file goes.

use sea_orm::entity::prelude::*;

use crate::{BackupId, Digest, Guid, RunId, Timestamp};

/// An archive that is complete.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "backup")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub backup_id: BackupId,
    #[sea_orm(unique)]
    pub backup_guid: Guid,
    /// The run that made it; null where that went since.
    #[sea_orm(unique)]
    pub run_id: Option<RunId>,
    /// The folder that it is of: without links and `..`.
    #[sea_orm(column_type = "custom(\"LONGTEXT\")")]
    pub source: String,
    /// Its name in the folder of the backups.
    #[sea_orm(unique)]
    pub file: String,
    pub size_bytes: i64,
    /// How many files and links it holds, folders not counted.
    pub file_count: i64,
    pub sha256: Digest,
    /// When it was begun.
    pub created_time: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
