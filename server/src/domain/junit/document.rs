//! What stands where in a report: suites, cases in them, and verdicts, failed tries and output in those.
//!
//! Rule of the house: each function reads one kind of element, to its end. Elements that mean nothing here are passed
//! over, unless a result would be lost with them.

use entity::result::ResultStatus;

use super::{
    Case, JunitError, Result,
    attempt::{self, Attempt},
    key::{Keys, Origin},
    markup::{Content, Element, Markup},
    value,
};
use crate::domain::input::NAME_CHARACTERS;

/// The cases of a report, in its order; the attempts of one case in the order in which they happened.
pub(super) fn read(xml: &str) -> Result<Vec<Case>> {
    let mut document = Document {
        markup: Markup::new(xml),
        keys: Keys::default(),
        cases: Vec::new(),
    };
    document.whole()?;
    Ok(document.cases)
}

struct Document<'x> {
    markup: Markup<'x>,
    keys: Keys,
    cases: Vec<Case>,
}

impl Document<'_> {
    fn whole(&mut self) -> Result<()> {
        let root = self.markup.root()?;
        if !is_suite(&root) {
            let problem = format!(
                "a report starts with <testsuites> or <testsuite>, not with <{}>",
                root.name()
            );
            return Err(self.markup.malformed_at(&root, problem));
        }
        self.suite(&root, &Origin::default())?;
        self.markup.finish()
    }

    fn suite(&mut self, element: &Element, outside: &Origin) -> Result<()> {
        let origin = outside.inside(element);
        while let Some(child) = self.markup.child()? {
            if is_suite(&child) {
                self.suite(&child, &origin)?;
            } else if is_case(&child) {
                self.case(&child, &origin)?;
            } else {
                self.pass_over(&child)?;
            }
        }
        Ok(())
    }

    fn case(&mut self, element: &Element, origin: &Origin) -> Result<()> {
        let script = self.script(element)?;
        let mut own = Attempt::new(element);
        let (mut flaky, mut reruns) = (Vec::new(), Vec::new());
        while let Some(child) = self.markup.child()? {
            match child.name() {
                "failure" => self.verdict(&child, ResultStatus::Fail, &mut own)?,
                "error" => self.verdict(&child, ResultStatus::Error, &mut own)?,
                "skipped" | "disabled" | "notrun" => {
                    self.verdict(&child, ResultStatus::Skip, &mut own)?;
                }
                "flakyFailure" => flaky.push(self.failed_try(&child, ResultStatus::Fail)?),
                "flakyError" => flaky.push(self.failed_try(&child, ResultStatus::Error)?),
                "rerunFailure" => reruns.push(self.failed_try(&child, ResultStatus::Fail)?),
                "rerunError" => reruns.push(self.failed_try(&child, ResultStatus::Error)?),
                "system-out" => own.add_stdout(&self.text(&child)?),
                "system-err" => own.add_stderr(&self.text(&child)?),
                _ => self.pass_over(&child)?,
            }
        }
        for attempt in in_order(flaky, own, reruns) {
            let key = self.keys.next(origin, &script, &attempt);
            self.cases.push(attempt.into_case(&script, key)?);
        }
        Ok(())
    }

    /// The name of the script that a case is an attempt of.
    fn script(&self, case: &Element) -> Result<String> {
        let part = |name| value::name(case.attribute(name).unwrap_or_default());
        let (class, name) = (part("classname"), part("name"));
        let script = if class.is_empty() {
            name.clone()
        } else {
            format!("{class}::{name}")
        };
        let problem = if name.is_empty() {
            "is empty"
        } else if script.chars().any(char::is_control) {
            "has a control character"
        } else if script.chars().nth(NAME_CHARACTERS).is_some() {
            "is too long"
        } else {
            return Ok(script);
        };
        Err(JunitError::Name {
            line: self.markup.line_of(case),
            name: value::excerpt(&script),
            problem,
        })
    }

    /// A try that failed, with its own times and output.
    fn failed_try(&mut self, element: &Element, status: ResultStatus) -> Result<Attempt> {
        let mut attempt = Attempt::new(element);
        self.verdict(element, status, &mut attempt)?;
        Ok(attempt)
    }

    /// An element that says how an attempt ended. Besides its text it may hold output, and elements like Surefire's
    /// `<stackTrace>`: their text goes on a line of its own, and the blanks before them were indentation.
    fn verdict(&mut self, element: &Element, status: ResultStatus, of: &mut Attempt) -> Result<()> {
        let mut text = String::new();
        while let Some(content) = self.markup.next()? {
            match content {
                Content::Text(part) => text.push_str(&part),
                Content::Child(child) => match child.name() {
                    "system-out" => of.add_stdout(&self.text(&child)?),
                    "system-err" => of.add_stderr(&self.text(&child)?),
                    _ => {
                        text.truncate(text.trim_end().len());
                        attempt::append(&mut text, &self.text(&child)?);
                    }
                },
            }
        }
        of.add_verdict(status, element, &text);
        Ok(())
    }

    /// All the text of an element.
    fn text(&mut self, element: &Element) -> Result<String> {
        let mut text = String::new();
        self.gather(element, &mut text)?;
        Ok(text)
    }

    /// Adds all the text of an element to `text`, that of its children too.
    fn gather(&mut self, element: &Element, text: &mut String) -> Result<()> {
        self.refuse_result(element)?;
        while let Some(content) = self.markup.next()? {
            match content {
                Content::Text(part) => text.push_str(&part),
                Content::Child(child) => self.gather(&child, text)?,
            }
        }
        Ok(())
    }

    fn pass_over(&mut self, element: &Element) -> Result<()> {
        self.refuse_result(element)?;
        while let Some(child) = self.markup.child()? {
            self.pass_over(&child)?;
        }
        Ok(())
    }

    /// An error where results stand at a place at which nobody would look for them.
    fn refuse_result(&self, element: &Element) -> Result<()> {
        if is_suite(element) || is_case(element) {
            let problem = format!("a <{}> can't stand here", element.name());
            return Err(self.markup.malformed_at(element, problem));
        }
        Ok(())
    }
}

fn is_suite(element: &Element) -> bool {
    matches!(element.name(), "testsuites" | "testsuite")
}

fn is_case(element: &Element) -> bool {
    element.name() == "testcase"
}

/// The attempts of one case in the order in which they happened.
fn in_order(
    flaky: Vec<Attempt>,
    own: Attempt,
    reruns: Vec<Attempt>,
) -> impl Iterator<Item = Attempt> {
    let failed = own.status.is_failure();
    let (before, after) = if failed {
        (Vec::new(), reruns)
    } else {
        (reruns, Vec::new())
    };
    flaky.into_iter().chain(before).chain([own]).chain(after)
}
