//! The output of runs, line by line.

use sea_orm::entity::prelude::*;

use crate::{RunId, Timestamp};

/// Where a line was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(8))",
    rename_all = "UPPERCASE"
)]
pub enum OutputStream {
    Stdout,
    Stderr,
}

/// One line of one run's output.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "run_output")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: RunId,
    /// 1, 2, … in the order in which the lines came.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i32,
    pub stream: OutputStream,
    /// The line, without its end.
    #[sea_orm(column_type = "custom(\"LONGTEXT\")")]
    pub text: String,
    pub line_time: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
