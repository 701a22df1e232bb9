//! Scripts: the names that results were ever reported under, so that a page of them needs no walk over results.

use sea_orm::entity::prelude::*;

/// The name of a script, across schedules.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "script")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The name in lower case, for searching.
    pub folded: String,
}

impl ActiveModelBehavior for ActiveModel {}
