"""Ways out of a try, as a program would go them: run as a script, outside and inside, with the same targets.

`ways.py TARGETS` takes a JSON object of what there is to reach and prints one: what each way reached, "" for nothing.
It uses the standard library alone, and says nothing of what it was refused. Every way is a process of its own: one that
dies or hangs takes nothing with it.
"""

import ctypes
import fcntl
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import termios
from collections.abc import Callable
from contextlib import suppress

Targets = dict[str, str]
Way = Callable[[Targets], object]
WAYS: dict[str, Way] = {}
LIBC = ctypes.CDLL(None, use_errno=True)
SECONDS = 15
TIOCLINUX = 0x541C
NUMBERS = {  # x86_64, aarch64
    "ptrace": (101, 117),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "perf_event_open": (298, 241),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "pidfd_getfd": (438, 438),
}


def way(function: Way) -> Way:
    """Add a way, its name the function's."""
    WAYS[function.__name__] = function
    return function


def call(name: str, *arguments: object) -> int:
    """Make a system call; -1 where it is refused."""
    number = NUMBERS[name][os.uname().machine == "aarch64"]
    return int(LIBC.syscall(ctypes.c_long(number), *arguments))


def processes() -> list[str]:
    """Return /proc/PID of every process in sight."""
    return [f"/proc/{name}" for name in os.listdir("/proc") if name.isdigit()]


def content(path: str) -> bytes:
    """Return a file's first bytes, none where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(1 << 16)
    except OSError:
        return b""


def writable(*paths: str) -> list[str]:
    """Return those that open for writing; nothing is written."""
    found = []
    for path in paths:
        with suppress(OSError):
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC))
            found.append(path)
    return found


@way
def kill_a_process(targets: Targets) -> object:
    os.kill(int(targets["pid"]), 0)
    return targets["marker"].encode() in content(f"/proc/{targets['pid']}/environ")


@way
def attach_to_a_process(targets: Targets) -> object:
    return call("ptrace", ctypes.c_long(0x4206), ctypes.c_long(int(targets["pid"])), None, None) == 0  # PTRACE_SEIZE


@way
def memory_of_a_process(targets: Targets) -> object:
    os.close(os.open(f"/proc/{targets['pid']}/mem", os.O_RDWR))
    return True


@way
def descriptor_of_a_process(targets: Targets) -> object:
    return call("pidfd_getfd", os.pidfd_open(int(targets["pid"])), 0, 0) >= 0


@way
def environment_of_a_process(targets: Targets) -> object:
    marker = targets["marker"].encode()
    return [place for place in processes() if place != f"/proc/{os.getpid()}" and marker in content(f"{place}/environ")]


@way
def root_of_a_process(targets: Targets) -> object:
    return [place for place in processes() if b"KEY" in content(f"{place}/root{targets['secret']}")]


@way
def working_directory_of_a_process(targets: Targets) -> object:
    return [
        place for place in processes() if b"KEY" in content(f"{place}/cwd/../../../../../../../..{targets['secret']}")
    ]


@way
def namespace_of_a_process(targets: Targets) -> object:
    def link(place: str) -> str:
        with suppress(OSError):
            return os.readlink(f"{place}/ns/mnt")
        return ""

    return [place for place in processes() if link(place) == targets["namespace"]]


@way
def type_into_the_terminal(_targets: Targets) -> object:
    terminal = os.open("/dev/tty", os.O_RDWR)
    fcntl.ioctl(terminal, termios.TIOCSTI, b"x")
    return True


@way
def paste_on_the_console(_targets: Targets) -> object:
    fcntl.ioctl(os.open("/dev/tty", os.O_RDWR), TIOCLINUX, b"\3")
    return True


@way
def mount_in_a_namespace_of_ones_own(_targets: Targets) -> object:
    argv = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


@way
def mount_here(targets: Targets) -> object:
    place = targets["writable"].encode()
    return LIBC.mount(b"none", place, b"tmpfs", 0, None) == 0 and LIBC.umount2(place, 0) == 0


@way
def new_mount_calls(_targets: Targets) -> object:
    return call("fsopen", b"tmpfs", 0) >= 0 or call("open_tree", -100, b"/", 1) >= 0


@way
def a_set_uid_program(_targets: Targets) -> object:
    with subprocess.Popen(["su", "-c", "true"], stdin=subprocess.PIPE, stdout=-3, stderr=-3) as child:
        with suppress(OSError):
            while child.poll() is None:
                status = dict(line.split(":\t") for line in content(f"/proc/{child.pid}/status").decode().splitlines())
                if status.get("Name") == "su":
                    ids = status["Uid"].split()
                    child.kill()
                    return ids[0] != ids[1]
        child.kill()
    return False


@way
def privileges_by_exec(_targets: Targets) -> object:
    return b"NoNewPrivs:\t0" in content("/proc/self/status")


@way
def an_abstract_socket(targets: Targets) -> object:
    socket.socket(socket.AF_UNIX).connect("\0" + targets["abstract"])
    return True


@way
def a_fifo(targets: Targets) -> object:
    return os.write(os.open(targets["fifo"], os.O_WRONLY | os.O_NONBLOCK), b"x") == 1


@way
def an_inherited_directory(targets: Targets) -> object:
    found = []
    for fd in range(3, 64):
        with suppress(OSError):
            os.close(os.open(os.path.basename(targets["canary"]), os.O_RDWR, dir_fd=fd))
            found.append(fd)
    return found


def is_given(targets: Targets) -> bool:
    """Whether standard input is the host's own file."""
    found = os.fstat(0)
    return f"{found.st_dev}:{found.st_ino}" == targets["given"]


@way
def a_file_given_to_be_read(targets: Targets) -> object:
    with open("/proc/self/fd/0", "r+b", buffering=0) as file:
        return file.write(b"K") == 1 and is_given(targets)  # what is there already


@way
def the_mode_of_a_file_given_to_be_read(targets: Targets) -> object:
    os.fchmod(0, os.fstat(0).st_mode & 0o777)
    return is_given(targets)


@way
def devices(_targets: Targets) -> object:
    names = "mem kmem port kvm fuse sda vda nvme0n1 loop-control loop0 uinput vhost-net vsock kmsg net/tun dri/card0"
    return writable(*(f"/dev/{name}" for name in names.split()))


@way
def a_device_made_here(targets: Targets) -> object:
    device = next(os.stat(path).st_dev for path in ("/etc", "/usr", "/") if os.path.isdir(path))
    path = f"{targets['writable']}/device-{os.getpid()}"
    os.mknod(path, stat.S_IFBLK | 0o600, device)
    try:
        os.close(os.open(path, os.O_RDONLY))
    finally:
        os.unlink(path)
    return True


@way
def kernel_parameters(_targets: Targets) -> object:
    names = "kernel/core_pattern kernel/modprobe kernel/hostname kernel/sysrq vm/drop_caches fs/binfmt_misc/register"
    return writable(*(f"/proc/sys/{name}" for name in names.split()), "/proc/sysrq-trigger", "/proc/irq/0/smp_affinity")


@way
def control_groups(_targets: Targets) -> object:
    found = writable(*(f"{place}/{name}" for place, _, names in os.walk("/sys/fs/cgroup") for name in names))
    return found[:3]


@way
def files_of_sysfs(_targets: Targets) -> object:
    return writable("/sys/power/state", "/sys/kernel/uevent_helper", "/sys/kernel/mm/ksm/run", "/sys/kernel/profiling")


@way
def the_key_rings(_targets: Targets) -> object:
    return call("keyctl", 0, -4, 0) > 0  # KEYCTL_GET_KEYRING_ID of the user's


@way
def shared_memory(targets: Targets) -> object:
    return LIBC.shmget(int(targets["shm"]), 0, 0) >= 0


@way
def the_hosts_dev_shm(targets: Targets) -> object:
    return b"KEY" in content(targets["dev_shm"])


@way
def a_message_queue(targets: Targets) -> object:
    return ctypes.CDLL("librt.so.1").mq_open(targets["queue"].encode(), os.O_RDONLY) >= 0


@way
def a_service_on_loopback(targets: Targets) -> object:
    socket.create_connection(("127.0.0.1", int(targets["port"])), timeout=5)
    return True


@way
def a_clouds_metadata(_targets: Targets) -> object:
    socket.create_connection(("169.254.169.254", 80), timeout=1)
    return True


@way
def a_route_out(_targets: Targets) -> object:
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    probe.connect(("192.0.2.1", 9))  # sends nothing
    return not probe.getsockname()[0].startswith("127.")


@way
def families_without_a_namespace(_targets: Targets) -> object:
    found = []
    for family in (38, 40):  # AF_ALG, AF_VSOCK
        with suppress(OSError):
            socket.socket(family, socket.SOCK_SEQPACKET if family == 38 else socket.SOCK_STREAM)
            found.append(family)
    return found


@way
def a_secret_read(targets: Targets) -> object:
    return b"KEY" in content(targets["secret"])


@way
def a_secret_by_hard_link(targets: Targets) -> object:
    link = f"{targets['writable']}/link-{os.getpid()}"
    os.link(targets["secret"], link)
    try:
        return b"KEY" in content(link)
    finally:
        os.unlink(link)


@way
def a_secret_by_handle(targets: Targets) -> object:
    handle = ctypes.create_string_buffer(136)
    ctypes.c_uint.from_buffer(handle).value = 128
    if call("name_to_handle_at", -100, os.path.dirname(targets["secret"]).encode(), handle, handle, 0) < 0:
        return False
    fd = call("open_by_handle_at", os.open("/", os.O_RDONLY), handle, os.O_RDONLY)
    return fd >= 0 and os.path.basename(targets["secret"]) in os.listdir(fd)


@way
def above_the_root(targets: Targets) -> object:
    top = os.open("/", os.O_RDONLY)
    os.mkdir(place := f"{targets['writable']}/below-{os.getpid()}")
    try:
        os.chroot(place)
        os.fchdir(top)
        for _ in range(64):
            os.chdir("..")
        os.chroot(".")
        return b"KEY" in content(targets["secret"])
    finally:
        os.fchdir(top)
        with suppress(OSError):
            os.chroot(".")
        os.rmdir(place)


@way
def calls_that_are_refused(_targets: Targets) -> object:
    room = ctypes.create_string_buffer(256)
    tried = {
        "io_uring_setup": (1, room),
        "userfaultfd": (1,),
        "bpf": (0, room, 72),
        "perf_event_open": (room, 0, -1, -1, 0),
    }
    return [name for name, arguments in tried.items() if call(name, *arguments) >= 0]


def go(function: Way, targets: Targets) -> str:
    """Return what a way reached, gone by a child."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        reached = ""
        with suppress(Exception):
            found = function(targets)
            reached = str(found) if found else ""
        os.write(theirs, reached.encode()[:4096])
        os._exit(0)
    os.close(theirs)
    with open(ours, "rb") as pipe:
        reached = pipe.read().decode()
    os.waitpid(child, 0)
    return reached


if __name__ == "__main__":
    print(json.dumps({name: go(function, json.loads(sys.argv[1])) for name, function in WAYS.items()}))
