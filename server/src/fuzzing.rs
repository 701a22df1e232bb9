//! What reads input from outside, each with what must hold whatever the input is.
//!
//! A target reads bytes as the server would read them, and panics where something is not as it should be: what was read
//! is told again and read again, an error names its field, nothing grows out of proportion. `cargo xtask fuzz` runs the
//! targets on inputs that it makes up, the ordinary tests run the same ones on what lies in `tests/corpus/`. They are
//! compiled for these two only, beside what they look into: for their sake nothing is more public than it was.

pub use crate::{
    domain::{
        junit::fuzz::junit,
        policy::fuzz::{master_schedule, plan_config},
    },
    graphql::{
        documents::fuzz::{graphql_document, graphql_request},
        fuzz::cursor,
    },
    rest::fuzz::{rest_form, rest_json},
};

use crate::{error::Error, graphql::fuzz::instant, rest::fuzz::moment as rest_moment};

/// Dates and times, as the REST facade reads them and as GraphQL does.
pub fn moment(bytes: &[u8]) {
    if let Some(text) = text(bytes) {
        rest_moment(text);
        instant(text);
    }
}

/// Input that is text; what is none is refused before anybody here reads it.
pub(crate) fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// Holds an error against what clients may rely on: it is about their input, and names the field.
pub(crate) fn check_refusal(error: &Error) {
    assert!(
        matches!(error.code(), "VALIDATION" | "TOO_LARGE"),
        "{error:?}"
    );
    let field = error.field().expect("a refused input has a field");
    assert!(!field.is_empty(), "{error:?}");
    assert!(error.to_string().len() > field.len() + 2, "{error:?}");
}

/// Awaits what never waits for anything.
pub(crate) fn at_once<F: Future>(work: F) -> F::Output {
    use futures_util::FutureExt;
    work.now_or_never().expect("it is there at once")
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        fs,
        path::{Path, PathBuf},
    };

    const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests");

    /// The fewest inputs of a target. An empty folder would test nothing.
    const FEWEST: usize = 20;

    macro_rules! on_the_corpus {
        ($($target:ident),+ $(,)?) => {
            const TARGETS: &[&str] = &[$(stringify!($target)),+];

            $(#[test]
            fn $target() {
                run_on_corpus(stringify!($target), super::$target);
            })+
        };
    }

    on_the_corpus!(
        cursor,
        graphql_document,
        graphql_request,
        junit,
        master_schedule,
        moment,
        plan_config,
        rest_form,
        rest_json,
    );

    fn run_on_corpus(target: &str, check: impl Fn(&[u8])) {
        let inputs = entries(&Path::new(TESTS).join("corpus").join(target));
        assert!(inputs.len() >= FEWEST, "{target} has too few inputs");
        for input in inputs {
            // Shown when the test fails, however it does: the last one named is the one that did.
            eprintln!("{}", input.display());
            check(&fs::read(&input).expect("a file of the corpus"));
        }
    }

    #[test]
    fn each_target_is_fuzzed_and_has_a_corpus() {
        let targets: BTreeSet<_> = TARGETS.iter().map(|&target| target.to_owned()).collect();
        for folder in ["corpus", "fuzz/fuzz_targets"] {
            let found = entries(&Path::new(TESTS).join(folder));
            let names = found.iter().filter_map(|path| path.file_stem()?.to_str());
            let names: BTreeSet<_> = names.map(str::to_owned).collect();
            assert_eq!(names, targets, "{folder}");
        }
    }

    fn entries(folder: &Path) -> Vec<PathBuf> {
        let entries =
            fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut paths: Vec<_> = entries
            .map(|entry| entry.expect("a readable folder").path())
            .collect();
        paths.sort();
        paths
    }
}
