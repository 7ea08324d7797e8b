//! The system calls that no safe wrapper offers, each as a small safe function. The only `unsafe`
//! of the crate stands here. Everything assumes a process with one thread, as the launcher is.

use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// Mount flags as `mount_setattr(2)` numbers them.
pub const READ_ONLY: u64 = 0x1;
pub const NO_SUID: u64 = 0x2;
pub const NO_DEVICES: u64 = 0x4;

/// Whether a change of mount flags reaches the mounts beneath.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// This mount alone.
    Alone,
    /// It and all beneath it, which `mount(2)` with `MS_REMOUNT` cannot do.
    Recursive,
}

/// Which side of a [`fork`] this is.
pub enum Side {
    Parent(Child),
    Child,
}

/// A child process.
pub struct Child {
    pub pid: i32,
    /// Readable once the child has ended; stays its name when the number is used again.
    pub pidfd: OwnedFd,
}

/// `-1` as the error that `errno` tells.
fn checked(result: i64) -> io::Result<i64> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// A path or argument as C wants it.
pub fn c_string(text: impl AsRef<OsStr>) -> io::Result<CString> {
    CString::new(text.as_ref().as_bytes()).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))
}

/// Forks into new namespaces (`CLONE_NEW…` flags, 0 for none).
pub fn fork(namespaces: i32) -> io::Result<Side> {
    let mut pidfd: RawFd = -1;
    let flags = namespaces | libc::CLONE_PIDFD | libc::SIGCHLD;
    #[expect(
        unsafe_code,
        reason = "clone without a stack or shared memory is fork; this process has one thread, so the child may go on with any code"
    )]
    let pid = unsafe {
        libc::syscall(
            libc::SYS_clone,
            flags as libc::c_long,
            0 as libc::c_long,
            &raw mut pidfd,
            0 as libc::c_long,
            0 as libc::c_long,
        )
    };
    if checked(pid)? == 0 {
        return Ok(Side::Child);
    }
    #[expect(
        unsafe_code,
        reason = "the kernel has just given this descriptor to this process"
    )]
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    Ok(Side::Parent(Child {
        pid: pid as i32,
        pidfd,
    }))
}

/// Ends this process at once, without the exit code of the process it was forked from.
pub fn exit_now(status: i32) -> ! {
    #[expect(unsafe_code, reason = "_exit never returns and touches no memory")]
    unsafe {
        libc::_exit(status)
    }
}

/// Leaves the current cgroup namespace for a new one, rooted where this process is now.
pub fn new_cgroup_namespace() -> io::Result<()> {
    #[expect(
        unsafe_code,
        reason = "unshare of a namespace leaves memory and descriptors alone"
    )]
    let result = unsafe { libc::unshare(libc::CLONE_NEWCGROUP) };
    checked(result.into()).map(drop)
}

/// Sets mount flags on `path`.
pub fn mount_setattr(path: &Path, flags: u64, reach: Reach) -> io::Result<()> {
    let attributes: [u64; 4] = [flags, 0, 0, 0];
    let path = c_string(path)?;
    let recursive = if reach == Reach::Recursive {
        libc::AT_RECURSIVE
    } else {
        0
    };
    #[expect(
        unsafe_code,
        reason = "path and attributes outlive the call, and the size is the attributes' own"
    )]
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            recursive,
            attributes.as_ptr(),
            size_of_val(&attributes),
        )
    };
    checked(result).map(drop)
}

/// What becomes of inherited descriptors.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Inherited {
    /// Closed now.
    Close,
    /// Closed when another program is executed.
    CloseOnExec,
}

/// Closes all descriptors from `first` up.
pub fn close_from(first: RawFd, when: Inherited) -> io::Result<()> {
    let flags = if when == Inherited::CloseOnExec {
        libc::CLOSE_RANGE_CLOEXEC
    } else {
        0
    };
    #[expect(
        unsafe_code,
        reason = "called before this process opens anything of its own, or only to mark descriptors"
    )]
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, flags) };
    checked(result).map(drop)
}

/// Switches on the loopback interface of this network namespace.
pub fn loopback_up() -> io::Result<()> {
    #[expect(
        unsafe_code,
        reason = "all-zero bytes are a valid ifreq, and it outlives the calls; the socket is closed here"
    )]
    let result = unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        checked(socket.into())?;
        let mut request: libc::ifreq = std::mem::zeroed();
        request.ifr_name[0] = b'l' as libc::c_char;
        request.ifr_name[1] = b'o' as libc::c_char;
        request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
        let result = checked(libc::ioctl(socket, libc::SIOCSIFFLAGS as _, &raw mut request).into());
        libc::close(socket);
        result
    };
    result.map(drop)
}

/// Blocks the signals that end or inform the launcher and gives a descriptor to read them from.
pub fn take_signals() -> io::Result<OwnedFd> {
    #[expect(
        unsafe_code,
        reason = "the set is initialised by sigemptyset before it is read; the descriptor is new"
    )]
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
            libc::sigaddset(&raw mut set, signal);
        }
        checked(libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()).into())?;
        let fd = checked(
            libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK).into(),
        )?;
        Ok(OwnedFd::from_raw_fd(fd as RawFd))
    }
}

/// Gives all signals back their first meaning and lets them in, as a fresh program expects.
pub fn default_signals() {
    #[expect(
        unsafe_code,
        reason = "SIG_DFL installs no code of ours, and the set is initialised before it is read"
    )]
    unsafe {
        for signal in 1..=64 {
            libc::signal(signal, libc::SIG_DFL);
        }
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut());
    }
}

/// Waits for any child: its number and raw wait status, or `None` where there is none to wait for.
pub fn wait_any(flags: i32) -> Option<(i32, i32)> {
    loop {
        let mut status = 0;
        #[expect(unsafe_code, reason = "status outlives the call")]
        let pid = unsafe { libc::waitpid(-1, &raw mut status, flags) };
        match pid {
            pid if pid > 0 => return Some((pid, status)),
            -1 if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            _ => return None,
        }
    }
}

/// What all children together have used, those of children included.
pub struct Usage {
    pub user: Duration,
    pub system: Duration,
    /// The greatest resident size of a single process, in bytes.
    pub largest: u64,
}

/// What all children that were waited for have used.
pub fn children_usage() -> Usage {
    #[expect(
        unsafe_code,
        reason = "all-zero bytes are a valid rusage, and it outlives the call"
    )]
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage);
        usage
    };
    let duration = |time: libc::timeval| {
        Duration::from_secs(time.tv_sec.unsigned_abs())
            + Duration::from_micros(time.tv_usec.unsigned_abs())
    };
    Usage {
        user: duration(usage.ru_utime),
        system: duration(usage.ru_stime),
        largest: usage.ru_maxrss.unsigned_abs() * 1024,
    }
}

/// The kernel's Landlock version, 0 where it has none.
pub fn landlock_version() -> i32 {
    const CREATE_RULESET_VERSION: libc::c_ulong = 1;
    #[expect(
        unsafe_code,
        reason = "with this flag the call reads no memory and makes no descriptor"
    )]
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<u8>(),
            0usize,
            CREATE_RULESET_VERSION,
        )
    };
    version.max(0) as i32
}

/// Replaces this process by `program`; comes back only with the reason why not.
pub fn execute(program: &OsStr, arguments: &[CString], environment: &[CString]) -> io::Error {
    let program = match c_string(program) {
        Ok(program) => program,
        Err(error) => return error,
    };
    let pointers = |strings: &[CString]| -> Vec<*const libc::c_char> {
        strings
            .iter()
            .map(|s| s.as_ptr())
            .chain([std::ptr::null()])
            .collect()
    };
    let (arguments, environment) = (pointers(arguments), pointers(environment));
    #[expect(
        unsafe_code,
        reason = "both lists end in null and their strings outlive the call"
    )]
    unsafe {
        libc::execve(program.as_ptr(), arguments.as_ptr(), environment.as_ptr());
    }
    io::Error::last_os_error()
}
