//! Against values that others computed in another way, and against what must be.

use super::*;

/// The positions of JPL, as `tests/tools/ephemerides.py` writes them.
const TABLE: &str = include_str!("../../../../../tests/fixtures/ephemerides.csv");

const ATACAMA: (f64, f64, f64) = (-22.958, -67.786, 5_200.0);

/// A row of the table.
struct Row<'a> {
    line: &'a str,
    site: Site,
    time: DateTime<Utc>,
    body: Body,
    azimuth: f64,
    true_altitude: f64,
}

impl<'a> Row<'a> {
    fn of(line: &'a str) -> Self {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |cell: usize| cells[cell].parse().expect("a number");
        Self {
            line,
            site: Site::new(number(1), number(2), number(3)),
            time: time(cells[4]),
            body: Body::named(cells[5]).expect("a body"),
            azimuth: number(6),
            true_altitude: number(7),
        }
    }
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn sky(site: Site, start: &str, end: &str) -> Sky {
    Sky::over(site, Body::ALL, (time(start), time(end)), || true).expect("it is wanted")
}

fn atacama(start: &str, end: &str) -> Sky {
    let (latitude, longitude, elevation) = ATACAMA;
    sky(Site::new(latitude, longitude, elevation), start, end)
}

/// The difference of two azimuths, in degrees.
fn apart(one: f64, other: f64) -> f64 {
    ((one - other + 180.0).rem_euclid(360.0) - 180.0).abs()
}

/// The promise is 0.05°; this holds what is reached, so that nothing gets worse unnoticed.
#[test]
fn positions_are_those_of_jpl() {
    let rows: Vec<_> = TABLE.lines().skip(1).map(Row::of).collect();
    assert!(rows.len() >= 40, "only {} rows", rows.len());
    for row in rows {
        let sky = Sky::over(row.site, [row.body], (row.time, row.time), || true);
        let local = sky.expect("it is wanted").local(row.body, row.time.into());
        let azimuth = apart(local.horizontal().azimuth, row.azimuth);
        let altitude = (local.true_altitude() - row.true_altitude).abs();
        assert!(
            azimuth < 0.002 && altitude < 0.002,
            "off by {azimuth} and {altitude}: {}",
            row.line
        );
    }
}

#[test]
fn what_is_seen_is_lifted_by_the_air() {
    let moment = "2023-01-01T00:00:00Z";
    let sky = atacama(moment, moment);
    for (body, azimuth, altitude) in [
        (Body::Sun, 240.160, -9.020),
        (Body::Jupiter, 302.097, 52.577),
    ] {
        let seen = sky.position(body, time(moment));
        assert!(apart(seen.azimuth, azimuth) < 0.001, "{body:?}: {seen:?}");
        assert!(
            (seen.altitude - altitude).abs() < 0.001,
            "{body:?}: {seen:?}"
        );
    }
}

/// The next rise after the beginning of 2023, the transit after that and the set, over the Atacama.
const PASSAGES: [(Body, &str, &str, &str); 4] = [
    (
        Body::Sun,
        "2023-01-01T09:48:48.0Z",
        "2023-01-01T16:34:39.6Z",
        "2023-01-01T23:20:25.3Z",
    ),
    (
        Body::Moon,
        "2023-01-01T18:59:17.4Z",
        "2023-01-02T00:41:32.3Z",
        "2023-01-02T06:19:39.7Z",
    ),
    (
        Body::Saturn,
        "2023-01-01T12:59:27.9Z",
        "2023-01-01T19:27:29.0Z",
        "2023-01-02T01:55:28.3Z",
    ),
    (
        Body::Venus,
        "2023-01-01T11:07:14.0Z",
        "2023-01-01T17:49:33.4Z",
        "2023-01-02T00:31:36.7Z",
    ),
];

/// The times are those of `PyEphem`, at 1010 mbar and 15 °C.
#[test]
fn passages_are_those_of_libastro() {
    let sky = atacama("2023-01-01T00:00:00Z", "2023-01-03T00:00:00Z");
    for (body, rise, transit, set) in PASSAGES {
        let passages = sky.passages(
            body,
            time("2023-01-01T00:00:00Z"),
            time("2023-01-03T00:00:00Z"),
        );
        let rising = passages.iter().find(|passage| {
            passage.drift == Drift::Rising && passage.start >= time("2023-01-01T00:00:00Z")
        });
        let rising = rising.expect("it rises");
        let setting = passages.iter().find(|passage| passage.start == rising.end);
        let setting = setting.expect("it sets");
        for (found, expected) in [
            (rising.start, rise),
            (rising.end, transit),
            (setting.end, set),
        ] {
            let off = (found - time(expected)).abs();
            assert!(
                off < TimeDelta::seconds(5),
                "{body:?}: {found} is not {expected}"
            );
        }
    }
}

#[test]
fn passages_follow_one_another() {
    let (start, end) = ("2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z");
    let sky = atacama(start, end);
    for body in Body::ALL {
        let passages = sky.passages(body, time(start), time(end));
        assert!(passages.len() > 100, "{body:?}");
        assert!(passages.windows(2).all(|two| two[0].end <= two[1].start));
        assert!(passages.iter().all(|passage| passage.start < passage.end));
        let turns = passages.windows(2).all(|two| two[0].drift != two[1].drift);
        assert!(turns, "{body:?} rises twice");
    }
}

/// North of the polar circle the sun is up all day in summer, and all night in winter it is not.
#[test]
fn what_never_sets_passes_from_one_lower_culmination_to_the_next() {
    let tromso = Site::new(69.65, 18.96, 10.0);
    let (start, end) = ("2026-06-20T00:00:00Z", "2026-06-22T00:00:00Z");
    let summer = sky(tromso, start, end).passages(Body::Sun, time(start), time(end));
    assert!(summer.windows(2).all(|two| two[0].end == two[1].start));
    assert!(summer[0].start <= time(start) && time(end) <= summer[summer.len() - 1].end);

    let (start, end) = ("2026-12-20T00:00:00Z", "2026-12-22T00:00:00Z");
    let winter = sky(tromso, start, end).passages(Body::Sun, time(start), time(end));
    assert!(winter.is_empty(), "{winter:?}");
}

#[test]
fn nothing_is_computed_for_nobody() {
    let (latitude, longitude, elevation) = ATACAMA;
    let site = Site::new(latitude, longitude, elevation);
    let start = time("2026-01-01T00:00:00Z");
    let mut patience = 3;
    let sky = Sky::over(site, Body::ALL, (start, start), || {
        patience -= 1;
        patience > 0
    });
    assert!(sky.is_none() && patience == 0);
}
