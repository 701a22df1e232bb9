//! Indexes by which a page of the log is found, whatever it is filtered by.
//!
//! Each ends with the time: with one value for each column before that, it is walked in the order of a page, and no
//! further than the page's end. `ix_log_date` serves what is not filtered at all, and the index by which the log is
//! counted serves a filter by action.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::columns::{drop_index, index};

const FILTERS: [&[&str]; 3] = [
    &["status", "date"],
    &["client_id", "status", "date"],
    &["client_id", "action", "status", "date"],
];

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for columns in FILTERS {
            manager.create_index(index("log", columns)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let is_mysql = manager.get_database_backend() == DbBackend::MySql;
        if is_mysql && !manager.has_index("log", "ix_log_client_id").await? {
            // The foreign key needs an index. Its own one went when it had a better one.
            manager.create_index(index("log", &["client_id"])).await?;
        }
        for columns in FILTERS {
            drop_index(manager, "log", columns).await?;
        }
        Ok(())
    }
}
