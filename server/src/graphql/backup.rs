//! Backups in GraphQL: listed, and asked for.

use async_graphql::{Context, ID, InputObject, Object};
use entity::{Guid, backup as row};

use super::{
    Asked,
    connection::{Connection, Listed, PageOf},
    error::Result,
    id::GlobalId,
    page,
    plain::Plain,
    run::{Run, RunPayload},
    scalar::Instant,
};
use crate::domain::{
    backup::{self, Position},
    run,
};

/// An archive of a folder that a run made.
pub(super) struct Backup(pub(super) row::Model);

impl Plain for Backup {}

impl Listed for Backup {}

/// An archive of a folder that a run made: complete, and read back before it got its name. It stays on record when its run
/// goes.
#[Object]
impl Backup {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::Backup(self.0.backup_guid).encode()
    }

    /// The folder that it is of: its whole path, with links and `..` resolved.
    async fn source(&self) -> &str {
        &self.0.source
    }

    /// The archive's name in the server's folder for backups.
    async fn file(&self) -> &str {
        &self.0.file
    }

    /// How large the archive is, in bytes.
    #[expect(
        clippy::cast_precision_loss,
        reason = "GraphQL has no longer integers, and no archive needs 53 bits"
    )]
    async fn size_bytes(&self) -> f64 {
        self.0.size_bytes as f64
    }

    /// How many files and links it holds, folders not counted; ends at 2,147,483,647.
    async fn file_count(&self) -> i32 {
        i32::try_from(self.0.file_count).unwrap_or(i32::MAX)
    }

    /// The SHA-256 digest of the archive, as `sha256sum` writes it.
    async fn sha256(&self) -> String {
        hex::encode(&self.0.sha256)
    }

    /// When it was begun.
    async fn created_time(&self) -> Instant {
        self.0.created_time.into()
    }
}

/// A folder to be backed up.
#[derive(InputObject)]
struct RunBackupInput {
    /// The folder: a path on the server's machine, inside of the folders that its operator lets be backed up. It is looked
    /// at now, and again when the run begins. At most 4 KiB.
    source: String,
}

/// The backup with a global id, if there is one.
pub(super) async fn by_guid(ctx: &Context<'_>, guid: Guid) -> Result<Option<Backup>> {
    let viewer = ctx.actor().viewer()?;
    let backup = backup::by_guid(ctx.state(), &viewer, guid).await?;
    Ok(backup.map(Backup))
}

#[derive(Default)]
pub(super) struct BackupQuery;

#[Object]
impl BackupQuery {
    /// The backups that runs made, the newest first. Those of the server's command line are not among them.
    #[graphql(complexity = "page::cost(first, None, child_complexity)")]
    async fn backups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1..100; 50 where left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
    ) -> Result<PageOf<Backup>> {
        let viewer = ctx.actor().viewer()?;
        let slice = page::forward(first, after)?;
        let backups = backup::list(ctx.state(), &viewer, &slice).await?;
        Ok(Connection::of(backups, Position::of, Backup))
    }
}

#[derive(Default)]
pub(super) struct BackupMutation;

#[Object]
impl BackupMutation {
    /// Backs a folder up, and returns as soon as the run is recorded: `runChanged` tells how far it is, its `backup` is the
    /// archive when it has SUCCEEDED, and its `output` names what was left out. It may take a day. Needs OPERATOR.
    async fn run_backup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be backed up.")] input: RunBackupInput,
    ) -> Result<RunPayload> {
        let run = run::start_backup(ctx.state(), ctx.actor(), &input.source).await?;
        Ok(RunPayload { run: Run(run) })
    }
}
