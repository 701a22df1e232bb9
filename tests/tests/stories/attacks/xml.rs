//! JUnit reports that are made to explode, by both of the ways to import one.

use std::fmt::Write;

use serde_json::json;
use tokio::net::TcpListener;

use super::besieged::{Besieged, refusal};

/// Small texts that would become large ones, if anybody put the entities in.
#[tokio::test(flavor = "multi_thread")]
async fn entities_that_multiply() {
    let besieged = Besieged::start().await;
    let mut laughs = "<!DOCTYPE b [<!ENTITY l0 'lol'>".to_owned();
    for level in 1..12 {
        let more = format!("&l{};", level - 1).repeat(10);
        write!(laughs, "<!ENTITY l{level} '{more}'>").expect("a string grows");
    }
    let long = format!("<!DOCTYPE b [<!ENTITY l '{}'>", "x".repeat(1024 * 1024));
    let parameter = "<!DOCTYPE b [<!ENTITY % a 'x'><!ENTITY % b '%a;%a;'><!ENTITY l '%b;%b;'>";
    for (declared, used) in [
        (laughs.as_str(), "&l11;"),
        (&long, &"&l;".repeat(10_000)),
        (parameter, "&l;"),
    ] {
        for place in [
            format!("<testcase name='{used}'/>"),
            format!("<testcase name='a'><failure message='{used}'/></testcase>"),
            format!("<testcase name='a'><system-out>{used}</system-out></testcase>"),
        ] {
            let xml = format!("{declared}]><testsuite>{place}</testsuite>");
            imported_nothing(&besieged, &xml, "is not known").await;
        }
    }
    besieged.is_unharmed().await;
}

/// Files and addresses that a report wants to have read.
#[tokio::test(flavor = "multi_thread")]
async fn entities_from_elsewhere() {
    let besieged = Besieged::start().await;
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = elsewhere
        .local_addr()
        .expect("a bound socket has an address");
    for source in [
        "file:///etc/passwd".to_owned(),
        "/etc/passwd".to_owned(),
        format!("http://{address}/x"),
        "expect://id".to_owned(),
    ] {
        for declared in [
            format!("<!DOCTYPE b [<!ENTITY e SYSTEM '{source}'>]>"),
            format!("<!DOCTYPE b [<!ENTITY e PUBLIC 'p' '{source}'>]>"),
            format!("<!DOCTYPE b SYSTEM '{source}' [<!ENTITY % p SYSTEM '{source}'> %p;]>"),
            format!("<?xml-stylesheet href='{source}'?>"),
        ] {
            let xml = format!(
                "{declared}<testsuite><testcase name='a'><system-out>&e;</system-out></testcase></testsuite>"
            );
            imported_nothing(&besieged, &xml, "is not known").await;
        }
        let include = format!(
            "<testsuite xmlns:xi='http://www.w3.org/2001/XInclude'><testcase name=''/><xi:include href='{source}'/></testsuite>"
        );
        imported_nothing(&besieged, &include, "is empty").await;
    }
    tokio::select! {
        biased;
        _ = elsewhere.accept() => panic!("the server asked somebody else"),
        () = besieged.is_unharmed() => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nested() {
    let besieged = Besieged::start().await;
    for element in [
        "<testsuite>",
        "<testsuite><testcase name='a'>",
        "<a>",
        "<a b='",
    ] {
        let xml = format!("<testsuite>{}", element.repeat(100_000));
        imported_nothing(&besieged, &xml, "").await;
    }
    besieged.is_unharmed().await;
}

/// Elements that are mostly attributes, and names without end.
#[tokio::test(flavor = "multi_thread")]
async fn huge_attributes() {
    let besieged = Besieged::start().await;
    let mut many = String::new();
    for number in 0..100_000 {
        write!(many, " a{number}=''").expect("a string grows");
    }
    let long = "x".repeat(3 * 1024 * 1024);
    for xml in [
        format!("<testsuite{many}><testcase name=''/></testsuite>"),
        format!("<testsuite name='{long}'><testcase name=''/></testsuite>"),
        format!("<testsuite><testcase name='{long}'/></testsuite>"),
        format!("<testsuite><testcase name='a' {long}='x' {long}='y'/></testsuite>"),
        format!("<{long}/>"),
        format!("<testsuite>&{long};</testsuite>"),
        format!("<testsuite><!-- {long}"),
        format!("<!DOCTYPE {long}"),
    ] {
        imported_nothing(&besieged, &xml, "").await;
    }
    besieged.is_unharmed().await;
}

/// Imports a report by GraphQL and by the plain route. It must be refused both times, in a few words.
async fn imported_nothing(besieged: &Besieged, xml: &str, message: &str) {
    let excerpt: String = xml.chars().take(100).collect();
    let reporter = besieged.reporter();
    let answer = reporter.import_junit(besieged.schedule(), xml).await;
    assert_eq!(answer.code(), "VALIDATION", "{excerpt}");
    assert!(answer.message().contains(message), "{excerpt}: {answer:?}");
    assert!(answer.text.len() < 4 * 1024, "{excerpt}: {answer:?}");

    let route = format!("/api/v1/schedules/{}/junit", besieged.schedule());
    let answer = reporter
        .post(&route, "application/xml", xml.to_owned())
        .await;
    assert_eq!(
        refusal(&answer),
        (422, "VALIDATION".to_owned()),
        "{excerpt}"
    );
    assert!(answer.text.len() < 4 * 1024, "{excerpt}: {answer:?}");
    assert!(!answer.text.contains("root:"), "{answer:?}");

    let results = format!(
        "{{ schedule(name: \"{}\") {{ progress {{ reported }} }} }}",
        besieged.schedule()
    );
    let results = reporter.query(&results, json!({})).await;
    assert_eq!(results.data("/schedule/progress/reported"), 1, "{excerpt}");
}
