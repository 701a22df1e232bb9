//! The bus between processes: wake-ups over a NATS server.
//!
//! Rule of the house: nobody waits for NATS, and nothing is kept for it. What can't be sent now is forgotten, and counted;
//! whoever comes to the server, for the first time or again, says [`Wakeup::Look`]. All who hear that look for what went
//! unheard meanwhile. Its sender hears it, too: what it sends comes back, so it knows that it is heard and hears.

use std::{
    collections::BTreeSet,
    future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use async_nats::{Client, ClientError, ConnectErrorKind, ConnectOptions, Event, ServerAddr};
use entity::Guid;
use futures_util::StreamExt;
use tokio::{
    sync::{Notify, mpsc},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    BusState, Events, Wakeup,
    address::{BusAddress, Login},
    letter,
};

/// How many wake-ups may wait to be sent.
const OUTBOX: usize = 4_096;

/// The most wake-ups in a letter.
const BATCH: usize = 256;

/// How many letters may wait, on their way out and in.
const LETTERS: usize = 1_024;

/// How often to ask whether the server is still there. Without an answer to two of these, it is away.
const PING: Duration = Duration::from_secs(5);

/// How long to wait at most before trying to connect again.
const PAUSE: Duration = Duration::from_secs(1);

/// How long the last letters may take when this process stops.
const LAST: Duration = Duration::from_secs(1);

/// This process's part in the bus. When it is dropped, nothing is sent or heard any more.
#[derive(Debug)]
pub(crate) struct Bus {
    closing: CancellationToken,
    sending: AbortOnDropHandle<()>,
    _receiving: AbortOnDropHandle<()>,
}

/// Takes part in the bus at an address. It does not wait for the server, which may be away for as long as it likes.
pub(crate) async fn join(
    address: &BusAddress,
    process: Guid,
    events: &Arc<Events>,
) -> anyhow::Result<Bus> {
    let (outbox, waiting) = mpsc::channel(OUTBOX);
    events
        .outbox
        .set(outbox)
        .expect("a server joins one bus, once");
    events.bus.send_replace(BusState::Away);
    let link = Arc::new(Link {
        events: Arc::clone(events),
        server: address.to_string(),
        opened: Notify::new(),
        told: Mutex::default(),
    });
    let client = connect(address, Arc::clone(&link)).await?;
    // Before anything is sent: whoever hears itself hears the others.
    let letters = client.subscribe(address.subject().to_owned()).await?;
    let closing = CancellationToken::new();
    let sender = Sender {
        process,
        subject: address.subject().to_owned(),
        client,
        link: Arc::clone(&link),
    };
    Ok(Bus {
        sending: AbortOnDropHandle::new(tokio::spawn(sender.work(waiting, closing.clone()))),
        closing,
        _receiving: AbortOnDropHandle::new(tokio::spawn(receive(letters, process, link))),
    })
}

impl Bus {
    /// Sends what was said until now, and leaves.
    pub(crate) async fn leave(mut self) {
        self.closing.cancel();
        if timeout(LAST, &mut self.sending).await.is_err() {
            tracing::debug!("the last letters were not sent in time");
        }
    }
}

async fn connect(address: &BusAddress, link: Arc<Link>) -> anyhow::Result<Client> {
    let options = ConnectOptions::new()
        .name("daybook")
        // Of the servers that the first one names, too: they are shown the same secrets.
        .require_tls(address.is_encrypted())
        .retry_on_initial_connect()
        .reconnect_delay_callback(pause)
        .ping_interval(PING)
        .client_capacity(LETTERS)
        .subscription_capacity(LETTERS)
        .event_callback(move |event| {
            link.note(&event);
            future::ready(())
        });
    let options = match address.login() {
        None => options,
        Some(Login::Token(token)) => options.token(token.reveal().to_owned()),
        Some(Login::User(user, password)) => {
            options.user_and_password(user.clone(), password.reveal().to_owned())
        }
    };
    let server = ServerAddr::from_url(address.server().clone())
        .context("the event bus (DAYBOOK_EVENT_BUS) can't be there")?;
    Ok(options.connect(server).await?)
}

/// How long to wait before an attempt to connect: doubling from 20 ms.
fn pause(attempt: usize) -> Duration {
    let doubled = 10 << attempt.min(10);
    PAUSE.min(Duration::from_millis(doubled))
}

/// What is known of the connection.
#[derive(Debug)]
struct Link {
    events: Arc<Events>,
    /// Its address, as the log shows it.
    server: String,
    /// Told when the connection is there, for the first time or again.
    opened: Notify,
    /// What the log says already of the way things are now, so that it is not said at each attempt.
    told: Mutex<BTreeSet<String>>,
}

impl Link {
    fn note(&self, event: &Event) {
        match event {
            Event::Connected => {
                self.enter(BusState::Joining, |before| before != BusState::Joining);
                self.opened.notify_one();
            }
            Event::Disconnected => {
                if self.enter(BusState::Away, |before| before != BusState::Away) {
                    self.forget_told();
                    // What follows at each attempt while the server is down; any other reason is news.
                    self.is_first(&ConnectErrorKind::Io.to_string());
                    let server = self.server.as_str();
                    tracing::warn!(
                        server,
                        "the event bus is lost: what other processes do is found by looking, within seconds"
                    );
                }
            }
            // Some letters found no room.
            Event::SlowConsumer(_) => self.events.hear(Wakeup::Look),
            Event::ServerError(error) => self.warn(&error.to_string()),
            Event::ClientError(ClientError::Other(reason)) => self.warn(reason),
            Event::ClientError(_) | Event::LameDuckMode | Event::Draining | Event::Closed => {
                tracing::debug!(%event, "the event bus");
            }
        }
    }

    /// Takes note that what this process said when it came to the server has come back to it.
    fn note_return(&self) {
        if self.enter(BusState::Joined, |before| before == BusState::Joining) {
            self.forget_told();
            let server = self.server.as_str();
            tracing::info!(server, "the event bus is there");
        }
    }

    /// Enters a state where the one before allows it. Tells whether it did.
    fn enter(&self, state: BusState, allowed: impl FnOnce(BusState) -> bool) -> bool {
        self.events.bus.send_if_modified(|now| {
            let enters = allowed(*now);
            if enters {
                *now = state;
            }
            enters
        })
    }

    fn is_open(&self) -> bool {
        matches!(
            self.events.bus_state(),
            BusState::Joining | BusState::Joined
        )
    }

    /// Says once what is wrong.
    fn warn(&self, reason: &str) {
        if self.is_first(reason) {
            let server = self.server.as_str();
            tracing::warn!(
                server,
                reason,
                "the event bus does not work: what other processes do is found by looking, within seconds"
            );
        }
    }

    fn is_first(&self, reason: &str) -> bool {
        self.told().insert(reason.to_owned())
    }

    fn forget_told(&self) {
        self.told().clear();
    }

    fn told(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        // It is never half-written, so a panic elsewhere leaves nothing to repair.
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the other processes.
struct Sender {
    process: Guid,
    subject: String,
    client: Client,
    link: Arc<Link>,
}

impl Sender {
    async fn work(self, mut waiting: mpsc::Receiver<Wakeup>, closing: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                () = self.link.opened.notified() => batch.push(Wakeup::Look),
                _ = waiting.recv_many(&mut batch, BATCH) => {}
                () = closing.cancelled() => break,
            }
            if !self.send(&batch).await {
                self.link.events.leave_untold(batch.len());
            }
            batch.clear();
        }
        if let Err(error) = self.client.flush().await {
            tracing::debug!(%error, "the last letters may not have been sent");
        }
    }

    /// Tells whether the wake-ups are on their way. Nothing is kept for a server that is away: after that, all look.
    async fn send(&self, wakeups: &[Wakeup]) -> bool {
        if !self.link.is_open() {
            return false;
        }
        let letter = letter::write(self.process, wakeups);
        let sent = self.client.publish(self.subject.clone(), letter.into());
        sent.await.is_ok()
    }
}

/// Wakes for what other processes say.
async fn receive(mut letters: async_nats::Subscriber, process: Guid, link: Arc<Link>) {
    while let Some(message) = letters.next().await {
        let Some(letter) = letter::read(&message.payload) else {
            tracing::debug!("a letter on the event bus was not understood");
            continue;
        };
        let is_own = letter.from == process;
        for wakeup in letter.wakeups {
            if is_own && wakeup == Wakeup::Look {
                link.note_return();
            }
            if !is_own || wakeup == Wakeup::Look {
                link.events.hear(wakeup);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_are_bounded() {
        assert_eq!(pause(1), Duration::from_millis(20));
        assert_eq!(pause(2), Duration::from_millis(40));
        assert_eq!(pause(60), PAUSE);
    }
}
