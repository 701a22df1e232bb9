//! What a cluster of MariaDB's takes besides its servers: Galera, and the scripts by which a node gets the data of another.
//! They are unpacked into a folder, for MariaDB's own package would start a server of the system's.

use std::path::Path;

use anyhow::Result;
use xshell::Shell;

use crate::tools::{self, DebianPackage};

/// Where they are.
const FOLDER: &str = "target/galera";

/// The packages, and what is taken from them.
const UNPACKED: [(&str, &str); 2] = [
    ("galera-4", "usr/lib/galera/libgalera_smm.so"),
    ("mariadb-server", "usr/bin/wsrep_sst_rsync"),
];

/// What those scripts call.
const CALLED: [DebianPackage; 3] = [
    DebianPackage {
        name: "rsync",
        programs: &["rsync"],
    },
    DebianPackage {
        name: "lsof",
        programs: &["lsof"],
    },
    DebianPackage {
        name: "mariadb-client-core",
        programs: &["my_print_defaults"],
    },
];

/// Makes sure that all of it is there.
pub(crate) fn tools(shell: &Shell) -> Result<()> {
    tools::debian(shell, &CALLED)?;
    let folder = Path::new(FOLDER);
    if UNPACKED.iter().all(|(_, file)| folder.join(file).exists()) {
        return Ok(());
    }
    shell.create_dir(folder)?;
    tools::unpack_alone(shell, &UNPACKED.map(|(package, _)| package), folder)
}
