//! What processes use of the machine, as Linux tells it.

use std::{fs, ops::AddAssign, time::Duration};

use anyhow::{Context, Result};

/// The resources of a process, or of several.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// The processor's time since it started.
    pub(crate) cpu: Duration,
    /// Resident memory, in KiB.
    pub(crate) resident: u64,
    /// The most resident memory that it ever had, in KiB.
    pub(crate) peak: u64,
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.cpu += other.cpu;
        self.resident += other.resident;
        self.peak += other.peak;
    }
}

impl Usage {
    /// That of this process.
    pub(crate) fn own() -> Result<Self> {
        Self::of("self")
    }

    /// That of all processes of a group, a server and its workers.
    pub(crate) fn of_group(group: i32) -> Result<Self> {
        let mut usage = Self::default();
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            let is_process = name.bytes().all(|byte| byte.is_ascii_digit());
            if is_process && stat(&name).is_ok_and(|stat| stat.group == group) {
                // One that has just ended counts for nothing.
                usage += Self::of(&name).unwrap_or_default();
            }
        }
        Ok(usage)
    }

    /// How many cores it had, on average, in the seconds since it used so much.
    pub(crate) fn cores_since(&self, before: &Self, seconds: f64) -> f64 {
        self.cpu.saturating_sub(before.cpu).as_secs_f64() / seconds
    }

    fn of(process: &str) -> Result<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        let kib = |field: &str| {
            let line = status.lines().find(|line| line.starts_with(field));
            let number = line.and_then(|line| line.split_whitespace().nth(1));
            number.and_then(|number| number.parse().ok()).unwrap_or(0)
        };
        Ok(Self {
            cpu: stat(process)?.cpu,
            resident: kib("VmRSS:"),
            peak: kib("VmHWM:"),
        })
    }
}

struct Stat {
    group: i32,
    cpu: Duration,
}

fn stat(process: &str) -> Result<Stat> {
    /// Linux counts in hundredths of a second, on every machine that Daybook runs on.
    const TICK: Duration = Duration::from_millis(10);
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name of the program may hold anything, so it is counted from its end.
    let (_, rest) = text.rsplit_once(") ").context("a process has a name")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let ticks: u32 = fields[11].parse::<u32>()? + fields[12].parse::<u32>()?;
    Ok(Stat {
        group: fields[2].parse()?,
        cpu: TICK * ticks,
    })
}
