//! Following: many subscribers of one schedule while it is reported to. Each must be told of every change, and soon.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt, future::try_join_all};
use hdrhistogram::Histogram;
use serde::Deserialize;
use serde_json::json;
use tokio::{net::TcpStream, time::MissedTickBehavior};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Message,
        client::IntoClientRequest,
        http::{HeaderValue, header::SEC_WEBSOCKET_PROTOCOL},
        protocol::WebSocketConfig,
    },
};
use uuid::Uuid;

use crate::{
    contender::Contender,
    load::histogram,
    speech::{Report, Speech},
    usage::Usage,
};

/// How many reports a second.
const REPORTS: u32 = 100;

/// How many connections they come over, so that one that takes long does not hold up the next.
const REPORTERS: usize = 8;

/// How much of what was sent is read at a time. It is cleared before each read: of the library's 128 KiB, that took the generator up
/// to six tenths of a core, and so from those that it measures.
const READ_BYTES: usize = 4 * 1024;

const SUBSCRIBE: &str = "subscription Follow($name: UUID!) { scheduleChanges(name: $name, after: 0) { revision results { script status revision } } }";

/// What came of it.
pub(crate) struct Followed {
    /// From the acknowledgement to the arrival, in microseconds; 0 where it arrived before.
    pub(crate) latency: Histogram<u64>,
    /// How many messages the subscribers were sent.
    pub(crate) messages: u64,
    /// How many changes they were told of.
    pub(crate) changes: u64,
    /// What Daybook used in the end, and how much of a core it and the generator had.
    pub(crate) usage: Usage,
    pub(crate) daybook_cores: f64,
    pub(crate) generator_cores: f64,
}

/// What all who take part know.
struct Scene {
    schedule: Uuid,
    /// When each revision was acknowledged.
    acknowledged: RefCell<Vec<Option<Instant>>>,
    /// The revision after which it is over.
    last: Cell<Option<usize>>,
    latency: RefCell<Histogram<u64>>,
    messages: Cell<u64>,
    changes: Cell<u64>,
}

/// Follows one schedule with so many subscribers while it is reported to. Fails where one of them misses a change.
pub(crate) async fn follow(
    daybook: &Contender,
    subscribers: usize,
    time: Duration,
) -> Result<Followed> {
    let schedule = Uuid::new_v4();
    let body = daybook
        .wire()
        .await?
        .send(&Speech::GraphQl.create(schedule, "followed"))
        .await?;
    Speech::GraphQl.check_created(&body, schedule)?;
    let scene = Rc::new(Scene {
        schedule,
        acknowledged: RefCell::new(vec![None]),
        last: Cell::new(None),
        latency: RefCell::new(histogram()),
        messages: Cell::new(0),
        changes: Cell::new(0),
    });
    let mut sockets = Vec::with_capacity(subscribers);
    for _ in 0..subscribers {
        sockets.push(Subscriber::begin(daybook, schedule).await?);
    }
    let before = (daybook.usage()?, Usage::own()?);
    let begun = Instant::now();
    let following = sockets
        .into_iter()
        .map(|socket| socket.follow(Rc::clone(&scene)));
    let reporting = report(daybook, Rc::clone(&scene), time);
    tokio::try_join!(try_join_all(following), reporting)?;
    let seconds = begun.elapsed().as_secs_f64();
    let after = (daybook.usage()?, Usage::own()?);
    let scene = Rc::into_inner(scene).expect("everybody is done");
    Ok(Followed {
        latency: scene.latency.into_inner(),
        messages: scene.messages.get(),
        changes: scene.changes.get(),
        usage: after.0,
        daybook_cores: after.0.cores_since(&before.0, seconds),
        generator_cores: after.1.cores_since(&before.1, seconds),
    })
}

/// Reports at a steady pace, whatever the answers take, and notes when each was acknowledged.
async fn report(daybook: &Contender, scene: Rc<Scene>, time: Duration) -> Result<()> {
    let begin = tokio::time::Instant::now();
    let pause = Duration::from_secs(1) / REPORTS;
    let pace = pause * u32::try_from(REPORTERS)?;
    let number = Rc::new(Cell::new(0));
    let reporters = (0..REPORTERS).map(|place| {
        let (scene, number) = (Rc::clone(&scene), Rc::clone(&number));
        async move {
            let mut wire = daybook.wire().await?;
            let first = begin + pause * u32::try_from(place)?;
            let mut ticks = tokio::time::interval_at(first, pace);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            while begin.elapsed() < time {
                ticks.tick().await;
                let report = Report::of(number.replace(number.get() + 1));
                let call = Speech::GraphQl.report(scene.schedule, &report);
                let body = wire.send(&call).await?;
                let now = Instant::now();
                let revision = Speech::GraphQl.read_reported(&body)?.schedule.revision;
                scene.acknowledge(usize::try_from(revision)?, now);
            }
            anyhow::Ok(())
        }
    });
    try_join_all(reporters).await?;
    let acknowledged = scene.acknowledged.borrow().len() - 1;
    ensure!(
        acknowledged == number.get(),
        "{} reports were acknowledged and {acknowledged} revisions taken",
        number.get()
    );
    scene.last.set(Some(acknowledged));
    // One more, so that nobody waits for what is over.
    let mut wire = daybook.wire().await?;
    let report = Report::of(number.get());
    wire.send(&Speech::GraphQl.report(scene.schedule, &report))
        .await?;
    Ok(())
}

impl Scene {
    fn acknowledge(&self, revision: usize, now: Instant) {
        let mut acknowledged = self.acknowledged.borrow_mut();
        if acknowledged.len() <= revision {
            acknowledged.resize(revision + 1, None);
        }
        acknowledged[revision] = Some(now);
    }

    fn arrived(&self, revision: usize, now: Instant) -> Result<()> {
        let acknowledged = self.acknowledged.borrow().get(revision).copied().flatten();
        let since = acknowledged.map_or(Duration::ZERO, |then| now.saturating_duration_since(then));
        self.latency
            .borrow_mut()
            .record(u64::try_from(since.as_micros())?)?;
        self.changes.set(self.changes.get() + 1);
        Ok(())
    }
}

/// One subscriber's socket.
pub(crate) struct Subscriber {
    socket: WebSocketStream<TcpStream>,
    /// The last revision that it was told of.
    seen: usize,
}

/// A message to a subscriber.
#[derive(Deserialize)]
struct Told {
    #[serde(rename = "type")]
    kind: String,
    payload: Option<Payload>,
}

#[derive(Deserialize)]
struct Payload {
    data: Data,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    schedule_changes: Change,
}

#[derive(Deserialize)]
struct Change {
    revision: usize,
    results: Vec<Changed>,
}

#[derive(Deserialize)]
struct Changed {
    script: String,
    status: String,
    revision: usize,
}

impl Subscriber {
    /// Subscribes to a schedule.
    pub(crate) async fn begin(daybook: &Contender, schedule: Uuid) -> Result<Self> {
        let address = daybook.address();
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut request = format!("ws://{address}/graphql").into_client_request()?;
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request
            .headers_mut()
            .insert(SEC_WEBSOCKET_PROTOCOL, protocol);
        let config = WebSocketConfig::default().read_buffer_size(READ_BYTES);
        let (mut socket, _) = client_async_with_config(request, stream, Some(config)).await?;
        let authorization = format!("Bearer {}", daybook.token());
        let init = json!({
            "type": "connection_init",
            "payload": {"Authorization": authorization},
        });
        socket.send(Message::text(init.to_string())).await?;
        let mut subscriber = Self { socket, seen: 0 };
        let answer = subscriber.next().await?;
        ensure!(answer.kind == "connection_ack", "{}", answer.kind);
        let subscribe = json!({
            "id": "1",
            "type": "subscribe",
            "payload": {"query": SUBSCRIBE, "variables": {"name": schedule}},
        });
        let subscribe = Message::text(subscribe.to_string());
        subscriber.socket.send(subscribe).await?;
        // The first message comes at once: what follows was subscribed to.
        subscriber.change().await?;
        Ok(subscriber)
    }

    /// Reads until it was told of so many results.
    pub(crate) async fn see(mut self, results: usize) -> Result<usize> {
        while self.seen < results {
            self.change().await?;
        }
        Ok(self.seen)
    }

    /// Reads to the end.
    async fn follow(mut self, scene: Rc<Scene>) -> Result<()> {
        while scene.last.get().is_none_or(|last| self.seen < last) {
            let before = self.seen;
            let revision = self.change().await?;
            let now = Instant::now();
            for seen in before..self.seen {
                scene.arrived(seen + 1, now)?;
            }
            ensure!(revision == self.seen, "a revision without its result");
            scene.messages.set(scene.messages.get() + 1);
        }
        Ok(())
    }

    /// Reads the next message, and sees to it that no revision is left out. Tells up to which it goes.
    async fn change(&mut self) -> Result<usize> {
        let told = self.next().await?;
        let Some(payload) = told.payload.filter(|_| told.kind == "next") else {
            bail!("a subscriber was sent {}", told.kind);
        };
        let change = payload.data.schedule_changes;
        for result in &change.results {
            ensure!(
                result.revision == self.seen + 1
                    && !result.script.is_empty()
                    && !result.status.is_empty(),
                "after revision {} came {}",
                self.seen,
                result.revision
            );
            self.seen = result.revision;
        }
        Ok(change.revision)
    }

    async fn next(&mut self) -> Result<Told> {
        loop {
            let message = self
                .socket
                .next()
                .await
                .context("the socket was closed")??;
            let Message::Text(text) = message else {
                continue;
            };
            let told: Told = serde_json::from_str(&text).with_context(|| text.to_string())?;
            if told.kind != "ping" {
                return Ok(told);
            }
            let pong = Message::text(r#"{"type":"pong"}"#);
            self.socket.send(pong).await?;
        }
    }
}
