//! Keys: what makes importing a report twice harmless.
//!
//! Rule of the house: a key covers all that is read of an attempt, so that one key never comes with two contents; and
//! what it is made of never changes, so that an old report can be imported again after an update.
//!
//! Besides the attempt it covers the identity of the suites around it (so that equal attempts of two machines or of two
//! runs stay two), and how many equal ones came before it in the report (so that those stay as many as they are).

use std::collections::HashMap;

use entity::result::ResultStatus;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::{attempt::Attempt, markup::Element};

/// The attributes of a suite that tell one run of it from another, unlike its counts and its duration.
const IDENTITY: [&str; 6] = ["name", "id", "package", "hostname", "timestamp", "uuid"];

/// Where a case stands: a digest of the identities of all suites around it.
#[derive(Default)]
pub(super) struct Origin([u8; 32]);

impl Origin {
    /// The inside of a suite that stands here.
    pub(super) fn inside(&self, suite: &Element) -> Self {
        let identity = IDENTITY
            .into_iter()
            .fold(Fingerprint::new(&self.0), |fingerprint, name| {
                fingerprint.field(suite.attribute(name))
            });
        Self(identity.finish())
    }
}

/// Gives out the keys of one report.
#[derive(Default)]
pub(super) struct Keys {
    /// How often each content has occurred.
    occurrences: HashMap<[u8; 32], u64>,
}

impl Keys {
    /// The key of the next attempt of `script`, which stands at `origin`.
    pub(super) fn next(&mut self, origin: &Origin, script: &str, attempt: &Attempt) -> Uuid {
        let content = content(origin, script, attempt);
        let occurrence = self.occurrences.entry(content).or_default();
        *occurrence += 1;
        let digest = Fingerprint::new(&content)
            .field(Some(&occurrence.to_string()))
            .finish();
        uuid(digest)
    }
}

fn content(origin: &Origin, script: &str, attempt: &Attempt) -> [u8; 32] {
    let duration = attempt.duration_ms.map(|ms| ms.to_string());
    let started = attempt
        .started
        .map(|time| time.timestamp_millis().to_string());
    Fingerprint::new(&origin.0)
        .field(Some(script))
        .field(Some(word(attempt.status)))
        .field(Some(&attempt.message))
        .field(Some(&attempt.stdout))
        .field(Some(&attempt.stderr))
        .field(duration.as_deref())
        .field(started.as_deref())
        .finish()
}

/// The name of a status as keys know it, whatever it is called elsewhere.
fn word(status: ResultStatus) -> &'static str {
    match status {
        ResultStatus::Running => "running",
        ResultStatus::Pass => "pass",
        ResultStatus::Fail => "fail",
        ResultStatus::Block => "block",
        ResultStatus::Error => "error",
        ResultStatus::Skip => "skip",
    }
}

/// A UUID of version 8, which is what its standard has for digests other than MD5 and SHA-1.
fn uuid(digest: [u8; 32]) -> Uuid {
    let (bytes, _) = digest
        .split_first_chunk()
        .expect("a digest has more bytes than a UUID");
    Builder::from_custom_bytes(*bytes).into_uuid()
}

/// A SHA-256 over fields, each told apart from the next.
struct Fingerprint(Sha256);

impl Fingerprint {
    fn new(parent: &[u8; 32]) -> Self {
        Self(Sha256::new_with_prefix(parent))
    }

    fn field(mut self, value: Option<&str>) -> Self {
        match value {
            None => self.0.update([0]),
            Some(value) => {
                self.0.update([1]);
                self.0.update((value.len() as u64).to_be_bytes());
                self.0.update(value);
            }
        }
        self
    }

    fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}
