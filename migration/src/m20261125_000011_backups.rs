//! The archives that runs made.
//!
//! A row describes a file, so it stays where its run goes. A run makes one archive at the most, and no two archives are
//! called the same.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, big_pk_auto, string_len_uniq},
};

use crate::columns::{digest, drop_tables, index, long_text, table, time};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table(manager, "backup")
                    .col(big_pk_auto("backup_id"))
                    .col(string_len_uniq("backup_guid", 36))
                    .col(big_integer_null("run_id"))
                    .col(long_text(manager, "source"))
                    .col(string_len_uniq("file", 255))
                    .col(big_integer("size_bytes"))
                    .col(big_integer("file_count"))
                    .col(digest("sha256"))
                    .col(time(manager, "created_time"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_backup_run")
                            .from("backup", "run_id")
                            .to("run", "run_id")
                            .on_delete(ForeignKeyAction::SetNull),
                    )
                    .take(),
            )
            .await?;
        let one_of_a_run = index("backup", &["run_id"]).unique().take();
        manager.create_index(one_of_a_run).await?;
        manager
            .create_index(index("backup", &["created_time", "backup_id"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["backup"]).await
    }
}
