//! Runs one command in the sandbox and tells how it went:
//! `sandbox_run [--tier namespaces|landlock|none] [--read PATH]… [--time SECONDS] [--memory MIB]
//! [--processes N] [--output MIB] [--network never|loopback|full] [--cuda] [--compare N] -- COMMAND…`
//!
//! The work folder is a new one, removed at the end. With `--compare`, the command is run N times
//! plain and N times in the sandbox, in turns, and the median wall times are printed in
//! milliseconds; `benches/sandbox_overhead.sh` uses that.

use std::error::Error;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use reprove::sandbox::{
    DeviceAccess, ExitCause, Launcher, NetworkAccess, ResourceLimits, SandboxPolicy, SandboxTier,
    SandboxedCommand, TierRequest, base_environment, launcher,
};

fn main() -> ExitCode {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|command| command == "__sandbox")
    {
        return launcher::main();
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    std::fs::set_permissions(
        folder.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )?;
    let work = folder.path().join("work");
    std::fs::create_dir(&work)?;
    let mut policy = SandboxPolicy {
        tier: TierRequest::Strongest,
        read_only: Vec::new(),
        work: work.clone(),
        logs: folder.path().into(),
        network: NetworkAccess::Loopback,
        devices: DeviceAccess::None,
        limits: ResourceLimits::default(),
        environment: base_environment(1),
    };
    let mut compare = 0;
    let mut arguments = std::env::args().skip(1);
    while let Some(option) = arguments.next().filter(|option| option != "--") {
        if option == "--cuda" {
            policy.devices = DeviceAccess::Cuda;
            continue;
        }
        let value = arguments.next().ok_or("expected a value")?;
        if option == "--compare" {
            compare = value.parse()?;
            continue;
        }
        set(&mut policy, &option, &value)?;
    }
    let command = SandboxedCommand {
        arguments: arguments.collect(),
        directory: work,
    };
    if compare > 0 {
        return compare_with_plain(&policy, &command, compare);
    }
    let finished = Launcher::current()?.run(&policy, &command, &AtomicBool::new(false))?;
    print!("{}", std::fs::read_to_string(&finished.stdout)?);
    eprint!("{}", std::fs::read_to_string(&finished.stderr)?);
    eprintln!(
        "{:?} in tier {} after {:?}: cpu {:?} + {:?}, {} MiB, {} tasks, {} bytes written, memory {:?}",
        finished.end,
        finished.tier.name(),
        finished.wall,
        finished.cpu_user,
        finished.cpu_system,
        finished.max_rss >> 20,
        finished.processes,
        finished.output,
        finished.memory_control,
    );
    finished
        .limitations
        .iter()
        .for_each(|limitation| eprintln!("open: {limitation}"));
    Ok(())
}

fn set(policy: &mut SandboxPolicy, option: &str, value: &str) -> Result<(), Box<dyn Error>> {
    match (option, value) {
        ("--tier", "namespaces") => policy.tier = TierRequest::Exactly(SandboxTier::Namespaces),
        ("--tier", "landlock") => policy.tier = TierRequest::Exactly(SandboxTier::Landlock),
        ("--tier", "none") => policy.tier = TierRequest::Exactly(SandboxTier::None),
        ("--network", "never") => policy.network = NetworkAccess::None,
        ("--network", "loopback") => policy.network = NetworkAccess::Loopback,
        ("--network", "full") => policy.network = NetworkAccess::Full,
        ("--read", path) => policy.read_only.push(path.into()),
        ("--time", seconds) => policy.limits.time = Duration::from_secs(seconds.parse()?),
        ("--memory", mebibytes) => policy.limits.memory = mebibytes.parse::<u64>()? << 20,
        ("--output", mebibytes) => policy.limits.output = mebibytes.parse::<u64>()? << 20,
        ("--processes", count) => policy.limits.processes = count.parse()?,
        _ => return Err(format!("unknown option `{option} {value}`").into()),
    }
    Ok(())
}

fn compare_with_plain(
    policy: &SandboxPolicy,
    command: &SandboxedCommand,
    times: usize,
) -> Result<(), Box<dyn Error>> {
    let launcher = Launcher::current()?;
    let (mut plain, mut inside) = (Vec::new(), Vec::new());
    for _ in 0..times {
        let start = Instant::now();
        std::process::Command::new(&command.arguments[0])
            .args(&command.arguments[1..])
            .output()?;
        plain.push(start.elapsed());
        let start = Instant::now();
        let finished = launcher.run(policy, command, &AtomicBool::new(false))?;
        // The first run also finds out what the machine can do.
        inside.push(start.elapsed());
        if finished.end != ExitCause::Exited(0) {
            return Err(format!("the command ended with {:?}", finished.end).into());
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1e3
    };
    println!("{:.3} {:.3}", median(&mut plain), median(&mut inside));
    Ok(())
}
