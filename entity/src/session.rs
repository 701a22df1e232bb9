//! Sessions of browsers: what a cookie stands for.

use sea_orm::entity::prelude::*;

use crate::{ClientId, Digest, Timestamp};

/// A session, found by the hash of its cookie.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// SHA-256 of the cookie's value.
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_hash: Digest,
    pub client_id: ClientId,
    /// Ties the session to the token it was opened with: when that token ends, so does the session.
    pub binding: Digest,
    pub created_time: Timestamp,
    pub expires_time: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
