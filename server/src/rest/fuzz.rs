//! Whatever is sent to the REST facade: forms, JSON and times are read, told again and read again as the same; what is
//! wrong with them is told at its place.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderValue, header};
use chrono::{DateTime, SecondsFormat, Utc};
use entity::Timestamp;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::{
    body::{FORM, read_form, read_json},
    flaw::{Flaw, Reading},
    generator, tasks, time,
};
use crate::fuzzing;

/// The texts of a form.
type Fields = BTreeMap<String, String>;

/// How many bytes a byte of a form may become: what is no text is replaced by a character of three.
const GROWTH: usize = 3;

/// Reads a form. The first line of the input is its media type, where it has one.
pub fn rest_form(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (media_type, body) = end.map_or((&[][..], bytes), |end| (&bytes[..end], &bytes[end + 1..]));
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(media_type)
        && !media_type.is_empty()
    {
        headers.insert(header::CONTENT_TYPE, value);
    }
    let read = fuzzing::at_once(read_form::<Fields>(&headers, body.to_vec().into()));
    let fields = match read {
        Ok(fields) => fields,
        Err(refused) => {
            assert!(refused.status().is_client_error());
            return fuzzing::check_refusal(refused.error());
        }
    };
    let characters: usize = fields
        .iter()
        .map(|(name, text)| name.len() + text.len())
        .sum();
    assert!(characters <= bytes.len() * GROWTH, "more than was sent");

    let mut form = form_urlencoded::Serializer::new(String::new());
    let form = form.extend_pairs(&fields).finish();
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(FORM))]
        .into_iter()
        .collect();
    let again = fuzzing::at_once(read_form::<Fields>(&headers, form.into()));
    assert_eq!(again.expect("it is a form"), fields);
}

/// Reads a body of JSON, as a task, as what is to change in one, and as a plan.
pub fn rest_json(bytes: &[u8]) {
    let body = match read_json(&HeaderMap::new(), bytes) {
        Ok(body) => body,
        Err(refused) => return fuzzing::check_refusal(refused.error()),
    };
    let again: Value = serde_json::from_str(&body.to_string()).expect("it is JSON");
    assert_eq!(again, body);
    task(&body);
    changes(&body);
    if let Value::Object(fields) = &body {
        plan(fields);
    }
}

fn task(body: &Value) {
    let read = |body: &Value| tasks::new_task(Reading::of(body)?);
    match read(body) {
        Ok(task) => {
            let told = json!({
                "name": task.name,
                "scheduled_time": task.scheduled_time.to_string(),
                "recurrence": task.recurrence.map(tasks::word),
            });
            let again = read(&told).expect("it is told in the words of the facade");
            assert_eq!(format!("{again:?}"), format!("{task:?}"));
        }
        Err(flaws) => check_flaws(&flaws),
    }
}

fn changes(body: &Value) {
    let read = |body: &Value| tasks::changes(Reading::of(body)?);
    match read(body) {
        Ok(changes) => {
            let mut told = Map::new();
            told.insert("name".into(), json!(changes.new_name));
            let time = changes.scheduled_time.map(|time| time.to_string());
            told.insert("scheduled_time".into(), json!(time));
            if let Some(recurrence) = changes.recurrence {
                told.insert("recurrence".into(), json!(recurrence.map(tasks::word)));
            }
            let again = read(&told.into()).expect("it is told in the words of the facade");
            assert_eq!(format!("{again:?}"), format!("{changes:?}"));
        }
        Err(flaws) => check_flaws(&flaws),
    }
}

fn check_flaws(flaws: &[Flaw]) {
    assert!(!flaws.is_empty(), "a refusal says why");
    for flaw in flaws {
        let flaw = json!(flaw);
        assert_eq!(flaw["loc"][0], "body", "{flaw}");
        assert!(
            flaw["msg"].as_str().is_some_and(|told| !told.is_empty()),
            "{flaw}"
        );
    }
}

fn plan(fields: &Map<String, Value>) {
    let new = match generator::wanted(fields) {
        Ok(new) => new,
        Err(refused) => {
            let generator::Refused::Request(message) = refused else {
                panic!("it is refused in other words than the original's");
            };
            assert!(!message.is_empty(), "a refusal says why");
            return;
        }
    };
    let mut policy = json!({ "policy": new.policy });
    if let Some(config) = &new.config {
        policy["config"] = config.clone();
    }
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Nanos, true);
    for policy in [json!(policy.to_string()), policy] {
        let told = json!({ "t0": time(new.t0), "t1": time(new.t1), "policy": policy });
        let told = told.as_object().expect("an object");
        let Ok(again) = generator::wanted(told) else {
            panic!("{told:?} is not taken back");
        };
        assert_eq!(format!("{again:?}"), format!("{new:?}"));
    }
}

/// Reads a moment.
pub(crate) fn moment(text: &str) {
    let Some(moment) = time::moment(text) else {
        return;
    };
    let told = moment.to_rfc3339_opts(SecondsFormat::Nanos, true);
    assert_eq!(time::moment(&told), Some(moment));
    let with_space = told.replace('T', " ");
    assert_eq!(time::moment(&with_space), Some(moment));
    let kept = Timestamp::from(moment).to_string();
    assert_eq!(
        kept.len(),
        "2026-11-26T10:50:22.123Z".len(),
        "a database keeps {kept}"
    );
    assert_eq!(
        time::moment(&kept).map(Timestamp::from),
        Some(Timestamp::from(moment))
    );
}
