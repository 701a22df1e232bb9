//! How much is too much, as far as an operator may say so.

use std::num::{NonZeroU32, NonZeroUsize};

use figment::providers::Env;
use serde::Deserialize;

/// How much a request may ask for, a client may do, and the server may hold.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// How deep fields may be nested.
    pub depth: usize,
    /// What the fields of a request may cost together.
    pub complexity: usize,
    /// How many aliases a request may have, with its fragments put in.
    pub aliases: usize,
    /// How many fields a request may have, with its fragments put in.
    pub fields: usize,
    /// How many directives a single field may have.
    pub directives: usize,
    /// How many tokens the text of a request may have.
    pub tokens: usize,
    /// The most bytes of a body, but for routes that say otherwise.
    pub body_bytes: usize,
    /// The most reports in one batch.
    pub batch: usize,
    /// How many requests a client may make each second; 0 for any number.
    pub requests_per_second: u32,
    /// How many unknown tokens may be tried from an address each minute.
    pub failed_logins_per_minute: NonZeroU32,
    /// How many sockets a client may have open.
    pub sockets: usize,
    /// How many subscriptions a client may have open.
    pub subscriptions: usize,
    /// How many requests may wait for their results to be written.
    pub write_queue: NonZeroUsize,
}

/// The limits that the environment may hold, as `DAYBOOK_LIMIT_` and the name in capitals.
const NAMES: &[&str] = &[
    "depth",
    "complexity",
    "aliases",
    "fields",
    "directives",
    "tokens",
    "body_bytes",
    "batch",
    "requests_per_second",
    "failed_logins_per_minute",
    "sockets",
    "subscriptions",
    "write_queue",
];

/// What the environment says of them.
pub(super) fn in_environment() -> Env {
    Env::prefixed("DAYBOOK_LIMIT_")
        .only(NAMES)
        .map(|key| format!("limits.{key}").into())
}

/// Whether a variable is the one of a limit, `DAYBOOK_` cut off.
pub(super) fn is_known_variable(key: &str) -> bool {
    key.strip_prefix("limit_")
        .is_some_and(|key| NAMES.contains(&key))
}

#[cfg(test)]
mod tests {
    use figment::Jail;

    use crate::config::{Config, Flags};

    #[test]
    #[expect(clippy::result_large_err, reason = "the signature is figment's")]
    fn limits_come_from_the_environment_too() {
        Jail::expect_with(|jail| {
            jail.create_file("daybook.toml", "[limits]\ndepth = 12\nbatch = 10")?;
            jail.set_env("DAYBOOK_LIMIT_DEPTH", "13");
            let limits = Config::load(&Flags::default())
                .expect("good settings")
                .limits;
            assert_eq!((limits.depth, limits.batch, limits.aliases), (13, 10, 100));
            assert!(Config::unknown_variables().is_empty());
            jail.set_env("DAYBOOK_LIMIT_WRITE_QUEUE", "0");
            let error = Config::load(&Flags::default()).expect_err("nobody could report");
            assert!(format!("{error:#}").contains("WRITE_QUEUE"), "{error:#}");
            jail.set_env("DAYBOOK_LIMIT_WIDTH", "1");
            assert_eq!(Config::unknown_variables(), ["DAYBOOK_LIMIT_WIDTH"]);
            Ok(())
        });
    }
}
