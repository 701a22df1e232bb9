//! The badge that says whether what the page shows is what is.

use leptos::prelude::*;

use crate::{api::socket::Connection, clock::Clock, format};

fn state(connection: Connection) -> &'static str {
    match connection {
        Connection::Offline => "offline",
        Connection::Connecting => "connecting",
        Connection::Live => "live",
        Connection::Reconnecting { .. } => "reconnecting",
    }
}

fn words(connection: Connection, signed_out: bool, now: f64) -> String {
    match connection {
        Connection::Offline if signed_out => "Signed out".to_owned(),
        Connection::Offline => "Not connected".to_owned(),
        Connection::Connecting => "Connecting…".to_owned(),
        Connection::Live => "Live".to_owned(),
        Connection::Reconnecting { since } => {
            format!("Reconnecting · {}", format::elapsed(now - since))
        }
    }
}

fn explanation(connection: Connection) -> String {
    match connection {
        Connection::Offline => "There is no live connection, and none is being made.".to_owned(),
        Connection::Connecting => "The live connection is being made.".to_owned(),
        Connection::Live => "Changes are shown as they happen.".to_owned(),
        Connection::Reconnecting { since } => {
            format!(
                "The connection was lost. The page shows how things were at {}.",
                format::exact(since)
            )
        }
    }
}

/// The state of the live connection: a word, and the whole story on hover.
#[component]
pub fn ConnectionBadge(
    /// What the connection is doing.
    connection: ReadSignal<Connection>,
    /// Whether the server has said that nobody is signed in.
    signed_out: Signal<bool>,
) -> impl IntoView {
    let now = Clock::expect().now();
    // The passing seconds are for the eye: a screen reader is told of changes, not of every second.
    let announcement = Memo::new(move |_| match connection.get() {
        Connection::Reconnecting { .. } => "The connection was lost; reconnecting.".to_owned(),
        other => words(other, signed_out.get(), 0.0),
    });
    let words = move || words(connection.get(), signed_out.get(), now.get());
    view! {
        <span
            class=move || format!("badge badge--{}", state(connection.get()))
            data-testid="connection"
            data-state=move || state(connection.get())
            title=move || explanation(connection.get())
        >
            <span class="badge__dot" aria-hidden="true"></span>
            <span aria-hidden="true">{words}</span>
            <span class="visually-hidden" role="status">{announcement}</span>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_connection_says_since_when() {
        let connection = Connection::Reconnecting { since: 1_000.0 };
        assert_eq!(words(connection, false, 13_500.0), "Reconnecting · 12 s");
        assert_eq!(state(connection), "reconnecting");
    }

    #[test]
    fn no_connection_is_not_the_same_as_signed_out() {
        assert_eq!(words(Connection::Offline, false, 0.0), "Not connected");
        assert_eq!(words(Connection::Offline, true, 0.0), "Signed out");
    }
}
