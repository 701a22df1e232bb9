//! The badge that says whether what the page shows is what is.

use leptos::prelude::*;

use crate::{
    erased::{computed, dynamic, memo},
    {
        api::{health::Outage, socket::Connection},
        clock::Clock,
        format,
    },
};

/// What the badge tells of.
#[derive(Clone, Copy, PartialEq)]
struct Standing {
    connection: Connection,
    /// What is the matter with the server's database.
    outage: Option<Outage>,
    /// How many changes are known to be there and not shown yet.
    behind: i32,
    /// Whether the server has said that nobody is signed in.
    signed_out: bool,
}

impl Standing {
    /// What the style sheet and browser tests know it by.
    fn keyword(self) -> &'static str {
        match self.connection {
            _ if self.outage.is_some() => "troubled",
            Connection::Offline => "offline",
            Connection::Connecting => "connecting",
            Connection::Live if self.behind > 0 => "behind",
            Connection::Live => "live",
            Connection::Reconnecting { .. } => "reconnecting",
        }
    }

    fn words(self, now: f64) -> String {
        if let Some(outage) = self.outage {
            let what = if outage.reads { "read-only" } else { "away" };
            return format!("Database {what}");
        }
        match self.connection {
            Connection::Offline if self.signed_out => "Signed out".to_owned(),
            Connection::Offline => "Not connected".to_owned(),
            Connection::Connecting => "Connecting…".to_owned(),
            Connection::Live if self.behind > 0 => {
                format!("{} behind", format::changes(self.behind))
            }
            Connection::Live => "Live".to_owned(),
            Connection::Reconnecting { since } => {
                format!("Reconnecting · {}", format::elapsed(now - since))
            }
        }
    }

    fn explanation(self) -> String {
        match self.connection {
            _ if self.outage.is_some() => "What is the matter is said above the page.".to_owned(),
            Connection::Offline => {
                "There is no live connection, and none is being made.".to_owned()
            }
            Connection::Connecting => "The live connection is being made.".to_owned(),
            Connection::Live if self.behind > 0 => format!(
                "The connection stands; {} are still to come in.",
                format::changes(self.behind)
            ),
            Connection::Live => "Changes are shown as they happen.".to_owned(),
            Connection::Reconnecting { since } => format!(
                "The connection was lost. The page shows how things were at {}.",
                format::exact(since)
            ),
        }
    }

    /// What a screen reader is told: of changes, not of every second or number.
    fn announcement(self) -> &'static str {
        match self.connection {
            // That, the page says itself.
            _ if self.outage.is_some() => "",
            Connection::Offline if self.signed_out => "Signed out",
            Connection::Offline => "Not connected",
            Connection::Connecting => "Connecting…",
            Connection::Live if self.behind > 0 => "Catching up",
            Connection::Live => "Live",
            Connection::Reconnecting { .. } => "The connection was lost; reconnecting.",
        }
    }
}

/// The state of the live connection: a word, and the whole story on hover.
#[component]
pub fn ConnectionBadge(
    /// What the connection is doing.
    connection: ReadSignal<Connection>,
    /// What is the matter with the server's database.
    outage: ReadSignal<Option<Outage>>,
    /// How many changes are known to be there and not shown yet.
    behind: Signal<i32>,
    /// Whether the server has said that nobody is signed in.
    signed_out: Signal<bool>,
) -> impl IntoView {
    let now = Clock::expect().now();
    let standing = memo(move || Standing {
        connection: connection.get(),
        outage: outage.get(),
        behind: behind.get(),
        signed_out: signed_out.get(),
    });
    let announcement = memo(move || standing.get().announcement());
    view! {
        <span
            class=computed(move || format!("badge badge--{}", standing.get().keyword()))
            data-testid="connection"
            data-state=computed(move || standing.get().keyword())
            title=computed(move || standing.get().explanation())
        >
            <span class="badge__dot" aria-hidden="true"></span>
            <span aria-hidden="true">{dynamic(move || standing.get().words(now.get()))}</span>
            <span class="visually-hidden" role="status">
                {announcement}
            </span>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(connection: Connection) -> Standing {
        Standing {
            connection,
            outage: None,
            behind: 0,
            signed_out: false,
        }
    }

    #[test]
    fn a_lost_connection_says_since_when() {
        let lost = standing(Connection::Reconnecting { since: 1_000.0 });
        assert_eq!(lost.words(13_500.0), "Reconnecting · 12 s");
        assert_eq!(lost.keyword(), "reconnecting");
    }

    #[test]
    fn a_connection_to_a_server_without_a_database_is_not_live() {
        let troubled = |reads| Standing {
            outage: Some(Outage {
                reads,
                since: 1_000.0,
            }),
            ..standing(Connection::Live)
        };
        assert_eq!(troubled(false).words(6_000.0), "Database away");
        assert_eq!(troubled(true).words(6_000.0), "Database read-only");
        assert_eq!(troubled(true).keyword(), "troubled");
    }

    #[test]
    fn what_is_still_to_come_in_is_not_live() {
        let behind = Standing {
            behind: 1,
            ..standing(Connection::Live)
        };
        assert_eq!(behind.words(0.0), "1 change behind");
        assert_eq!(behind.keyword(), "behind");
        assert_eq!(standing(Connection::Live).words(0.0), "Live");
    }

    #[test]
    fn no_connection_is_not_the_same_as_signed_out() {
        let offline = standing(Connection::Offline);
        assert_eq!(offline.words(0.0), "Not connected");
        let signed_out = Standing {
            signed_out: true,
            ..offline
        };
        assert_eq!(signed_out.words(0.0), "Signed out");
    }
}
