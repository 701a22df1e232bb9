//! What a request shows to be recognised: a token in its header, or the cookie of a session.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use url::Url;

use super::Sender;
use crate::{
    config::Config,
    domain::{
        actor::Actor,
        auth::{Credential, anonymous, authenticate},
    },
    error::{Error, Result},
    state::State,
    throttle::Asker,
};

/// The name of the session's cookie.
pub(super) const COOKIE: &str = "daybook_session";

/// What a refused request is told of how to be admitted.
pub(super) const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"daybook\"");

/// Recognises who sends a request by its token alone.
pub(crate) async fn by_token(state: &State, sender: &Sender) -> Result<Actor> {
    recognise(state, token(sender)?, sender.address()).await
}

/// Recognises who sends a request by the token of its header or, where that is missing, by one that its body holds.
pub(crate) async fn by_token_or(
    state: &State,
    sender: &Sender,
    in_body: Option<&str>,
) -> Result<Actor> {
    let in_body = || in_body.map(|token| Credential::Token(token.trim().to_owned()));
    let credential = token(sender)?.or_else(in_body);
    recognise(state, credential, sender.address()).await
}

/// Recognises who sends a request by its token, or by its cookie where the request comes from our own pages.
pub(super) async fn by_token_or_cookie(state: &State, sender: &Sender) -> Result<Actor> {
    let credential = match token(sender)? {
        Some(token) => Some(token),
        None => session(sender),
    };
    if matches!(credential, Some(Credential::Session(_))) {
        check_origin(&state.config, sender)?;
    }
    recognise(state, credential, sender.address()).await
}

/// Recognises who shows a credential, or nobody, and counts the request.
async fn recognise(
    state: &State,
    credential: Option<Credential>,
    address: IpAddr,
) -> Result<Actor> {
    let actor = match credential {
        Some(credential) => by_credential(state, &credential, address).await?,
        None => anonymous(state),
    };
    state.throttle.admit(asker(&actor, address))?;
    Ok(actor)
}

/// Recognises who shows a credential, unless too many unknown tokens came from its address.
pub(super) async fn by_credential(
    state: &State,
    credential: &Credential,
    address: IpAddr,
) -> Result<Actor> {
    guarded(state, credential, address, authenticate(state, credential)).await
}

/// Does something that shows whether a credential is known, unless too many unknown ones came from its address.
///
/// Only tokens are counted, for an operator may have chosen one that can be guessed. A session is 256 random bits, and browsers
/// go on showing it after its end.
pub(super) async fn guarded<T>(
    state: &State,
    credential: &Credential,
    address: IpAddr,
    showing: impl Future<Output = Result<T>>,
) -> Result<T> {
    if matches!(credential, Credential::Session(_)) || state.directory.knows(credential) {
        return showing.await;
    }
    state.throttle.may_try(address)?;
    let shown = showing.await;
    if matches!(shown, Err(Error::Unauthenticated(_))) {
        state.throttle.failed(address)?;
    }
    shown
}

/// Whose request it is, where requests are counted.
pub(super) fn asker(actor: &Actor, address: IpAddr) -> Asker {
    match actor.identity() {
        Some(identity) => Asker::Client(identity.client_id),
        None => Asker::At(address),
    }
}

/// The token of the header `Authorization: Bearer …`.
pub(super) fn token(headers: &HeaderMap) -> Result<Option<Credential>> {
    headers
        .get(header::AUTHORIZATION)
        .map(|value| value.to_str().ok().and_then(bearer).ok_or(NO_BEARER))
        .transpose()
}

/// The token of a text like `Bearer …`.
pub(super) fn bearer(text: &str) -> Option<Credential> {
    let (scheme, token) = text.trim().split_once(' ')?;
    let is_bearer = scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty();
    is_bearer.then(|| Credential::Token(token.trim().to_owned()))
}

/// What is answered to other kinds of authorization.
pub(super) const NO_BEARER: Error =
    Error::Unauthenticated("Authorization must have the form: Bearer TOKEN");

/// The session's cookie.
pub(super) fn session(headers: &HeaderMap) -> Option<Credential> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| Credential::Session(value.to_owned()))
}

/// Refuses a request that another site's page sent. Browsers always say where a page that sends something is from;
/// what does not say so is no browser, and has no cookie that it was not given on purpose.
pub(super) fn check_origin(config: &Config, headers: &HeaderMap) -> Result<()> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    // What is no text is nobody's origin, and surely not ours.
    let origin = String::from_utf8_lossy(origin.as_bytes());
    if is_our_own(config, headers, &origin) {
        return Ok(());
    }
    let message = format!("pages from {origin} may not use this server's session");
    Err(Error::Forbidden(message))
}

/// Whether an origin's host is the one that the request was sent to, or the one that people type.
pub(super) fn is_our_own(config: &Config, headers: &HeaderMap, origin: &str) -> bool {
    let Ok(origin) = Url::parse(origin) else {
        return false;
    };
    let own = text(headers, &header::HOST).and_then(|host| {
        let scheme = origin.scheme();
        Url::parse(&format!("{scheme}://{host}")).ok()
    });
    let is_same = |url: &Url| (url.host(), url.port()) == (origin.host(), origin.port());
    own.as_ref().is_some_and(is_same) || config.public_url.as_ref().is_some_and(is_same)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let header = |(name, value): &(&str, &str)| {
            (
                name.parse::<HeaderName>().expect("a name"),
                value.parse().expect("a value"),
            )
        };
        pairs.iter().map(header).collect()
    }

    #[test]
    fn only_bearer_tokens_are_taken() {
        let token = |value| token(&headers(&[("authorization", value)]));
        assert_eq!(
            token("Bearer abc").expect("good"),
            Some(Credential::Token("abc".into()))
        );
        assert_eq!(
            token("bearer abc").expect("good"),
            Some(Credential::Token("abc".into()))
        );
        assert!(token("Basic abc").is_err());
        assert!(token("Bearer ").is_err());
    }

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let found = session(&headers(&[("cookie", "a=b; daybook_session=x=y; c=d")]));
        assert_eq!(found, Some(Credential::Session("x=y".into())));
    }

    #[test]
    fn another_sites_pages_are_refused() {
        let config = Config {
            public_url: Some("https://daybook.example.org".parse().expect("a URL")),
            ..Config::default()
        };
        let check = |origin| {
            let headers = headers(&[("host", "127.0.0.1:8080"), ("origin", origin)]);
            check_origin(&config, &headers)
        };
        assert!(check("http://127.0.0.1:8080").is_ok());
        assert!(check("https://daybook.example.org").is_ok());
        assert!(check("http://127.0.0.1:9999").is_err());
        assert!(check("https://evil.example").is_err());
        assert!(check("null").is_err());
        assert!(check("http://127.0.0.1:8080\u{e9}").is_err());
    }
}
