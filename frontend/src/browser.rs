//! The few things that the dashboard asks of the browser itself, each behind a function that says
//! what for.

use js_sys::{Array, Function, Intl, Object, Reflect};
use leptos::prelude::{document, location, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// The origin of this page, such as `https://daybook.example.org`.
pub fn origin() -> String {
    location().origin().unwrap_or_default()
}

/// The address of a WebSocket on this page's own server.
pub fn socket_url(path: &str) -> String {
    // `http` becomes `ws`, and `https` becomes `wss`.
    format!("{}{path}", origin().replacen("http", "ws", 1))
}

/// Path and query of the address bar.
pub fn current_path() -> String {
    let location = location();
    location.pathname().unwrap_or_default() + &location.search().unwrap_or_default()
}

/// Loads the page again.
pub fn reload() {
    // Only a browser that is closing refuses.
    drop(location().reload());
}

/// Sets the title of the tab: what it shows, then the application's name.
pub fn set_title(page: &str) {
    document().set_title(&if page.is_empty() {
        "Daybook".to_owned()
    } else {
        format!("{page} · Daybook")
    });
}

/// Whether somebody can see the page.
pub fn is_visible() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

/// Puts a text on the clipboard. False where the browser gives none, as on a plain-HTTP origin that
/// is not this machine.
pub async fn copy(text: &str) -> bool {
    if !window().is_secure_context() {
        return false;
    }
    let written = window().navigator().clipboard().write_text(text);
    JsFuture::from(written).await.is_ok()
}

/// A GUID that nobody has used. Not for secrets; the browser's own function for this is there on
/// HTTPS only.
pub fn new_guid() -> String {
    let digits = |count: usize| -> String {
        (0..count)
            .map(|_| {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "it lies between 0 and 16"
                )]
                let digit = (16.0 * js_sys::Math::random()) as u32;
                char::from_digit(digit, 16).unwrap_or('0')
            })
            .collect()
    };
    // The fixed digits say that the others are random.
    format!(
        "{}-{}-4{}-8{}-{}",
        digits(8),
        digits(4),
        digits(3),
        digits(3),
        digits(12)
    )
}

/// The IANA name of the viewer's time zone.
pub fn time_zone() -> String {
    let format = Intl::DateTimeFormat::new(&Array::new(), &Object::new());
    let zone = Reflect::get(&format.resolved_options(), &"timeZone".into());
    zone.ok()
        .and_then(|zone| zone.as_string())
        .unwrap_or_else(|| "UTC".to_owned())
}

/// The IANA names of the time zones that the browser knows; none where it does not tell.
pub fn time_zones() -> Vec<String> {
    let names = || {
        let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
        let known = Reflect::get(&intl, &"supportedValuesOf".into()).ok()?;
        let known: Function = known.dyn_into().ok()?;
        known.call1(&intl, &"timeZone".into()).ok()
    };
    let names = names().map(|names| Array::from(&names)).unwrap_or_default();
    names.iter().filter_map(|name| name.as_string()).collect()
}

/// What the viewer's clock shows at the next full hour, as a field of type `datetime-local` has it.
pub fn next_hour() -> String {
    const HOUR: f64 = 3_600_000.0;
    let now = js_sys::Date::now();
    let ahead = js_sys::Date::new(&((now / HOUR).floor() * HOUR + HOUR).into());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}",
        ahead.get_full_year(),
        ahead.get_month() + 1,
        ahead.get_date(),
        ahead.get_hours(),
        ahead.get_minutes()
    )
}

/// Hands a text to the viewer as a file.
pub fn download(name: &str, text: &str) -> Result<(), JsValue> {
    let parts = Array::of1(&text.into());
    let options = BlobPropertyBag::new();
    options.set_type("text/plain;charset=utf-8");
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // The browser has taken hold of what is behind the address by now.
    Url::revoke_object_url(&url)
}

/// Reads a setting that this browser keeps.
pub fn setting(key: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(key).ok()?
}

/// Keeps a setting, or forgets it. A browser that keeps nothing (a private window, a policy) is no
/// error: the setting then lasts as long as the page.
pub fn set_setting(key: &str, value: Option<&str>) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = match value {
            Some(value) => storage.set_item(key, value),
            None => storage.remove_item(key),
        };
    }
}
