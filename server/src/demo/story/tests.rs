//! The story as a reader of the dashboard would check it: told on each day of a week, since weekends are different.

use std::collections::BTreeMap;

use super::*;

/// A Monday morning.
fn monday() -> DateTime<Utc> {
    "2026-11-23T08:30:00Z".parse().expect("a time")
}

/// A week of mornings on which the story is told.
fn mornings() -> impl Iterator<Item = DateTime<Utc>> {
    (0..7).map(|days| monday() + TimeDelta::days(days))
}

/// All runs of one product, the newest first, so that a place is how many nights ago it was.
fn runs(story: &Story, product: usize) -> Vec<Run> {
    let chapters = story.chapters(21).into_iter().rev();
    let own = chapters.filter(|chapter| chapter.product.title == PRODUCTS[product].title);
    own.map(|chapter| story.tell(chapter)).collect()
}

/// What happened to a product so many nights ago.
fn run(story: &Story, product: usize, ago: usize) -> Run {
    let chapters = story.chapters(u16::try_from(ago + 1).expect("a few weeks"));
    story.tell(chapters[product])
}

/// The stories of a week, each with a seed of its own.
fn stories() -> impl Iterator<Item = Story> {
    (1..)
        .zip(mornings())
        .map(|(seed, now)| Story::new(Seed(seed), now))
}

/// The final status of each script of a run.
fn outcomes(run: &Run) -> BTreeMap<&str, Status> {
    let latest = run.latest().into_iter();
    latest
        .map(|(script, attempt)| (script, attempt.status))
        .collect()
}

fn is_failure(status: Status) -> bool {
    matches!(status, Status::Fail | Status::Error)
}

/// The failing scripts of one run that pass in the other.
fn failing_only_in<'a>(one: &'a Run, other: &Run) -> Vec<&'a str> {
    let there = outcomes(other);
    let failing = outcomes(one)
        .into_iter()
        .filter(|(_, status)| is_failure(*status));
    failing
        .filter(|(script, _)| there.get(script) == Some(&Status::Pass))
        .map(|(script, _)| script)
        .collect()
}

#[test]
fn the_same_seed_tells_the_same_story() {
    let now = monday();
    let (one, same, other) = (
        Story::new(Seed(1), now),
        Story::new(Seed(1), now),
        Story::new(Seed(2), now),
    );
    assert_eq!(runs(&one, 0), runs(&same, 0));
    assert_ne!(runs(&one, 0), runs(&other, 0));
    assert_eq!(
        one.improvise(PRODUCTS[1], now),
        same.improvise(PRODUCTS[1], now)
    );
}

#[test]
fn a_night_is_called_the_same_on_every_day_it_is_told() {
    let now = monday();
    let names = |now| {
        let chapters = Story::new(Seed(1), now).chapters(21);
        chapters
            .into_iter()
            .map(|chapter| chapter.name)
            .collect::<Vec<_>>()
    };
    let (today, tomorrow) = (names(now), names(now + TimeDelta::days(1)));
    assert_eq!(
        today[PRODUCTS.len()..],
        tomorrow[..tomorrow.len() - PRODUCTS.len()]
    );
}

#[test]
fn the_nights_are_over_and_in_order() {
    let now: DateTime<Utc> = "2026-11-23T04:00:00Z".parse().expect("a time");
    let story = Story::new(Seed(1), now);
    let runs: Vec<_> = story
        .chapters(3)
        .into_iter()
        .map(|chapter| story.tell(chapter))
        .collect();
    assert!(runs.is_sorted_by_key(|run| run.begins));
    let last = &runs[5];
    assert_eq!(last.begins.date_naive(), now.date_naive());
    assert!(last.begins + last.closes.expect("it is closed") < now);
}

#[test]
fn a_run_takes_10_to_15_minutes() {
    let now = monday();
    for seed in 1..=9 {
        for product in PRODUCTS {
            let run = Story::new(Seed(seed), now).improvise(product, now);
            let minutes = run.closes.expect("it is closed").as_secs() / 60;
            assert!((10..15).contains(&minutes), "{product}: {minutes}");
        }
    }
}

#[test]
fn a_run_at_a_weekend_is_shorter() {
    let story = Story::new(Seed(1), monday());
    for (product, _) in PRODUCTS.iter().enumerate() {
        let (saturday, friday) = (run(&story, product, 16), run(&story, product, 17));
        assert!(saturday.expected.len() < friday.expected.len());
        assert!(saturday.closes < friday.closes);
    }
}

#[test]
fn a_machine_does_one_thing_at_a_time() {
    let now = monday();
    let run = Story::new(Seed(1), now).improvise(PRODUCTS[0], now);
    let mut under_way = 0_usize;
    let mut moments: Vec<(Duration, bool)> = Vec::new();
    for attempt in &run.attempts {
        if let Some(begins) = attempt.begins {
            moments.extend([(begins, true), (attempt.reported, false)]);
        }
    }
    moments.sort();
    for (_, begins) in moments {
        under_way = if begins { under_way + 1 } else { under_way - 1 };
        assert!(under_way <= PRODUCTS[0].machines.len());
    }
}

#[test]
fn every_morning_something_is_newly_broken_and_something_mended() {
    for story in stories() {
        for (product, _) in PRODUCTS.iter().enumerate() {
            let (last, before) = (run(&story, product, 0), run(&story, product, 1));
            assert_ne!(failing_only_in(&last, &before), [""; 0]);
            assert_ne!(failing_only_in(&before, &last), [""; 0]);
        }
    }
}

#[test]
fn flaky_scripts_fail_now_and_then_and_the_shop_tries_again() {
    for story in stories() {
        for (product, plots) in PRODUCTS.iter().map(|product| product.plots).enumerate() {
            let runs = runs(&story, product);
            let steady = [0, 1, 3, 5];
            for plot in plots {
                let Plot::Flaky { script, .. } = plot else {
                    continue;
                };
                let attempts = runs.iter().flat_map(|run| &run.attempts);
                let own: Vec<_> = attempts
                    .filter(|attempt| attempt.script == *script)
                    .collect();
                assert!(
                    own.iter().any(|attempt| is_failure(attempt.status)),
                    "{script}"
                );
                let passed = own.iter().filter(|attempt| attempt.status == Status::Pass);
                assert!(passed.count() > own.len() / 2, "{script}");
            }
            for night in steady {
                let retried = runs[night].attempts.len() > runs[night].expected.len();
                assert_eq!(retried, PRODUCTS[product].retries);
            }
        }
    }
}

#[test]
fn one_broke_for_good_five_days_ago() {
    for story in stories() {
        for (product, script) in [
            (0, "checkout/coupon_and_gift_card_together"),
            (1, "firmware::clock::leap_second"),
        ] {
            let status = |ago| outcomes(&run(&story, product, ago)).get(script).copied();
            for ago in [0, 3, 5] {
                assert_eq!(status(ago), Some(Status::Fail), "{ago}");
            }
            assert_eq!(status(7), Some(Status::Pass));
        }
    }
}

#[test]
fn one_takes_longer_since_last_night_and_nothing_else_does() {
    for story in stories() {
        for (product, script) in [
            (0, "search/facets_on_ten_thousand_articles"),
            (1, "camera/filter_wheel_all_positions"),
        ] {
            let (last, before) = (run(&story, product, 0), run(&story, product, 1));
            let (after, before) = (last.latest(), before.latest());
            let slower = after.iter().filter(|(script, attempt)| {
                let took = |attempt: &Attempt| attempt.took().map(|took| took.as_secs_f64());
                let before = before.get(*script).and_then(|attempt| took(attempt));
                let (Some(after), Some(before)) = (took(attempt), before) else {
                    return false;
                };
                after >= before * 1.5 && after >= before + 1.0
            });
            assert_eq!(
                slower.map(|(script, _)| *script).collect::<Vec<_>>(),
                [script]
            );
        }
    }
}

#[test]
fn a_machine_was_down_and_something_is_always_left_out() {
    for story in stories() {
        assert!(run(&story, 1, 9).count(Status::Block) > 10);
        let next = run(&story, 1, 8);
        assert_eq!(next.count(Status::Block), 0);
        assert!(next.count(Status::Skip) > 0);
    }
}

#[test]
fn some_nights_are_red() {
    for story in stories() {
        for (product, night) in [(0, 12), (0, 13), (0, 19), (0, 20), (1, 6), (1, 7), (1, 20)] {
            let run = run(&story, product, night);
            let failed = run.count(Status::Fail) + run.count(Status::Error);
            assert!(failed > 10, "{} {night}: {failed}", run.title);
        }
    }
}

#[test]
fn one_is_abandoned_one_incomplete_and_one_corrected() {
    for story in stories() {
        let (shop, telescope) = (runs(&story, 0), runs(&story, 1));
        let open: Vec<_> = (0..21)
            .filter(|night| telescope[*night].closes.is_none())
            .collect();
        assert_eq!(open, [4]);
        assert!(telescope[4].count(Status::Running) > 1);
        assert!(shop.iter().all(|run| run.closes.is_some()));

        let missing = |run: &Run| run.expected.len() - run.finals();
        let incomplete: Vec<_> = (0..21).filter(|night| missing(&shop[*night]) > 0).collect();
        assert_eq!(incomplete, [2]);
        assert_eq!(shop[2].count(Status::Running), 1);

        let corrected: Vec<_> = telescope
            .iter()
            .filter_map(|run| run.correction.as_ref())
            .collect();
        assert_eq!(corrected.len(), 1);
        let failed = outcomes(&telescope[1])[corrected[0].script];
        assert_eq!(failed, Status::Fail);
    }
}

#[test]
fn no_report_comes_before_the_one_that_it_follows() {
    for run in runs(&Story::new(Seed(1), monday()), 0) {
        let mut last: HashMap<&str, Duration> = HashMap::new();
        for attempt in &run.attempts {
            assert!(
                attempt
                    .begins
                    .is_none_or(|begins| begins <= attempt.reported)
            );
            let before = last.insert(&attempt.script, attempt.reported);
            assert!(before.is_none_or(|before| before < attempt.reported));
            assert!(run.closes.is_none_or(|closes| attempt.reported < closes));
        }
    }
}
