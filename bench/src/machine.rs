//! What the kernel says of this machine and of a process (Linux; elsewhere the figures are zero).

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
    time::{Duration, Instant},
};

use serde::Serialize;

/// What the figures depend on.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// The processor's name.
    pub cpu: String,
    /// How many cores this process may use.
    pub cores: usize,
    /// Load averages over 1, 5 and 15 minutes before the run: others' work slows every figure.
    pub load_before: String,
    /// Median time of a synced write of 4 KiB in the store's folder, in milliseconds.
    pub fdatasync_p50_ms: f64,
}

impl Machine {
    /// Looks.
    pub fn look(folder: &Path) -> io::Result<Self> {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let cpu = cpuinfo
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
            .map_or_else(|| "unknown".to_owned(), |(_, name)| name.to_owned());
        Ok(Self {
            cpu,
            cores: std::thread::available_parallelism().map_or(0, Into::into),
            load_before: load(),
            fdatasync_p50_ms: millis(sync_time(folder)?),
        })
    }
}

/// The load averages now.
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

fn sync_time(folder: &Path) -> io::Result<Duration> {
    let mut file = File::create(folder.join("sync"))?;
    let mut times = Vec::new();
    for _ in 0..200 {
        let clock = Instant::now();
        file.write_all(&[1; 4096])?;
        file.sync_data()?;
        times.push(clock.elapsed());
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

/// The processor time that a process has used, user and system.
pub fn cpu_of(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // Fields 14 and 15, in ticks of 10 ms (proc(5)); the name in field 2 may hold spaces.
    let ticks: u64 = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}

/// A line of `/proc/PID/status` in MiB: `VmRSS` is the memory in use, `VmHWM` its peak.
pub fn memory_of(process: u32, line: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kibibytes = status.lines().find_map(|found| {
        let rest = found.strip_prefix(line)?.strip_prefix(':')?;
        rest.split_whitespace().next()?.parse::<f64>().ok()
    });
    kibibytes.unwrap_or_default() / 1024.0
}

/// A duration in milliseconds.
pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
