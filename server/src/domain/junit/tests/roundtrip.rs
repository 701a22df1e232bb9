//! Whatever a tool wants to say arrives: a report is rendered from cases, and read back.

use std::fmt::Write as _;

use entity::result::ResultStatus;
use proptest::{collection::vec, option, prelude::*};
use quick_xml::escape::escape;

use super::cases;

/// What a tool knows of a case.
#[derive(Clone, Debug)]
struct Told {
    class: Option<String>,
    name: String,
    status: ResultStatus,
    message: String,
    output: String,
    in_cdata: bool,
}

impl Told {
    fn script(&self) -> String {
        match &self.class {
            Some(class) => format!("{class}::{}", self.name),
            None => self.name.clone(),
        }
    }

    fn write(&self, xml: &mut String) {
        let class = self.class.as_deref().unwrap_or_default();
        let element = match self.status {
            ResultStatus::Fail => "failure",
            ResultStatus::Error => "error",
            ResultStatus::Skip => "skipped",
            _ => "properties",
        };
        write!(
            xml,
            r#"<testcase classname="{}" name="{}"><{element} message="{}"/><system-out>{}</system-out></testcase>"#,
            escape(class),
            escape(&self.name),
            escape(&self.message),
            self.written_output(),
        )
        .expect("a string takes everything");
    }

    fn written_output(&self) -> String {
        if self.in_cdata {
            format!(
                "<![CDATA[{}]]>",
                self.output.replace("]]>", "]]]]><![CDATA[>")
            )
        } else {
            escape(&self.output).into_owned()
        }
    }
}

fn told() -> impl Strategy<Value = Told> {
    let status = prop_oneof![
        Just(ResultStatus::Pass),
        Just(ResultStatus::Fail),
        Just(ResultStatus::Error),
        Just(ResultStatus::Skip),
    ];
    // Letters at both ends, since ends are trimmed.
    let name = "[a-z<&'](\\PC{0,40}[^\\pC\\pZ])?";
    let text = "[a-z<&\\]](([^\\x00\\r]{0,80}|]]>)[^\\x00\\pZ\\s])?";
    (option::of(name), name, status, text, text, any::<bool>()).prop_map(
        |(class, name, status, message, output, in_cdata)| Told {
            class,
            name,
            status,
            message,
            output,
            in_cdata,
        },
    )
}

proptest! {
    #[test]
    fn what_was_told_is_what_is_read(told in vec(told(), 0..8)) {
        let mut xml = "<testsuites><testsuite>".to_owned();
        for case in &told {
            case.write(&mut xml);
        }
        xml += "</testsuite></testsuites>";

        let read = cases(&xml);
        prop_assert_eq!(read.len(), told.len());
        for (read, told) in read.iter().zip(&told) {
            prop_assert_eq!(&read.script, &told.script());
            prop_assert_eq!(read.status, told.status);
            let message = (told.status != ResultStatus::Pass).then_some(&told.message);
            prop_assert_eq!(read.message.as_ref(), message);
            prop_assert_eq!(read.output.as_ref(), Some(&told.output));
        }
    }
}
