//! The log: who did which action with which parameter, and whether it succeeded.

use sea_orm::entity::prelude::*;

use crate::{ClientId, LogId, Timestamp};

/// How an action ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(100))",
    rename_all = "UPPERCASE"
)]
pub enum LogStatus {
    /// It was done.
    Success,
    /// It was refused or failed; the message says why.
    Error,
}

/// One entry of the log.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: LogId,
    pub date: Timestamp,
    /// What was done, in upper case: `SCHEDULE_CREATE`, `RESULT_AMEND`, …
    pub action: String,
    pub parameter: Option<String>,
    pub status: LogStatus,
    /// Who did it; null where nobody was logged in, and for what the server does by itself.
    pub client_id: Option<ClientId>,
    #[sea_orm(column_type = "custom(\"LONGTEXT\")")]
    pub message: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
