//! What is asked of the page, as it stands in the address: so a plan can be shared by its link.

use serde_json::Value;

use crate::{
    api::{
        plans::PlanInput,
        scalars::{DateTime, Json},
    },
    json,
};

const HOUR: f64 = 3_600_000.0;

/// How long the window is where the address does not say, in hours.
const WINDOW: f64 = 24.0;

/// The policy that plans where the address names none.
const POLICY: &str = "basic";

/// A window, a policy and a configuration, each as a text. Times are those of UTC, as a field of type `datetime-local` has
/// them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) policy: String,
    /// What differs from the defaults, as JSON; empty for nothing.
    pub(super) config: String,
}

impl Asked {
    /// What an address asks for that may leave out what goes without saying.
    pub(super) fn or_default(
        from: Option<String>,
        to: Option<String>,
        policy: Option<String>,
        config: Option<String>,
        next_hour: &str,
    ) -> Self {
        let from = from.unwrap_or_else(|| next_hour.to_owned());
        Self {
            to: to.unwrap_or_else(|| hours_after(&from, WINDOW)),
            from,
            policy: policy.unwrap_or_else(|| POLICY.to_owned()),
            config: config.unwrap_or_default(),
        }
    }

    /// The same for the server, or why it can't be asked.
    pub(super) fn input(&self) -> Result<PlanInput, &'static str> {
        let t0 = instant(&self.from).ok_or("The beginning of the window is not complete.")?;
        let t1 = instant(&self.to).ok_or("The end of the window is not complete.")?;
        let config =
            json::parse(&self.config).map_err(|_| "The configuration is no JSON object.")?;
        Ok(PlanInput {
            t0,
            t1,
            policy: self.policy.clone(),
            config: (!config.is_empty()).then_some(Json(Value::Object(config))),
        })
    }
}

/// The instant at which the clocks of UTC show a time.
fn instant(local: &str) -> Option<DateTime> {
    let millis = DateTime(format!("{local}Z")).millis();
    (!local.is_empty() && !millis.is_nan()).then(|| DateTime::from_millis(millis))
}

/// What the clocks of UTC show at an instant, to the minute.
fn local(millis: f64) -> String {
    let DateTime(time) = DateTime::from_millis(millis);
    time.get(..16).unwrap_or_default().to_owned()
}

/// The next full hour.
pub(super) fn next_hour() -> String {
    local(((js_sys::Date::now() / HOUR).floor() + 1.0) * HOUR)
}

/// The end of a window of the same length that begins at another time; nothing where that is not known.
pub(super) fn end_after(next: &str, from: &str, to: &str) -> String {
    let length = instant(from)
        .zip(instant(to))
        .map(|(from, to)| to.millis() - from.millis());
    let length = length
        .filter(|length| *length > 0.0)
        .unwrap_or(WINDOW * HOUR);
    hours_after(next, length / HOUR)
}

/// So many hours after a time; nothing where that is none.
pub(super) fn hours_after(from: &str, hours: f64) -> String {
    instant(from).map_or_else(String::new, |from| local(from.millis() + hours * HOUR))
}
