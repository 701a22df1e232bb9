//! What the kernel knows of this process.

use std::fs;

/// The memory that is in use; nothing where the kernel does not say.
pub(super) fn resident_bytes() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_some_memory() {
        let bytes = resident_bytes().expect("tests are run on Linux");
        assert!((1 << 20..1 << 34).contains(&bytes), "{bytes}");
    }
}
