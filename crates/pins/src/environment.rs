//! The machine as observed: what can change a result's last bits, and what the manifest requires.
//!
//! Read from `/proc`, `/sys` and, where it is installed, `nvidia-smi`. What the machine does not
//! say stays absent. The host's name and the user's are left out: reports are published.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ask::ask;
use super::compute_capability::ComputeCapability;
use reprove_model::manifest::ByteSize;

/// How long a program is waited for; the driver's first answer takes a few seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// The machine on which the runs take place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedEnvironment {
    /// The processor's architecture, such as `x86_64`.
    pub architecture: String,
    /// The operating system's name and version, in its own words.
    pub os: Option<String>,
    /// The kernel's release.
    pub kernel: Option<String>,
    /// The processor.
    pub cpu: Cpu,
    /// All memory of the machine.
    pub memory_bytes: Option<ByteSize>,
    /// The least memory limit of the control groups that we run in, when below all memory.
    pub memory_limit_bytes: Option<ByteSize>,
    /// NVIDIA GPUs by index; empty where there are none or no `nvidia-smi` shows them.
    pub gpus: Vec<Gpu>,
}

/// The processor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cpu {
    /// The model, in its own words.
    pub model: Option<String>,
    /// Threads that we may use at once.
    pub logical: usize,
    /// Cores of the machine.
    pub physical: Option<usize>,
    /// Instruction sets and other flags, by the kernel's names.
    pub features: BTreeSet<String>,
    /// The instructions that matrix products use: another class, other last bits.
    pub arithmetic: Arithmetic,
    /// The first-level data cache: products of long rows are blocked by its shape, and the
    /// blocks decide the order of additions.
    pub l1d: Option<CacheShape>,
}

/// The class of instructions that candle's CPU kernels choose at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arithmetic {
    /// x86 with AVX2 and fused multiply-add.
    Avx2Fma,
    /// 64-bit ARM.
    Neon,
    /// Neither: a product is rounded before it is added.
    Plain,
}

/// The shape of a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheShape {
    /// Its size.
    pub bytes: ByteSize,
    /// Its associativity.
    pub ways: Option<u32>,
    /// The length of a line in bytes.
    pub line_bytes: Option<u32>,
}

/// One NVIDIA GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gpu {
    /// Its index, as in `cuda:1`.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// Its memory.
    pub memory_bytes: Option<ByteSize>,
    /// Its compute capability.
    pub compute_capability: Option<ComputeCapability>,
    /// The version of the driver.
    pub driver: Option<String>,
}

impl ObservedEnvironment {
    /// Looks at this machine; takes milliseconds, or seconds where `nvidia-smi` must wake a driver.
    pub fn observe() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let (memory_bytes, memory_limit_bytes) = observe_memory();
        Self {
            architecture: std::env::consts::ARCH.to_owned(),
            os: fs::read_to_string("/etc/os-release")
                .ok()
                .and_then(|text| os_name(&text)),
            kernel: one_line(Path::new("/proc/sys/kernel/osrelease")),
            cpu: Cpu {
                model: field(&cpuinfo, "model name").map(str::to_owned),
                logical: std::thread::available_parallelism().map_or(1, usize::from),
                physical: physical_cores(&cpuinfo),
                features: features(&cpuinfo),
                arithmetic: arithmetic(),
                l1d: l1d(Path::new("/sys/devices/system/cpu/cpu0/cache")),
            },
            memory_limit_bytes,
            memory_bytes,
            gpus: observe_gpus(),
        }
    }

    /// The memory that the runs can have: the lesser of the machine's and the control groups'.
    pub fn usable_memory(&self) -> Option<ByteSize> {
        self.memory_limit_bytes.or(self.memory_bytes)
    }
}

/// The memory that this process can have: the lesser of the machine's and the control groups'.
pub fn usable_memory() -> Option<ByteSize> {
    let (all, limit) = observe_memory();
    limit.or(all)
}

/// The machine's memory, and the control groups' limit where it is less.
fn observe_memory() -> (Option<ByteSize>, Option<ByteSize>) {
    let meminfo = fs::read_to_string("/proc/meminfo");
    let all = meminfo.ok().and_then(|text| total_memory(&text));
    let limit = memory_limit(Path::new("/proc/self/cgroup"), Path::new("/sys/fs/cgroup"));
    (
        all,
        limit.filter(|limit| all.is_none_or(|all| *limit < all)),
    )
}

/// The first line that each program prints for its version; programs that are absent are left out.
pub fn toolchain(programs: &[&str]) -> BTreeMap<String, String> {
    let version = |program: &str| {
        let answer = ask(program, &["--version"], PATIENCE)?;
        answer.lines().next().map(|line| line.trim().to_owned())
    };
    programs
        .iter()
        .filter_map(|program| Some(((*program).to_owned(), version(program)?)))
        .collect()
}

/// The instructions that this process's matrix products use.
fn arithmetic() -> Arithmetic {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        return Arithmetic::Avx2Fma;
    }
    if cfg!(target_arch = "aarch64") {
        Arithmetic::Neon
    } else {
        Arithmetic::Plain
    }
}

/// The first `key : value` of the text.
fn field<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim())
    })
}

/// Distinct pairs of socket and core; `None` where the kernel does not number them.
fn physical_cores(cpuinfo: &str) -> Option<usize> {
    let cores: BTreeSet<_> = cpuinfo
        .split("\n\n")
        .filter_map(|processor| {
            Some((
                field(processor, "physical id")?,
                field(processor, "core id")?,
            ))
        })
        .collect();
    (!cores.is_empty()).then_some(cores.len())
}

/// The processor's flags, as the kernel names them.
fn features(cpuinfo: &str) -> BTreeSet<String> {
    let flags = field(cpuinfo, "flags")
        .or_else(|| field(cpuinfo, "Features"))
        .unwrap_or_default();
    flags.split_whitespace().map(str::to_owned).collect()
}

fn one_line(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn os_name(os_release: &str) -> Option<String> {
    let value = os_release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(value.trim_matches('"').to_owned())
}

fn total_memory(meminfo: &str) -> Option<ByteSize> {
    let kibibytes = field(meminfo, "MemTotal")?.strip_suffix(" kB")?;
    Some(ByteSize(kibibytes.trim().parse::<u64>().ok()? * 1024))
}

fn l1d(caches: &Path) -> Option<CacheShape> {
    (0..8)
        .map(|index| caches.join(format!("index{index}")))
        .find_map(|cache| {
            let read = |name: &str| one_line(&cache.join(name));
            if read("level")? != "1" || !matches!(read("type")?.as_str(), "Data" | "Unified") {
                return None;
            }
            let number = |name: &str| read(name)?.parse().ok();
            let kibibytes: u64 = read("size")?.strip_suffix('K')?.parse().ok()?;
            Some(CacheShape {
                bytes: ByteSize(kibibytes * 1024),
                ways: number("ways_of_associativity"),
                line_bytes: number("coherency_line_size"),
            })
        })
}

/// The least memory limit over our control group and those above it, in both versions of the
/// interface; `None` when no file states one.
fn memory_limit(own_groups: &Path, mount: &Path) -> Option<ByteSize> {
    let groups = fs::read_to_string(own_groups).ok()?;
    let mut least: Option<ByteSize> = None;
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (parts.next(), parts.next()) else {
            continue;
        };
        let (root, file) = match controllers {
            "" => (mount.to_path_buf(), "memory.max"),
            names if names.split(',').any(|name| name == "memory") => {
                (mount.join("memory"), "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let own = root.join(group.trim_start_matches('/'));
        for folder in own
            .ancestors()
            .take_while(|folder| folder.starts_with(&root))
        {
            // Version 2 writes `max` for none.
            let limit = one_line(&folder.join(file))
                .and_then(|text| text.parse().ok())
                .map(ByteSize);
            least = least.into_iter().chain(limit).min();
        }
    }
    least
}

fn observe_gpus() -> Vec<Gpu> {
    let query = "--query-gpu=index,name,memory.total,compute_cap,driver_version";
    let answer = ask(
        "nvidia-smi",
        &[query, "--format=csv,noheader,nounits"],
        PATIENCE,
    );
    answer
        .map(|text| text.lines().filter_map(gpu).collect())
        .unwrap_or_default()
}

/// One line of `nvidia-smi`'s answer: index, name, MiB, compute capability, driver.
fn gpu(line: &str) -> Option<Gpu> {
    // Read from both ends: a name may contain a comma.
    let (index, rest) = line.split_once(", ")?;
    let mut ends = rest.rsplitn(4, ", ");
    let (driver, capability, mebibytes, name) =
        (ends.next()?, ends.next()?, ends.next()?, ends.next()?);
    Some(Gpu {
        index: index.trim().parse().ok()?,
        name: name.to_owned(),
        memory_bytes: mebibytes
            .parse::<u64>()
            .ok()
            .map(|mebibytes| ByteSize(mebibytes << 20)),
        compute_capability: capability.parse().ok(),
        driver: Some(driver.trim().to_owned())
            .filter(|driver| driver.starts_with(|c: char| c.is_ascii_digit())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPUINFO: &str = "processor\t: 0\nmodel name\t: A CPU\nphysical id\t: 0\ncore id\t: 0\nflags\t\t: fpu sse4_2 avx2 fma sha_ni\n\n\
        processor\t: 1\nmodel name\t: A CPU\nphysical id\t: 0\ncore id\t: 0\nflags\t\t: fpu\n\n\
        processor\t: 2\nmodel name\t: A CPU\nphysical id\t: 0\ncore id\t: 1\nflags\t\t: fpu\n\n";

    #[test]
    fn cpuinfo_is_read() {
        assert_eq!(field(CPUINFO, "model name"), Some("A CPU"));
        assert_eq!(physical_cores(CPUINFO), Some(2));
        assert_eq!(physical_cores("processor : 0\n"), None);
        assert_eq!(
            Vec::from_iter(features(CPUINFO)),
            ["avx2", "fma", "fpu", "sha_ni", "sse4_2"]
        );
        assert_eq!(
            Vec::from_iter(features("Features : fp asimd sve\n")),
            ["asimd", "fp", "sve"]
        );
    }

    #[test]
    fn memory_and_system_are_read() {
        assert_eq!(
            total_memory("MemTotal:       16 kB\nMemFree: 1 kB\n"),
            Some(ByteSize(16384))
        );
        assert_eq!(total_memory(""), None);
        assert_eq!(
            os_name("ID=x\nPRETTY_NAME=\"An OS 1\"\n").as_deref(),
            Some("An OS 1")
        );
    }

    #[test]
    fn the_first_level_data_cache_is_found() {
        let caches = tempfile::tempdir().unwrap();
        for (index, kind, size) in [(0, "Instruction", "64K"), (1, "Data", "48K")] {
            let cache = caches.path().join(format!("index{index}"));
            fs::create_dir(&cache).unwrap();
            for (name, text) in [
                ("level", "1\n"),
                ("type", kind),
                ("size", size),
                ("ways_of_associativity", "12\n"),
            ] {
                fs::write(cache.join(name), text).unwrap();
            }
        }
        let shape = CacheShape {
            bytes: ByteSize(48 << 10),
            ways: Some(12),
            line_bytes: None,
        };
        assert_eq!(l1d(caches.path()), Some(shape));
        assert_eq!(l1d(&caches.path().join("none")), None);
    }

    #[test]
    fn the_least_limit_of_all_groups_above_counts() {
        let root = tempfile::tempdir().unwrap();
        let own = root.path().join("own");
        fs::create_dir_all(root.path().join("a/b")).unwrap();
        fs::create_dir_all(root.path().join("memory/c")).unwrap();
        fs::write(root.path().join("a/memory.max"), "3000\n").unwrap();
        fs::write(root.path().join("a/b/memory.max"), "max\n").unwrap();
        fs::write(root.path().join("memory/c/memory.limit_in_bytes"), "2000\n").unwrap();
        fs::write(&own, "0::/a/b\n").unwrap();
        assert_eq!(memory_limit(&own, root.path()), Some(ByteSize(3000)));
        fs::write(&own, "5:cpu,memory:/c\n0::/a/b\nbroken\n").unwrap();
        assert_eq!(memory_limit(&own, root.path()), Some(ByteSize(2000)));
        fs::write(&own, "0::/\n").unwrap();
        assert_eq!(memory_limit(&own, root.path()), None);
    }

    #[test]
    fn a_line_of_nvidia_smi_is_read() {
        let read = gpu("1, NVIDIA A100-SXM4-80GB, 81920, 8.0, 550.54.15").unwrap();
        assert_eq!(
            (read.index, read.name.as_str()),
            (1, "NVIDIA A100-SXM4-80GB")
        );
        assert_eq!(read.memory_bytes, Some(ByteSize(80 << 30)));
        assert_eq!(read.compute_capability.unwrap().to_string(), "8.0");
        assert_eq!(read.driver.as_deref(), Some("550.54.15"));
        let vague = gpu("0, A, B GPU, [N/A], [N/A], [N/A]").unwrap();
        assert_eq!(
            (
                vague.name.as_str(),
                vague.memory_bytes,
                vague.compute_capability
            ),
            ("A, B GPU", None, None)
        );
        assert_eq!(vague.driver, None);
        assert_eq!(gpu("No devices were found"), None);
    }

    #[test]
    fn this_machine_is_observed_and_survives_json() {
        let here = ObservedEnvironment::observe();
        assert!(here.cpu.logical > 0);
        assert!(here.usable_memory().is_some());
        let json = serde_json::to_string(&here).unwrap();
        assert_eq!(
            serde_json::from_str::<ObservedEnvironment>(&json).unwrap(),
            here
        );
        let cargo = toolchain(&["cargo", "no-such-program-here"]);
        assert_eq!(cargo.len(), 1);
        assert!(cargo["cargo"].starts_with("cargo "));
    }
}
