//! The system call filter: what a numeric program never needs and a way out might.

use std::collections::BTreeMap;

use seccompiler::{
    BackendError, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, sock_filter,
};

use super::super::policy::{NetworkAccess, SandboxTier};

/// Why no filter could be set.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// The filter could not be built, as on a processor that the filter compiler does not know.
    #[error("system call filter: {0}")]
    Build(#[from] BackendError),
    /// The kernel refused it.
    #[error("system call filter: {0}")]
    Apply(#[from] seccompiler::Error),
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Calls that fail with `EPERM` whatever their arguments.
const REFUSED: &[i64] = &[
    // the file tree's shape
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_chroot,
    libc::SYS_setns,
    libc::SYS_open_by_handle_at,
    libc::SYS_quotactl,
    // notices of what others do with files that this program may only read
    libc::SYS_fanotify_init,
    libc::SYS_inotify_add_watch,
    // the kernel's own programs and secrets
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_syslog,
    libc::SYS_acct,
    // the machine
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
    // io_uring does its work past this filter
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    FILE_SETATTR,
    // memory that no limit counts
    libc::SYS_memfd_secret,
];

#[cfg(target_arch = "x86_64")]
const REFUSED_HERE: &[i64] = &[libc::SYS_iopl, libc::SYS_ioperm, libc::SYS_modify_ldt];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_HERE: &[i64] = &[];

/// System V and POSIX queues, which tier `landlock` shares with the machine.
const SHARED_IPC: &[i64] = &[
    libc::SYS_shmget,
    libc::SYS_msgget,
    libc::SYS_semget,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
];

/// Calls that mark files, read-only ones too: tier `landlock` shows the machine's own tree.
const MARKS: &[i64] = &[
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    SETXATTRAT,
    REMOVEXATTRAT,
];

/// Calls of Linux 6.13 that `libc` has no names for yet.
const SETXATTRAT: i64 = 463;
const REMOVEXATTRAT: i64 = 466;

/// Calls that change a process by its number, and where the number stands: in tier `landlock` the
/// numbers are the machine's. 0, the caller itself, stays allowed.
const BY_NUMBER: [(i64, u8); 3] = [
    (libc::SYS_setpriority, 1),
    (libc::SYS_ioprio_set, 1),
    (libc::SYS_prlimit64, 0),
];

/// Calls whose flags lie behind a pointer, where a filter cannot look: `ENOSYS` makes libraries
/// take the older call.
const UNSEEN: &[i64] = &[libc::SYS_clone3, libc::SYS_openat2];

/// Calls that reserve space on the disk at once, past every look at what a program wrote:
/// `EOPNOTSUPP` makes libraries write instead.
const RESERVING: &[i64] = &[libc::SYS_fallocate];

const NAMESPACES: [i32; 7] = [
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
];

/// Terminal requests that type into a terminal in the user's name.
const TIOCLINUX: u64 = 0x541C;

/// Requests that mark a file in ways that no check sees (a project, a version), so that a later run could read
/// what an earlier one has left on a file of the checkout.
const FS_IOC_FSSETXATTR: u64 = 0x401C_5820;
const FS_IOC_SETVERSION: u64 = 0x4008_7602;
const EXT4_IOC_SETVERSION: u64 = 0x4008_6604;
/// The same by a call of its own, `file_setattr` of Linux 6.17, which `libc` has no name for yet.
const FILE_SETATTR: i64 = 469;

/// Sets the filter for the rest of this process and its children. Needs `no_new_privs`.
pub fn apply(tier: SandboxTier, network: NetworkAccess, landlock: i32) -> Result<(), FilterError> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    #[cfg(target_arch = "x86_64")]
    seccompiler::apply_filter(&refuse_x32())?;
    let unseen: Rules = UNSEEN.iter().map(|call| (*call, vec![])).collect();
    install(unseen, libc::ENOSYS, arch)?;
    let reserving: Rules = RESERVING.iter().map(|call| (*call, vec![])).collect();
    install(reserving, libc::EOPNOTSUPP, arch)?;
    install(rules(tier, network, landlock)?, libc::EPERM, arch)
}

fn install(rules: Rules, error: i32, arch: TargetArch) -> Result<(), FilterError> {
    let action = SeccompAction::Errno(error.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, action, arch)?;
    let program: seccompiler::BpfProgram = filter.try_into()?;
    Ok(seccompiler::apply_filter(&program)?)
}

/// x86-64 kernels may take each call under a second number, with this bit set: the x32 interface,
/// under which no rule below would match.
#[cfg(target_arch = "x86_64")]
fn refuse_x32() -> [sock_filter; 4] {
    const X32_BIT: u32 = 0x4000_0000;
    const LOAD_WORD: u16 = 0x20;
    const JUMP_IF_SET: u16 = 0x45;
    const RETURN: u16 = 0x06;
    [
        sock_filter {
            code: LOAD_WORD,
            jt: 0,
            jf: 0,
            k: 0,
        },
        sock_filter {
            code: JUMP_IF_SET,
            jt: 0,
            jf: 1,
            k: X32_BIT,
        },
        sock_filter {
            code: RETURN,
            jt: 0,
            jf: 0,
            k: libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs(),
        },
        sock_filter {
            code: RETURN,
            jt: 0,
            jf: 0,
            k: libc::SECCOMP_RET_ALLOW,
        },
    ]
}

/// Argument `index` equals `value`.
fn equals(index: u8, value: i64) -> Result<SeccompRule, BackendError> {
    condition(index, SeccompCmpOp::Eq, value)
}

/// Argument `index` has the bit `value` set.
fn has(index: u8, value: i64) -> Result<SeccompRule, BackendError> {
    condition(index, SeccompCmpOp::MaskedEq(value as u64), value)
}

fn condition(index: u8, operation: SeccompCmpOp, value: i64) -> Result<SeccompRule, BackendError> {
    let value = value as u64 & 0xFFFF_FFFF;
    SeccompRule::new(vec![SeccompCondition::new(
        index,
        SeccompCmpArgLen::Dword,
        operation,
        value,
    )?])
}

fn rules(tier: SandboxTier, network: NetworkAccess, landlock: i32) -> Result<Rules, BackendError> {
    let mut rules: Rules = REFUSED
        .iter()
        .chain(REFUSED_HERE)
        .map(|call| (*call, vec![]))
        .collect();
    let namespaces = || {
        NAMESPACES
            .iter()
            .map(|flag| has(0, (*flag).into()))
            .collect::<Result<Vec<_>, _>>()
    };
    rules.insert(libc::SYS_unshare, namespaces()?);
    rules.insert(libc::SYS_clone, namespaces()?);
    rules.insert(
        libc::SYS_ioctl,
        vec![
            equals(1, libc::TIOCSTI as i64)?,
            equals(1, TIOCLINUX as i64)?,
            equals(1, FS_IOC_FSSETXATTR as i64)?,
            equals(1, FS_IOC_SETVERSION as i64)?,
            equals(1, EXT4_IOC_SETVERSION as i64)?,
        ],
    );
    // A lease makes whoever opens the file wait for the program.
    rules.insert(libc::SYS_fcntl, vec![equals(1, libc::F_SETLEASE.into())?]);
    rules.insert(libc::SYS_socket, sockets(tier, network)?);
    set_id_bits(&mut rules)?;
    if tier == SandboxTier::Landlock {
        // What a user owns he can mark, Landlock or not.
        rules.extend(MARKS.iter().map(|call| (*call, vec![])));
        rules.extend(SHARED_IPC.iter().map(|call| (*call, vec![])));
        for (call, index) in BY_NUMBER {
            rules.insert(call, vec![condition(index, SeccompCmpOp::Ne, 0)?]);
        }
        if landlock < 3 {
            truncation(&mut rules)?;
        }
    }
    Ok(rules)
}

/// Socket families out of bounds. SandboxTier `landlock` also refuses UNIX sockets (pairs stay): a path
/// like that of a container engine or a message bus leads out, and Landlock does not guard it.
fn sockets(tier: SandboxTier, network: NetworkAccess) -> Result<Vec<SeccompRule>, BackendError> {
    let mut families = vec![
        libc::AF_PACKET,
        libc::AF_VSOCK,
        libc::AF_ALG,
        libc::AF_BLUETOOTH,
    ];
    if network == NetworkAccess::None
        || (tier == SandboxTier::Landlock && network == NetworkAccess::Loopback)
    {
        families.extend([libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK]);
    }
    if tier == SandboxTier::Landlock {
        families.push(libc::AF_UNIX);
    }
    families
        .into_iter()
        .map(|family| equals(0, family.into()))
        .collect()
}

/// No file may get a set-user-id or set-group-id bit: it would uid_pool this user's rights to whoever
/// starts the file later, outside.
fn set_id_bits(rules: &mut Rules) -> Result<(), BackendError> {
    let mut modes = vec![
        (libc::SYS_fchmod, 1),
        (libc::SYS_fchmodat, 2),
        (libc::SYS_fchmodat2, 2),
        (libc::SYS_openat, 3),
        (libc::SYS_mknodat, 2),
    ];
    #[cfg(target_arch = "x86_64")]
    modes.extend([
        (libc::SYS_chmod, 1),
        (libc::SYS_open, 2),
        (libc::SYS_creat, 1),
        (libc::SYS_mknod, 1),
    ]);
    for (call, index) in modes {
        let bits = [libc::S_ISUID, libc::S_ISGID];
        let refused: Result<Vec<_>, _> = bits
            .iter()
            .map(|bit| mode_has(call, index, (*bit).into()))
            .collect();
        rules.insert(call, refused?);
    }
    Ok(())
}

/// A mode bit. The mode of an open call is read only where the call may create a file; without
/// `O_CREAT` its register holds whatever was there before.
fn mode_has(call: i64, index: u8, bit: i64) -> Result<SeccompRule, BackendError> {
    let opens = call == libc::SYS_openat;
    #[cfg(target_arch = "x86_64")]
    let opens = opens || call == libc::SYS_open;
    if !opens {
        return has(index, bit);
    }
    let bit_set = |index: u8, bit: u64| {
        SeccompCondition::new(
            index,
            SeccompCmpArgLen::Dword,
            SeccompCmpOp::MaskedEq(bit),
            bit,
        )
    };
    SeccompRule::new(vec![
        bit_set(index, bit as u64)?,
        bit_set(index - 1, libc::O_CREAT as u64)?,
    ])
}

/// Landlock before version 3 lets files outside be truncated.
fn truncation(rules: &mut Rules) -> Result<(), BackendError> {
    rules.insert(libc::SYS_truncate, vec![]);
    let read_and_truncate = |index: u8| {
        let mask = (libc::O_ACCMODE | libc::O_TRUNC) as u64;
        condition(
            index,
            SeccompCmpOp::MaskedEq(mask),
            (libc::O_RDONLY | libc::O_TRUNC).into(),
        )
    };
    rules
        .entry(libc::SYS_openat)
        .or_default()
        .push(read_and_truncate(2)?);
    #[cfg(target_arch = "x86_64")]
    rules
        .entry(libc::SYS_open)
        .or_default()
        .push(read_and_truncate(1)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_of_rules_compiles() {
        let arch = TargetArch::try_from(std::env::consts::ARCH).unwrap();
        for tier in [SandboxTier::Namespaces, SandboxTier::Landlock] {
            for network in [
                NetworkAccess::None,
                NetworkAccess::Loopback,
                NetworkAccess::Full,
            ] {
                for landlock in [0, 2, 7] {
                    let rules = rules(tier, network, landlock).unwrap();
                    let filter = SeccompFilter::new(
                        rules,
                        SeccompAction::Allow,
                        SeccompAction::Errno(1),
                        arch,
                    )
                    .unwrap();
                    let program: seccompiler::BpfProgram = filter.try_into().unwrap();
                    assert!(program.len() < 4096);
                }
            }
        }
    }
}
