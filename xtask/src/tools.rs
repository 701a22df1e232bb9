//! What the other commands need on this machine, installed where it is missing. Whether something
//! is missing is found out by looking, never by a note from last time.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use anyhow::Result;
use xshell::{Cmd, Shell, cmd};

use crate::step::{step, stop};

/// The target that the dashboard is built for.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// A fixed version, so that a new one can't change a test run by itself, without the part that
/// updates it.
const NEXTEST: &[&str] = &[
    "--locked",
    "--no-default-features",
    "--features=default-no-update",
    "cargo-nextest@0.9.143",
];

/// What builds and runs fuzz targets.
const CARGO_FUZZ: &[&str] = &["--locked", "cargo-fuzz@0.13.2"];

/// Where Debian keeps servers; an ordinary user's PATH lacks it.
const SYSTEM_PROGRAMS: &str = "/usr/sbin";

/// One of Debian's packages, needed for these programs.
pub(crate) struct DebianPackage {
    pub(crate) name: &'static str,
    pub(crate) programs: &'static [&'static str],
}

/// Makes sure that the compiler can build for [`WASM_TARGET`].
pub(crate) fn wasm_target(shell: &Shell) -> Result<()> {
    let libraries = cmd!(shell, "rustc --print=target-libdir --target={WASM_TARGET}").read()?;
    if Path::new(&libraries).exists() {
        return Ok(());
    }
    rustup(shell, &["target", "add", WASM_TARGET])
}

/// Makes sure that `cargo fmt` and `cargo clippy` are there.
pub(crate) fn fmt_and_clippy(shell: &Shell) -> Result<()> {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if !answers(shell, "cargo", &[subcommand, "--version"]) {
            rustup(shell, &["component", "add", component])?;
        }
    }
    Ok(())
}

/// Makes sure that `cargo nextest` is there.
pub(crate) fn nextest(shell: &Shell) -> Result<()> {
    subcommand(shell, "nextest", NEXTEST)
}

/// Makes sure that `cargo fuzz` is there.
pub(crate) fn cargo_fuzz(shell: &Shell) -> Result<()> {
    subcommand(shell, "fuzz", CARGO_FUZZ)
}

/// Makes sure that cargo has a subcommand. The debug build of what only starts other programs runs them just as fast, and
/// is ready much sooner.
fn subcommand(shell: &Shell, name: &str, package: &[&str]) -> Result<()> {
    if answers(shell, "cargo", &[name, "--version"]) {
        return Ok(());
    }
    step(&format!("install cargo-{name}"), || {
        cmd!(shell, "cargo install --debug {package...}")
            .env("CARGO_PROFILE_DEV_DEBUG", "false")
            .run()
            .map_err(|_| {
                stop(
                    format!("cargo-{name} could not be installed"),
                    format!("cargo install {}", package.join(" ")),
                )
            })
    })
}

/// Makes sure that the programs of these packages are there, and installs the packages of those
/// that aren't: as root, or through a sudo that asks for no password.
pub(crate) fn debian(shell: &Shell, packages: &[DebianPackage]) -> Result<()> {
    let missing: Vec<_> = packages
        .iter()
        .filter(|package| {
            package
                .programs
                .iter()
                .any(|program| find(program).is_none())
        })
        .map(|package| package.name)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    install(shell, &missing)
}

/// Makes sure that Python can make environments. Debian keeps that part of it in a package without a
/// program.
pub(crate) fn python_environments(shell: &Shell) -> Result<()> {
    if answers(shell, "python3", &["-m", "ensurepip", "--version"]) {
        return Ok(());
    }
    install(shell, &["python3-venv"])
}

/// Unpacks these of Debian's packages into a folder, with what they need and this machine lacks. Nothing is installed: a
/// package of a server would start it.
pub(crate) fn unpack(shell: &Shell, packages: &[&str], folder: &Path) -> Result<()> {
    let what = format!("unpack {}", packages.join(", "));
    let by_hand = format!(
        "sudo apt-get update && sudo apt-get install {}",
        packages.join(" ")
    );
    let Some(apt_get) = apt_get(shell) else {
        return Err(stop(format!("xtask may not {what}"), by_hand));
    };
    step(&what, || {
        let archives = shell.create_temp_dir()?;
        shell.create_dir(archives.path().join("partial"))?;
        let into = format!("Dir::Cache::archives={}", archives.path().display());
        apt_get()
            .arg("update")
            .run()
            .and_then(|()| {
                apt_get()
                    .args(["install", "--yes", "--no-install-recommends"])
                    // What is installed by chance is wanted all the same.
                    .args(["--download-only", "--reinstall", "--option", &into])
                    .args(packages)
                    .run()
            })
            .map_err(|_| stop(format!("xtask could not {what}"), by_hand))?;
        extract(shell, archives.path(), folder)
    })
}

/// Unpacks these of Debian's packages into a folder, without what they need: that is on this machine for another reason.
pub(crate) fn unpack_alone(shell: &Shell, packages: &[&str], folder: &Path) -> Result<()> {
    let what = format!("unpack {}", packages.join(", "));
    step(&what, || {
        let archives = shell.create_temp_dir()?;
        let there = shell.push_dir(archives.path());
        cmd!(shell, "apt-get -qq download {packages...}")
            .quiet()
            .ignore_stderr()
            .run()
            .map_err(|_| {
                let by_hand = "sudo apt-get update";
                stop(format!("xtask could not {what}"), by_hand)
            })?;
        drop(there);
        extract(shell, archives.path(), folder)
    })
}

/// Extracts all packages that lie in a folder into another one.
fn extract(shell: &Shell, archives: &Path, folder: &Path) -> Result<()> {
    for archive in shell.read_dir(archives)? {
        if archive
            .extension()
            .is_some_and(|extension| extension == "deb")
        {
            cmd!(shell, "dpkg-deb --extract {archive} {folder}")
                .quiet()
                .run()?;
        }
    }
    Ok(())
}

/// Installs these of Debian's packages.
fn install(shell: &Shell, missing: &[&str]) -> Result<()> {
    let by_hand = format!(
        "sudo apt-get update && sudo apt-get install {}",
        missing.join(" ")
    );
    let what = format!("install {}", missing.join(", "));
    let Some(apt_get) = apt_get(shell) else {
        return Err(stop(format!("xtask may not {what}"), by_hand));
    };
    step(&what, || {
        // The package lists of a new machine are empty, and old ones name versions that are gone.
        apt_get()
            .arg("update")
            .run()
            .and_then(|()| {
                apt_get()
                    .args(["install", "--yes", "--no-install-recommends"])
                    .args(missing)
                    .run()
            })
            .map_err(|_| stop(format!("xtask could not {what}"), by_hand))
    })
}

/// Whether this user is root.
pub(crate) fn is_root(shell: &Shell) -> bool {
    cmd!(shell, "id --user").read().is_ok_and(|id| id == "0")
}

/// Where this program is, in PATH or among the system's own.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain([PathBuf::from(SYSTEM_PROGRAMS)])
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// How to call apt-get so that it may install; `None` where it isn't there, or this user can't.
fn apt_get<'a>(shell: &'a Shell) -> Option<impl Fn() -> Cmd<'a>> {
    find("apt-get")?;
    let sudo: &[&str] = if is_root(shell) {
        &[]
    } else if answers(shell, "sudo", &["--non-interactive", "true"]) {
        &["sudo", "--non-interactive"]
    } else {
        return None;
    };
    Some(move || {
        shell.cmd("env").args(sudo).args([
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            "-qq",
        ])
    })
}

fn rustup(shell: &Shell, args: &[&str]) -> Result<()> {
    let what = format!("rustup {}", args.join(" "));
    step(&what, || {
        cmd!(shell, "rustup {args...}")
            .run()
            .map_err(|_| stop("the Rust toolchain is incomplete", &what))
    })
}

/// Whether this command exists and succeeds.
fn answers(shell: &Shell, program: &str, args: &[impl AsRef<OsStr>]) -> bool {
    cmd!(shell, "{program} {args...}")
        .quiet()
        .ignore_stdout()
        .ignore_stderr()
        .run()
        .is_ok()
}
