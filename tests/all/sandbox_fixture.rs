//! Fixtures for hostile programs: folders, a launcher as root or as an ordinary user, and what lies
//! outside to be attacked.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command as Process;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reprove::sandbox::{
    DeviceAccess, ExitCause, FinishedProcess, Launcher, NetworkAccess, ResourceLimits,
    SandboxError, SandboxPolicy, SandboxTier, SandboxedCommand, TierRequest, base_environment,
};

use crate::absent::not_tested;

/// An ordinary user that no system has.
pub const USER: u32 = 61_234;

/// Bombs run one at a time: the machine is shared.
static QUIET: Mutex<()> = Mutex::new(());

pub fn quiet() -> MutexGuard<'static, ()> {
    QUIET.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who runs the tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever runs the tests.
    Caller,
    /// An ordinary user, when root runs the tests.
    User,
}

/// A folder with the fixtures, the launcher and a work folder, where the user can reach all.
pub struct SandboxFixture {
    pub who: Who,
    pub tier: SandboxTier,
    pub launcher: Launcher,
    pub folder: tempfile::TempDir,
}

pub struct SandboxRun {
    pub finished: FinishedProcess,
    pub stdout: String,
}

pub fn root() -> bool {
    rustix::process::geteuid().is_root()
}

impl SandboxFixture {
    /// `None` where the tier does not work here and need not.
    pub fn new(who: Who, tier: SandboxTier) -> Option<SandboxFixture> {
        let folder = tempfile::Builder::new()
            .prefix("reprove-hostile-")
            .tempdir()
            .unwrap();
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let executable = folder.path().join("reprove");
        fs::copy(env!("CARGO_BIN_EXE_reprove"), &executable).unwrap();
        let programs = folder.path().join("programs");
        fs::create_dir(&programs).unwrap();
        for file in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/hostile")).unwrap()
        {
            let file = file.unwrap();
            fs::copy(file.path(), programs.join(file.file_name())).unwrap();
        }
        for name in ["logs", "work", "outside"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let launcher = match who {
            Who::Caller => Launcher::at(&executable),
            Who::User => {
                for name in ["logs", "work", "outside", "programs"] {
                    chown(folder.path().join(name), Some(USER), Some(USER)).unwrap();
                }
                let id = USER.to_string();
                let before = ["setpriv", "--reuid", &id, "--regid", &id, "--clear-groups"];
                Launcher::through(before.map(Into::into), &executable)
            }
        };
        let fixture = SandboxFixture {
            who,
            tier,
            launcher,
            folder,
        };
        match fixture.run_with(&["true"], |_| {}) {
            Ok(_) => Some(fixture),
            Err(error) => {
                not_tested(tier.name(), &format!("as {who:?}: {error}"));
                None
            }
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn policy(&self) -> SandboxPolicy {
        SandboxPolicy {
            tier: TierRequest::Exactly(self.tier),
            read_only: vec![self.path("programs")],
            work: self.path("work"),
            logs: self.path("logs"),
            network: NetworkAccess::Loopback,
            devices: DeviceAccess::None,
            limits: ResourceLimits {
                time: Duration::from_secs(5),
                grace: Duration::from_millis(200),
                memory: 256 << 20,
                processes: 64,
                output: 32 << 20,
            },
            environment: base_environment(1),
        }
    }

    pub fn run_with(
        &self,
        arguments: &[&str],
        change: impl FnOnce(&mut SandboxPolicy),
    ) -> Result<SandboxRun, SandboxError> {
        let mut policy = self.policy();
        change(&mut policy);
        let command = SandboxedCommand {
            arguments: arguments
                .iter()
                .map(|argument| (*argument).to_owned())
                .collect(),
            directory: policy.work.clone(),
        };
        let finished = self
            .launcher
            .run(&policy, &command, &AtomicBool::new(false))?;
        let stdout = String::from_utf8_lossy(&fs::read(&finished.stdout).unwrap()).into_owned();
        Ok(SandboxRun { finished, stdout })
    }

    /// Runs a hostile program, and then checks that nothing survives and that the next run works.
    pub fn run(&self, program: &str, arguments: &[&str]) -> SandboxRun {
        let path = self.path("programs").join(program);
        let interpreter = if program.ends_with(".py") {
            "/usr/bin/python3"
        } else {
            "/bin/sh"
        };
        let mut all = vec![interpreter, path.to_str().unwrap()];
        all.extend(arguments);
        let seen = self.run_with(&all, |_| {}).unwrap();
        assert_eq!(
            self.survivors(),
            Vec::<String>::new(),
            "{:?} {:?}: {program}",
            self.who,
            self.tier
        );
        self.clear();
        let next = self
            .run_with(&["sh", "-c", "echo next > file && cat file"], |_| {})
            .unwrap();
        assert_eq!(
            (next.finished.end, next.stdout.as_str()),
            (ExitCause::Exited(0), "next\n")
        );
        seen
    }

    /// Processes that carry this fixture's work folder in their environment.
    pub fn survivors(&self) -> Vec<String> {
        let mark = format!("HOME={}", self.path("work").display()).into_bytes();
        let processes = fs::read_dir("/proc").unwrap().flatten();
        processes
            .filter(|process| {
                let environment = fs::read(process.path().join("environ")).unwrap_or_default();
                environment.windows(mark.len()).any(|window| window == mark)
            })
            .map(|process| fs::read_to_string(process.path().join("cmdline")).unwrap_or_default())
            .collect()
    }

    /// Empties the work folder, whatever a program has left in it.
    fn clear(&self) {
        let work = self.path("work");
        assert!(
            Process::new("rm")
                .arg("-rf")
                .arg(&work)
                .status()
                .unwrap()
                .success()
        );
        fs::create_dir(&work).unwrap();
        if self.who == Who::User {
            chown(&work, Some(USER), Some(USER)).unwrap();
        }
    }
}

/// Every fixture that can be had here; at least one.
pub fn fixtures() -> Vec<SandboxFixture> {
    let whos: &[Who] = if root() {
        &[Who::Caller, Who::User]
    } else {
        &[Who::Caller]
    };
    let tiers = [SandboxTier::Namespaces, SandboxTier::Landlock];
    let all = whos.iter().flat_map(|who| tiers.map(|tier| (*who, tier)));
    let fixtures: Vec<SandboxFixture> = all
        .filter_map(|(who, tier)| SandboxFixture::new(who, tier))
        .collect();
    assert!(
        !fixtures.is_empty(),
        "no tier of the sandbox works on this machine"
    );
    fixtures
}

/// What a program could find outside: a process, listeners, files.
pub struct Outside {
    process: std::process::Child,
    tcp: TcpListener,
    path: UnixListener,
    name: UnixListener,
    pub arguments: Vec<String>,
}

impl Outside {
    pub fn new(fixture: &SandboxFixture) -> Outside {
        let mut process = Process::new("sleep");
        process.arg("300").env("REPROVE_TEST_SECRET", "x");
        if fixture.who == Who::User {
            process.uid(USER).gid(USER);
        }
        let process = process.spawn().unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = fixture.path("socket");
        let path = UnixListener::bind(&socket).unwrap();
        fs::set_permissions(&socket, PermissionsExt::from_mode(0o777)).unwrap();
        let abstract_name = format!("reprove-test-{}", process.id());
        let name =
            UnixListener::bind_addr(&SocketAddr::from_abstract_name(&abstract_name).unwrap())
                .unwrap();
        let secret = fixture.path("outside/secret");
        fs::write(&secret, "secret").unwrap();
        if fixture.who == Who::User {
            chown(&secret, Some(USER), Some(USER)).unwrap();
        }
        fs::set_permissions(&secret, PermissionsExt::from_mode(0o600)).unwrap();
        fs::set_permissions(fixture.path("outside"), PermissionsExt::from_mode(0o777)).unwrap();
        let pairs = [
            ("pid", process.id().to_string()),
            ("port", tcp.local_addr().unwrap().port().to_string()),
            ("socket", socket.display().to_string()),
            ("abstract", abstract_name),
            ("folder", fixture.path("outside").display().to_string()),
            ("secret", secret.display().to_string()),
        ];
        let arguments = pairs
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        tcp.set_nonblocking(true).unwrap();
        path.set_nonblocking(true).unwrap();
        name.set_nonblocking(true).unwrap();
        Outside {
            process,
            tcp,
            path,
            name,
            arguments,
        }
    }

    /// Nothing of it has been touched.
    pub fn check(mut self, fixture: &SandboxFixture) {
        assert!(
            self.process.try_wait().unwrap().is_none(),
            "the outside process was killed"
        );
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let untouched = |error: std::io::Error| error.kind() == ErrorKind::WouldBlock;
        assert!(self.tcp.accept().is_err_and(untouched));
        assert!(self.path.accept().is_err_and(untouched));
        assert!(self.name.accept().is_err_and(untouched));
        let files: Vec<_> = fs::read_dir(fixture.path("outside"))
            .unwrap()
            .flatten()
            .map(|file| file.file_name())
            .collect();
        assert_eq!(files, ["secret"]);
        assert_eq!(
            fs::read_to_string(fixture.path("outside/secret")).unwrap(),
            "secret"
        );
        let names: BTreeSet<_> = fs::read_dir(fixture.folder.path())
            .unwrap()
            .flatten()
            .map(|file| file.file_name())
            .collect();
        let expected = ["logs", "outside", "programs", "reprove", "socket", "work"];
        assert_eq!(names, expected.into_iter().map(Into::into).collect());
        for written in ["/etc/written", "/usr/written", "/var/tmp/reprove-written"] {
            assert!(!Path::new(written).exists());
        }
    }
}
