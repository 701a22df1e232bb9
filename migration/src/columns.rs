//! The kinds of table and column that the steps are made of, each right on both kinds of database.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// A table whose text is compared to the letter: by MariaDB's default collation `Test` is `test`, `é` is `e`, and all
/// emoji are one.
pub(crate) fn table(manager: &SchemaManager<'_>, name: &'static str) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name);
    if manager.get_database_backend() == DbBackend::MySql {
        table.character_set("utf8mb4").collate("utf8mb4_bin");
    }
    table
}

/// An instant in UTC with milliseconds. Not `TIMESTAMP`, which ends in 2038.
pub(crate) fn time(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    let kind = match manager.get_database_backend() {
        DbBackend::MySql => "DATETIME(3)",
        _ => "TEXT",
    };
    ColumnDef::new(name).custom(kind).not_null().take()
}

/// An instant that may be unknown.
pub(crate) fn time_null(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    time(manager, name).null().take()
}

/// Text of any length: a plain `TEXT` ends at 64 KiB on MySQL.
pub(crate) fn long_text(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    let kind = match manager.get_database_backend() {
        DbBackend::MySql => "LONGTEXT",
        _ => "TEXT",
    };
    ColumnDef::new(name).custom(kind).not_null().take()
}

/// Text of any length that may be missing.
pub(crate) fn long_text_null(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    long_text(manager, name).null().take()
}

/// A SHA-256 digest.
pub(crate) fn digest(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).binary_len(32).not_null().take()
}

/// A counter that starts at 0.
pub(crate) fn counter(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).integer().not_null().default(0).take()
}

/// A foreign key on a schedule that takes its rows along when the schedule is deleted.
pub(crate) fn of_schedule(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_schedule"))
        .from(table, "schedule_id")
        .to("schedule", "schedule_id")
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}

/// A foreign key on a client. Clients are revoked, never deleted.
pub(crate) fn of_client(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_client"))
        .from(table, "client_id")
        .to("client", "client_id")
        .take()
}

/// An index named after its table and columns.
pub(crate) fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(index_name(table, columns)).table(table);
    for column in columns {
        index.col(*column);
    }
    index
}

/// Drops such an index.
pub(crate) async fn drop_index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    let name = index_name(table, columns);
    manager
        .drop_index(Index::drop().name(name).table(table).to_owned())
        .await
}

fn index_name(table: &str, columns: &[&str]) -> String {
    format!("ix_{table}_{}", columns.join("_"))
}

/// Drops tables, the last one made first.
pub(crate) async fn drop_tables(
    manager: &SchemaManager<'_>,
    tables: &[&'static str],
) -> Result<(), DbErr> {
    for table in tables {
        manager
            .drop_table(Table::drop().table(*table).take())
            .await?;
    }
    Ok(())
}
