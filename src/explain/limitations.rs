//! Limitations of the sandbox.

use super::entry::meanings;
use reprove_sandbox::Limitation;

meanings! {
    /// What a limitation of the sandbox means.
    pub(super) fn limitation(Limitation) {
        NamespacesAlone: "The kernel has no Landlock: namespaces and the filter of system calls stand alone.", "A kernel with Landlock adds a second barrier.";
        ProcReadable: "The program can read names and command lines of other processes of the machine.", "Verify where user namespaces are allowed: tier `namespaces` hides them.";
        SharedMemoryShared: "The program shares /dev/shm with the machine.", "Verify where user namespaces are allowed.";
        FileNamesVisible: "The program can see names, sizes and times of files anywhere, not their contents.", "Verify where user namespaces are allowed.";
        OrphansSurvive: "Processes of the program survive if the launcher itself is killed with SIGKILL.", "Verify where user namespaces are allowed, and end reprove with Ctrl-C.";
        SharedMemoryOutlives: "Files that the program puts into /dev/shm may outlive the run.", "Verify where user namespaces are allowed, or as root, where each run has a user of its own.";
        OwnFilesAlterable: "The program can change permissions and times of the user's own files.", "Verify where user namespaces are allowed.";
        SignalsOpen: "The program can signal processes of the same user: the kernel's Landlock is older than version 6.", "A newer kernel closes it.";
        PortsOpen: "TCP ports cannot be told apart: the kernel's Landlock is older than version 4.", "A newer kernel closes it.";
        NoSandbox: "The program could read, change and send whatever the user can.", "Leave out `--no-sandbox`.";
        NetworkOpen: "The network is open: what the program can read it can send.", "State `network: build` or `never`.";
        BuildNetworkOpen: "Build steps have the network of the machine, its own services included.", "`network: never` closes it.";
        BuildNetworkPublic: "Build steps can reach public addresses: what they can read they can send.", "`network: never` closes it.";
        MemoryPolled: "The limit of memory is polled, so that a fast program can pass it for a moment.", "Delegated control groups (cgroup v2) make the limit exact.";
        KernelShared: "The kernel is shared with the machine: a fault in it is a way out.", "A virtual machine has a kernel of its own.";
    }
}
