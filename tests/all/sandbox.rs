//! Hostile programs in every tier of the sandbox, as root and as an ordinary user: nothing gets
//! out, nothing survives, and the next run works.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command as Process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reprove::sandbox::{
    ExitCause, Launcher, Limitation, MemoryControl, NetworkAccess, SandboxError, SandboxPolicy,
    SandboxTier, SandboxedCommand, TierRequest,
};

use crate::absent::not_tested;
use crate::sandbox_fixture::{Outside, SandboxFixture, USER, Who, fixtures, quiet, root};

/// What each tier lets a program do, of all that `attack.py` tries.
fn allowed(fixture: &SandboxFixture) -> BTreeSet<&'static str> {
    // Its own fixture's folders, and no other's.
    let mut allowed = BTreeSet::from([
        "write_work",
        "write_temporary",
        "shared_memory_folder",
        "unix_pair",
        // By writing: no space is reserved.
        "preallocate",
    ]);
    match fixture.tier {
        SandboxTier::Namespaces => {
            allowed.extend(["loopback_own", "unix_own", "system_v_memory"]);
        }
        _ => {
            // The limitations that the report names.
            allowed.extend(["stat_secret", "see_process"]);
            if fixture.who == Who::User || !root() {
                allowed.insert("touch_secret");
            }
        }
    }
    allowed
}

#[test]
fn no_attack_reaches_the_outside() {
    let _alone = quiet();
    for fixture in fixtures() {
        let outside = Outside::new(&fixture);
        let arguments: Vec<&str> = outside.arguments.iter().map(String::as_str).collect();
        let seen = fixture.run("attack.py", &arguments);
        let errors = fs::read_to_string(&seen.finished.stderr).unwrap();
        let tried: BTreeMap<&str, &str> = seen
            .stdout
            .lines()
            .filter_map(|line| line.split_once(' '))
            .collect();
        let through: BTreeSet<&str> = tried
            .iter()
            .filter(|(_, how)| **how == "allowed")
            .map(|(name, _)| *name)
            .collect();
        assert_eq!(
            through,
            allowed(&fixture),
            "{:?} {:?}\n{}\n{errors}",
            fixture.who,
            fixture.tier,
            seen.stdout
        );
        assert!(tried.len() > 70, "{}\n{errors}", seen.stdout);
        outside.check(&fixture);
        assert!(!seen.finished.limitations.is_empty());
    }
    let _ = fs::remove_file("/dev/shm/reprove-attack");
}

#[test]
fn a_fork_bomb_ends_at_the_limit_on_processes() {
    let _alone = quiet();
    for fixture in fixtures() {
        let seen = fixture.run("fork_bomb.py", &[]);
        assert_eq!(
            seen.finished.end,
            ExitCause::TooManyProcesses,
            "{:?} {:?}: {}",
            fixture.who,
            fixture.tier,
            seen.stdout
        );
        assert!(
            (32..=66).contains(&seen.finished.processes),
            "{}",
            seen.finished.processes
        );
    }
}

#[test]
fn a_memory_bomb_ends_at_the_limit_on_memory() {
    let _alone = quiet();
    for fixture in fixtures() {
        for way in ["one", "many"] {
            let seen = fixture.run("memory_bomb.py", &[way]);
            assert_eq!(
                seen.finished.end,
                ExitCause::OutOfMemory,
                "{:?} {:?}: {way}",
                fixture.who,
                fixture.tier
            );
            assert!(
                seen.finished.max_rss < 400 << 20,
                "{}",
                seen.finished.max_rss
            );
        }
        if fixture.tier == SandboxTier::Namespaces {
            let seen = fixture.run("memory_bomb.py", &["shm"]);
            assert_ne!(seen.finished.end, ExitCause::TimedOut);
        }
    }
}

#[test]
fn a_program_cannot_fill_the_disk() {
    let _alone = quiet();
    for fixture in fixtures() {
        for way in ["one", "many", "log", "deep", "locked", "nameless"] {
            let seen = fixture.run("disk_bomb.py", &[way]);
            let errors = fs::read_to_string(&seen.finished.stderr).unwrap();
            let refused = way == "one" && errors.contains("File too large");
            assert!(
                refused || seen.finished.end == ExitCause::TooMuchOutput,
                "{:?} {:?} {way}: {:?} {errors}",
                fixture.who,
                fixture.tier,
                seen.finished.end
            );
            assert!(
                seen.finished.output < 64 << 20,
                "{way}: {}",
                seen.finished.output
            );
        }
    }
}

#[test]
fn nothing_survives_the_end_of_a_program() {
    let _alone = quiet();
    for fixture in fixtures() {
        let seen = fixture.run("leftovers.sh", &[]);
        assert_eq!(
            (seen.finished.end, seen.stdout.as_str()),
            (ExitCause::Exited(3), "done\n")
        );
    }
}

#[test]
fn a_program_that_hears_nothing_is_killed_after_its_time() {
    let _alone = quiet();
    for fixture in fixtures() {
        let path = fixture.path("programs/leftovers.sh");
        let seen = fixture
            .run_with(&["sh", path.to_str().unwrap(), "hang"], |policy| {
                policy.limits.time = Duration::from_millis(300)
            })
            .unwrap();
        assert_eq!(
            (seen.finished.end, seen.stdout.as_str()),
            (ExitCause::TimedOut, "hanging\n")
        );
        assert!(
            (0.5..1.5).contains(&seen.finished.wall.as_secs_f64()),
            "{:?}",
            seen.finished.wall
        );
        assert_eq!(fixture.survivors(), Vec::<String>::new());
    }
}

#[test]
fn a_program_that_hears_is_given_time_to_end() {
    for fixture in fixtures() {
        let program = "trap 'echo saved; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
        let seen = fixture
            .run_with(&["sh", "-c", program], |policy| {
                policy.limits.time = Duration::from_millis(300);
                policy.limits.grace = Duration::from_secs(4);
            })
            .unwrap();
        assert_eq!(
            (seen.finished.end, seen.stdout.as_str()),
            (ExitCause::TimedOut, "ready\nsaved\n")
        );
        assert!(seen.finished.wall < Duration::from_secs(3));
    }
}

#[test]
fn an_interruption_ends_the_program_and_all_its_children() {
    let _alone = quiet();
    for fixture in fixtures() {
        let interrupt = AtomicBool::new(false);
        let path = fixture.path("programs/leftovers.sh");
        let arguments = ["sh", path.to_str().unwrap(), "hang"]
            .map(str::to_owned)
            .to_vec();
        let policy = fixture.policy();
        let command = SandboxedCommand {
            arguments,
            directory: policy.work.clone(),
        };
        let start = Instant::now();
        let finished = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(300));
                interrupt.store(true, Ordering::Relaxed);
            });
            fixture.launcher.run(&policy, &command, &interrupt).unwrap()
        });
        assert_eq!(finished.end, ExitCause::Interrupted);
        assert!(start.elapsed() < Duration::from_secs(3));
        assert_eq!(fixture.survivors(), Vec::<String>::new());
    }
}

/// Starts a program with children, kills one of the sandbox's own processes, and looks who is left.
fn survivors_of(fixture: &SandboxFixture, victim: fn(u32) -> Option<u32>) -> Vec<String> {
    let policy = fixture.policy();
    let arguments = ["sh", "-c", "sleep 300 & setsid sleep 301 & sleep 302"];
    let command = SandboxedCommand {
        arguments: arguments.map(str::to_owned).to_vec(),
        directory: fixture.path("work"),
    };
    std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            fixture
                .launcher
                .run(&policy, &command, &AtomicBool::new(false))
        });
        let victim = loop {
            let found = launcher_of(fixture).and_then(victim);
            if let (Some(pid), true) = (found, fixture.survivors().len() >= 3) {
                break pid;
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        kill(victim);
        let ended = run.join().unwrap();
        assert!(ended.is_err(), "{ended:?}");
    });
    std::thread::sleep(Duration::from_millis(100));
    fixture.survivors()
}

#[test]
fn nothing_survives_the_death_of_the_tool() {
    let _alone = quiet();
    let whos: &[Who] = if root() {
        &[Who::Caller, Who::User]
    } else {
        &[Who::Caller]
    };
    // SandboxTier `landlock` names this as one of its limitations.
    for fixture in whos
        .iter()
        .filter_map(|who| SandboxFixture::new(*who, SandboxTier::Namespaces))
    {
        assert_eq!(survivors_of(&fixture, Some), Vec::<String>::new());
    }
}

#[test]
fn nothing_survives_the_death_of_its_watcher() {
    let _alone = quiet();
    for fixture in fixtures() {
        let watcher = |launcher: u32| {
            let children = format!("/proc/{launcher}/task/{launcher}/children");
            fs::read_to_string(children).ok()?.trim().parse().ok()
        };
        let left = survivors_of(&fixture, watcher);
        assert_eq!(
            left,
            Vec::<String>::new(),
            "{:?} {:?}",
            fixture.who,
            fixture.tier
        );
        let next = fixture.run_with(&["sh", "-c", "true"], |_| {}).unwrap();
        assert_eq!(next.finished.end, ExitCause::Exited(0));
    }
}

#[test]
fn one_launcher_serves_many_runs_and_another_takes_its_place() {
    for fixture in fixtures() {
        let run = || {
            fixture
                .run_with(&["sh", "-c", "echo $$"], |_| {})
                .unwrap()
                .finished
                .end
        };
        assert_eq!(run(), ExitCause::Exited(0));
        let first = launcher_of(&fixture).unwrap();
        assert_eq!(run(), ExitCause::Exited(0));
        assert_eq!(launcher_of(&fixture), Some(first));
        kill(first);
        // Its end may take a moment; a run that meets it dying is told so, and the next works.
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(run(), ExitCause::Exited(0));
        let second = launcher_of(&fixture).unwrap();
        assert_ne!(second, first);
        drop(fixture);
        assert!(!std::path::Path::new(&format!("/proc/{second}")).exists());
    }
}

fn kill(pid: u32) {
    let ended = Process::new("kill").args(["-9", &pid.to_string()]).status();
    assert!(ended.unwrap().success());
}

/// The launcher process of this fixture: a child of this process with the fixture's executable.
fn launcher_of(fixture: &SandboxFixture) -> Option<u32> {
    let executable = fixture.path("reprove");
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .find_map(|process| {
            let pid: u32 = process.file_name().to_str()?.parse().ok()?;
            let status = fs::read_to_string(process.path().join("status")).ok()?;
            let ours = status.contains(&format!("PPid:\t{}\n", std::process::id()));
            (ours && fs::read_link(process.path().join("exe")).ok()? == executable).then_some(pid)
        })
}

#[test]
fn ends_are_told_apart() {
    for fixture in fixtures() {
        let end = |arguments: &[&str]| fixture.run_with(arguments, |_| {}).unwrap().finished.end;
        assert_eq!(end(&["sh", "-c", "exit 7"]), ExitCause::Exited(7));
        assert_eq!(
            end(&["sh", "-c", "kill -SEGV $$"]),
            ExitCause::Signalled(11)
        );
        assert_eq!(
            end(&["no-such-program"]),
            ExitCause::NotStarted("No such file or directory".into())
        );
        let text = fixture.path("programs/README.md");
        assert_eq!(
            end(&[text.to_str().unwrap()]),
            ExitCause::NotStarted("Permission denied".into())
        );
    }
}

#[test]
fn use_is_measured() {
    let _alone = quiet();
    for fixture in fixtures() {
        let program = "import time; x = bytearray(b'x') * (64 << 20); t = time.process_time()\nwhile time.process_time() - t < 0.2: pass";
        let seen = fixture
            .run_with(&["/usr/bin/python3", "-c", program], |_| {})
            .unwrap();
        let finished = seen.finished;
        assert_eq!(finished.end, ExitCause::Exited(0));
        assert!(
            (64 << 20..160 << 20).contains(&finished.max_rss),
            "{}",
            finished.max_rss
        );
        let cpu = finished.cpu_user + finished.cpu_system;
        assert!((0.2..2.0).contains(&cpu.as_secs_f64()), "{cpu:?}");
        assert!(finished.wall.as_secs_f64() >= 0.2);
    }
}

#[test]
fn no_network_means_no_sockets_of_the_internet() {
    for fixture in fixtures() {
        let program = "import socket\nfor family in (socket.AF_INET, socket.AF_INET6):\n  try: socket.socket(family)\n  except OSError as error: print(error.errno)";
        let seen = fixture
            .run_with(&["/usr/bin/python3", "-c", program], |policy| {
                policy.network = NetworkAccess::None
            })
            .unwrap();
        assert_eq!(seen.stdout, "1\n1\n");
    }
}

/// Tries to connect to each `ADDRESS:PORT`, and tells which answered, and the address of this side on the
/// way to a public one.
const CONNECTIONS: &str = r#"
import socket, sys
for text in sys.argv[1:]:
    host, port = text.split(":")
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        s = socket.socket(socket.AF_INET, kind)
        s.settimeout(1)
        try:
            s.connect((host, int(port)))
            s.send(b"x")
            s.recv(9)
            print("answered", text, kind)
        except OSError:
            pass
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("1.1.1.1", 53))
print("from", s.getsockname()[0])
print(open("/etc/resolv.conf").read(), end="")
try:
    socket.create_connection(("::1", 1), 1)
except OSError: pass
"#;

/// Answers every connection and datagram to any address of this machine; gives the port.
fn answering() -> u16 {
    use std::io::Write;
    let (tcp, udp) = loop {
        let tcp = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        if let Ok(udp) = std::net::UdpSocket::bind(("0.0.0.0", port)) {
            break (tcp, udp);
        }
    };
    let port = tcp.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in tcp.incoming().flatten() {
            let _ = stream.write_all(b"reached");
        }
    });
    std::thread::spawn(move || {
        let mut bytes = [0; 9];
        while let Ok((_, from)) = udp.recv_from(&mut bytes) {
            let _ = udp.send_to(b"reached", from);
        }
    });
    port
}

#[test]
fn a_public_network_leads_neither_to_this_machine_nor_to_local_ones() {
    let port = answering();
    // The address of this machine on the way out.
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    let own = socket
        .connect("1.1.1.1:53")
        .and_then(|()| socket.local_addr());
    let Ok(own) = own else {
        return not_tested("public-network", "this machine has no way out");
    };
    let own = own.ip().to_string();
    let mut hosts = vec![
        "127.0.0.1",
        "127.0.0.53",
        "0.0.0.0",
        "198.18.0.2",
        "198.18.0.3",
    ];
    hosts.extend([
        "169.254.169.254",
        "10.0.0.1",
        "192.168.0.1",
        "172.17.0.1",
        "224.0.0.1",
    ]);
    hosts.push(&own);
    let asked: Vec<String> = hosts.iter().map(|host| format!("{host}:{port}")).collect();
    let is_open = |host: &str| std::net::TcpStream::connect((host, port)).is_ok();
    assert!(is_open("127.0.0.1") && is_open(&own));
    let mut is_tested = false;
    let tight = fixtures().into_iter();
    for fixture in tight.filter(|fixture| fixture.tier == SandboxTier::Namespaces) {
        let mut arguments = vec!["/usr/bin/python3", "-c", CONNECTIONS];
        arguments.extend(asked.iter().map(String::as_str));
        let seen = fixture.run_with(&arguments, |policy| {
            policy.network = NetworkAccess::Public;
            policy.limits.time = Duration::from_secs(60);
        });
        let seen = match seen {
            Ok(seen) => seen,
            Err(error) => {
                let reason = fixture.launcher.public_network().unwrap_err();
                assert!(error.to_string().contains(&reason), "{error}");
                continue;
            }
        };
        is_tested = true;
        assert_eq!(seen.finished.end, ExitCause::Exited(0));
        assert_eq!(
            seen.stdout, "from 198.18.0.100\nnameserver 198.18.0.3\n",
            "{:?}",
            fixture.who
        );
        assert!(seen.finished.processes < 4, "{}", seen.finished.processes);
        let limitations = seen.finished.limitations;
        assert!(limitations.contains(&Limitation::BuildNetworkPublic));
        assert_eq!(fixture.survivors(), Vec::<String>::new());
    }
    if !is_tested {
        not_tested("public-network", "neither slirp4netns nor pasta works");
    }
}

#[test]
fn a_public_network_is_refused_where_the_tier_has_none() {
    let loose = fixtures().into_iter();
    for fixture in loose.filter(|fixture| fixture.tier == SandboxTier::Landlock) {
        let refused = fixture.run_with(&["true"], |policy| policy.network = NetworkAccess::Public);
        assert!(matches!(refused, Err(SandboxError::Refused { .. })));
    }
}

#[test]
fn several_processes_work_together_inside() {
    for fixture in fixtures() {
        let program = "import multiprocessing as m\nif __name__ == '__main__':\n  with m.Pool(3) as pool: print(sum(pool.map(abs, range(-10, 0))))\n";
        let path = fixture.path("programs/pool.py");
        fs::write(&path, program).unwrap();
        let seen = fixture
            .run_with(&["/usr/bin/python3", path.to_str().unwrap()], |_| {})
            .unwrap();
        let errors = fs::read_to_string(&seen.finished.stderr).unwrap();
        assert_eq!(
            (seen.finished.end, seen.stdout.as_str()),
            (ExitCause::Exited(0), "55\n"),
            "{:?}: {errors}",
            fixture.tier
        );
    }
}

#[test]
fn files_that_name_the_system_can_be_read_where_they_can_be_seen() {
    for fixture in fixtures() {
        let script = "cd /etc && for file in os-release debian_version lsb-release redhat-release; do \
                      [ ! -e $file ] || cat $file > file || exit 1; done; echo done";
        let script = script.replace("> file", "> $HOME/file");
        let seen = fixture.run_with(&["sh", "-c", &script], |_| {}).unwrap();
        let errors = fs::read_to_string(&seen.finished.stderr).unwrap();
        assert_eq!(seen.stdout, "done\n", "{:?}: {errors}", fixture.tier);
    }
}

#[test]
fn the_environment_is_only_what_the_policy_says() {
    for fixture in fixtures() {
        let seen = fixture
            .run_with(&["env"], |policy| {
                policy.environment = BTreeMap::from([
                    ("PATH".into(), "/usr/bin:/bin".into()),
                    ("A".into(), "b".into()),
                ]);
            })
            .unwrap();
        let names: BTreeSet<&str> = seen
            .stdout
            .lines()
            .filter_map(|line| line.split('=').next())
            .collect();
        assert_eq!(names, BTreeSet::from(["A", "HOME", "PATH", "TMPDIR"]));
    }
}

#[test]
fn a_tier_that_cannot_be_had_is_an_error_and_not_a_looser_one() {
    let fixture = SandboxFixture::new(Who::Caller, SandboxTier::None).unwrap();
    // A launcher that always fails: no tier works, and tier `none` is not tried.
    let launcher = Launcher::at("/bin/false");
    for request in [
        TierRequest::Strongest,
        TierRequest::Exactly(SandboxTier::Namespaces),
    ] {
        let policy = SandboxPolicy {
            tier: request,
            ..fixture.policy()
        };
        let command = SandboxedCommand {
            arguments: vec!["true".into()],
            directory: policy.work.clone(),
        };
        let error = launcher
            .run(&policy, &command, &AtomicBool::new(false))
            .unwrap_err();
        assert!(matches!(error, SandboxError::Unavailable { .. }), "{error}");
    }
}

/// A machine without one of the things that tier `namespaces` needs, made by `breakage` in a user
/// namespace of its own.
fn broken_machine(fixture: &SandboxFixture, breakage: &str) -> Launcher {
    let id = USER.to_string();
    let user = ["setpriv", "--reuid", &id, "--regid", &id, "--clear-groups"];
    let script = format!("{breakage}; exec \"$@\"");
    let inside = [
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        &script,
        "sh",
    ];
    let before = user
        .iter()
        .filter(|_| root())
        .chain(&inside)
        .map(Into::into);
    Launcher::through(before, fixture.path("reprove"))
}

#[test]
fn a_machine_without_namespaces_gives_the_looser_tier_only_where_any_will_do() {
    let who = if root() { Who::User } else { Who::Caller };
    let (Some(fixture), Some(_)) = (
        SandboxFixture::new(who, SandboxTier::Namespaces),
        SandboxFixture::new(who, SandboxTier::Landlock),
    ) else {
        return;
    };
    for breakage in [
        "echo 0 > /proc/sys/user/max_user_namespaces",
        "mount -t tmpfs none /proc/acpi",
    ] {
        let launcher = broken_machine(&fixture, breakage);
        let run = |tier| {
            let policy = SandboxPolicy {
                tier,
                ..fixture.policy()
            };
            let command = SandboxedCommand {
                arguments: vec!["true".into()],
                directory: policy.work.clone(),
            };
            launcher.run(&policy, &command, &AtomicBool::new(false))
        };
        let error = run(TierRequest::Exactly(SandboxTier::Namespaces)).unwrap_err();
        assert!(
            matches!(
                error,
                SandboxError::Unavailable {
                    tier: SandboxTier::Namespaces,
                    ..
                }
            ),
            "{breakage}: {error}"
        );
        let finished = run(TierRequest::Strongest).unwrap();
        assert_eq!(
            (finished.tier, finished.end),
            (SandboxTier::Landlock, ExitCause::Exited(0)),
            "{breakage}"
        );
    }
}

#[test]
fn a_path_that_is_missing_is_named() {
    for fixture in fixtures() {
        let error = fixture
            .run_with(&["true"], |policy| {
                policy.read_only.push("/no/such/path".into())
            })
            .err()
            .unwrap();
        assert_eq!(
            error.to_string(),
            "sandbox path `/no/such/path`: No such file or directory (os error 2)"
        );
    }
}

#[test]
fn a_probe_says_what_works_and_what_stays_open() {
    let launcher = Launcher::at(env!("CARGO_BIN_EXE_reprove"));
    let capabilities = launcher.probe();
    let tiers: Vec<SandboxTier> = capabilities.tiers.iter().map(|(tier, _)| *tier).collect();
    assert_eq!(tiers, [SandboxTier::Namespaces, SandboxTier::Landlock]);
    for (tier, works) in capabilities.tiers {
        match works {
            Ok(works) => {
                assert!(!works.limitations.is_empty());
                let polled = works.limitations.contains(&Limitation::MemoryPolled);
                assert_eq!(polled, works.memory_control == MemoryControl::Polled);
            }
            Err(reason) => not_tested(tier.name(), &reason.to_string()),
        }
    }
}
