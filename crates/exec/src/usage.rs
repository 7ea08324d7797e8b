//! Energy and carbon of the runs: measured where the machine counts, else estimated and said so.
//!
//! [`Counter`] reads what the machine counts; [`energy`] and [`carbon`] are pure.

mod gpu_counter;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use gpu_counter::GpuCounter;

/// Watts that one busy processor core draws, in the estimate: what the Green Algorithms calculator
/// (Lannelongue, Grealey, Inouye 2021, doi:10.1002/advs.202100707; its table of 2023) takes for a
/// processor that it does not know. Server processors in that table have 4 W to 24 W a core.
pub const CORE_WATTS: f64 = 12.0;

/// Grams of carbon dioxide equivalent a kilowatt-hour, world average of 2023: Ember, Global
/// Electricity Review 2024, 480 g.
pub const WORLD_GRAMS_PER_KWH: f64 = 480.0;

/// Where the world average comes from.
pub const WORLD_SOURCE: &str = "world average of 2023, Ember, Global Electricity Review 2024";

/// Joules in a watt-hour.
const JOULES_PER_WH: f64 = 3600.0;

/// An amount of energy and how it was had.
#[derive(Debug, Clone, PartialEq)]
pub struct Energy {
    /// Watt-hours, ≥ 0.
    pub watt_hours: f64,
    /// `measured …` or `estimated …`.
    pub method: String,
}

/// An amount of carbon dioxide equivalent and how it was had.
#[derive(Debug, Clone, PartialEq)]
pub struct Carbon {
    /// Grams, ≥ 0.
    pub grams: f64,
    /// The factor and its source.
    pub method: String,
}

/// How much carbon dioxide equivalent a kilowatt-hour stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Intensity {
    /// Grams a kilowatt-hour, ≥ 0.
    pub grams_per_kwh: f64,
    /// Source of the factor.
    pub source: String,
}

impl Default for Intensity {
    fn default() -> Self {
        Self {
            grams_per_kwh: WORLD_GRAMS_PER_KWH,
            source: WORLD_SOURCE.to_owned(),
        }
    }
}

/// Energy that counters measured while runs were made, in joules (≥ 0); none without a counter.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measured {
    /// Of this machine's processors, whatever they worked for.
    pub processors: Option<f64>,
    /// Of the GPU, whatever it worked for.
    pub gpu: Option<f64>,
}

/// The energy of the runs. What is not measured of the processor is estimated from its seconds
/// (≥ 0). None for a GPU without a counter: its power depends too much on its model.
pub fn energy(measured: Measured, cpu_seconds: f64, gpu_seconds: f64) -> Option<Energy> {
    let (gpu, of_gpu) = match measured.gpu {
        Some(joules) => (joules, " and by the GPU's own counter (NVML)"),
        None if gpu_seconds == 0.0 => (0.0, ""),
        None => return None,
    };
    let (processors, method) = match measured.processors {
        Some(joules) => (
            joules,
            "measured by the processor's counter (RAPL) for the whole machine".to_owned(),
        ),
        None => (
            cpu_seconds * CORE_WATTS,
            format!(
                "estimated as {CORE_WATTS} W a busy core (Green Algorithms 2021), without memory and the rest of the machine"
            ),
        ),
    };
    Some(Energy {
        watt_hours: (processors + gpu) / JOULES_PER_WH,
        method: method + of_gpu,
    })
}

/// Reads this machine's counters of energy while runs are made.
///
/// A thread reads them twice a minute, because the processor's turn over.
#[derive(Debug)]
pub struct Meter {
    stop: mpsc::Sender<()>,
    thread: JoinHandle<Measured>,
}

impl Meter {
    /// Begins; `gpu` is the index of the GPU at work, as `nvidia-smi` counts.
    pub fn start(gpu: Option<u32>) -> Self {
        let (stop, stopped) = mpsc::channel();
        let mut processors = Counter::start();
        let thread = thread::spawn(move || {
            let counter = gpu.and_then(GpuCounter::open);
            let gpu_now = || counter.as_ref().and_then(GpuCounter::joules);
            let gpu_first = gpu_now();
            loop {
                let waited = stopped.recv_timeout(Duration::from_secs(30));
                let joules = processors.as_mut().and_then(Counter::read);
                if joules.is_none() {
                    processors = None;
                }
                if waited != Err(RecvTimeoutError::Timeout) {
                    let gpu = gpu_now().zip(gpu_first);
                    return Measured {
                        processors: joules,
                        gpu: gpu.map(|(last, first)| (last - first).max(0.0)),
                    };
                }
            }
        });
        Self { stop, thread }
    }

    /// What was counted since the start.
    pub fn stop(self) -> Measured {
        drop(self.stop);
        self.thread.join().unwrap_or_default()
    }
}

/// The carbon that the energy stands for.
pub fn carbon(energy: &Energy, intensity: &Intensity) -> Carbon {
    Carbon {
        grams: energy.watt_hours / 1000.0 * intensity.grams_per_kwh,
        method: format!("{} g/kWh: {}", intensity.grams_per_kwh, intensity.source),
    }
}

/// The processor's energy counters (RAPL), as they stood at the beginning.
///
/// They count for the whole machine. They turn over after some minutes to hours of load, so
/// [`read`](Self::read) has to be called at least that often; each call sees one turn at most.
#[derive(Debug, Clone)]
pub struct Counter {
    packages: Vec<Package>,
    joules: f64,
}

/// The counter of one processor.
#[derive(Debug, Clone)]
struct Package {
    file: PathBuf,
    /// The value at which it turns over, in microjoules.
    range: u64,
    last: u64,
}

impl Counter {
    /// This machine's counters; none where it has none or this user may not read them.
    pub fn start() -> Option<Self> {
        Self::start_in(Path::new("/sys/class/powercap"))
    }

    /// [`start`](Self::start) with the folder of the kernel's power capping given.
    fn start_in(folder: &Path) -> Option<Self> {
        let mut packages = Vec::new();
        for entry in fs::read_dir(folder).ok()?.flatten() {
            let name = entry.file_name();
            // `intel-rapl:0` is a processor, also AMD's; `intel-rapl:0:1` is a part of it.
            let is_package = name
                .to_str()
                .and_then(|name| name.strip_prefix("intel-rapl:"))
                .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
            if is_package {
                let file = entry.path().join("energy_uj");
                packages.push(Package {
                    range: number(&entry.path().join("max_energy_range_uj"))?,
                    last: number(&file)?,
                    file,
                });
            }
        }
        (!packages.is_empty()).then_some(Self {
            packages,
            joules: 0.0,
        })
    }

    /// Joules since the start; none when a counter cannot be read any more.
    pub fn read(&mut self) -> Option<f64> {
        for package in &mut self.packages {
            let now = number(&package.file)?;
            let turned = if now < package.last { package.range } else { 0 };
            let microjoules = turned.saturating_add(now).saturating_sub(package.last);
            self.joules += microjoules as f64 * 1e-6;
            package.last = now;
        }
        Some(self.joules)
    }
}

fn number(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measured_energy_is_preferred_and_an_estimate_says_so() {
        let counted = |processors, gpu| Measured { processors, gpu };
        let measured = energy(counted(Some(7200.0), None), 5.0, 0.0).unwrap();
        assert_eq!(measured.watt_hours, 2.0);
        assert!(measured.method.starts_with("measured"));
        let both = energy(counted(Some(7200.0), Some(3600.0)), 5.0, 9.0).unwrap();
        assert_eq!(both.watt_hours, 3.0);
        assert!(both.method.ends_with("by the GPU's own counter (NVML)"));
        let estimated = energy(Measured::default(), 3600.0, 0.0).unwrap();
        assert_eq!(estimated.watt_hours, 12.0);
        assert!(estimated.method.starts_with("estimated as 12 W"));
        let half = energy(counted(None, Some(3600.0)), 3600.0, 9.0).unwrap();
        assert_eq!(half.watt_hours, 13.0);
        assert_eq!(energy(Measured::default(), 3600.0, 1.0), None);
        assert_eq!(energy(counted(Some(7200.0), None), 5.0, 1.0), None);
    }

    #[test]
    fn a_meter_stops_at_once() {
        let start = std::time::Instant::now();
        let measured = Meter::start(Some(4000)).stop();
        assert_eq!(measured.gpu, None);
        assert!(start.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn carbon_states_its_factor_and_source() {
        let measured = Measured {
            processors: Some(3.6e6),
            gpu: None,
        };
        let energy = energy(measured, 0.0, 0.0).unwrap();
        let world = carbon(&energy, &Intensity::default());
        assert_eq!(world.grams, 480.0);
        assert!(world.method.starts_with("480 g/kWh: world average of 2023"));
        let own = Intensity {
            grams_per_kwh: 30.0,
            source: "our wind mill".to_owned(),
        };
        assert_eq!(carbon(&energy, &own).method, "30 g/kWh: our wind mill");
    }

    #[test]
    fn counters_are_added_up_and_may_turn_over() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Counter::start_in(folder.path()).is_none());
        let write = |zone: &str, file: &str, value: u64| {
            let zone = folder.path().join(zone);
            fs::create_dir_all(&zone).unwrap();
            fs::write(zone.join(file), format!("{value}\n")).unwrap();
        };
        for (zone, value) in [("intel-rapl:0", 5_000_000), ("intel-rapl:1", 1_000_000)] {
            write(zone, "energy_uj", value);
            write(zone, "max_energy_range_uj", 10_000_000);
        }
        write("intel-rapl:0:0", "energy_uj", 0);
        let mut counter = Counter::start_in(folder.path()).unwrap();
        write("intel-rapl:0", "energy_uj", 6_000_000);
        write("intel-rapl:1", "energy_uj", 500_000);
        assert_eq!(counter.read(), Some(10.5));
        write("intel-rapl:0:0", "energy_uj", 9_000_000);
        write("intel-rapl:1", "energy_uj", 1_500_000);
        assert_eq!(counter.read(), Some(11.5));
        fs::remove_file(folder.path().join("intel-rapl:0/energy_uj")).unwrap();
        assert_eq!(counter.read(), None);
    }
}
