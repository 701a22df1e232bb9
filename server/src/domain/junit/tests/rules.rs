//! The rules that `junit` promises, one by one.

use entity::result::ResultStatus;

use super::{super::parse_text, Case, JunitError, case, cases, error, outline, parse, problem};

fn started(case: &Case) -> Option<String> {
    case.started.map(|time| time.to_rfc3339())
}

/// The duration that a case with this `time` has.
fn duration(time: &str) -> Option<i32> {
    let xml = format!(r#"<testsuite><testcase name="it" time="{time}"/></testsuite>"#);
    cases(&xml)[0].duration_ms
}

/// The start that a case with this `timestamp` has.
fn start(timestamp: &str) -> Option<String> {
    let xml = format!(r#"<testsuite><testcase name="it" timestamp="{timestamp}"/></testsuite>"#);
    started(&cases(&xml)[0])
}

/// The name of a case with these attributes.
fn script(attributes: &str) -> Result<String, JunitError> {
    let xml = format!("<testsuite>\n<testcase {attributes}/></testsuite>");
    Ok(parse(xml.as_bytes())?.remove(0).script)
}

#[test]
fn suites_stand_in_many_shapes() {
    let nested = r#"
        <testsuites>
          <testcase name="a"/>
          <testsuite>
            <properties><property name="seeing" value="1"/></properties>
            <testcase name="b"><properties/></testcase>
            <testsuite><testsuite><testcase name="c"/></testsuite><testcase name="d"/></testsuite>
            <testsuites><testsuite/></testsuites>
            <system-out>of nobody</system-out>
          </testsuite>
          <!-- more --><?more?>
          <testsuite><testcase name="e"/></testsuite>
        </testsuites>"#;
    let scripts: Vec<_> = cases(nested).into_iter().map(|case| case.script).collect();
    assert_eq!(scripts, ["a", "b", "c", "d", "e"]);
}

#[test]
fn a_suite_without_cases_is_no_error() {
    for empty in [
        "<testsuites/>",
        "<testsuite name='none' tests='0'></testsuite>",
        "<?xml version='1.0'?>\n<testsuites>\n<testsuite/>\n</testsuites>\n",
        "<x:testsuites xmlns:x='urn:x'/>",
    ] {
        assert_eq!(cases(empty), [], "{empty}");
    }
}

#[test]
fn a_name_is_class_and_name() {
    let name = |attributes| script(attributes).expect("the name is fine");
    assert_eq!(name("classname='a.B' name='c'"), "a.B::c");
    assert_eq!(name("name='c'"), "c");
    assert_eq!(name("classname='  ' name=' c '"), "c");
    assert_eq!(
        name("classname=' a\r\n b ' name='c\n\td&#10;e'"),
        "a  b::c  d e"
    );
    assert_eq!(
        name("name='&lt;é&#x1F52D;&gt; &amp; &quot;&apos;'"),
        "<é🔭> & \"'"
    );
}

#[test]
fn a_name_that_no_script_can_have_is_an_error_with_its_line() {
    for (attributes, expected) in [
        ("", r#"line 2: the name of the test case "" is empty"#),
        (
            "classname='a' name=' '",
            r#"line 2: the name of the test case "a::" is empty"#,
        ),
        (
            "name='a&#7;b'",
            r#"line 2: the name of the test case "a\u{7}b" has a control character"#,
        ),
        (
            "classname='a\u{9f}' name='b'",
            r#"line 2: the name of the test case "a\u{9f}::b" has a control character"#,
        ),
    ] {
        let error = script(attributes).expect_err(attributes);
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_name_has_255_characters_and_no_more() {
    let class = "é".repeat(200);
    let fits = format!("classname='{class}' name='{}'", "n".repeat(53));
    assert_eq!(script(&fits).expect("it fits").chars().count(), 255);
    let too_long = format!("classname='{class}' name='{}'", "n".repeat(54));
    let error = script(&too_long).expect_err("it is too long").to_string();
    assert!(
        error.starts_with("line 2: the name of the test case \"éé"),
        "{error}"
    );
    assert!(error.ends_with("é…\" is too long"), "{error}");
}

#[test]
fn the_gravest_element_tells_the_status() {
    use ResultStatus::{Error, Fail, Pass, Skip};
    for (inside, status) in [
        ("", Pass),
        ("<properties/><system-out/>", Pass),
        ("<failure/>", Fail),
        ("<error/>", Error),
        ("<skipped/>", Skip),
        ("<disabled/>", Skip),
        ("<notrun/>", Skip),
        ("<skipped/><error/><failure/>", Fail),
        ("<failure/><error/>", Fail),
        ("<error/><skipped/>", Error),
    ] {
        assert_eq!(case(inside).status, status, "{inside}");
    }
}

#[test]
fn attributes_tell_the_status_where_no_element_does() {
    use ResultStatus::{Error, Fail, Pass, Skip};
    for (attributes, status) in [
        ("status='run'", Pass),
        ("status='run' result='completed'", Pass),
        ("status='notrun' result='suppressed'", Skip),
        ("status='run' result='skipped'", Skip),
        ("status='Disabled'", Skip),
        ("status='failed'", Fail),
        ("result='error'", Error),
    ] {
        let xml = format!("<testsuite><testcase name='it' {attributes}/></testsuite>");
        assert_eq!(cases(&xml)[0].status, status, "{attributes}");
    }
}

#[test]
fn a_message_is_attribute_and_text_without_repetition() {
    for (verdict, message) in [
        ("<failure/>", None),
        ("<failure message=' '> \n </failure>", None),
        ("<failure type='T'/>", Some("T")),
        ("<failure message='m' type='T'/>", Some("m")),
        ("<failure type='T'>t</failure>", Some("t")),
        ("<failure message='m'>t</failure>", Some("m\nt")),
        (
            "<failure message='m'>\n  m and more\n</failure>",
            Some("  m and more"),
        ),
        (
            "<failure message='m' type='T'>T: m\n at t</failure>",
            Some("T: m\n at t"),
        ),
        (
            "<failure message='&#10;m' type='T'>T: \n\nm\n at t</failure>",
            Some("T: \n\nm\n at t"),
        ),
        ("<failure message='a\r\nb'/>", Some("a\nb")),
        ("<failure message='a&#10;b'/>", Some("a\nb")),
        (
            "<failure>a &lt;<![CDATA[ b < ]]>c&#x21;<!-- no --></failure>",
            Some("a < b < c!"),
        ),
        (
            "<failure message='m'/><failure>t</failure><error>e</error>",
            Some("m\nt\ne"),
        ),
        ("<failure>\n <a>x</a>\n <b>y</b>\n</failure>", Some("x\ny")),
        ("<skipped message='m'/>", Some("m")),
    ] {
        assert_eq!(case(verdict).message.as_deref(), message, "{verdict}");
    }
}

#[test]
fn output_is_that_of_the_case_in_two_parts() {
    let inside = "<system-err>e1\n</system-err><system-out>\n\n  o1\n</system-out><failure>no</failure>\
                  <system-out><![CDATA[o2 <&>]]></system-out><system-err/>";
    assert_eq!(case(inside).output.as_deref(), Some("  o1\no2 <&>\ne1"));
    assert_eq!(
        case("<system-out> \n </system-out><system-err/>").output,
        None
    );
}

#[test]
fn text_keeps_its_lines_and_its_colours() {
    let raw = "<system-out>a\r\nb\rc\n\td\0e\u{1b}[31m&#27;f&#13;\n</system-out>";
    assert_eq!(
        case(raw).output.as_deref(),
        Some("a\nb\nc\n\td\u{FFFD}e\u{1b}[31m\u{1b}f")
    );
}

#[test]
fn failed_tries_are_attempts_of_their_own() {
    let flaky = "<testsuite><testcase name='it' time='3'>\
                   <system-out>own</system-out>\
                   <flakyFailure message='one' time='1'><system-out>first</system-out></flakyFailure>\
                   <flakyError message='two' time='2'/>\
                 </testcase></testsuite>";
    let flaky = cases(flaky);
    assert_eq!(
        outline(&flaky),
        "Fail it (1000 ms)\nError it (2000 ms)\nPass it (3000 ms)\n"
    );
    let outputs: Vec<_> = flaky.iter().map(|case| case.output.as_deref()).collect();
    assert_eq!(outputs, [Some("first"), None, Some("own")]);

    let failed = "<testsuite><testcase name='it' time='1'>\
                    <error/><rerunFailure time='2'/><rerunError time='3'/>\
                  </testcase></testsuite>";
    assert_eq!(
        outline(&cases(failed)),
        "Error it (1000 ms)\nFail it (2000 ms)\nError it (3000 ms)\n",
        "the case's own element tells of the first try"
    );

    let passed =
        "<testsuite><testcase name='it' time='2'><rerunFailure time='1'/></testcase></testsuite>";
    assert_eq!(
        outline(&cases(passed)),
        "Fail it (1000 ms)\nPass it (2000 ms)\n",
        "nothing is rerun after it passed"
    );
}

#[test]
fn durations_are_milliseconds_of_many_notations() {
    for (time, ms) in [
        ("0.003", Some(3)),
        ("0.0005", Some(1)),
        ("0", Some(0)),
        ("-0.0", Some(0)),
        (" 12 ", Some(12_000)),
        ("1,234.5", Some(1_234_500)),
        ("1,234", Some(1_234_000)),
        ("1,234,567", Some(1_234_567_000)),
        ("0,003", Some(3)),
        ("12,5", Some(12_500)),
        ("1e-2", Some(10)),
        ("2147483.647", Some(i32::MAX)),
        ("2147483.648", None),
        ("", None),
        ("-1", None),
        ("NaN", None),
        ("inf", None),
        ("1e999", None),
        ("1.2.3", None),
        ("soon", None),
    ] {
        assert_eq!(duration(time), ms, "{time}");
    }
}

#[test]
fn starts_are_utc_unless_they_have_an_offset() {
    for (timestamp, start_time) in [
        (
            "2026-11-21T22:47:23.8499+01:00",
            Some("2026-11-21T21:47:23.849+00:00"),
        ),
        (
            "2026-11-21T22:47:23+0130",
            Some("2026-11-21T21:17:23+00:00"),
        ),
        ("2026-11-21T22:47:23Z", Some("2026-11-21T22:47:23+00:00")),
        ("2026-11-21T22:47:23", Some("2026-11-21T22:47:23+00:00")),
        (
            " 2026-11-21 22:47:23.5 ",
            Some("2026-11-21T22:47:23.500+00:00"),
        ),
        ("2026-11-21", None),
        ("1970-01-01T00:00:00", None),
        ("0001-01-01T00:00:00Z", None),
        ("+10000-01-01T00:00:00Z", None),
        ("2026-02-30T00:00:00Z", None),
        ("", None),
        ("yesterday", None),
    ] {
        assert_eq!(start(timestamp).as_deref(), start_time, "{timestamp}");
    }
}

#[test]
fn the_start_of_a_suite_is_no_start_of_a_case() {
    let xml = "<testsuite timestamp='2026-11-21T22:00:00'><testcase name='it'/></testsuite>";
    assert_eq!(cases(xml)[0].started, None);
}

#[test]
fn texts_are_refused_one_byte_beyond_their_limits() {
    let failure = |bytes: usize| format!("<failure>{}é</failure>", "m".repeat(bytes - 2));
    assert_eq!(
        case(&failure(64 * 1024)).message.map(|text| text.len()),
        Some(65_536)
    );
    let both = |bytes: usize| {
        format!(
            "<system-err>e</system-err><system-out>{}</system-out>",
            "o".repeat(bytes - 2)
        )
    };
    assert_eq!(
        case(&both(1024 * 1024)).output.map(|text| text.len()),
        Some(1_048_576)
    );

    for (inside, field, limit) in [
        (failure(64 * 1024 + 1), "message", 65_536),
        (both(1024 * 1024 + 1), "output", 1_048_576),
    ] {
        let xml =
            format!("<testsuite><testcase classname='a' name='b'>{inside}</testcase></testsuite>");
        let script = "a::b".to_owned();
        assert_eq!(
            error(xml.as_bytes()),
            JunitError::TooLarge {
                script,
                field,
                limit
            }
        );
    }
}

#[test]
fn keys_stay_the_same_for_ever() {
    let xml = "<testsuites uuid='u'><testsuite name='s' tests='1' timestamp='2026-11-21T22:00:00'>\
               <testcase classname='a' name='b' time='0.5'><failure message='m'>t</failure>\
               <system-out>o</system-out></testcase></testsuite></testsuites>";
    let key = cases(xml)[0].key;
    assert_eq!(key.get_version_num(), 8);
    assert_eq!(
        key.to_string(),
        "8558f91d-bfe2-8db7-a774-602877572cdc",
        "people import old reports again: other keys would double them"
    );
}

#[test]
fn keys_tell_apart_whatever_differs() {
    let variants = [
        "<testsuite><testcase name='a'/></testsuite>",
        "<testsuite><testcase name='b'/></testsuite>",
        "<testsuite><testcase name='a' time='1'/></testsuite>",
        "<testsuite><testcase name='a' timestamp='2026-11-21T22:00:00'/></testsuite>",
        "<testsuite><testcase name='a'><skipped/></testcase></testsuite>",
        "<testsuite><testcase name='a'><failure/></testcase></testsuite>",
        "<testsuite><testcase name='a'><failure>m</failure></testcase></testsuite>",
        "<testsuite><testcase name='a'><system-out>m</system-out></testcase></testsuite>",
        "<testsuite><testcase name='a'><system-err>m</system-err></testcase></testsuite>",
        "<testsuite hostname='one'><testcase name='a'/></testsuite>",
        "<testsuite hostname='two'><testcase name='a'/></testsuite>",
        "<testsuite timestamp='2026-11-21T22:00:00'><testcase name='a'/></testsuite>",
        "<testsuites uuid='u'><testcase name='a'/></testsuites>",
        "<testsuites uuid='u'><testsuite><testcase name='a'/></testsuite></testsuites>",
    ];
    let mut keys: Vec<_> = variants.iter().map(|xml| cases(xml)[0].key).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), variants.len());
}

#[test]
fn equal_cases_of_one_report_stay_as_many_as_they_are() {
    let twice = cases("<testsuite><testcase name='a'/><testcase name='a'/></testsuite>");
    assert_ne!(twice[0].key, twice[1].key);
    let grown = cases(
        "<testsuite tests='3'><testcase name='a'/><testcase name='b'/><testcase name='a'/></testsuite>",
    );
    assert_eq!(
        [grown[0].key, grown[2].key],
        [twice[0].key, twice[1].key],
        "a report that goes on brings only what is new"
    );
}

#[test]
fn any_declared_encoding_is_read() {
    let report = |encoding: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n<testsuite><testcase name=\"Grün €\"/></testsuite>"
        )
    };
    let latin = |encoding: &str| report(encoding).replace('€', "E");
    let bytes = |text: &str| {
        text.chars()
            .map(|c| u8::try_from(u32::from(c)).expect("Latin-1"))
            .collect::<Vec<_>>()
    };
    let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| {
        text.encode_utf16().flat_map(bytes).collect::<Vec<_>>()
    };
    let script = |xml: &[u8]| parse(xml).expect("the encoding is known").remove(0).script;

    assert_eq!(script(report("UTF-8").as_bytes()), "Grün €");
    assert_eq!(
        script(format!("\u{FEFF}{}", report("utf-8")).as_bytes()),
        "Grün €"
    );
    assert_eq!(
        script(&utf16(
            &format!("\u{FEFF}{}", report("UTF-16")),
            u16::to_le_bytes
        )),
        "Grün €"
    );
    assert_eq!(
        script(&utf16(
            &format!("\u{FEFF}{}", report("UTF-16")),
            u16::to_be_bytes
        )),
        "Grün €"
    );
    assert_eq!(
        script(&utf16(&report("UTF-16LE"), u16::to_le_bytes)),
        "Grün €"
    );
    assert_eq!(
        script(&utf16(&report("UTF-16BE"), u16::to_be_bytes)),
        "Grün €"
    );
    assert_eq!(script(&bytes(&latin("ISO-8859-1"))), "Grün E");
    assert_eq!(
        script(&bytes(&latin("windows-1252").replace('E', "\u{80}"))),
        "Grün €"
    );
    assert_eq!(
        script(&bytes(&report("ISO-8859-15").replace('€', "\u{a4}"))),
        "Grün €"
    );
    assert_eq!(
        script(format!("\n{}", report("UTF-8")).as_bytes()),
        "Grün €"
    );
    assert_eq!(
        script(report("utf-16").as_bytes()),
        "Grün €",
        "what can be read as ASCII is not UTF-16"
    );
}

#[test]
fn text_has_no_encoding_whatever_it_declares() {
    for encoding in ["ISO-8859-1", "UTF-16", "nonsense"] {
        let xml = format!(
            "\u{FEFF}<?xml version='1.0' encoding='{encoding}'?><testsuite><testcase name='Grün'/></testsuite>"
        );
        assert_eq!(
            parse_text(&xml).expect("it is text already")[0].script,
            "Grün"
        );
    }
}

#[test]
fn bytes_that_are_no_text_are_an_error() {
    let declared =
        |encoding: &str| format!("<?xml version='1.0' encoding='{encoding}'?><testsuite/>");
    assert_eq!(
        problem(&declared("utf-9")),
        r#"the encoding of the report: "utf-9" is not known"#
    );
    let mut shift_jis = declared("Shift_JIS").into_bytes();
    shift_jis.push(0x81);
    assert_eq!(
        error(&shift_jis).to_string(),
        "the encoding of the report: this is not valid Shift_JIS"
    );
    assert_eq!(
        error(b"<testsuite>\n<!-- \xc3\xa9 \xff").to_string(),
        "line 2, column 8: this is not valid UTF-8"
    );
    assert_eq!(
        error(b"\xff\xfe<\0t").to_string(),
        "the encoding of the report: this is not valid UTF-16LE"
    );
}
