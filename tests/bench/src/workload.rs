//! What is measured, a file a kind, and what is claimed of each.

pub(crate) mod followers;
mod history;
mod pages;
pub(crate) mod reports;
mod visit;

use std::{collections::BTreeMap, rc::Rc};

use anyhow::Result;
use clap::ValueEnum;

use crate::{
    claim::Claim,
    contender::{Contender, Engine, Kind, Programs},
    extent::Extent,
    race::{Race, median},
    report::Report,
    table::{Table, number},
};
use history::Question;
use pages::Library;
use reports::BATCH;
use visit::Visit;

/// How many connections report and read.
const CONNECTIONS: usize = 64;

/// How many connections send batches.
const BATCHERS: usize = 4;

/// How much of a core the generator may have without a remark.
const GENERATOR: f64 = 1.0 / 3.0;

/// Up to so many subscribers, a bound is claimed. Of more, the figures are told: on two cores, what sends and what receives have
/// not enough for both.
const FOLLOWERS_CLAIMED: usize = 1_000;

/// A workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Workload {
    /// One result a request, one schedule and 64 of them.
    Reports,
    /// A thousand results a request.
    Batches,
    /// A page of 50 results.
    Page,
    /// A page of 20 schedules with what goes with each.
    Nested,
    /// Many subscribers of one schedule.
    Followers,
    /// Reading from a growing history.
    History,
    /// Starting, and memory.
    Start,
    /// The first visit of a browser.
    Visit,
}

/// What Daybook must reach in a race, compared to another.
type Bound = (Kind, f64);

/// The workloads in which all contenders take part.
pub(crate) async fn races(
    programs: &Programs,
    engine: &Engine,
    extent: &Extent,
    wanted: &impl Fn(&Workload) -> bool,
    report: &mut Report,
) -> Result<()> {
    use Workload::{Batches, Nested, Page, Reports};
    if ![Reports, Batches, Page, Nested].iter().any(wanted) {
        return Ok(());
    }
    let mut contenders = Vec::new();
    for kind in [
        Kind::Daybook,
        Kind::Floor,
        Kind::Mercurius,
        Kind::Strawberry,
        Kind::FastApi,
    ] {
        if programs.has(kind) {
            contenders.push(Contender::start(programs, kind, engine).await?);
        }
    }
    // The floor only writes.
    let (floor, mut readers): (Vec<_>, Vec<_>) = contenders
        .into_iter()
        .partition(|contender| contender.kind == Kind::Floor);
    if wanted(&Page) || wanted(&Nested) {
        let mut libraries = BTreeMap::new();
        for contender in &readers {
            libraries.insert(contender.kind, Library::fill(contender).await?);
        }
        let libraries = Rc::new(libraries);
        let library = |contender: &Contender| Rc::clone(&libraries[&contender.kind]);
        let load = extent.load(CONNECTIONS);
        let reads: [Bound; 2] = [(Kind::Mercurius, 1.0), (Kind::Strawberry, 10.0)];
        if wanted(&Page) {
            let race = Race::run(
                format!("A page of 50 results, {engine}"),
                ("pages", 1),
                &readers,
                extent.rounds,
                async |contender| pages::results(contender, load, &library(contender)).await,
            );
            tell(&race.await?, &reads, report);
        }
        if wanted(&Nested) {
            let race = Race::run(
                format!("20 schedules with progress, labels and 10 results each, {engine}"),
                ("pages", 1),
                &readers,
                extent.rounds,
                async |contender| pages::schedules(contender, load, &library(contender)).await,
            );
            tell(&race.await?, &reads, report);
        }
    }
    readers.splice(1..1, floor);
    let writers = readers;
    if wanted(&Batches) {
        let race = Race::run(
            format!("Batches of 1,000 results, {BATCHERS} connections, {engine}"),
            ("results", BATCH),
            &writers,
            extent.rounds,
            async |contender| reports::batches(contender, extent.load(BATCHERS)).await,
        );
        tell(&race.await?, &[(Kind::Floor, 0.5)], report);
    }
    if wanted(&Reports) {
        let mut bounds = vec![(Kind::Floor, 0.6), (Kind::FastApi, 20.0)];
        if *engine == Engine::Sqlite {
            bounds.push((Kind::Mercurius, 3.0));
        }
        for (schedules, to) in [(1, "one schedule"), (CONNECTIONS, "64 schedules")] {
            let race = Race::run(
                format!("One result a request, 64 connections, {to}, {engine}"),
                ("results", 1),
                &writers,
                extent.rounds,
                async |contender| {
                    reports::single(contender, extent.load(CONNECTIONS), schedules).await
                },
            );
            let race = race.await?;
            tell(&race, &bounds, report);
            if let Some(spread) = race.spread() {
                let what = format!("{}: p99 to p50", race.title);
                report.claim(Claim::at_most(what, 4.0, spread, "times"));
            }
        }
    }
    Ok(())
}

/// Reports a race, and what is claimed of it.
fn tell(race: &Race, bounds: &[Bound], report: &mut Report) {
    report.section(&race.title, &race.table());
    let share = race.generator_cores();
    if share > GENERATOR {
        report.remark(&format!(
            "The load generator, which checks every answer, had up to {} of a core beside the fastest.",
            number(share)
        ));
    }
    for (other, bound) in bounds {
        if let Some(ratio) = race.ratio_to(*other) {
            let what = format!("{}: Daybook to {other}", race.title);
            report.claim(Claim::at_least(what, *bound, ratio, "times"));
        }
    }
}

/// The workloads of Daybook alone.
pub(crate) async fn alone(
    programs: &Programs,
    extent: &Extent,
    wanted: &impl Fn(&Workload) -> bool,
    report: &mut Report,
) -> Result<()> {
    if wanted(&Workload::Followers) {
        for subscribers in extent.followers {
            follow(programs, *subscribers, extent, report).await?;
        }
    }
    if wanted(&Workload::History) {
        look_back(programs, extent, report).await?;
    }
    if wanted(&Workload::Start) {
        start(programs, extent, report).await?;
    }
    if wanted(&Workload::Visit) {
        visit(programs, extent, report).await?;
    }
    Ok(())
}

async fn follow(
    programs: &Programs,
    subscribers: usize,
    extent: &Extent,
    report: &mut Report,
) -> Result<()> {
    let daybook = Contender::start(programs, Kind::Daybook, &Engine::Sqlite).await?;
    let followed = followers::follow(&daybook, subscribers, extent.followed).await?;
    let milliseconds = |quantile| in_milliseconds(followed.latency.value_at_quantile(quantile));
    let resident = mebibytes(followed.usage.resident);
    let title = format!("{subscribers} subscribers of one schedule, 100 reports a second, SQLite");
    let mut table = Table::new(&[
        "p50 ms",
        "p99 ms",
        "longest ms",
        "changes told",
        "in messages",
        "missed",
        "MiB resident",
        "cores",
        "generator's cores",
    ]);
    table.row([
        number(milliseconds(0.5)),
        number(milliseconds(0.99)),
        number(in_milliseconds(followed.latency.max())),
        followed.changes.to_string(),
        followed.messages.to_string(),
        // One that is missed ends the run.
        "0".to_owned(),
        number(resident),
        number(followed.daybook_cores),
        number(followed.generator_cores),
    ]);
    report.section(&title, &table);
    if subscribers > FOLLOWERS_CLAIMED {
        return Ok(());
    }
    for (what, bound, measured, unit) in [
        (
            "median after the acknowledgement",
            60.0,
            milliseconds(0.5),
            "ms",
        ),
        (
            "p99 after the acknowledgement",
            250.0,
            milliseconds(0.99),
            "ms",
        ),
        ("resident", 300.0, resident, "MiB"),
    ] {
        let what = format!("{title}: {what}");
        report.claim(Claim::at_most(what, bound, measured, unit));
    }
    Ok(())
}

async fn look_back(programs: &Programs, extent: &Extent, report: &mut Report) -> Result<()> {
    let mut daybooks = Vec::new();
    for results in extent.histories {
        eprintln!("bench: a history of {results} results");
        daybooks.push((*results, history::daybook(programs, *results).await?));
    }
    let mut headings = vec!["median ms".to_owned()];
    headings.extend(
        extent
            .histories
            .iter()
            .map(|results| format!("{results} results")),
    );
    headings.push("largest to smallest".to_owned());
    let headings: Vec<_> = headings.iter().map(String::as_str).collect();
    let mut table = Table::new(&headings);
    for question in Question::ALL {
        // What the first of them has to find out only once is no part of it.
        history::ask(&daybooks, question, extent.asked / 10).await?;
        let medians = history::ask(&daybooks, question, extent.asked).await?;
        let growth = medians.last().zip(medians.first());
        let growth = growth.map_or(f64::NAN, |(last, first)| last / first);
        let mut row = vec![question.name().to_owned()];
        row.extend(medians.into_iter().map(number));
        row.push(number(growth));
        table.row(row);
        let what = format!("Growing history: {}", question.name());
        report.claim(Claim::at_most(what, 1.5, growth, "times"));
    }
    report.section("Reading from a growing history, SQLite", &table);
    Ok(())
}

async fn start(programs: &Programs, extent: &Extent, report: &mut Report) -> Result<()> {
    let mut daybook = history::daybook(programs, extent.histories[0]).await?;
    let mut ready = Vec::new();
    for _ in 0..extent.starts {
        let database = daybook.stop()?;
        daybook = Contender::start_on(programs, Kind::Daybook, database).await?;
        ready.push(daybook.ready_after().as_secs_f64() * 1000.0);
    }
    let ready = median(ready.into_iter());
    let idle = mebibytes(daybook.usage()?.resident);
    reports::single(&daybook, extent.load(CONNECTIONS), 1).await?;
    let busy = mebibytes(daybook.usage()?.peak);
    let mut table = Table::new(&["start to ready, ms", "MiB idle", "MiB most while reporting"]);
    table.row([number(ready), number(idle), number(busy)]);
    report.section("Start and memory, an existing SQLite database", &table);
    let claim =
        |what: &str, bound, measured, unit| Claim::at_most(what.to_owned(), bound, measured, unit);
    report.claim(claim(
        "Start to ready, an existing database",
        200.0,
        ready,
        "ms",
    ));
    report.claim(claim("Resident when idle", 40.0, idle, "MiB"));
    Ok(())
}

async fn visit(programs: &Programs, extent: &Extent, report: &mut Report) -> Result<()> {
    let daybook = Contender::start(programs, Kind::Daybook, &Engine::Sqlite).await?;
    let mut visits = Vec::new();
    for _ in 0..extent.rounds {
        visits.push(visit::first(&daybook).await?);
    }
    let of = |figure: fn(&Visit) -> f64| median(visits.iter().map(figure));
    let kib = of(|visit| kibibytes(visit.bytes));
    let mut table = Table::new(&["KiB with Brotli", "first paint, ms", "live, ms"]);
    table.row([
        number(kib),
        number(of(|visit| visit.painted)),
        number(of(|visit| visit.live)),
    ]);
    report.section("The first visit to the overview, in Chromium", &table);
    let what = "The first visit, with Brotli".to_owned();
    // 350 KB, of 1,000 bytes.
    report.claim(Claim::at_most(what, 341.0, kib, "KiB"));
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "it has fewer than 52 bits")]
fn in_milliseconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "it has fewer than 52 bits")]
pub(crate) fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}

#[expect(clippy::cast_precision_loss, reason = "it has fewer than 52 bits")]
fn kibibytes(bytes: usize) -> f64 {
    bytes as f64 / 1024.0
}
