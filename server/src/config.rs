//! The settings: defaults, then a file, then the environment, then flags.
//!
//! `daybook.default.toml` is both the documentation and the source of every default; no default stands in code.

mod limits;
mod networks;

pub use limits::Limits;
pub use networks::Networks;

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::events::BusAddress;

/// The default settings, each with a comment that says what it means.
pub const DEFAULTS: &str = include_str!("../daybook.default.toml");

/// The file that is read where none is named, if it is there.
const DEFAULT_FILE: &str = "daybook.toml";

/// How the variable `BACKUP_FOLDER` is written, too. No shell can set it, but a service manager can.
const OLD_BACKUP_FOLDER: &str = "BACKUP-FOLDER";

/// What a token chosen by the operator must at least have, in characters.
const ADMIN_TOKEN_CHARACTERS: usize = 16;

/// Everything an operator can set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The database: `sqlite:` or `mysql:`.
    pub database_url: String,
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The address people type to get here, where it differs.
    pub public_url: Option<Url>,
    /// How many seconds requests are still taken after the server was told to stop.
    pub drain_seconds: u16,
    /// The token of the client `admin`.
    pub admin_token: Option<Secret>,
    /// Whether reading needs no login.
    pub public_read: bool,
    /// The proxies whose word is taken for who comes through them.
    pub trusted_proxies: Networks,
    /// Where the servers of one database wake each other, if they do.
    pub event_bus: Option<BusAddress>,
    /// The folder with the files that plans may name.
    pub plan_dir: Option<PathBuf>,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Where traces go, if they do.
    pub otlp_endpoint: Option<Url>,
    /// Where backups are kept.
    pub backup_folder: PathBuf,
    /// What may be backed up: these folders, and what is in them.
    pub backup_roots: Folders,
    /// How many days closed schedules are kept; 0 for ever.
    pub keep_schedules_days: u16,
    /// How many days runs are kept; 0 for ever.
    pub keep_runs_days: u16,
    /// How many days entries of the log are kept; 0 for ever.
    pub keep_log_days: u16,
    /// How much is too much.
    pub limits: Limits,
    /// The commands that tasks may run, by name.
    #[serde(default)]
    pub commands: BTreeMap<String, CommandSettings>,
}

/// Folders, written with `:` between them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Folders(Vec<PathBuf>);

impl TryFrom<String> for Folders {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.split(':').any(str::is_empty) {
            return Err("a folder's name is empty");
        }
        Ok(Self(text.split(':').map(PathBuf::from).collect()))
    }
}

impl AsRef<[PathBuf]> for Folders {
    fn as_ref(&self) -> &[PathBuf] {
        &self.0
    }
}

/// A command that tasks may run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandSettings {
    /// The program: a path, or a name to be looked for in `PATH`.
    pub program: PathBuf,
    /// The arguments that it is always given.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// Whether a task may add arguments of its own after those.
    #[serde(default)]
    pub allow_arguments: bool,
    /// The folder that it is run in, where it isn't the server's own.
    pub directory: Option<PathBuf>,
    /// What it finds in its environment, besides the few variables that every program needs.
    #[serde(default)]
    pub environment: BTreeMap<String, Secret>,
}

/// How the server's own log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// A text that no log line or debug output shows.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The settings that can be given as flags.
#[derive(Clone, Debug, Default, clap::Args, Serialize)]
pub struct Flags {
    /// The settings file [default: daybook.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// The database, as `sqlite://FILE?mode=rwc` or `mysql://USER:PASSWORD@HOST:PORT/DATABASE`
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_url: Option<String>,
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS:PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// The address people type to get here
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<Url>,
    /// How many seconds to take requests after being told to stop
    #[arg(long, value_name = "SECONDS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain_seconds: Option<u16>,
    /// Let people read without logging in
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_read: Option<bool>,
    /// The NATS server over which the servers of one database wake each other, as `nats://USER:PASSWORD@HOST:PORT/SUBJECT`
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_bus: Option<String>,
    /// The folder with the files that plans may name: master schedules
    #[arg(long, value_name = "FOLDER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_dir: Option<PathBuf>,
    /// How log lines look
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_format: Option<LogFormat>,
    /// Where backups are kept
    #[arg(long, value_name = "FOLDER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_folder: Option<PathBuf>,
    /// What may be backed up, as folders with `:` between them
    #[arg(long, value_name = "FOLDERS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_roots: Option<String>,
    /// How many days closed schedules are kept, 0 for ever
    #[arg(long, value_name = "DAYS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_schedules_days: Option<u16>,
    /// How many days runs are kept, 0 for ever
    #[arg(long, value_name = "DAYS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_runs_days: Option<u16>,
    /// How many days entries of the log are kept, 0 for ever
    #[arg(long, value_name = "DAYS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_log_days: Option<u16>,
}

impl Config {
    /// Reads the settings from all of their places.
    ///
    /// An unknown key in the file is an error that names it; an unknown `DAYBOOK_*` variable is only a warning, for
    /// Kubernetes makes such by itself.
    pub fn load(flags: &Flags) -> anyhow::Result<Self> {
        let file = settings_file(flags.config.as_deref())?;
        let config: Self = Figment::from(Toml::string(DEFAULTS))
            .merge(file)
            .merge(Env::raw().only(&["DATABASE_URL"]))
            .merge(
                Env::raw()
                    .only(&[OLD_BACKUP_FOLDER])
                    .map(|_| "backup_folder".into()),
            )
            .merge(Env::raw().only(&["BACKUP_FOLDER"]))
            .merge(Env::prefixed("DAYBOOK_").only(ENVIRONMENT))
            .merge(limits::in_environment())
            .merge(Serialized::defaults(flags))
            .extract()
            .context("the settings can't be used")?;
        config.check()?;
        Ok(config)
    }

    /// The names of `DAYBOOK_*` variables that are set and mean nothing.
    pub fn unknown_variables() -> Vec<String> {
        Env::prefixed("DAYBOOK_")
            .iter()
            .map(|(key, _)| key.to_string())
            .filter(|key| !is_known_variable(key))
            .map(|key| format!("DAYBOOK_{}", key.to_uppercase()))
            .collect()
    }

    /// The address of the login page, as people reach it. `bound` is the address that is listened on.
    pub fn login_url(&self, bound: SocketAddr) -> String {
        match &self.public_url {
            Some(url) => format!("{}/login", url.as_str().trim_end_matches('/')),
            None => format!("http://{bound}/login"),
        }
    }

    fn check(&self) -> anyhow::Result<()> {
        if let Some(token) = &self.admin_token {
            ensure!(
                token.reveal().chars().count() >= ADMIN_TOKEN_CHARACTERS,
                "DAYBOOK_ADMIN_TOKEN (admin_token) must have {ADMIN_TOKEN_CHARACTERS} characters or more"
            );
        }
        if let Some(endpoint) = &self.otlp_endpoint {
            ensure!(
                endpoint.scheme() == "http",
                "DAYBOOK_OTLP_ENDPOINT (otlp_endpoint) must begin with http://, to a collector that is near"
            );
        }
        for (name, command) in &self.commands {
            ensure!(
                !name.trim().is_empty() && name.trim() == name,
                "the name of the command {name:?} must not be empty, nor begin or end with a space"
            );
            ensure!(
                !command.program.as_os_str().is_empty(),
                "commands.{name}.program must not be empty"
            );
        }
        Ok(())
    }
}

impl Default for Config {
    /// The settings of `daybook.default.toml`.
    fn default() -> Self {
        Figment::from(Toml::string(DEFAULTS))
            .extract()
            .expect("the default settings are part of this program, and a test reads them")
    }
}

/// The settings that the environment may hold, as `DAYBOOK_` and the name in capitals.
const ENVIRONMENT: &[&str] = &[
    "listen",
    "public_url",
    "drain_seconds",
    "admin_token",
    "public_read",
    "trusted_proxies",
    "event_bus",
    "plan_dir",
    "log_format",
    "otlp_endpoint",
    "backup_roots",
    "keep_schedules_days",
    "keep_runs_days",
    "keep_log_days",
];

/// Whether a variable means something, `DAYBOOK_` cut off.
fn is_known_variable(key: &str) -> bool {
    ENVIRONMENT.contains(&key) || key == OF_CLIENTS || limits::is_known_variable(key)
}

/// What the environment may hold for Daybook's own clients on the same machine, and means nothing to the server.
const OF_CLIENTS: &str = "token";

/// The settings in a file: the one that is named, or the default one if it is there.
fn settings_file(named: Option<&Path>) -> anyhow::Result<Figment> {
    let path = named.unwrap_or(Path::new(DEFAULT_FILE));
    if path.is_file() {
        return Ok(Figment::from(Toml::file_exact(path)));
    }
    ensure!(
        named.is_none(),
        "there is no settings file {}",
        path.display()
    );
    Ok(Figment::new())
}

#[cfg(test)]
mod tests {
    use figment::Jail;

    use super::*;

    #[test]
    fn the_documented_defaults_are_the_defaults() {
        let config = Config::default();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert!(!config.public_read);
    }

    #[test]
    #[expect(clippy::result_large_err, reason = "the signature is figment's")]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        Jail::expect_with(|jail| {
            jail.create_file(
                "daybook.toml",
                "listen = '127.0.0.1:1'\npublic_read = true\ndatabase_url = 'sqlite://file.db'",
            )?;
            jail.set_env("DAYBOOK_LISTEN", "127.0.0.1:2");
            jail.set_env("DATABASE_URL", "sqlite://environment.db");
            let flags = Flags {
                database_url: Some("sqlite://flag.db".into()),
                ..Flags::default()
            };
            let config = Config::load(&flags).expect("good settings");
            assert_eq!(config.listen.port(), 2);
            assert!(config.public_read);
            assert_eq!(config.database_url, "sqlite://flag.db");
            Ok(())
        });
    }

    #[test]
    #[expect(clippy::result_large_err, reason = "the signature is figment's")]
    fn commands_stand_in_the_file() {
        Jail::expect_with(|jail| {
            jail.create_file(
                "daybook.toml",
                "[commands.smoke]\nprogram = '/bin/smoke'\nenvironment = { TOKEN = 'very-secret' }",
            )?;
            let config = Config::load(&Flags::default()).expect("good settings");
            let smoke = &config.commands["smoke"];
            assert!(smoke.arguments.is_empty() && !smoke.allow_arguments);
            assert!(!format!("{config:?}").contains("very-secret"));
            jail.create_file("daybook.toml", "[commands.smoke]\nprogramme = '/bin/smoke'")?;
            let error = Config::load(&Flags::default()).expect_err("a typo");
            assert!(format!("{error:#}").contains("programme"), "{error:#}");
            jail.create_file("daybook.toml", "[commands.smoke]\nprogram = ''")?;
            let error = Config::load(&Flags::default()).expect_err("no program");
            assert!(error.to_string().contains("commands.smoke.program"));
            Ok(())
        });
    }

    #[test]
    #[expect(clippy::result_large_err, reason = "the signature is figment's")]
    fn an_unknown_key_in_the_file_is_named() {
        Jail::expect_with(|jail| {
            jail.create_file("daybook.toml", "listne = '127.0.0.1:1'")?;
            let error = Config::load(&Flags::default()).expect_err("a typo");
            assert!(format!("{error:#}").contains("listne"), "{error:#}");
            Ok(())
        });
    }

    #[test]
    #[expect(clippy::result_large_err, reason = "the signature is figment's")]
    fn an_unknown_variable_is_no_error() {
        Jail::expect_with(|jail| {
            jail.set_env("DAYBOOK_PORT_80_TCP", "tcp://10.0.0.1:80");
            Config::load(&Flags::default()).expect("good settings");
            jail.set_env("DAYBOOK_TOKEN", "dbk_of_a_client_on_this_machine");
            assert_eq!(Config::unknown_variables(), ["DAYBOOK_PORT_80_TCP"]);
            Ok(())
        });
    }

    #[test]
    #[expect(clippy::result_large_err, reason = "the signature is figment's")]
    fn the_folder_of_backups_has_two_spellings() {
        Jail::expect_with(|jail| {
            let folder = || {
                let config = Config::load(&Flags::default()).expect("good settings");
                config.backup_folder.display().to_string()
            };
            assert_eq!(folder(), "./backup");
            jail.set_env("BACKUP-FOLDER", "/old");
            assert_eq!(folder(), "/old");
            jail.set_env("BACKUP_FOLDER", "/new");
            assert_eq!(folder(), "/new");
            Ok(())
        });
    }

    #[test]
    #[expect(clippy::result_large_err, reason = "the signature is figment's")]
    fn roots_have_colons_between_them() {
        Jail::expect_with(|jail| {
            jail.set_env("DAYBOOK_BACKUP_ROOTS", "/srv/www:data");
            let config = Config::load(&Flags::default()).expect("good settings");
            let roots = ["/srv/www", "data"].map(PathBuf::from);
            assert_eq!(config.backup_roots.as_ref(), roots);
            jail.set_env("DAYBOOK_BACKUP_ROOTS", "/srv/www:");
            let error = Config::load(&Flags::default()).expect_err("an empty name");
            assert!(format!("{error:#}").contains("BACKUP_ROOTS"), "{error:#}");
            Ok(())
        });
    }

    #[test]
    #[expect(clippy::result_large_err, reason = "the signature is figment's")]
    fn a_bad_event_bus_is_named_and_its_secrets_are_not() {
        Jail::expect_with(|jail| {
            for bad in ["http://me:very-secret@bus", "nats://me:very-secret@bus/#"] {
                jail.set_env("DAYBOOK_EVENT_BUS", bad);
                let error = Config::load(&Flags::default()).expect_err("not NATS");
                let error = format!("{error:#}");
                assert!(error.contains("EVENT_BUS"), "{error}");
                assert!(!error.contains("very-secret"), "{error}");
            }
            jail.set_env("DAYBOOK_EVENT_BUS", "nats://me:very-secret@bus");
            let config = Config::load(&Flags::default()).expect("good settings");
            assert!(!format!("{config:?}").contains("very-secret"));
            Ok(())
        });
    }

    #[test]
    #[expect(clippy::result_large_err, reason = "the signature is figment's")]
    fn a_short_admin_token_is_refused() {
        Jail::expect_with(|jail| {
            jail.set_env("DAYBOOK_ADMIN_TOKEN", "short");
            let error = Config::load(&Flags::default()).expect_err("too short");
            assert!(error.to_string().contains("16 characters"));
            Ok(())
        });
    }
}
