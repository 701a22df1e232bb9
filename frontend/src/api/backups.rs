//! Backups: the archives that there are, those under way, and asking for one.

use cynic::{MutationBuilder, QueryBuilder};

use super::{
    Api,
    error::Error,
    page::{Page, PageInfo},
    runs::{Run, RunId, RunStatus},
    scalars::DateTime,
    schema,
    tasks::TaskAction,
};

/// How many archives one page of the list holds.
const PAGE_SIZE: i32 = 50;

/// How many runs that go on are looked at.
const UNDER_WAY: i32 = 100;

/// An archive.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct Backup {
    /// Its global id.
    pub id: cynic::Id,
    /// The folder that is in it.
    pub source: String,
    /// Its name in the backup folder.
    pub file: String,
    /// Its size.
    pub size_bytes: f64,
    /// How many files are in it.
    pub file_count: i32,
    /// What `sha256sum` says of it.
    pub sha256: String,
    /// When it was made.
    pub created_time: DateTime,
}

#[derive(cynic::QueryVariables)]
struct BackupsVariables {
    first: i32,
    after: Option<String>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "BackupsVariables")]
struct BackupsQuery {
    #[arguments(first: $first, after: $after)]
    backups: BackupConnection,
}

#[derive(cynic::QueryFragment)]
struct BackupConnection {
    nodes: Vec<Backup>,
    page_info: PageInfo,
}

#[derive(cynic::QueryVariables)]
struct UnderWayVariables {
    first: i32,
    status: Option<Vec<RunStatus>>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "UnderWayVariables")]
struct UnderWayQuery {
    #[arguments(first: $first, status: $status)]
    runs: RunNodes,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "RunConnection")]
struct RunNodes {
    nodes: Vec<Run>,
}

#[derive(cynic::InputObject)]
struct RunBackupInput {
    source: String,
}

#[derive(cynic::QueryVariables)]
struct RunBackupVariables {
    input: RunBackupInput,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "RunPayload")]
struct Asked {
    run: RunId,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "RunBackupVariables")]
struct RunBackupMutation {
    #[arguments(input: $input)]
    run_backup: Asked,
}

impl Api {
    /// The page of the archives after a cursor, or the newest one.
    pub async fn backups(self, after: Option<String>) -> Result<Page<Backup>, Error> {
        let first = PAGE_SIZE;
        let operation = BackupsQuery::build(BackupsVariables { first, after });
        let backups = self.query(operation).await?.backups;
        Ok(Page {
            items: backups.nodes,
            next: backups.page_info.next(),
        })
    }

    /// The archives that were made from a moment on, the newest first, however many pages that are.
    pub async fn backups_since(self, from: DateTime) -> Result<Vec<Backup>, Error> {
        let (mut backups, mut after) = (Vec::new(), None);
        loop {
            let page = self.backups(after).await?;
            let are_all_newer = page
                .items
                .last()
                .is_some_and(|oldest| oldest.created_time >= from);
            backups.extend(
                page.items
                    .into_iter()
                    .filter(|backup| backup.created_time >= from),
            );
            after = page.next.filter(|_| are_all_newer);
            if after.is_none() {
                return Ok(backups);
            }
        }
    }

    /// The runs that make an archive now, or wait to.
    pub async fn backups_under_way(self) -> Result<Vec<Run>, Error> {
        let (first, status) = (UNDER_WAY, Some(vec![RunStatus::Queued, RunStatus::Running]));
        let operation = UnderWayQuery::build(UnderWayVariables { first, status });
        let runs = self.query(operation).await?.runs.nodes;
        let is_backup = |run: &Run| matches!(run.action, TaskAction::BackupAction(_));
        Ok(runs.into_iter().filter(is_backup).collect())
    }

    /// Asks for a backup of a folder. Answers with its run. Needs the role OPERATOR.
    pub async fn run_backup(self, source: String) -> Result<cynic::Id, Error> {
        let input = RunBackupInput { source };
        let operation = RunBackupMutation::build(RunBackupVariables { input });
        Ok(self.query(operation).await?.run_backup.run.id)
    }
}
