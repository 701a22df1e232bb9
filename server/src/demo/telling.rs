//! How an attempt reads: what the script printed, and where it went wrong, with a stack trace in its own language.

use std::{fmt::Write as _, time::Duration};

use rand::{RngExt, rngs::StdRng, seq::IndexedRandom};

use super::{
    api::Status,
    catalog::{Dialect, Suite},
    seed::Seed,
    story::Script,
};

/// Something that is wrong with a script, as its message says it.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) status: Status,
    pub(super) message: String,
}

impl Fault {
    /// Something that a script of a suite may find by chance. Now and then, the script breaks down itself.
    pub(super) fn by_chance(suite: &Suite, dice: &mut StdRng) -> Self {
        if dice.random_ratio(1, 5) {
            return Self {
                status: Status::Error,
                message: suite.dialect.breakdown().to_owned(),
            };
        }
        let symptom = suite.symptoms.choose(dice).expect("a suite has symptoms");
        let number = dice.random_range(6..=40).to_string();
        Self {
            status: Status::Fail,
            message: symptom.replace("{n}", &number),
        }
    }
}

/// What an attempt prints: each step when it begins, and where something is wrong, down to the stack trace. The same
/// fault is always in the same place.
pub(super) fn output(seed: Seed, script: &Script, took: Duration, fault: Option<&Fault>) -> String {
    let mut output = format!("on {}\n", script.machine);
    let steps = script.suite.steps;
    let Some(fault) = fault else {
        print_steps(&mut output, steps, took);
        print_line(&mut output, took, "ok");
        return output;
    };
    let mut dice = seed.dice(&[&"place", &script.name, &fault.message]);
    let reached = dice.random_range(1..=steps.len());
    print_steps(&mut output, &steps[..reached], took);
    print_line(&mut output, took, &format!("failed in step {reached}"));
    output.push('\n');
    let place = dice.random_range(30..240);
    let dialect = script.suite.dialect;
    output.push_str(&dialect.trace(&script.name, &fault.message, place));
    output
}

fn print_steps(output: &mut String, steps: &[&str], took: Duration) {
    let mut left = took;
    for step in steps {
        print_line(output, took.saturating_sub(left), step);
        // A step takes half of what is left, the last one all of it.
        left /= 2;
    }
}

fn print_line(output: &mut String, spent: Duration, text: &str) {
    let (seconds, milliseconds) = (spent.as_secs(), spent.subsec_millis());
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    writeln!(
        output,
        "{minutes:02}:{seconds:02}.{milliseconds:03}  {text}"
    )
    .expect("a string takes everything");
}

impl Dialect {
    /// How a script of this language breaks down.
    fn breakdown(self) -> &'static str {
        match self {
            Self::TypeScript => "the browser closed unexpectedly (signal 11)",
            Self::Rust => "connection refused (os error 111)",
            Self::Python => "no answer from the bench's controller on /dev/ttyUSB0 within 10 s",
        }
    }

    /// The end of a failure's output.
    fn trace(self, script: &str, message: &str, place: u32) -> String {
        match self {
            Self::TypeScript => typescript(script, message, place),
            Self::Rust => rust(script, message, place),
            Self::Python => python(script, message, place),
        }
    }
}

fn typescript(script: &str, message: &str, place: u32) -> String {
    let (folder, name) = script.split_once('/').unwrap_or(("shop", script));
    let (inner, outer) = (place + 77, place % 60 + 12);
    format!(
        "Error: {message}\n\
        \x20   at Page.expect (tests/support/page.ts:{inner}:17)\n\
        \x20   at {folder}.{name} (tests/{folder}/pages.ts:{place}:9)\n\
        \x20   at tests/{script}.spec.ts:{outer}:5\n\
        \x20   at process.processTicksAndRejections (node:internal/process/task_queues:105:5)\n\
        \n\
        attached: screenshot.png, trace.zip\n"
    )
}

fn rust(script: &str, message: &str, place: u32) -> String {
    let file = script.replace("::", "/");
    let path = script.replace('/', "::");
    let inner = place + 104;
    format!(
        "thread '{path}' panicked at tests/{file}.rs:{place}:5:\n\
        {message}\n\
        stack backtrace:\n\
        \x20  0: __rustc::rust_begin_unwind\n\
        \x20  1: core::panicking::panic_fmt\n\
        \x20  2: support::expect::holds\n\
        \x20            at ./tests/support/expect.rs:{inner}:13\n\
        \x20  3: {path}\n\
        \x20            at ./tests/{file}.rs:{place}:5\n\
        \x20  4: core::ops::function::FnOnce::call_once\n\
        note: some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace\n"
    )
}

fn python(script: &str, message: &str, place: u32) -> String {
    let name = script.rsplit('/').next().unwrap_or(script);
    let inner = place + 31;
    format!(
        "Traceback (most recent call last):\n\
        \x20 File \"/opt/bench/runner.py\", line 118, in run\n\
        \x20   script.execute(bench)\n\
        \x20 File \"/opt/bench/scripts/{script}.py\", line {place}, in execute\n\
        \x20   self.{name}(bench)\n\
        \x20 File \"/opt/bench/scripts/{script}.py\", line {inner}, in {name}\n\
        \x20   bench.expect(reading, within=limits)\n\
        bench.Unexpected: {message}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::catalog::PRODUCTS;

    #[test]
    fn a_failure_ends_with_its_message_and_where_it_happened() {
        let script = Script {
            name: "cart/add_bundle".into(),
            suite: &PRODUCTS[0].suites[0],
            machine: "runner-1",
            usual: Duration::ZERO,
        };
        let fault = Fault {
            status: Status::Fail,
            message: "the cart is empty".into(),
        };
        let took = Duration::from_secs(95);
        let output = output(Seed(1), &script, took, Some(&fault));
        assert!(
            output.starts_with("on runner-1\n00:00.000  open https://"),
            "{output}"
        );
        assert!(output.contains("\n01:35.000  failed in step "), "{output}");
        assert!(
            output.contains("\nError: the cart is empty\n    at "),
            "{output}"
        );
        assert!(
            output.contains("tests/cart/add_bundle.spec.ts:"),
            "{output}"
        );
    }

    #[test]
    fn every_symptom_has_its_number_filled_in() {
        for suite in PRODUCTS.iter().flat_map(|product| product.suites) {
            for throw in 0..50 {
                let fault = Fault::by_chance(suite, &mut Seed(throw).dice(&[]));
                assert!(!fault.message.contains('{'), "{}", fault.message);
            }
        }
    }
}
