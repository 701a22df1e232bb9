//! Reading: a page of results, and a nested page of schedules with what goes with each.

use std::rc::Rc;

use anyhow::{Context, Result, ensure};
use rand::{RngExt, seq::IndexedRandom};
use uuid::Uuid;

use crate::{
    contender::Contender,
    load::{Load, Outcome, drive},
    speech::{PAGE, Report, SCHEDULES},
    wire::Wire,
};

/// How many schedules there are to read, and how many results each has.
const SEEDED: usize = 2 * SCHEDULES;
const RESULTS: usize = 400;

/// What was put in to be read.
pub(crate) struct Library {
    schedules: Vec<Volume>,
    /// Where the pages of schedules begin.
    pages: Vec<Option<String>>,
}

struct Volume {
    name: Uuid,
    /// Where the pages of its results begin.
    pages: Vec<Option<String>>,
}

impl Library {
    /// Fills a contender, and walks once through all there is.
    pub(crate) async fn fill(contender: &Contender) -> Result<Rc<Self>> {
        let speech = contender.kind.speech();
        let reports: Vec<_> = (0..RESULTS).collect();
        let mut wire = contender.wire().await?;
        let mut schedules = Vec::with_capacity(SEEDED);
        for number in 0..SEEDED {
            let name = Uuid::new_v4();
            let title = format!("nightly of product {}", number % 7);
            let body = wire.send(&speech.create(name, &title)).await?;
            speech.check_created(&body, name)?;
            let reports: Vec<_> = reports.iter().map(|number| Report::of(*number)).collect();
            let body = wire.send(&speech.batch(name, &reports)).await?;
            let accepted = speech.read_accepted(&body)?;
            ensure!(
                accepted.accepted == RESULTS && accepted.schedule.revision >= 1,
                "{} of {RESULTS} results were accepted",
                accepted.accepted
            );
            let pages = pages_of(contender, &mut wire, name).await?;
            schedules.push(Volume { name, pages });
        }
        let body = wire.send(&speech.nested(None)).await?;
        let page = speech.read_nested(&body)?;
        page.check(i32::try_from(RESULTS)?)?;
        let next = page.page_info.end_cursor;
        Ok(Rc::new(Self {
            schedules,
            pages: vec![None, Some(next.context("a page has an end")?)],
        }))
    }
}

async fn pages_of(
    contender: &Contender,
    wire: &mut Wire,
    schedule: Uuid,
) -> Result<Vec<Option<String>>> {
    let speech = contender.kind.speech();
    let mut pages = vec![None];
    for number in 0..RESULTS / PAGE {
        let after = pages.last().expect("it begins with one");
        let body = wire.send(&speech.page(schedule, after.as_deref())).await?;
        let page = speech.read_page(&body)?;
        page.check(number * PAGE)?;
        if page.page_info.has_next_page {
            pages.push(page.page_info.end_cursor);
        }
    }
    ensure!(pages.len() == RESULTS / PAGE, "{} pages", pages.len());
    Ok(pages)
}

/// Any page of any schedule's results.
pub(crate) async fn results(
    contender: &Contender,
    load: Load,
    library: &Rc<Library>,
) -> Result<Outcome> {
    let speech = contender.kind.speech();
    drive(contender, load, |_| {
        let library = Rc::clone(library);
        async move |wire: &mut Wire| {
            let (call, first) = {
                let mut random = rand::rng();
                let schedule = library.schedules.choose(&mut random);
                let schedule = schedule.expect("there are some");
                let number = random.random_range(0..schedule.pages.len());
                let after = schedule.pages[number].as_deref();
                (speech.page(schedule.name, after), number * PAGE)
            };
            let body = wire.send(&call).await?;
            speech.read_page(&body)?.check(first)
        }
    })
    .await
}

/// Any page of schedules, with labels, progress and the first results of each.
pub(crate) async fn schedules(
    contender: &Contender,
    load: Load,
    library: &Rc<Library>,
) -> Result<Outcome> {
    let speech = contender.kind.speech();
    let results = i32::try_from(RESULTS)?;
    drive(contender, load, |_| {
        let library = Rc::clone(library);
        async move |wire: &mut Wire| {
            let after = library.pages.choose(&mut rand::rng());
            let after = after.expect("there are two").as_deref();
            let body = wire.send(&speech.nested(after)).await?;
            speech.read_nested(&body)?.check(results)
        }
    })
    .await
}
