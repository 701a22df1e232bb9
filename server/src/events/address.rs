//! Where the NATS server is, who we are there, and under which subject the servers of one Daybook meet: all of it in
//! one URL, whose secrets are never shown.

use std::fmt;

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use url::Url;

use crate::config::Secret;

/// The port of NATS servers where the URL names none.
const PORT: u16 = 4222;

/// The subject where the URL names none.
const SUBJECT: &str = "daybook";

/// `nats://USER:PASSWORD@HOST:PORT/SUBJECT`, or `tls://…`; all but the host may be left out, and a user without a
/// password is a token.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct BusAddress {
    /// The URL without its secrets and its path.
    server: Url,
    login: Option<Login>,
    subject: String,
}

/// What the NATS server is shown.
#[derive(Clone, Debug)]
pub(super) enum Login {
    Token(Secret),
    User(String, Secret),
}

impl BusAddress {
    /// The server, without anything secret.
    pub(super) fn server(&self) -> &Url {
        &self.server
    }

    /// Whether everything that is said there is to be encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        self.server.scheme() == "tls"
    }

    /// What it is shown, where something is.
    pub(super) fn login(&self) -> Option<&Login> {
        self.login.as_ref()
    }

    /// The subject.
    pub(super) fn subject(&self) -> &str {
        &self.subject
    }
}

impl TryFrom<String> for BusAddress {
    type Error = &'static str;

    // No error quotes the text, for there may be a password in it.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut server = Url::parse(&text).map_err(|_| "it is not a URL like nats://HOST:PORT")?;
        if !["nats", "tls"].contains(&server.scheme()) {
            return Err("it must begin with nats:// or tls://");
        }
        if server.host_str().is_none_or(str::is_empty) {
            return Err("it names no host");
        }
        if server.query().is_some() || server.fragment().is_some() {
            return Err("it must end with the subject, without ? and #");
        }
        let subject = match server.path().trim_matches('/') {
            "" => SUBJECT,
            subject if is_subject(subject) => subject,
            _ => {
                return Err(
                    "the subject after the host must be words of a-z, A-Z, 0-9, - and _, with dots between them",
                );
            }
        };
        let subject = subject.to_owned();
        let login = match (server.username(), server.password()) {
            ("", None) => None,
            (token, None) => Some(Login::Token(decode(token)?.as_str().into())),
            (user, Some(password)) => {
                let password = decode(password)?;
                Some(Login::User(decode(user)?, password.as_str().into()))
            }
        };
        server.set_path("");
        server
            .set_username("")
            .and_then(|()| server.set_password(None))
            .and_then(|()| server.set_port(Some(server.port().unwrap_or(PORT))))
            .expect("a URL with a host may have all of them");
        Ok(Self {
            server,
            login,
            subject,
        })
    }
}

impl fmt::Display for BusAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.server, self.subject)
    }
}

impl fmt::Debug for BusAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BusAddress({self})")
    }
}

fn is_subject(text: &str) -> bool {
    text.split('.').all(|word| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        !word.is_empty() && word.bytes().all(is_plain)
    })
}

fn decode(text: &str) -> Result<String, &'static str> {
    percent_decode_str(text)
        .decode_utf8()
        .map(Into::into)
        .map_err(|_| "user and password must be UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<BusAddress, &'static str> {
        BusAddress::try_from(text.to_owned())
    }

    fn shown(text: &str) -> String {
        parse(text).expect("an address").to_string()
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        assert_eq!(shown("nats://bus"), "nats://bus:4222/daybook");
        assert_eq!(shown("tls://[::1]:1/"), "tls://[::1]:1/daybook");
        assert_eq!(
            shown("nats://bus/nightly.eu-1"),
            "nats://bus:4222/nightly.eu-1"
        );
    }

    #[test]
    fn secrets_are_decoded_and_never_shown() {
        let address = parse("nats://me:p%40ss%2Fword@bus:1").expect("an address");
        match address.login() {
            Some(Login::User(user, password)) => {
                assert_eq!((user.as_str(), password.reveal()), ("me", "p@ss/word"));
            }
            other => panic!("{other:?}"),
        }
        for text in [format!("{address:?}"), format!("{:?}", address.login())] {
            assert!(!text.contains("word"), "{text}");
        }
        match parse("nats://very-secret@bus").expect("an address").login() {
            Some(Login::Token(token)) => assert_eq!(token.reveal(), "very-secret"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "bus:4222",
            "http://bus",
            "nats:bus",
            "nats://",
            "nats:///subject",
            "nats://bus/*",
            "nats://bus/a..b",
            "nats://bus/a/b",
            "nats://bus?tls=1",
            "nats://bus:99999",
            "nats://%ff@bus",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
