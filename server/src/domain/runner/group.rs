//! A program in a process group of its own, and the end of both.
//!
//! The program is not waited for before its whole group was killed: until then its id can't be given to anybody else, so
//! a signal can't hit a stranger.

use std::{io, process::ExitStatus};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::{
    process::{Child, ChildStderr, ChildStdout, Command},
    signal::unix::{Signal as SignalStream, SignalKind, signal},
};

/// A program that was started, with what it has started itself.
#[derive(Debug)]
pub(super) struct Group {
    child: Child,
    id: Pid,
    children: SignalStream,
}

impl Group {
    /// Starts a program in a group of its own.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        // Listened to before there is a child, so that no end goes unheard.
        let children = signal(SignalKind::child())?;
        let child = command.process_group(0).kill_on_drop(true).spawn()?;
        let id = child
            .id()
            .and_then(|id| Pid::from_raw(id.try_into().ok()?))
            .ok_or_else(|| io::Error::other("it has no process id"))?;
        Ok(Self {
            child,
            id,
            children,
        })
    }

    /// Where the program writes to.
    pub(super) fn outputs(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.child.stdout.take(), self.child.stderr.take())
    }

    /// Waits until the program has ended. It stays a zombie, and its id its own, until [`Group::kill`].
    pub(super) async fn ended(&mut self) {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        while let Ok(None) = waitid(WaitId::Pid(self.id), options) {
            self.children.recv().await;
        }
    }

    /// Asks all of the group to end.
    pub(super) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends all of the group, and tells how the program ended.
    pub(super) async fn kill(mut self) -> io::Result<ExitStatus> {
        self.signal(Signal::KILL);
        self.child.wait().await
    }

    fn signal(&self, signal: Signal) {
        if let Err(error) = kill_process_group(self.id, signal) {
            tracing::debug!(%error, "a group of processes could not be signalled");
        }
    }
}
