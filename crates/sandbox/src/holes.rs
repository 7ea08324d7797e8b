//! What each tier leaves open, in the words of the report.

use super::policy::{MemoryControl, Network, Tier};

/// The facts of one launch that decide what stays open.
pub(super) struct Walls {
    pub tier: Tier,
    pub network: Network,
    pub memory: MemoryControl,
    /// The kernel's Landlock version, 0 where it has none.
    pub landlock: i32,
    /// Whether the program has a user id that nothing else has.
    pub identity: Identity,
}

/// Whose user id the program runs under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// One lent for this run only.
    Lent(u32),
    /// The one of whoever runs the tool.
    Own,
}

/// What these walls leave open, a sentence each, in a fixed order.
pub(super) fn of(walls: &Walls) -> Vec<String> {
    let mut holes: Vec<&str> = Vec::new();
    match walls.tier {
        Tier::Namespaces => {
            if walls.landlock == 0 {
                holes.push("this kernel has no Landlock: namespaces and the system call filter stand alone");
            }
        }
        Tier::Landlock => holes.extend(of_landlock(walls)),
        Tier::None => {
            holes.push("no sandbox: the program could read, change and send whatever the user can")
        }
    }
    if walls.network == Network::Full && walls.tier != Tier::None {
        holes.push("the network is open: what the program can read it can send");
    }
    if walls.memory == MemoryControl::Polled {
        holes.push(
            "the limit on memory is polled every 20 ms, and does not see memory files that no process maps",
        );
    }
    if walls.tier != Tier::None {
        holes.push("the kernel is shared with the machine: a fault in it is a way out");
    }
    holes.into_iter().map(str::to_owned).collect()
}

/// What tier `landlock` leaves open.
fn of_landlock(walls: &Walls) -> Vec<&'static str> {
    let mut holes = vec![
        "the machine's /proc is readable: names and command lines of other processes",
        "/dev/shm is shared with the machine",
        "names, sizes and times of files anywhere can be seen, though not their contents",
        "orphans survive if the launcher itself is killed with SIGKILL",
    ];
    if walls.identity == Identity::Own {
        holes.push("files of the program in /dev/shm may outlive the run");
        holes.push("permissions and times of the user's own files, and the scheduling of the user's own processes, can be changed");
    }
    if walls.landlock < 6 && walls.identity == Identity::Own {
        holes.push("processes of the same user can be signalled: this kernel's Landlock is older than version 6");
    }
    if walls.landlock < 4 && walls.network == Network::Full {
        holes
            .push("TCP ports cannot be told apart: this kernel's Landlock is older than version 4");
    }
    holes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walls(tier: Tier) -> Walls {
        Walls {
            tier,
            network: Network::Loopback,
            memory: MemoryControl::Cgroup,
            landlock: 7,
            identity: Identity::Own,
        }
    }

    #[test]
    fn the_tightest_tier_leaves_only_the_kernel() {
        let holes = of(&walls(Tier::Namespaces));
        assert_eq!(
            holes,
            ["the kernel is shared with the machine: a fault in it is a way out"]
        );
    }

    #[test]
    fn looser_walls_have_more_holes() {
        let loose = Walls {
            network: Network::Full,
            memory: MemoryControl::Polled,
            landlock: 2,
            ..walls(Tier::Landlock)
        };
        assert_eq!(of(&loose).len(), 11);
        assert_eq!(of(&walls(Tier::Landlock)).len(), 7);
        assert!(of(&walls(Tier::None))[0].starts_with("no sandbox"));
    }
}
