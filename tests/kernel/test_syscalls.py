"""Each call does what it says, or raises the errno with the object's name."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import time

import pytest
from hull.kernel import syscalls


def test_importing_loads_no_compiled_module():
    code = "import sys, hull.kernel.syscalls as s; s.sealed_memfd('x', b'y'); print(*sys.modules, sep=chr(10))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "hull.kernel.syscalls" in out.stdout.split()
    assert "hull.kernel._syscalls" not in out.stdout.split()


def test_a_sealed_memfd_never_changes():
    data = bytes(range(256)) * 1000
    fd = syscalls.sealed_memfd("plan", data)
    try:
        assert os.read(fd, len(data) + 1) == data
        assert not os.get_inheritable(fd)
        for change in (lambda: os.pwrite(fd, b"x", 0), lambda: os.ftruncate(fd, 1), lambda: os.ftruncate(fd, 10**6)):
            with pytest.raises(PermissionError):
                change()
        with pytest.raises(PermissionError):
            fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
    finally:
        os.close(fd)


def test_openat2_stays_in_the_root(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("inside")
    (tmp_path / "link").symlink_to("/etc/passwd")
    root = os.open(tmp_path, os.O_PATH)
    try:
        fd = syscalls.openat2(root, b"link", os.O_RDONLY, 0, syscalls.RESOLVE_IN_ROOT)
        assert os.read(fd, 100) == b"inside"
        assert not os.get_inheritable(fd)
        os.close(fd)
        with pytest.raises(OSError, match="link") as caught:
            syscalls.openat2(root, b"link", os.O_RDONLY, 0, syscalls.RESOLVE_NO_SYMLINKS)
        assert caught.value.errno == errno.ELOOP
        with pytest.raises(OSError, match="passwd") as caught:
            syscalls.openat2(root, b"../etc/passwd", os.O_RDONLY, 0, syscalls.RESOLVE_BENEATH)
        assert caught.value.errno == errno.EXDEV
    finally:
        os.close(root)


def test_a_pidfd_signals_one_process():
    child = subprocess.Popen(["sleep", "60"])
    fd = syscalls.pidfd_open(child.pid)
    try:
        syscalls.pidfd_send_signal(fd, signal.SIGTERM)
        assert child.wait(10) == -signal.SIGTERM
        with pytest.raises(ProcessLookupError):
            syscalls.pidfd_send_signal(fd, 0)
    finally:
        os.close(fd)


def test_file_system_names_the_kind():
    assert syscalls.file_system(b"/proc") == 0x9FA0
    with pytest.raises(FileNotFoundError, match="nowhere"):
        syscalls.file_system(b"/nowhere")


def test_syncfs_wants_an_open_file(tmp_path):
    fd = os.open(tmp_path, os.O_RDONLY)
    syscalls.syncfs(fd)
    os.close(fd)
    with pytest.raises(OSError, match="Bad file descriptor"):
        syscalls.syncfs(fd)


@pytest.mark.parametrize(
    "call",
    [
        lambda: syscalls.setns(-1, 0),
        lambda: syscalls.fsopen(b"no such file system"),
        lambda: syscalls.fsconfig(-1, syscalls.FSCONFIG_SET_STRING, b"key", b"value"),
        lambda: syscalls.fsmount(-1),
        lambda: syscalls.open_tree(-1, b"relative", 0),
        lambda: syscalls.move_mount(-1, -1, b"relative"),
        lambda: syscalls.mount_setattr(-1, b"relative", 0, syscalls.MOUNT_ATTR_RDONLY),
        lambda: syscalls.mount(b"none", b"/nowhere", b"tmpfs", 0),
        lambda: syscalls.unshare(0x1),
    ],
)
def test_a_failed_call_raises(call):
    with pytest.raises(OSError, match=r"^\[Errno \d+\] \w"):
        call()


def test_a_birth_lies_between_the_calls_around_it(tmp_path):
    before = time.time_ns() - 100_000_000  # a file system looks at the clock of the last tick
    (tmp_path / "a").write_text("x")
    (tmp_path / "link").symlink_to("nowhere")
    after = time.time_ns()
    os.utime(tmp_path / "a", ns=(1, 1))
    fd = os.open(tmp_path, os.O_PATH)
    try:
        for name in (b"a", b"link"):
            assert syscalls.birth(fd, name) == 0 or before <= syscalls.birth(fd, name) <= after
        with pytest.raises(FileNotFoundError, match="gone"):
            syscalls.birth(fd, b"gone")
    finally:
        os.close(fd)
