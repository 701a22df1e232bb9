//! Who is who: tokens, sessions, and the clients behind them.
//!
//! Only SHA-256 digests of made tokens are kept. The token that the operator sets is compared in memory and never
//! stored. Recognised clients are remembered for a moment, so that a request costs no query; a revoked token therefore
//! ends within [`REMEMBERED`] on every process.

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use entity::{Digest, Timestamp, client, client::Role, session};
use hmac::{Hmac, KeyInit, Mac};
use moka::future::Cache;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr,
};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    config::Secret,
    db,
    domain::actor::{Actor, Identity},
    error::{Error, Result},
    state::State,
};

/// The client that the operator's own token stands for.
pub const ADMIN: &str = "admin";

/// How long a session of a browser lasts.
pub const SESSION_DAYS: i32 = 30;

/// How long a recognised client is remembered without asking the database again.
const REMEMBERED: Duration = Duration::from_secs(2);

/// How long a credential is known that was recognised once.
const KNOWN: Duration = Duration::from_hours(1);

/// How exact the time of a client's last use is.
const LAST_USED_SECONDS: i64 = 60;

const TOKEN_START: &str = "dbk_";
const PREFIX_CHARACTERS: usize = 12;
const SECRET_BYTES: usize = 32;

/// What somebody shows to be recognised.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Credential {
    /// A token, from the header or from a socket's first message.
    Token(String),
    /// The value of a session's cookie.
    Session(String),
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Token(_) => "Token(…)",
            Self::Session(_) => "Session(…)",
        })
    }
}

/// A token that was just made. It is shown once.
#[derive(Debug)]
pub struct NewToken {
    /// The token itself.
    pub token: String,
    /// What is kept of it.
    pub hash: Digest,
    /// Its first characters.
    pub prefix: String,
}

impl NewToken {
    /// Makes a token of 256 random bits.
    pub fn make() -> Self {
        let token = format!("{TOKEN_START}{}", random_secret());
        Self {
            hash: sha256(&token),
            prefix: token.chars().take(PREFIX_CHARACTERS).collect(),
            token,
        }
    }
}

/// The digest of a credential, and whether it is a session.
type Shown = (bool, Digest);

fn shown(credential: &Credential) -> Shown {
    match credential {
        Credential::Token(token) => (false, sha256(token)),
        Credential::Session(cookie) => (true, sha256(cookie)),
    }
}

/// Recognises clients, and remembers them for a moment.
#[derive(Debug)]
pub struct Directory {
    admin_token: Option<Secret>,
    /// By the digest of the credential, so that no secret lies around in memory.
    remembered: Cache<Shown, Arc<Identity>>,
    /// What was recognised lately, good or not by now.
    known: Cache<Shown, ()>,
}

impl Directory {
    /// A directory that knows the operator's own token, where there is one.
    pub fn new(admin_token: Option<Secret>) -> Self {
        Self {
            admin_token,
            remembered: Cache::builder()
                .max_capacity(10_000)
                .time_to_live(REMEMBERED)
                .build(),
            known: Cache::builder()
                .max_capacity(10_000)
                .time_to_live(KNOWN)
                .build(),
        }
    }

    /// Whether a credential was recognised lately: whoever shows it does not guess.
    pub fn knows(&self, credential: &Credential) -> bool {
        self.known.contains_key(&shown(credential))
    }

    /// Forgets everybody: the next request of each asks the database.
    pub fn forget(&self) {
        self.remembered.invalidate_all();
    }

    /// Whether the operator set the token of the client `admin`.
    pub fn has_admin_token(&self) -> bool {
        self.admin_token.is_some()
    }

    fn is_admin_token(&self, token: &str) -> bool {
        // Digests have one length, so the comparison tells nothing of the token's.
        self.admin_token
            .as_ref()
            .is_some_and(|admin| same(&sha256(admin.reveal()), &sha256(token)))
    }
}

/// Recognises who shows `credential`. An unknown, ended or revoked one is refused.
pub async fn authenticate(state: &State, credential: &Credential) -> Result<Actor> {
    let key = shown(credential);
    let identity = state
        .directory
        .remembered
        .try_get_with(key, recognise(state, credential))
        .await
        .map_err(Arc::unwrap_or_clone)?;
    Ok(Actor::Client(identity))
}

/// Somebody without credentials.
pub fn anonymous(state: &State) -> Actor {
    Actor::Anonymous {
        may_read: state.config.public_read,
    }
}

/// Opens a session for whoever shows a good token. Returns the cookie's value.
pub async fn log_in(state: &State, token: &str) -> Result<String> {
    let (client, ties_to) = client_of_token(state, token).await?;
    let cookie = random_secret();
    let now = Timestamp::now();
    let row = session::ActiveModel {
        session_hash: Set(sha256(&cookie)),
        client_id: Set(client.client_id),
        binding: Set(binding(&cookie, &ties_to)),
        created_time: Set(now),
        expires_time: Set(now.plus_seconds(SESSION_DAYS * 24 * 3600)),
    };
    db::retrying(async || {
        let transaction = state.db.begin().await?;
        row.clone().insert(&transaction).await?;
        db::commit(transaction).await
    })
    .await?;
    Ok(cookie)
}

/// Ends the session of a cookie, if there is one.
pub async fn log_out(state: &State, cookie: &str) -> Result<()> {
    let hash = sha256(cookie);
    db::retrying(async || {
        let transaction = state.db.begin().await?;
        session::Entity::delete_by_id(hash.clone())
            .exec(&transaction)
            .await?;
        db::commit(transaction).await
    })
    .await?;
    state.directory.forget();
    Ok(())
}

async fn recognise(state: &State, credential: &Credential) -> Result<Arc<Identity>> {
    let client = match credential {
        Credential::Token(token) => client_of_token(state, token).await?.0,
        Credential::Session(cookie) => client_of_session(state, cookie).await?,
    };
    state.directory.known.insert(shown(credential), ()).await;
    note_use(state, &client);
    Ok(Arc::new(Identity {
        client_id: client.client_id,
        name: client.name,
        role: client.role,
    }))
}

/// The client of a token, and what sessions opened with it are tied to.
async fn client_of_token(state: &State, token: &str) -> Result<(client::Model, Vec<u8>)> {
    if state.directory.is_admin_token(token) {
        let admin = find_admin(state).await?;
        return Ok((admin, token.as_bytes().to_vec()));
    }
    let hash = sha256(token);
    let client = client::Entity::find()
        .filter(client::Column::TokenHash.eq(hash.clone()))
        .filter(client::Column::RevokedTime.is_null())
        .one(state.db.read())
        .await?
        .ok_or(Error::Unauthenticated("this token is not known"))?;
    Ok((client, hash.as_ref().to_vec()))
}

/// The client of a session, while the token that opened it is good.
async fn client_of_session(state: &State, cookie: &str) -> Result<client::Model> {
    const ENDED: Error = Error::Unauthenticated("this session has ended, log in again");
    let session = session::Entity::find_by_id(sha256(cookie))
        .filter(session::Column::ExpiresTime.gt(Timestamp::now()))
        .one(state.db.read())
        .await?
        .ok_or(ENDED)?;
    let client = client::Entity::find_by_id(session.client_id)
        .one(state.db.read())
        .await?
        .ok_or(ENDED)?;
    let by_own_token = client.revoked_time.is_none()
        && client
            .token_hash
            .as_ref()
            .is_some_and(|hash| same(&session.binding, &binding(cookie, hash.as_ref())));
    let by_admin_token = client.name == ADMIN
        && state.directory.admin_token.as_ref().is_some_and(|token| {
            same(
                &session.binding,
                &binding(cookie, token.reveal().as_bytes()),
            )
        });
    (by_own_token || by_admin_token)
        .then_some(client)
        .ok_or(ENDED)
}

async fn find_admin(state: &State) -> Result<client::Model> {
    client::Entity::find()
        .filter(client::Column::Name.eq(ADMIN))
        .filter(client::Column::Role.eq(Role::Admin))
        .one(state.db.read())
        .await?
        .ok_or(Error::Unauthenticated("this token is not known"))
}

/// Notes in the background that a client was here, once a minute at the most. It is a courtesy: a failure is no error.
fn note_use(state: &State, client: &client::Model) {
    let now = Timestamp::now();
    let noted_lately = client
        .last_used_time
        .is_some_and(|last| now.since(last).num_seconds() < LAST_USED_SECONDS);
    if noted_lately {
        return;
    }
    let (db, client_id) = (state.db.clone(), client.client_id);
    state.background.spawn(async move {
        let noted = async {
            let transaction = db.begin().await?;
            client::Entity::update_many()
                .col_expr(client::Column::LastUsedTime, Expr::value(now))
                .filter(client::Column::ClientId.eq(client_id))
                .exec(&transaction)
                .await?;
            transaction.commit().await
        };
        if let Err(error) = noted.await {
            tracing::debug!(%error, "a client's last use could not be noted");
        }
    });
}

/// What ties a session to a token: worthless without the cookie, and void with another token.
fn binding(cookie: &str, token: &[u8]) -> Digest {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(cookie.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(token);
    let bytes: [u8; 32] = mac.finalize().into_bytes().into();
    bytes.into()
}

fn same(one: &Digest, other: &Digest) -> bool {
    one.as_ref().ct_eq(other.as_ref()).into()
}

fn sha256(text: &str) -> Digest {
    let bytes: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    bytes.into()
}

fn random_secret() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; SECRET_BYTES]>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_token_is_recognised_by_its_prefix_and_kept_as_a_digest() {
        let made = NewToken::make();
        assert!(made.token.starts_with(TOKEN_START));
        assert!(made.token.starts_with(&made.prefix));
        assert_eq!(made.hash, sha256(&made.token));
        assert_ne!(made.token, NewToken::make().token);
    }

    #[test]
    fn a_session_is_void_with_another_token() {
        assert!(same(
            &binding("cookie", b"token"),
            &binding("cookie", b"token")
        ));
        assert!(!same(
            &binding("cookie", b"token"),
            &binding("cookie", b"other")
        ));
        assert!(!same(
            &binding("cookie", b"token"),
            &binding("kookie", b"token")
        ));
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let shown = format!("{:?}", Credential::Token("very-secret".into()));
        assert!(!shown.contains("secret"));
    }
}
