//! Running a command that the operator configured: without a shell, in a process group of its own, for as long as it may.

use std::{
    os::unix::process::ExitStatusExt,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{process::Command, time::timeout};

use super::{
    environment,
    group::Group,
    recorder::Recorder,
    stop::{Cut, StopSignal},
};
use crate::{
    config::CommandSettings,
    domain::run::{Claimed, Ending},
    state::State,
};

/// How long a command may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(5);

/// Runs a command to its end. Tells nothing where the run was lost meanwhile.
pub(super) async fn run(
    state: &State,
    claimed: &Claimed,
    settings: &CommandSettings,
    arguments: &[String],
    mut stop: StopSignal,
) -> Option<Ending> {
    let mut group = match Group::start(&mut command(settings, arguments)) {
        Ok(group) => group,
        Err(error) => {
            let program = settings.program.display();
            return Some(Ending::failed(format!(
                "{program} can't be started: {error}"
            )));
        }
    };
    let (Some(stdout), Some(stderr)) = group.outputs() else {
        return Some(Ending::failed("the output of the command can't be read"));
    };
    let mut recorder = Recorder::start(state, claimed.run.run_id, stdout, stderr);
    let cut = tokio::select! {
        () = group.ended() => None,
        cut = stop.cut(claimed.timeout) => Some(cut),
    };
    if cut.is_some() {
        group.terminate();
        let all_ended = async {
            group.ended().await;
            recorder.closed().await;
        };
        // Who has not ended by then is killed.
        let _ = timeout(GRACE, all_ended).await;
    }
    let status = group.kill().await;
    recorder.finish().await;
    ending(cut, status)
}

fn command(settings: &CommandSettings, arguments: &[String]) -> Command {
    let mut command = Command::new(&settings.program);
    command
        .args(&settings.arguments)
        .args(arguments)
        .env_clear()
        .envs(environment::passed_on())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (name, value) in &settings.environment {
        command.env(name, value.reveal());
    }
    if let Some(directory) = &settings.directory {
        command.current_dir(directory);
    }
    command
}

/// How the run ends whose command ended like that, by itself or because it was cut short.
fn ending(cut: Option<Cut>, status: std::io::Result<ExitStatus>) -> Option<Ending> {
    let status = match status {
        Ok(status) => status,
        Err(error) => {
            return Some(Ending::failed(format!(
                "how it ended is not known: {error}"
            )));
        }
    };
    let ending = match cut {
        Some(cut) => cut.ending()?,
        None if status.success() => Ending::succeeded(),
        None => Ending::failed(match (status.code(), status.signal()) {
            (Some(code), _) => format!("it ended with exit code {code}"),
            (None, Some(signal)) => format!("it was ended by signal {signal}"),
            (None, None) => "it ended without an exit code".to_owned(),
        }),
    };
    Some(ending.with_exit_code(status.code()))
}

#[cfg(test)]
mod tests {
    use entity::run::RunStatus;

    use super::{super::Stop, *};

    fn ended(cut: Option<Cut>, raw: i32) -> Option<(RunStatus, Option<i32>)> {
        let ending = ending(cut, Ok(ExitStatus::from_raw(raw)))?;
        Some((ending.status, ending.exit_code))
    }

    #[test]
    fn the_exit_code_decides_unless_something_else_did() {
        assert_eq!(ended(None, 0), Some((RunStatus::Succeeded, Some(0))));
        assert_eq!(ended(None, 3 << 8), Some((RunStatus::Failed, Some(3))));
        assert_eq!(ended(None, 9), Some((RunStatus::Failed, None)));
        assert_eq!(
            ended(Some(Cut::TimedOut(GRACE)), 0),
            Some((RunStatus::TimedOut, Some(0)))
        );
        let cancelled = Cut::Stopped(Stop::Cancelled);
        assert_eq!(
            ended(Some(cancelled), 15),
            Some((RunStatus::Cancelled, None))
        );
        assert_eq!(ended(Some(Cut::Stopped(Stop::Lost)), 9), None);
    }
}
