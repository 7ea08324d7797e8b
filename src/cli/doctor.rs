//! `reprove doctor`: what this machine can do.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use super::args::DoctorArgs;
use super::screen::{escape, print, print_error};
use super::status::Status;
use reprove_exec::ledger::user_store;
use reprove_model::manifest::Device;
use reprove_pins::cache::user_folder;
use reprove_pins::environment::{ObservedEnvironment, toolchain};
use reprove_report::number;
use reprove_sandbox::{Launcher, MemoryControl, NetworkTool};

/// What programs are asked for their version: fetching, building, clusters.
const PROGRAMS: [&str; 8] = [
    "git", "cargo", "rustc", "cc", "python3", "uv", "sbatch", "squeue",
];

/// What the machine can do, as JSON shows it.
#[derive(Serialize)]
struct DoctorOutput {
    environment: ObservedEnvironment,
    /// Each tier of the sandbox: tried by running a program in it.
    sandbox: Vec<TierOutput>,
    /// Tool that gives build steps a network of public addresses alone: tried like a tier.
    public_network: PublicNetworkOutput,
    /// Each device that recipes can train on.
    devices: Vec<Trained>,
    /// Programs that answer, with the first line of their version.
    programs: BTreeMap<String, String>,
    /// Where runs are kept.
    store: Option<PathBuf>,
    /// Where repositories and built programs are kept.
    cache: Option<PathBuf>,
}

#[derive(Serialize)]
struct TierOutput {
    name: String,
    works: bool,
    /// Mechanism that limits memory.
    memory: Option<MemoryControl>,
    /// What the tier leaves open here.
    limitations: Vec<String>,
    /// Why it cannot be had.
    reason: Option<String>,
}

#[derive(Serialize)]
struct PublicNetworkOutput {
    tool: Option<NetworkTool>,
    /// Why there is none.
    reason: Option<String>,
}

#[derive(Serialize)]
struct Trained {
    name: String,
    works: bool,
    reason: Option<String>,
}

/// Shows what this machine can do; status 0 whatever that is.
pub fn run(args: &DoctorArgs) -> Status {
    let found = look();
    if args.json {
        match serde_json::to_string_pretty(&found) {
            Ok(text) => print(&(text + "\n")),
            Err(error) => print_error(&error, None),
        }
    } else {
        print(&escape_lines(&text(&found)));
    }
    Status::Reproduced
}

fn look() -> DoctorOutput {
    let launcher = Launcher::current();
    let parent = |folder: PathBuf| folder.parent().map(PathBuf::from);
    DoctorOutput {
        environment: ObservedEnvironment::observe(),
        sandbox: launcher.as_ref().map(tiers).unwrap_or_default(),
        public_network: match launcher {
            Ok(launcher) => public_network(&launcher),
            Err(error) => PublicNetworkOutput {
                tool: None,
                reason: Some(error.to_string()),
            },
        },
        devices: devices(),
        programs: toolchain(&PROGRAMS),
        store: user_store(),
        cache: user_folder("builds").and_then(parent),
    }
}

fn public_network(launcher: &Launcher) -> PublicNetworkOutput {
    match launcher.public_network() {
        Ok(tool) => PublicNetworkOutput {
            tool: Some(tool),
            reason: None,
        },
        Err(reason) => PublicNetworkOutput {
            tool: None,
            reason: Some(reason),
        },
    }
}

fn tiers(launcher: &Launcher) -> Vec<TierOutput> {
    let tier = |(tier, works): (reprove_sandbox::SandboxTier, Result<_, String>)| {
        let name = tier.name().to_owned();
        match works {
            Ok(reprove_sandbox::TierSupport {
                memory_control,
                limitations,
            }) => TierOutput {
                name,
                works: true,
                memory: Some(memory_control),
                limitations: limitations.iter().map(ToString::to_string).collect(),
                reason: None,
            },
            Err(reason) => TierOutput {
                name,
                works: false,
                memory: None,
                limitations: Vec::new(),
                reason: Some(reason),
            },
        }
    };
    launcher.probe().tiers.into_iter().map(tier).collect()
}

fn devices() -> Vec<Trained> {
    [Device::Cpu, Device::Cuda(0), Device::Metal]
        .into_iter()
        .map(|device| {
            let opened = open(device);
            Trained {
                name: device.to_string(),
                works: opened.is_ok(),
                reason: opened.err(),
            }
        })
        .collect()
}

/// Whether recipes can train on a device.
///
/// # Errors
/// Why not, in a line.
#[cfg(feature = "recipe")]
fn open(device: Device) -> Result<(), String> {
    reprove_trainer::TrainingDevice::open(device)
        .map(drop)
        .map_err(|error| error.to_string())
}

/// Whether recipes can train on a device: never without a trainer.
///
/// # Errors
/// Always.
#[cfg(not(feature = "recipe"))]
fn open(_: Device) -> Result<(), String> {
    Err("this build of reprove has no trainer".to_owned())
}

fn text(found: &DoctorOutput) -> String {
    let here = &found.environment;
    let mut lines = vec!["Machine".to_owned()];
    let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
    lines.push(format!(
        "  system      {} ({})",
        or(&here.os),
        here.architecture
    ));
    lines.push(format!(
        "  processor   {}, {} at once",
        or(&here.cpu.model),
        number::count(here.cpu.logical, "thread")
    ));
    let memory = here.usable_memory();
    lines.extend(memory.map(|size| format!("  memory      {size}")));
    for gpu in &here.gpus {
        let memory = gpu.memory_bytes.map_or(String::new(), |m| format!(", {m}"));
        lines.push(format!("  GPU {}       {}{memory}", gpu.index, gpu.name));
    }
    lines.push("Recipes train on".to_owned());
    for device in &found.devices {
        let reason = device
            .reason
            .as_ref()
            .map_or("yes".to_owned(), |reason| format!("no: {reason}"));
        lines.push(format!("  {:<10}  {reason}", device.name));
    }
    lines.push("Sandbox tiers".to_owned());
    for tier in &found.sandbox {
        let word = match (&tier.reason, tier.memory) {
            (Some(reason), _) => format!("no: {reason}"),
            (None, Some(MemoryControl::Cgroup)) => "yes, memory limited by the kernel".to_owned(),
            (None, _) => "yes, memory watched by polling".to_owned(),
        };
        lines.push(format!("  {:<10}  {word}", tier.name));
        lines.extend(
            tier.limitations
                .iter()
                .map(|limitation| format!("              leaves open: {limitation}")),
        );
    }
    lines.push("Network of build steps".to_owned());
    let network = &found.public_network;
    let word = match (&network.tool, &network.reason) {
        (Some(tool), _) => format!("yes, through {}", tool.kind.name()),
        (None, reason) => format!("no: {}", reason.as_deref().unwrap_or("not tried")),
    };
    lines.push(format!("  public      {word}"));
    lines.push("Programs at hand".to_owned());
    for program in PROGRAMS {
        let version = found.programs.get(program);
        let version = version.map_or("not found", String::as_str);
        lines.push(format!("  {program:<10}  {version}"));
    }
    lines.push("Kept in".to_owned());
    let folder = |folder: &Option<PathBuf>| {
        folder.as_ref().map_or_else(
            || "nowhere: neither HOME nor an XDG variable is an absolute path".to_owned(),
            |folder| folder.display().to_string(),
        )
    };
    lines.push(format!("  runs        {}", folder(&found.store)));
    lines.push(format!("  caches      {}", folder(&found.cache)));
    lines.join("\n") + "\n"
}

/// The lines, each without what could play with a terminal.
fn escape_lines(text: &str) -> String {
    text.lines().map(|line| escape(line) + "\n").collect()
}
