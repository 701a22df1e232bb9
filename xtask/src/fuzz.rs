//! Fuzzing: libFuzzer makes up inputs for what reads them from outside, and keeps those that lead somewhere new.
//!
//! It starts from the inputs in `tests/corpus/`, which the ordinary tests run too, and goes on from where it was the last
//! time. Nothing that it finds gets into the corpus by itself.

use std::{
    fs, panic,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
    thread,
};

use anyhow::{Context, Result, bail, ensure};
use xshell::{Shell, cmd};

use crate::{
    step::step,
    tools::{self, DebianPackage},
};

/// The package with the targets, a workspace of its own.
const PACKAGE: &str = "tests/fuzz";
pub(crate) const MANIFEST: &str = "tests/fuzz/Cargo.toml";

/// The inputs that are kept, a folder for each target.
const CORPUS: &str = "tests/corpus";

/// Where it is built, and where what it finds is put.
const BUILD: &str = "target/fuzz/build";
const FOUND: &str = "target/fuzz/found";
const CRASHES: &str = "target/fuzz/crashes";
const LOGS: &str = "target/fuzz/logs";

/// No sanitizer: the code is safe, and they need a nightly compiler. Address space and time are watched all the same.
const SANITIZER: &str = "--sanitizer=none";

/// A single input that takes so many seconds, or all together more memory than this, counts as a crash.
const LIMITS: [&str; 2] = ["-timeout=10", "-rss_limit_mb=2048"];

/// libFuzzer is compiled from its source.
const COMPILER: &[DebianPackage] = &[DebianPackage {
    name: "g++",
    programs: &["c++"],
}];

/// Runs one target, or all of them, each for so many minutes: as many at a time as there are cores.
pub(crate) fn run(shell: &Shell, target: Option<&str>, minutes: u32) -> Result<()> {
    let targets = chosen(target)?;
    tools::debian(shell, COMPILER)?;
    tools::cargo_fuzz(shell)?;
    step("compile the fuzz targets", || {
        Ok(cmd!(
            shell,
            "cargo fuzz build --fuzz-dir {PACKAGE} --target-dir {BUILD} {SANITIZER} {target...}"
        )
        .quiet()
        .run()?)
    })?;
    let outcomes = fuzz_all(&targets, minutes)?;
    outcomes.iter().for_each(Outcome::tell);
    let crashes: Vec<_> = outcomes
        .iter()
        .flat_map(|outcome| &outcome.crashes)
        .collect();
    ensure!(crashes.is_empty(), "{}", how_to_go_on(&crashes));
    Ok(())
}

/// The target of that name, or all that there are.
fn chosen(target: Option<&str>) -> Result<Vec<String>> {
    let known = names(Path::new(CORPUS))?;
    match target {
        None => Ok(known),
        Some(target) if known.iter().any(|name| name == target) => Ok(vec![target.to_owned()]),
        Some(target) => bail!("there is no target {target}, but {}", known.join(", ")),
    }
}

/// What came of a target.
struct Outcome {
    target: String,
    executions: u64,
    new_inputs: u64,
    memory_mb: u64,
    crashes: Vec<PathBuf>,
}

impl Outcome {
    fn tell(&self) {
        let Self {
            target,
            executions,
            new_inputs,
            memory_mb,
            crashes,
        } = self;
        let crashes = crashes.len();
        println!(
            "{target:18} {executions:>10} executions, {new_inputs:>5} new inputs, {memory_mb:>4} MB, {crashes} crashes"
        );
    }
}

/// Runs each of the targets, a lane for each core. One that could not be run does not keep the others from it.
fn fuzz_all(targets: &[String], minutes: u32) -> Result<Vec<Outcome>> {
    let left = Mutex::new(targets.iter());
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    let lane = || {
        let mut outcomes = Vec::new();
        while let Some(target) = next() {
            let what = format!("fuzz {target} for {minutes} min");
            outcomes.push(step(&what, || fuzz(target, minutes)));
        }
        outcomes
    };
    let lanes = thread::available_parallelism()?.get();
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
        let outcomes = lanes.into_iter().flat_map(|lane| match lane.join() {
            Ok(outcomes) => outcomes,
            Err(defect) => panic::resume_unwind(defect),
        });
        outcomes.collect()
    })
}

fn fuzz(target: &str, minutes: u32) -> Result<Outcome> {
    let folder = |of: &str| Path::new(of).join(target);
    let (found, crashes) = (folder(FOUND), folder(CRASHES));
    for folder in [&found, &crashes, Path::new(LOGS)] {
        fs::create_dir_all(folder)?;
    }
    let before = names(&crashes)?;
    let log = Path::new(LOGS).join(format!("{target}.log"));
    let output = fs::File::create(&log)?;
    // What is given as the first folder is where new inputs are put.
    let ended = Command::new("cargo")
        .args([
            "fuzz",
            "run",
            "--fuzz-dir",
            PACKAGE,
            "--target-dir",
            BUILD,
            SANITIZER,
            target,
        ])
        .args([absolute(&found)?, absolute(&folder(CORPUS))?])
        .arg("--")
        .args(LIMITS)
        .arg("-print_final_stats=1")
        .arg(format!("-max_total_time={}", minutes * 60))
        .arg(format!(
            "-artifact_prefix={}/",
            absolute(&crashes)?.display()
        ))
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .status()
        .context("could not start cargo fuzz")?;
    let said = fs::read_to_string(&log)?;
    let crashes: Vec<_> = names(&crashes)?
        .into_iter()
        .filter(|name| !before.contains(name))
        .map(|name| crashes.join(name))
        .collect();
    ensure!(
        ended.success() || !crashes.is_empty(),
        "{target} ended without a result; {} tells why",
        log.display()
    );
    Ok(Outcome {
        target: target.to_owned(),
        executions: figure(&said, "number_of_executed_units"),
        new_inputs: figure(&said, "new_units_added"),
        memory_mb: figure(&said, "peak_rss_mb"),
        crashes,
    })
}

/// A figure of those that libFuzzer tells at its end; 0 where it could not.
fn figure(said: &str, name: &str) -> u64 {
    let prefix = format!("stat::{name}:");
    let mut lines = said.lines().rev();
    let value = lines.find_map(|line| line.strip_prefix(&prefix));
    value
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or(0)
}

fn absolute(path: &Path) -> Result<PathBuf> {
    Ok(std::path::absolute(path)?)
}

/// The names of what is in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("could not read {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn how_to_go_on(crashes: &[&PathBuf]) -> String {
    let crashes: Vec<_> = crashes
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    format!(
        "these inputs did harm:\n\n    {}\n\n\
         {LOGS}/ tells how. To have less to look at: cargo fuzz tmin --fuzz-dir {PACKAGE} --target-dir {BUILD} {SANITIZER} \
         TARGET INPUT. When it is mended, keep the input: copy it into {CORPUS}/TARGET/, under a name that says what it is; \
         from then on the ordinary tests run it.",
        crashes.join("\n    ")
    )
}
