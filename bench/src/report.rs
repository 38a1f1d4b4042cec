//! What was measured, as a table for people and as JSON for machines.

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::machine::{Machine, millis};

/// Everything of one run.
#[derive(Serialize)]
pub struct Report {
    /// Where it ran.
    pub machine: Machine,
    /// How long each load lasted, in seconds.
    pub seconds: u64,
    /// The figures.
    pub measures: Vec<Measure>,
    /// Load averages after the run.
    pub load_after: String,
}

/// One figure.
#[derive(Serialize)]
pub struct Measure {
    /// Under what it was measured.
    pub under: &'static str,
    /// What it is.
    pub what: &'static str,
    /// The figure.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// The bar it is held to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bar: Option<Bar>,
}

/// What a figure is to reach.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bar {
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
}

/// The figures of one load, noted under one name.
pub struct Notes<'a> {
    measures: &'a mut Vec<Measure>,
    under: &'static str,
}

impl Report {
    /// Notes under a name, which is also said at once: a run takes a while.
    pub fn under(&mut self, under: &'static str) -> Notes<'_> {
        eprintln!("measured: {under}");
        Notes {
            measures: &mut self.measures,
            under,
        }
    }
}

impl Notes<'_> {
    /// Notes a figure without a bar.
    pub fn note(&mut self, what: &'static str, value: f64, unit: &'static str) {
        self.held(what, value, unit, None);
    }

    /// Notes a figure that is held to a bar.
    pub fn held(&mut self, what: &'static str, value: f64, unit: &'static str, bar: Option<Bar>) {
        self.measures.push(Measure {
            under: self.under,
            what,
            value,
            unit,
            bar,
        });
    }

    /// Notes median, 95th and 99th percentile in milliseconds; the bars are those of the first
    /// and the last.
    pub fn spread(
        &mut self,
        what: [&'static str; 3],
        mut times: Vec<Duration>,
        bars: Option<[f64; 2]>,
    ) {
        times.sort_unstable();
        let at = |permille: usize| {
            let index = (times.len() * permille / 1000).min(times.len().saturating_sub(1));
            times.get(index).copied().map_or(f64::NAN, millis)
        };
        let bar = |index: usize| bars.map(|bars| Bar::AtMost(bars[index]));
        self.held(what[0], at(500), "ms", bar(0));
        self.held(what[1], at(950), "ms", None);
        self.held(what[2], at(990), "ms", bar(1));
    }
}

impl Bar {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtMost(bar) => value <= bar,
            Self::AtLeast(bar) => value >= bar,
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(bar) => write!(f, "≤ {bar}"),
            Self::AtLeast(bar) => write!(f, "≥ {bar}"),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machine = &self.machine;
        writeln!(
            f,
            "{}, {} cores; load before {}, after {}; fdatasync of 4 KiB p50 {:.3} ms; {} s a load",
            machine.cpu,
            machine.cores,
            machine.load_before,
            self.load_after,
            machine.fdatasync_p50_ms,
            self.seconds,
        )?;
        let mut under = "";
        for measure in &self.measures {
            if measure.under != under {
                under = measure.under;
                writeln!(f, "\n{under}")?;
            }
            let (what, value, unit) = (measure.what, measure.value, measure.unit);
            write!(f, "  {what:<44}{value:>12.2} {unit:<12}")?;
            match measure.bar {
                Some(bar) if bar.is_met(value) => writeln!(f, "{bar}: met")?,
                Some(bar) => writeln!(f, "{bar}: MISSED")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}
