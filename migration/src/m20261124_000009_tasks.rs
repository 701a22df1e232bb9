//! Tasks, their runs with what those wrote, and when there was a scheduler.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_pk_auto, boolean, double_null, integer, integer_null, pk_auto, string_len,
        string_len_null, string_len_uniq,
    },
};

use crate::columns::{
    drop_tables, index, long_text, long_text_null, of_client, table, time, time_null,
};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(tasks(manager)).await?;
        manager.create_index(index("tasks", &["next_time"])).await?;
        create_run(manager).await?;
        manager
            .create_table(
                table(manager, "run_output")
                    .col(big_integer("run_id"))
                    .col(integer("seq"))
                    .col(string_len("stream", 8))
                    .col(long_text(manager, "text"))
                    .col(time(manager, "line_time"))
                    .primary_key(Index::create().col("run_id").col("seq"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_run_output_run")
                            .from("run_output", "run_id")
                            .to("run", "run_id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .take(),
            )
            .await?;
        manager
            .create_table(
                table(manager, "heartbeat")
                    .col(string_len("heartbeat_id", 36).primary_key())
                    .col(time(manager, "from_time"))
                    .col(time(manager, "until_time"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("heartbeat", &["until_time"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["heartbeat", "run_output", "run", "tasks"]).await
    }
}

/// Its first columns are those of the original scheduler.
fn tasks(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "tasks")
        .col(pk_auto("id"))
        .col(string_len_uniq("name", 255))
        .col(time(manager, "scheduled_time"))
        .col(string_len_null("recurrence", 16))
        .col(string_len_uniq("task_guid", 36))
        .col(string_len("time_zone", 64))
        .col(string_len("month_end_policy", 16))
        .col(boolean("enabled"))
        .col(long_text(manager, "action"))
        .col(string_len("overlap_policy", 16))
        .col(string_len("catch_up_policy", 16))
        .col(integer("timeout_seconds"))
        .col(integer("max_attempts"))
        .col(time(manager, "settled_time"))
        .col(time_null(manager, "next_time"))
        .col(time(manager, "created_time"))
        .col(time(manager, "last_modify_time"))
        .take()
}

/// Runs outlive their task, for they are the record of what was done. (task, slot, attempt) is unique: with any number of
/// server processes a slot fires once. What was asked for has no slot's key, and stands outside of that.
async fn create_run(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table(manager, "run")
                .col(big_pk_auto("run_id"))
                .col(string_len_uniq("run_guid", 36))
                .col(integer_null("task_id"))
                .col(string_len_null("task_name", 255))
                .col(integer_null("client_id"))
                .col(long_text(manager, "action"))
                .col(time(manager, "slot_time"))
                .col(time_null(manager, "slot_key"))
                .col(integer("attempt"))
                .col(string_len("run_trigger", 16))
                .col(string_len("status", 16))
                .col(long_text_null(manager, "reason"))
                .col(time(manager, "created_time"))
                .col(time_null(manager, "started_time"))
                .col(time_null(manager, "finished_time"))
                .col(integer_null("exit_code"))
                .col(double_null("percent"))
                .col(boolean("cancel_requested"))
                .col(string_len_null("lease_holder", 36))
                .col(time_null(manager, "lease_expires"))
                .col(integer("revision"))
                .col(time(manager, "last_modify_time"))
                .foreign_key(
                    ForeignKey::create()
                        .name("fk_run_task")
                        .from("run", "task_id")
                        .to("tasks", "id")
                        .on_delete(ForeignKeyAction::SetNull),
                )
                .foreign_key(&mut of_client("run"))
                .take(),
        )
        .await?;
    let once = index("run", &["task_id", "slot_key", "attempt"])
        .unique()
        .take();
    manager.create_index(once).await?;
    manager
        .create_index(index("run", &["task_id", "run_id"]))
        .await?;
    manager
        .create_index(index("run", &["status", "run_id"]))
        .await?;
    manager
        .create_index(index("run", &["last_modify_time"]))
        .await
}
