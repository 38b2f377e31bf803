"""Try one thing for real, in this process alone: the child side of features.Host.probe.

Run as `python -m hull.kernel.effects FEATURE DIRECTORY FUSE-OVERLAYFS`, as root of a user namespace. Exit 0 is success;
otherwise the last line printed is the reason. DIRECTORY is in the store, whose own file system is what matters.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable

from hull.kernel import syscalls as sc

SIOCSIFADDR, SIOCGIFFLAGS, SIOCSIFFLAGS, TUNSETIFF = 0x8916, 0x8913, 0x8914, 0x400454CA
IFF_UP, IFF_TAP_NO_PI = 0x1, 0x1002


def user_namespace(_directory: str, _fuse: str) -> None:
    """Be root with capabilities that work: Ubuntu 24.04 lets a namespace be made, then denies all in it (B70)."""
    _private_mounts()
    sc.mount(b"tmpfs", b"/mnt", b"tmpfs", sc.MS_NOSUID)


def subordinate_range(_directory: str, _fuse: str) -> None:
    """Own more than one id."""
    for path in ("/proc/self/uid_map", "/proc/self/gid_map"):
        with open(path, encoding="ascii") as file:
            if sum(int(line.split()[2]) for line in file) < 2:  # noqa: PLR2004
                raise OSError(0, "one id is mapped, no range", path)


def proc_mount(_directory: str, _fuse: str) -> None:
    """Mount a proc of one's own; the kernel refuses where the host's has mounts over it."""
    sc.unshare(sc.CLONE_NEWPID)
    _private_mounts()
    _in_child(lambda: sc.mount(b"proc", b"/proc", b"proc", sc.MS_NOSUID | sc.MS_NODEV | sc.MS_NOEXEC))


def overlay(directory: str, _fuse: str) -> None:
    """Change and delete through an overlay in the store."""
    _private_mounts()
    names = _layers(directory)
    options = f"userxattr,lowerdir={names}/lower,upperdir={names}/upper,workdir={names}/work"
    sc.mount(b"overlay", f"{names}/merged".encode(), b"overlay", 0, options.encode())
    _change(names)


def overlay_lowerdir_plus(directory: str, _fuse: str) -> None:
    """Name layers one by one to the kernel: no page of options bounds their number."""
    _private_mounts()
    names = _layers(directory)
    context = sc.fsopen(b"overlay")
    sc.fsconfig(context, sc.FSCONFIG_SET_FLAG, b"userxattr")
    for key, name in (("lowerdir+", "lower"), ("upperdir", "upper"), ("workdir", "work")):
        sc.fsconfig(context, sc.FSCONFIG_SET_STRING, key.encode(), f"{names}/{name}".encode())
    sc.fsconfig(context, sc.FSCONFIG_CMD_CREATE)
    sc.move_mount(sc.fsmount(context), -100, f"{names}/merged".encode())
    _change(names)


def fuse_overlay(directory: str, program: str) -> None:
    """Change and delete through fuse-overlayfs."""
    import subprocess

    if not program:
        raise FileNotFoundError(2, "not installed", "fuse-overlayfs")
    os.close(os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC))
    _private_mounts()
    names = _layers(directory)
    options = f"lowerdir={names}/lower,upperdir={names}/upper,workdir={names}/work"
    subprocess.run([program, "-o", options, f"{names}/merged"], check=True)
    _change(names)


def link_up(_directory: str, _fuse: str) -> None:
    """Configure a network namespace: an address and a link up."""
    import fcntl
    import socket
    import struct

    sc.unshare(sc.CLONE_NEWNET)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
        address = struct.pack("16sHH4s8x", b"lo", socket.AF_INET, 0, socket.inet_aton("127.0.0.9"))
        fcntl.ioctl(control, SIOCSIFADDR, address)
    with socket.create_server(("127.0.0.9", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


def tun(_directory: str, _fuse: str) -> None:
    """Make a tap device in a network namespace."""
    import fcntl
    import struct

    sc.unshare(sc.CLONE_NEWNET)
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", b"tap0", IFF_TAP_NO_PI))


def time_namespace(_directory: str, _fuse: str) -> None:
    """Make clocks of one's own."""
    sc.unshare(sc.CLONE_NEWTIME)


EFFECTS: dict[str, Callable[[str, str], None]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        user_namespace,
        subordinate_range,
        proc_mount,
        overlay,
        overlay_lowerdir_plus,
        fuse_overlay,
        link_up,
        tun,
        time_namespace,
    )
}


def _private_mounts() -> None:
    sc.unshare(sc.CLONE_NEWNS)
    sc.mount(b"none", b"/", b"", sc.MS_REC | sc.MS_PRIVATE)


def _layers(directory: str) -> str:
    for name in ("lower", "upper", "work", "merged"):
        os.mkdir(f"{directory}/{name}")
    for name in ("change", "delete"):
        with open(f"{directory}/lower/{name}", "w", encoding="ascii") as file:
            file.write("lower")
    return directory


def _change(names: str) -> None:
    with open(f"{names}/merged/change", "a", encoding="ascii") as file:
        file.write("upper")
    os.unlink(f"{names}/merged/delete")
    with open(f"{names}/lower/change", encoding="ascii") as file:
        if file.read() != "lower" or os.listdir(f"{names}/merged") != ["change"]:
            raise OSError(0, "a change went to the wrong layer", f"{names}/merged")


def _in_child(act: Callable[[], None]) -> None:
    """Call in a child; its error is ours."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        try:
            act()
        except Exception as error:  # noqa: BLE001 (whatever it is, it is the answer)
            os.write(writer, _reason(error).encode())
        os._exit(0)
    os.close(writer)
    os.wait()
    reason = os.read(reader, 4096).decode()
    if reason:
        raise OSError(0, reason)


def _reason(error: Exception) -> str:
    if not isinstance(error, OSError):
        return str(error)
    where = error.filename.decode() if isinstance(error.filename, bytes) else error.filename
    return f"{where}: {error.strerror}" if where else str(error.strerror or error)


def main(feature: str, store: str, fuse: str) -> int:
    """Try one feature in a child: with it go its mounts and, by its pid namespace, whatever it started."""
    directory = tempfile.mkdtemp(dir=store)
    try:
        sc.unshare(sc.CLONE_NEWPID)
        _in_child(lambda: EFFECTS[feature](directory, fuse))
    except OSError as error:
        print(_reason(error))  # noqa: T201 (the parent reads it)
        return 1
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
