//! The history of Daybook's tables: ordered steps, each reversible, frozen once landed.
//!
//! Rule of the house: a step says in plain column names what it makes. It imports no entity, for entities follow the
//! newest step and a step must never change.

pub use sea_orm_migration::{MigratorTrait, SchemaManager};

mod columns;
mod m20261121_000001_clients;
mod m20261121_000002_schedules;
mod m20261121_000003_results;
mod m20261121_000004_log;
mod m20261124_000005_opened;
mod m20261124_000006_log_counts;
mod m20261124_000007_log_filters;
mod m20261124_000008_leases;
mod m20261124_000009_tasks;
mod m20261124_000010_plan;
mod m20261125_000011_backups;
mod m20261125_000012_run_age;
mod m20261126_000013_schedule_action;
mod m20261126_000014_titles;
mod m20261128_000015_result_scripts;

use sea_orm_migration::{MigrationTrait, async_trait};

/// All steps, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_clients::Migration),
            Box::new(m20261121_000002_schedules::Migration),
            Box::new(m20261121_000003_results::Migration),
            Box::new(m20261121_000004_log::Migration),
            Box::new(m20261124_000005_opened::Migration),
            Box::new(m20261124_000006_log_counts::Migration),
            Box::new(m20261124_000007_log_filters::Migration),
            Box::new(m20261124_000008_leases::Migration),
            Box::new(m20261124_000009_tasks::Migration),
            Box::new(m20261124_000010_plan::Migration),
            Box::new(m20261125_000011_backups::Migration),
            Box::new(m20261125_000012_run_age::Migration),
            Box::new(m20261126_000013_schedule_action::Migration),
            Box::new(m20261126_000014_titles::Migration),
            Box::new(m20261128_000015_result_scripts::Migration),
        ]
    }
}
