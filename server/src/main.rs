//! The program `daybook`: a thin entry to the library.

use std::{
    io::{IsTerminal, stderr},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, ensure};
use clap::{Parser, Subcommand, ValueEnum};
use daybook::{
    clock::Clock,
    config::{Config, DEFAULTS, Flags},
    db::Db,
    demo,
    domain::{
        backup::{Backups, News},
        client, retention,
    },
    graphql, logging,
    state::State,
};
use entity::client::Role;
use mimalloc::MiMalloc;
use rustix::process::Signal;
use serde::Deserialize;
use tokio::{net::TcpListener, runtime::Runtime, signal::unix};
use tokio_util::sync::CancellationToken;

/// Answers are many small pieces of memory that live for a moment, on all cores at once.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Keeps the day's record of what automation did.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server
    Serve(Flags),
    /// Ask the server that these settings start whether it is ready; fail where it isn't
    Healthcheck(Flags),
    /// Bring the database's tables up to date, and end
    Migrate(Flags),
    /// Fill a server with three weeks of nightly runs, and keep one going: a look at how it is
    Demo(demo::Options),
    /// Print the GraphQL schema
    PrintSchema,
    /// Print every setting with its default and meaning, as a settings file
    PrintConfig,
    /// Remove what is older than the settings keep things: schedules, runs, log entries
    Prune {
        /// Only say what would go
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        flags: Flags,
    },
    /// Make, list, verify and restore backups on the server's own machine
    #[command(subcommand)]
    Backups(BackupsCommand),
    /// Manage tokens on the server's own machine
    #[command(subcommand)]
    Token(TokenCommand),
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Make a client, and print its token this once
    Create {
        /// The client's name
        name: String,
        /// What it may do
        #[arg(long, value_enum)]
        role: RoleArgument,
        /// Where there is such a client, end its token and give it a new one
        #[arg(long)]
        replace: bool,
        #[command(flatten)]
        flags: Flags,
    },
}

#[derive(Subcommand)]
enum BackupsCommand {
    /// Back up a folder that lies in the roots
    Create {
        /// The folder
        folder: PathBuf,
        #[command(flatten)]
        flags: Flags,
    },
    /// List the backups, the newest first
    List {
        #[command(flatten)]
        flags: Flags,
    },
    /// Read backups to their end, to see whether they are good
    Verify {
        /// Archives, or the names of backups; all backups where none is named
        files: Vec<PathBuf>,
        #[command(flatten)]
        flags: Flags,
    },
    /// Restore the folder that a backup holds
    Restore {
        /// An archive, or the name of a backup
        file: PathBuf,
        /// Where to put the folder; there must be nothing of its name yet
        target: PathBuf,
        #[command(flatten)]
        flags: Flags,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleArgument {
    Viewer,
    Reporter,
    Operator,
    Admin,
}

impl From<RoleArgument> for Role {
    fn from(role: RoleArgument) -> Self {
        match role {
            RoleArgument::Viewer => Self::Viewer,
            RoleArgument::Reporter => Self::Reporter,
            RoleArgument::Operator => Self::Operator,
            RoleArgument::Admin => Self::Admin,
        }
    }
}

/// How long a server may take to say whether it is ready: it waits for its database for 5 s.
const HEALTHCHECK: Duration = Duration::from_secs(8);

/// How long to wait at the end for threads that hang: in a read of a disk that is gone, for example.
const LAST_WAIT: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = Runtime::new()
        .context("can't start threads")
        .and_then(|runtime| {
            let done = runtime.block_on(execute(arguments.command));
            runtime.shutdown_timeout(LAST_WAIT);
            done
        });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("daybook: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn execute(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(flags) => serve(&flags).await,
        Command::Healthcheck(flags) => healthcheck(&flags).await,
        Command::Migrate(flags) => migrate(&flags).await,
        Command::Demo(options) => Ok(demo::run(&options, until_told_to_stop()?).await?),
        Command::PrintSchema => {
            print!("{}", graphql::sdl());
            Ok(())
        }
        Command::PrintConfig => {
            print!("{DEFAULTS}");
            Ok(())
        }
        Command::Prune { dry_run, flags } => prune(&flags, dry_run).await,
        Command::Backups(command) => backups(command).await,
        Command::Token(TokenCommand::Create {
            name,
            role,
            replace,
            flags,
        }) => create_token(&flags, &name, role.into(), replace).await,
    }
}

async fn serve(flags: &Flags) -> anyhow::Result<()> {
    let config = Config::load(flags)?;
    let collector = config.otlp_endpoint.clone();
    let traces = logging::start_with_traces(config.log_format, collector.as_ref())?;
    for name in Config::unknown_variables() {
        tracing::warn!("the environment variable {name} means nothing to Daybook");
    }
    // A file that may grow no more is an error like a full disk, and no reason to end.
    let _too_large = unix::signal(unix::SignalKind::from_raw(Signal::XFSZ.as_raw()))?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("can't listen on {}", config.listen))?;
    let ran = daybook::run(config, listener, until_told_to_stop()?).await;
    if let Some(traces) = traces {
        tokio::task::spawn_blocking(|| traces.finish()).await?;
    }
    ran
}

/// What `/readyz` says.
#[derive(Deserialize)]
struct Health {
    status: String,
}

/// For an image without a shell and curl, whose health nothing else can ask for.
async fn healthcheck(flags: &Flags) -> anyhow::Result<()> {
    // Who listens on all addresses is reached at 0.0.0.0 or [::] as well.
    let listen = Config::load(flags)?.listen;
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(HEALTHCHECK)
        .build()?;
    let answer = client.get(format!("http://{listen}/readyz")).send().await?;
    let is_ready = answer.status().is_success();
    let health: Health = answer.json().await.context("no Daybook answers there")?;
    ensure!(is_ready, "the server is not ready: {}", health.status);
    println!("{}", health.status);
    Ok(())
}

async fn migrate(flags: &Flags) -> anyhow::Result<()> {
    let config = Config::load(flags)?;
    logging::start(config.log_format);
    let db = Db::connect(&config.database_url).await?;
    db.migrate().await?;
    db.close().await?;
    Ok(())
}

async fn prune(flags: &Flags, dry_run: bool) -> anyhow::Result<()> {
    let state = open_database(flags).await?;
    let (outdated, verb) = if dry_run {
        (retention::outdated(&state).await?, "would go")
    } else {
        (retention::prune(&state).await?, "gone")
    };
    for found in &outdated {
        println!("{found} {verb}");
    }
    if outdated.is_empty() {
        println!("Everything is kept for ever; `daybook print-config` says how to change that");
    }
    state.db.clone().close().await?;
    Ok(())
}

async fn backups(command: BackupsCommand) -> anyhow::Result<()> {
    match command {
        BackupsCommand::Create { folder, flags } => create_backup(&flags, folder).await,
        BackupsCommand::List { flags } => list_backups(&flags).await,
        BackupsCommand::Verify { files, flags } => verify_backups(&flags, files).await,
        BackupsCommand::Restore {
            file,
            target,
            flags,
        } => {
            let restored = open_backups(&flags)?.restore(&file, target).await?;
            let (path, files) = (restored.path.display(), restored.files);
            println!("{path}: {files} files");
            Ok(())
        }
    }
}

fn open_backups(flags: &Flags) -> anyhow::Result<Backups> {
    let config = Config::load(flags)?;
    logging::start(config.log_format);
    Ok(Backups::new(&config))
}

async fn create_backup(flags: &Flags, folder: PathBuf) -> anyhow::Result<()> {
    let backups = open_backups(flags)?;
    backups.prepare().await?;
    let is_watched = stderr().is_terminal();
    let tell = move |news: News<'_>| match news {
        News::Percent(percent) if is_watched => eprint!("\r{percent:.0} %"),
        News::Percent(_) => {}
        News::LeftOut(place, flaw) => eprintln!("{}: {flaw}", place.display()),
    };
    let stopping = until_told_to_stop()?;
    let archive = backups.create(folder, tell, &stopping).await;
    if is_watched {
        eprintln!();
    }
    let archive = archive?;
    if let Some(flaws) = archive.left_out.words() {
        eprintln!("{flaws}");
    }
    println!("{}  {}", hex::encode(archive.sha256), archive.file);
    Ok(())
}

async fn list_backups(flags: &Flags) -> anyhow::Result<()> {
    for backup in open_backups(flags)?.list().await? {
        let created = backup.created.format("%F %T");
        println!("{created}  {:>14}  {}", backup.size_bytes, backup.file);
    }
    Ok(())
}

/// Goes through all of them, whatever is found of one.
async fn verify_backups(flags: &Flags, mut files: Vec<PathBuf>) -> anyhow::Result<()> {
    let backups = open_backups(flags)?;
    if files.is_empty() {
        let listed = backups.list().await?;
        files = listed
            .into_iter()
            .map(|backup| backup.file.into())
            .collect();
    }
    let mut broken = 0;
    for file in &files {
        match backups.verify(file).await {
            Ok(found) => {
                let by = if found.by_digest {
                    "by its digest"
                } else {
                    "by its own checksums; no digest was kept beside it"
                };
                let (file, files) = (file.display(), found.files);
                println!("{file}: good, {files} files, {by}");
            }
            Err(error) => {
                println!("{error}");
                broken += 1;
            }
        }
    }
    ensure!(broken == 0, "{broken} of {} are not good", files.len());
    Ok(())
}

async fn create_token(flags: &Flags, name: &str, role: Role, replace: bool) -> anyhow::Result<()> {
    let state = open_database(flags).await?;
    let (_, token) = client::issue_token(&state, name, role, replace).await?;
    println!("{token}");
    state.db.clone().close().await?;
    Ok(())
}

/// The state of a server that does not serve, on a database that is up to date.
async fn open_database(flags: &Flags) -> anyhow::Result<State> {
    let config = Config::load(flags)?;
    let db = Db::connect(&config.database_url).await?;
    db.migrate().await?;
    Ok(State::new(
        Clock::new(),
        config,
        db,
        CancellationToken::new(),
    ))
}

/// Is cancelled by Ctrl-C, and by SIGTERM as service managers send it.
fn until_told_to_stop() -> anyhow::Result<CancellationToken> {
    let stopping = CancellationToken::new();
    let mut interrupts = unix::signal(unix::SignalKind::interrupt())?;
    let mut terminations = unix::signal(unix::SignalKind::terminate())?;
    let token = stopping.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupts.recv() => {}
            _ = terminations.recv() => {}
        }
        tracing::info!("stopping: what is under way may finish");
        token.cancel();
    });
    Ok(stopping)
}
