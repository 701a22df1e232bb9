//! Endurance: an even load of half of what the server can take, for half an hour. Schedules are opened, reported to,
//! followed, read and closed all the time. Nothing may fail, and the server may neither fall behind nor grow.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use hdrhistogram::Histogram;
use serde_json::json;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval_at},
};
use uuid::Uuid;

use crate::{
    contender::{Contender, Engine, Kind, Programs},
    load::{Load, histogram},
    speech::{Call, Report, Speech, beginning, graphql},
    table::{Table, number},
    wire::Wire,
    workload::{followers::Subscriber, mebibytes, reports},
};

/// How many connections report, each to a schedule of its own.
const REPORTERS: u32 = 64;

/// What the server can take is measured first: the same connections, each of which reports again as soon as it was answered.
const AT_FIRST: Load = Load {
    connections: REPORTERS as usize,
    warm_up: Duration::from_secs(2),
    measured: Duration::from_secs(10),
};

/// How much of that it is given.
const LOAD: f64 = 0.5;

/// How much of what it is given must have been acknowledged in the end.
const KEPT_UP: f64 = 0.95;

/// How many results a schedule has when it is closed, and the next one is opened.
const SCRIPTS: usize = 2_000;

/// How many of the reporters are followed, each by one who sees each result of each schedule.
const FOLLOWED: usize = 4;

/// How many pages are read a second, and over how many connections.
const PAGES: f64 = 20.0;
const READERS: u32 = 2;

/// When the memory has settled that later memory is compared to.
const SETTLED: Duration = Duration::from_mins(5);

/// How much larger it may be in the end, and how many minutes that is: while the machine is slow for a moment, more requests are
/// under way, and what they take is given back.
const GROWTH: f64 = 1.10;
const IN_THE_END: usize = 5;

const CLOSE: &str = "mutation Close($input: CloseScheduleInput!) { closeSchedule(input: $input) { schedule { revision } } }";

/// What all who take part know.
struct Scene {
    /// How many reports come a second.
    reports: f64,
    until: Instant,
    latency: RefCell<Histogram<u64>>,
    reported: Cell<u64>,
    closed: Cell<u64>,
    read: Cell<u64>,
    seen: Cell<u64>,
}

impl Scene {
    fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// How many reports were acknowledged in each second of so much time.
    #[expect(clippy::cast_precision_loss, reason = "a count has fewer than 52 bits")]
    fn rate(&self, time: Duration) -> f64 {
        self.reported.get() as f64 / time.as_secs_f64()
    }
}

/// What is known of the server at a moment.
struct Sample {
    minutes: u64,
    resident: f64,
    reported: u64,
}

/// Keeps a server busy for so long, and says what was found. Fails where something did, or where the server fell behind or
/// grew.
pub(crate) async fn endure(programs: &Programs, minutes: u32) -> Result<String> {
    let daybook = Contender::start(programs, Kind::Daybook, &Engine::Sqlite).await?;
    let time = Duration::from_mins(1) * minutes;
    ensure!(time > SETTLED, "its memory takes {SETTLED:?} to settle");
    let at_most = reports::single(&daybook, AT_FIRST, AT_FIRST.connections)
        .await?
        .rate;
    let scene = Rc::new(Scene {
        reports: at_most * LOAD,
        until: Instant::now() + time,
        latency: RefCell::new(histogram()),
        reported: Cell::new(0),
        closed: Cell::new(0),
        read: Cell::new(0),
        seen: Cell::new(0),
    });
    let mut reporting = Vec::new();
    let mut following = Vec::new();
    for place in 0..REPORTERS {
        let (tell, told) = watch::channel(None);
        if following.len() < FOLLOWED {
            following.push(follow(&daybook, Rc::clone(&scene), told));
        }
        reporting.push(report(&daybook, Rc::clone(&scene), place, tell));
    }
    let reading = (0..READERS).map(|place| read(&daybook, Rc::clone(&scene), place));
    let (samples, ..) = tokio::try_join!(
        sample(&daybook, Rc::clone(&scene)),
        try_join_all(reporting),
        try_join_all(following),
        try_join_all(reading),
    )?;
    ensure!(
        scene.rate(time) >= scene.reports * KEPT_UP,
        "the server fell behind: {} reports a second were sent, {} were acknowledged",
        number(scene.reports),
        number(scene.rate(time))
    );
    let samples = judge(&samples)?;
    Ok(format!(
        "At first {REPORTERS} connections reported {} a second between them. {}\n\n{samples}",
        number(at_most),
        summary(&scene, time)
    ))
}

/// Reports at a steady pace, whatever the answers take: to one schedule after the other. Tells which it is.
async fn report(
    daybook: &Contender,
    scene: Rc<Scene>,
    place: u32,
    tell: watch::Sender<Option<Uuid>>,
) -> Result<()> {
    let mut wire = daybook.wire().await?;
    let mut ticks = pace(scene.reports, REPORTERS, place);
    while !scene.is_over() {
        let schedule = Uuid::new_v4();
        let body = wire
            .send(&Speech::GraphQl.create(schedule, "endured"))
            .await?;
        Speech::GraphQl.check_created(&body, schedule)?;
        tell.send_replace(Some(schedule));
        for script in 0..SCRIPTS {
            ticks.tick().await;
            let begun = Instant::now();
            let call = Speech::GraphQl.report(schedule, &Report::of(script));
            let body = wire.send(&call).await?;
            let revision = Speech::GraphQl.read_reported(&body)?.schedule.revision;
            ensure!(
                usize::try_from(revision)? == script + 1,
                "report {script} took revision {revision}"
            );
            let took = u64::try_from(begun.elapsed().as_micros())?;
            scene.latency.borrow_mut().record(took)?;
            scene.reported.set(scene.reported.get() + 1);
        }
        succeeds(&mut wire, &close(schedule)).await?;
        scene.closed.set(scene.closed.get() + 1);
    }
    Ok(())
}

/// Follows each schedule of one reporter to its end, until there are no more.
async fn follow(
    daybook: &Contender,
    scene: Rc<Scene>,
    mut told: watch::Receiver<Option<Uuid>>,
) -> Result<()> {
    while told.changed().await.is_ok() {
        let schedule = told.borrow_and_update().context("one was opened")?;
        let subscriber = Subscriber::begin(daybook, schedule).await?;
        let seen = subscriber.see(SCRIPTS).await?;
        scene.seen.set(scene.seen.get() + u64::try_from(seen)?);
    }
    Ok(())
}

/// Reads the newest schedules with what goes with each, as the overview does.
async fn read(daybook: &Contender, scene: Rc<Scene>, place: u32) -> Result<()> {
    let mut wire = daybook.wire().await?;
    let mut ticks = pace(PAGES, READERS, place);
    while !scene.is_over() {
        ticks.tick().await;
        let body = wire.send(&Speech::GraphQl.nested(None)).await?;
        Speech::GraphQl.read_nested(&body)?;
        scene.read.set(scene.read.get() + 1);
    }
    Ok(())
}

/// Looks at the server's memory every second, and notes the median of each minute.
async fn sample(daybook: &Contender, scene: Rc<Scene>) -> Result<Vec<Sample>> {
    let second = Duration::from_secs(1);
    let mut ticks = tokio::time::interval(second);
    let (mut samples, mut minute) = (Vec::new(), Vec::new());
    while !scene.is_over() {
        ticks.tick().await;
        minute.push(daybook.usage()?.resident);
        if minute.len() == 60 {
            minute.sort_unstable();
            samples.push(Sample {
                minutes: u64::try_from(samples.len() + 1)?,
                resident: mebibytes(minute[30]),
                reported: scene.reported.get(),
            });
            minute.clear();
        }
    }
    Ok(samples)
}

/// A table of the samples. Fails where the last one is too large.
fn judge(samples: &[Sample]) -> Result<String> {
    let mut table = Table::new(&["minute", "MiB resident, median", "reported so far"]);
    for sample in samples {
        table.row([
            sample.minutes.to_string(),
            number(sample.resident),
            sample.reported.to_string(),
        ]);
    }
    let settled = samples
        .iter()
        .find(|sample| sample.minutes * 60 == SETTLED.as_secs());
    let settled = settled.context("it took long enough")?;
    let later = samples.split_at(samples.len().saturating_sub(IN_THE_END)).1;
    let mut later: Vec<f64> = later.iter().map(|sample| sample.resident).collect();
    later.sort_unstable_by(f64::total_cmp);
    let growth = later[later.len() / 2] / settled.resident;
    ensure!(
        growth <= GROWTH,
        "the server grew {growth:.2} times after its memory had settled:\n{table}"
    );
    Ok(format!(
        "{table}\nIn the end it had {growth:.3} times the memory of minute {}.",
        settled.minutes
    ))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a latency has fewer than 52 bits"
)]
fn summary(scene: &Scene, time: Duration) -> String {
    let latency = scene.latency.borrow();
    let milliseconds = |quantile| latency.value_at_quantile(quantile) as f64 / 1_000.0;
    format!(
        "{} reports in {} minutes, {} a second: p50 {} ms, p99 {} ms, longest {} ms. {} schedules closed, {} pages read, {} \
         results seen by {FOLLOWED} subscribers. No error.",
        scene.reported.get(),
        time.as_secs() / 60,
        number(scene.rate(time)),
        number(milliseconds(0.5)),
        number(milliseconds(0.99)),
        number(milliseconds(1.0)),
        scene.closed.get(),
        scene.read.get(),
        scene.seen.get(),
    )
}

fn close(schedule: Uuid) -> Call {
    let input = json!({ "name": schedule, "expectedResults": SCRIPTS });
    graphql(CLOSE, &json!({ "input": input }))
}

async fn succeeds(wire: &mut Wire, call: &Call) -> Result<()> {
    let body = wire.send(call).await?;
    let answer: serde_json::Value = serde_json::from_slice(&body)?;
    ensure!(answer.get("errors").is_none(), "{}", beginning(&body));
    Ok(())
}

/// The moments at which one of several acts, where all of them together act so often a second.
fn pace(a_second: f64, actors: u32, place: u32) -> tokio::time::Interval {
    let pause = Duration::from_secs_f64(a_second.recip());
    let first = tokio::time::Instant::now() + pause * place;
    let mut ticks = interval_at(first, pause * actors);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    ticks
}
