//! `daybook-bench`: measures Daybook against the floor beneath it and against the programs that people would write instead.
//!
//! It is started by `cargo xtask bench`, which installs and builds what it needs. Every contender is driven by the same
//! load, in turn, several times over. Figures of a shared machine mean little by themselves; a ratio between two contenders
//! in one run does, and those are what is claimed.

mod claim;
mod contender;
mod endurance;
mod extent;
mod load;
mod machine;
mod race;
mod report;
mod speech;
mod table;
mod usage;
mod wait;
mod wire;
mod workload;

use std::{fs, path::PathBuf, time::Instant};

use anyhow::Result;
use clap::Parser;

use contender::{Engine, Programs, absolute};
use extent::Extent;
use report::Report;
use workload::Workload;

/// Measures Daybook against others.
#[derive(Parser)]
struct Arguments {
    /// Daybook's program, a release build
    #[arg(long)]
    daybook: PathBuf,
    /// The floor's program, a release build
    #[arg(long)]
    floor: PathBuf,
    /// The folder with the peers
    #[arg(long)]
    peers: PathBuf,
    /// The Python that has the peers' packages
    #[arg(long)]
    python: Option<PathBuf>,
    /// Node.js, where the peer's packages are installed
    #[arg(long)]
    node: Option<PathBuf>,
    /// A MariaDB server for this alone, as root
    #[arg(long)]
    mariadb: Option<String>,
    /// A contender that is not there, and why
    #[arg(long)]
    left_out: Vec<String>,
    /// Everything in less than three minutes, for a first look
    #[arg(long)]
    quick: bool,
    /// Only these workloads
    #[arg(long, value_delimiter = ',')]
    only: Vec<Workload>,
    /// Nothing of all this: only keep Daybook busy for so many minutes, and see whether it grows
    #[arg(long)]
    endure: Option<u32>,
    /// Where to write the report
    #[arg(long)]
    output: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let started = Instant::now();
    let extent = if arguments.quick {
        Extent::QUICK
    } else {
        Extent::FULL
    };
    let programs = Programs {
        daybook: absolute(&arguments.daybook)?,
        floor: absolute(&arguments.floor)?,
        python: arguments.python.as_deref().map(absolute).transpose()?,
        node: arguments.node.clone(),
        peers: absolute(&arguments.peers)?,
    };
    if let Some(minutes) = arguments.endure {
        println!("{}", endurance::endure(&programs, minutes).await?);
        return Ok(());
    }
    let mut report = Report::new(&extent, &arguments.left_out);
    let engines = [
        Some(Engine::Sqlite),
        arguments.mariadb.clone().map(Engine::MariaDb),
    ];
    let wanted =
        |workload: &Workload| arguments.only.is_empty() || arguments.only.contains(workload);
    for engine in engines.iter().flatten() {
        workload::races(&programs, engine, &extent, &wanted, &mut report).await?;
    }
    workload::alone(&programs, &extent, &wanted, &mut report).await?;
    let text = report.finish(started.elapsed());
    match &arguments.output {
        Some(file) => fs::write(file, text)?,
        None => println!("{text}"),
    }
    Ok(())
}
