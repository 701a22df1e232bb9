//! What somebody may try who means harm, and what is answered: one table, from top to bottom. Each row names the story that
//! tries it, here or where it belongs to a theme of its own.
//!
//! After each attack of this folder the server still answers an ordinary request at once, has not panicked, and has needed
//! hardly more memory than before: `Besieged` sees to that.

mod batches;
mod besieged;
mod bodies;
mod credentials;
mod documents;
mod headers;
mod origins;
mod paths;
mod slow;
mod sockets;
mod xml;

use std::{fs, path::Path};

/// An attack, what is answered, and the story: of these tests, or, where it begins with `server`, of that package.
type Row = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    // GraphQL documents
    ("fields nested without end",                  "VALIDATION at 15 fields or 64 brackets, unread",      "attacks::documents::deep"),
    ("brackets disguised as text or comment",      "VALIDATION: counted as the parser sees them",         "attacks::documents::deep_in_disguise"),
    ("values and variables nested without end",    "VALIDATION at 64 brackets, or 128 in JSON",           "attacks::documents::deep_values"),
    ("thousands of fields, millions of tokens",    "VALIDATION at 5,000 fields or 20,000 tokens",         "attacks::documents::wide"),
    ("pages of pages of pages",                    "VALIDATION: too complex, before anything is read",    "attacks::documents::pages_of_pages"),
    ("one field under a thousand aliases",         "VALIDATION at 100 aliases",                           "attacks::documents::aliased"),
    ("fragments in a circle",                      "VALIDATION: a fragment uses itself",                  "attacks::documents::fragments_in_a_circle"),
    ("fragments that double at each link",         "VALIDATION at 5,000 uses, asking for much or nothing","attacks::documents::fragments_that_double"),
    ("heaps of directives",                        "VALIDATION at 5 a field, or where one stands twice",  "attacks::documents::directives"),
    ("introspection in a circle",                  "VALIDATION: too deep",                                "attacks::documents::introspection_in_a_circle"),
    ("words of megabytes",                         "VALIDATION at 100 letters, unread",                   "attacks::documents::long_words"),
    ("the same over a WebSocket",                  "`error` for the operation; the socket lives on",      "websocket::hostile_documents_are_refused_here_too"),
    ("a plan that takes a minute to compute",      "made on a thread of its own; ends when nobody waits", "plans::a_long_plan_holds_up_nobody"),

    // Many deeds in one request
    ("a list of operations",                       "400 VALIDATION, none executed",                       "attacks::batches::a_list_of_operations"),
    ("one mutation under many names",              "VALIDATION at 100 aliases, none executed",            "attacks::batches::one_mutation_under_many_names"),
    ("many tokens at one login",                   "422 VALIDATION, no cookie",                           "attacks::batches::many_tokens_at_one_login"),

    // Pages of other sites
    ("a POST with the cookie from another origin", "403 FORBIDDEN, for the login too",                    "login::from_another_site"),
    ("origins that look like ours",                "403 FORBIDDEN",                                       "attacks::origins::lookalikes"),
    ("forms with the cookie",                      "415, from any origin",                                "attacks::origins::forms"),
    ("links with the cookie: mutations by GET",    "405, nothing changed",                                "attacks::origins::links"),
    ("the cookie on the REST routes",              "401 UNAUTHENTICATED: they take none",                 "login::not_for_the_rest_routes"),
    ("a WebSocket with the cookie from elsewhere", "closed with 4403",                                    "websocket::known_by_cookie_and_origin"),
    ("our pages in a frame of theirs",             "forbidden by the Content-Security-Policy",            "pages::the_dashboard_is_on_every_other_path"),

    // Credentials
    ("tokens of a wrong shape",                    "401 UNAUTHENTICATED",                                 "attacks::credentials::misshapen_tokens"),
    ("guessing at tokens",                         "RATE_LIMITED, 429, after 10 a minute and address",    "limits::guessing_at_tokens"),
    ("guessing behind a proxy that is trusted",    "by the address that the proxy names",                 "limits::guessing_behind_a_proxy"),
    ("requests without a pause",                   "RATE_LIMITED, 429, where the operator set a limit",   "limits::requests_a_second"),
    ("sockets and subscriptions in heaps",         "4429 and RATE_LIMITED at 2,000 and 10,000 a client",  "limits::sockets_and_subscriptions_of_a_client"),
    ("two tokens in one request",                  "the first one counts",                                "attacks::credentials::two_tokens"),
    ("cookies of a wrong shape",                   "UNAUTHENTICATED",                                     "attacks::credentials::misshapen_cookies"),
    ("a token of another scheme, or in a URL",     "401 UNAUTHENTICATED",                                 "graphql_over_http::wrong_credentials"),
    ("a token that was revoked",                   "refused at once; its sockets end within 5 s",         "websocket::credentials_end_their_sockets"),

    // Ways out of folders
    ("`..` in all spellings, for assets and pages","404, or the dashboard; never a file",                 "attacks::paths::of_assets_and_pages"),
    ("odd names in REST paths",                    "404 or 422",                                          "attacks::paths::of_rest_paths"),
    ("plan files outside of their folder",         "VALIDATION, whether there is one or not",             "attacks::paths::of_plan_files"),
    ("backups of what is outside of the roots",    "VALIDATION, through links too",                       "attacks::paths::of_backups"),
    ("a folder that becomes a link while waiting", "the run fails: it is looked at again",                "backup_runs::refused_later"),
    ("archives that would write elsewhere",        "nothing is restored",                                 "server::domain::backup::tests::hostile::no_way_leads_out"),
    ("archives of devices",                        "nothing is restored",                                 "server::domain::backup::tests::hostile::devices_are_refused"),

    // Headers
    ("line breaks in what is echoed",              "no header of the answer but the server's own",        "attacks::headers::line_breaks_in_what_is_echoed"),
    ("line breaks in what is logged",              "one line stays one line",                             "attacks::headers::lines_of_the_log"),
    ("headers without end",                        "431, and cut off",                                    "attacks::headers::too_much_of_them"),
    ("two lengths, one request hidden in another", "400, or cut off behind the first",                    "attacks::headers::two_lengths"),

    // XML
    ("entities that multiply: billion laughs",     "VALIDATION: no entity is known",                      "attacks::xml::entities_that_multiply"),
    ("entities and includes from elsewhere",       "VALIDATION: nothing is fetched",                      "attacks::xml::entities_from_elsewhere"),
    ("elements nested without end",                "VALIDATION at 64",                                    "attacks::xml::nested"),
    ("huge attributes, names and comments",        "VALIDATION in a few words",                           "attacks::xml::huge_attributes"),
    ("a report that breaks off",                   "VALIDATION, nothing kept",                            "bad_input::truncated_junit"),

    // Bodies
    ("more than a body may have",                  "413 TOO_LARGE",                                       "attacks::bodies::oversized"),
    ("chunks without end",                         "413, and cut off",                                    "attacks::bodies::without_an_end"),
    ("bombs of compressed zeros",                  "refused packed as they are",                          "attacks::bodies::compressed"),
    ("broken UTF-8, half surrogates, NUL",         "VALIDATION",                                          "attacks::bodies::no_text"),
    ("numbers out of range, keys twice",           "VALIDATION",                                          "attacks::bodies::ambiguous_json"),
    ("SQL in names",                               "a name like any other",                               "attacks::bodies::statements_for_names"),
    ("media types that are no JSON",               "415",                                                 "graphql_over_http::the_body_must_be_json_in_utf_8"),

    // WebSockets
    ("messages of more than 8 MiB, whole or cut",  "cut off",                                             "attacks::sockets::oversized_messages"),
    ("thousands of crumbs and empty frames",       "put together as the standard says",                   "attacks::sockets::crumbs"),
    ("frames that the standard does not know",     "cut off",                                             "attacks::sockets::broken_frames"),
    ("deep JSON, floods of pings",                 "4400, and each ping its pong",                        "attacks::sockets::heavy_messages"),
    ("messages out of turn",                       "closed with the code of the protocol",                "websocket::close_codes"),
    ("hundreds of sockets dropped at once",        "nothing is left of them",                             "websocket::hundreds_come_and_go"),

    // Slow clients
    ("connections without a request",              "cut off after 30 s",                                  "attacks::slow::requests_that_never_come"),
    ("a header drop by drop",                      "cut off after 30 s",                                  "attacks::slow::a_header_drop_by_drop"),
    ("bodies that stop in the middle",             "refused after 30 s",                                  "attacks::slow::bodies_that_never_end"),
    ("a socket that never says who it is",         "closed with 4408 after 10 s",                         "websocket::no_initialisation_in_time"),
];

/// A row without a story would be a claim, and a story without a row would be missing here.
#[test]
fn the_table_is_whole() {
    for (attack, _, story) in TABLE {
        let (file, name) = place(story);
        let text =
            fs::read_to_string(&file).unwrap_or_else(|error| panic!("{attack}: {file}: {error}"));
        assert!(
            text.contains(&format!("fn {name}(")),
            "{attack}: there is no {name} in {file}"
        );
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stories/attacks");
    for entry in fs::read_dir(folder).expect("the folder of these stories") {
        let path = entry.expect("a readable folder").path();
        let module = path
            .file_stem()
            .and_then(|name| name.to_str())
            .expect("a name");
        let text = fs::read_to_string(&path).expect("a source file");
        let tests = text
            .split("#[tokio::test(flavor = \"multi_thread\")]\nasync fn ")
            .skip(1);
        for test in tests.filter_map(|test| Some(test.split_once('(')?.0)) {
            let story = format!("attacks::{module}::{test}");
            assert!(
                TABLE.iter().any(|row| row.2 == story),
                "{story} is not in the table"
            );
        }
    }
}

/// The file that a story is in, and its name.
fn place(story: &str) -> (String, &str) {
    let (module, name) = story.rsplit_once("::").expect("a story is in a module");
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (folder, module) = match module.strip_prefix("server::") {
        Some(module) => (tests.join("../server/src"), module),
        None => (tests.join("tests/stories"), module),
    };
    (
        format!("{}/{}.rs", folder.display(), module.replace("::", "/")),
        name,
    )
}
