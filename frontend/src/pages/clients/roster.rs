//! The data of the clients' page, and what is done to it. What is done belongs to the page and not to
//! the dialog that asked for it: that may be closed before the answer comes, and a token that was made
//! then would be lost.

use leptos::prelude::*;

use super::questions::Question;
use crate::{
    api::{
        Api,
        clients::{Client, NewToken},
        session::{Role, Session},
    },
    attempt::Attempt,
    fetched::Fetched,
};

/// All clients; free to copy, and gone with the page that shows them.
#[derive(Clone, Copy)]
pub(super) struct Roster {
    api: Api,
    /// All clients by name.
    pub(super) clients: Fetched<Vec<Client>>,
    /// What is being done to one.
    pub(super) attempt: Attempt,
    /// What is asked before.
    pub(super) question: RwSignal<Option<Question>>,
    /// The token that was just made.
    pub(super) fresh: RwSignal<Option<NewToken>>,
}

impl Roster {
    /// Reads all clients.
    pub(super) fn start() -> Self {
        let api = Api::expect();
        Self {
            api,
            clients: Fetched::start(move || api.clients()),
            attempt: Attempt::new(),
            question: RwSignal::new(None),
            fresh: RwSignal::new(None),
        }
    }

    /// Asks whether something should be done.
    pub(super) fn ask(self, question: Question) {
        self.attempt.forget();
        self.question.set(Some(question));
    }

    /// Makes a client.
    pub(super) fn create(self, name: String, role: Role) {
        let created = self.api.create_client(name, role);
        self.attempt.run(created, move |made| {
            self.fresh.set(Some(made));
            self.done();
        });
    }

    /// Gives a client a new token.
    pub(super) fn rotate(self, name: String) {
        let own = self.is_own(&name);
        let rotated = self.api.rotate_client_token(name);
        self.attempt.run(rotated, move |made| {
            let token = made.token.clone();
            self.fresh.set(Some(made));
            if own {
                // The session was opened with the token that has just ended: whatever is asked next
                // under it, the answer is that nobody is signed in.
                let renewed = async move { self.api.log_in(&token).await };
                self.attempt.run(renewed, move |()| self.done());
            } else {
                self.done();
            }
        });
    }

    /// Ends a client's token.
    pub(super) fn revoke(self, name: String) {
        let revoked = self.api.revoke_client(name);
        self.attempt.run(revoked, move |_| self.done());
    }

    /// There is nothing left to ask, and the clients are others now.
    fn done(self) {
        self.question.set(None);
        self.clients.retry();
    }

    /// Whether the page is seen as this client.
    pub(super) fn is_own(self, name: &str) -> bool {
        self.api.session().with_untracked(
            |session| matches!(session, Session::SignedIn(viewer) if viewer.name == name),
        )
    }
}
