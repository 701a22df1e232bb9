//! Input that is broken, or was made to break the importer.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use super::{
    super::markup::DEPTH_LIMIT,
    cases, parse, problem,
    tools::{GO_JUNIT_REPORT, SUREFIRE_RERUN},
};

const FAILED_CASE: &str =
    "<testcase classname='a' name='b' time='0.1'><failure message='m'>t</failure></testcase>";

#[test]
fn what_is_wrong_has_a_place() {
    for (xml, expected) in [
        ("", "line 1, column 1: there is no element in the document"),
        (
            "\n \n",
            "line 3, column 1: there is no element in the document",
        ),
        (
            "<?xml version='1.0'?>\n<!-- é -->",
            "line 2, column 11: there is no element in the document",
        ),
        ("{\"tests\": []}", "line 1, column 1: this is not XML"),
        (
            "<!DOCTYPE html>\n<html><body>404</body></html>",
            "line 2, column 1: a report starts with <testsuites> or <testsuite>, not with <html>",
        ),
        (
            "<testsuite/>\nOK",
            "line 1, column 13: the document goes on after its root",
        ),
        (
            "<testsuite/>\n<testsuite/>",
            "line 2, column 1: the document goes on after its root",
        ),
        (
            "<testsuite>\n  <testcase name='é'>\n",
            "line 3, column 1: the document breaks off inside of the element that starts in line 2",
        ),
        (
            "<testsuite>\n</testcase>",
            "line 2, column 1: ill-formed document: expected `</testsuite>`, but `</testcase>` was found",
        ),
        (
            "<testsuite></testsuite></testsuite>",
            "line 1, column 24: ill-formed document: close tag `</testsuite>` does not match any open tag",
        ),
        (
            "<testsuite>\né <testcase",
            "line 2, column 3: syntax error: tag not closed: `>` not found before end of input",
        ),
        (
            "<testsuite>\n<testcase name='a' name='b'/>",
            "line 2, column 1: position 18: duplicated attribute, previous declaration at position 9",
        ),
        (
            "<testsuite>&nbsp;</testsuite>",
            "line 1, column 12: the entity &nbsp; is not known here",
        ),
        (
            "<testsuite name='&nbsp;'/>",
            "line 1, column 1: the entity &nbsp; is not known here",
        ),
        (
            "<testsuite>a & b</testsuite>",
            "line 1, column 14: ill-formed document: entity or character reference not closed: `;` not found before end of input",
        ),
        (
            "<testsuite>&#0;</testsuite>",
            "line 1, column 12: invalid character reference: 0x0 character is not permitted in XML",
        ),
    ] {
        assert_eq!(problem(xml), expected, "{xml}");
    }
}

#[test]
fn results_at_odd_places_are_not_lost_silently() {
    for inside in [
        "<group><testcase name='b'/></group>",
        "<testcase name='a'><testcase name='b'/></testcase>",
        "<testcase name='a'><failure><testsuite/></failure></testcase>",
        "<testcase name='a'><system-out>log <testsuites/></system-out></testcase>",
        "<testcase name='a'><flakyFailure><stackTrace><testcase name='b'/></stackTrace></flakyFailure></testcase>",
    ] {
        let problem = problem(&format!("<testsuite>{inside}</testsuite>"));
        assert!(problem.ends_with("> can't stand here"), "{problem}");
    }
}

#[test]
fn a_billion_laughs_are_never_laughed() {
    let mut xml = "<!DOCTYPE bomb [<!ENTITY lol0 'lol'>\n".to_owned();
    for level in 1..10 {
        let laughs = format!("&lol{};", level - 1).repeat(10);
        writeln!(xml, "<!ENTITY lol{level} '{laughs}'>").expect("a string takes everything");
    }
    xml += "]>\n";
    let ignored = format!("{xml}<testsuite><testcase name='a'/></testsuite>");
    assert_eq!(
        cases(&ignored).len(),
        1,
        "what nobody refers to does no harm"
    );
    let in_text = format!(
        "{xml}<testsuite><testcase name='a'><failure>&lol9;</failure></testcase></testsuite>"
    );
    assert_eq!(
        problem(&in_text),
        "line 12, column 40: the entity &lol9; is not known here"
    );
    let in_name = format!("{xml}<testsuite><testcase name='&lol9;'/></testsuite>");
    assert_eq!(
        problem(&in_name),
        "line 12, column 12: the entity &lol9; is not known here"
    );
}

#[test]
fn nothing_outside_is_ever_fetched() {
    let xml = "<!DOCTYPE t [<!ENTITY % all SYSTEM 'http://127.0.0.1:9/x.dtd'> %all;\n\
               <!ENTITY secret SYSTEM 'file:///etc/passwd'>]>\
               <testsuite><testcase name='a'><system-out>&secret;</system-out></testcase></testsuite>";
    assert_eq!(
        problem(xml),
        "line 2, column 89: the entity &secret; is not known here"
    );
}

#[test]
fn a_report_that_breaks_off_is_an_error_wherever_it_does() {
    for report in [SUREFIRE_RERUN, GO_JUNIT_REPORT] {
        let whole = report.trim_ascii_end();
        assert!(parse(whole).is_ok());
        for length in 0..whole.len() {
            assert!(parse(&whole[..length]).is_err(), "{length} bytes");
        }
    }
}

#[test]
fn a_report_that_breaks_off_in_utf_16_is_an_error_too() {
    let report = String::from_utf8_lossy(GO_JUNIT_REPORT);
    let whole: Vec<u8> = format!("\u{FEFF}{}", report.trim_end())
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert!(parse(&whole).is_ok());
    for length in 0..whole.len() {
        assert!(parse(&whole[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn a_report_with_a_broken_byte_never_panics() {
    let whole = GO_JUNIT_REPORT;
    for index in 0..whole.len() {
        for byte in [0, b'<', b'&', b'"', 0xff] {
            let mut broken = whole.to_vec();
            broken[index] = byte;
            // Some of these are reports still. None may bring the server down.
            drop(parse(&broken));
        }
    }
}

#[test]
fn nesting_has_an_end() {
    let nested = |depth: usize| {
        format!(
            "{}{}",
            "<testsuite>".repeat(depth),
            "</testsuite>".repeat(depth)
        )
    };
    assert_eq!(cases(&nested(DEPTH_LIMIT)), []);
    assert_eq!(
        problem(&nested(DEPTH_LIMIT + 1)),
        "line 1, column 705: elements nest deeper than 64"
    );
    let open = "<testsuite><testcase name='a'>".to_owned() + &"<a>".repeat(1_000_000);
    assert!(problem(&open).ends_with("elements nest deeper than 64"));
}

#[test]
fn errors_quote_no_more_than_needed() {
    let endless = "x".repeat(1_000_000);
    for xml in [
        format!("<{endless}/>"),
        format!("<testsuite></{endless}>"),
        format!("<testsuite>&{endless};</testsuite>"),
        format!("<testsuite><testcase name='{endless}'/></testsuite>"),
        format!("<?xml version='1.0' encoding='{endless}'?><testsuite/>"),
    ] {
        assert!(problem(&xml).len() < 300);
    }
}

#[test]
fn time_grows_with_the_size_of_what_is_read() {
    assert_proportional("cases", |n| suite(&FAILED_CASE.repeat(n)));
    assert_proportional("attributes", |n| {
        let attributes: String = (0..n)
            .map(|n| [" a", &n.to_string(), "=''"].concat())
            .collect();
        format!("<testsuite{attributes}/>")
    });
    assert_proportional("references in an attribute", |n| {
        format!("<testsuite name='{}'/>", "&amp;".repeat(n * 10))
    });
    assert_proportional("references in text", |n| suite(&"&amp;".repeat(n * 10)));
    assert_proportional("sections", |n| {
        let sections = "<![CDATA[x]]><!-- -->".repeat(n);
        suite(&format!(
            "<testcase name='a'><system-out>{sections}</system-out></testcase>"
        ))
    });
    assert_proportional("declarations", |n| {
        let declarations = "<!ENTITY a 'a'><!-- --><?p?>".repeat(n);
        format!("<!DOCTYPE t [{declarations}]><testsuite/>")
    });
}

/// Ten times as much of something should take ten times as long; were it compared to itself, a hundred times.
fn assert_proportional(what: &str, report: impl Fn(usize) -> String) {
    let (few, many) = (time_to_read(&report(500)), time_to_read(&report(5_000)));
    assert!(
        many < few * 40,
        "{what}: ten times as many took {many:?}, not {few:?}"
    );
}

/// The shortest of some tries, since other programs get in the way.
fn time_to_read(xml: &str) -> Duration {
    let time = || {
        let begun = Instant::now();
        assert!(parse(xml.as_bytes()).is_ok());
        begun.elapsed()
    };
    std::iter::repeat_with(time)
        .take(5)
        .min()
        .expect("it was tried")
}

fn suite(inside: &str) -> String {
    format!("<testsuite>{inside}</testsuite>")
}
