"""One small proof for each kernel behaviour that the code leans on: a kernel that differs is found here first.

Each probe runs in a child, as root of a user namespace with mounts of its own; the names are the behaviours' own.
"""

import os
import subprocess
import sys
import textwrap

import pytest
from hull.kernel.features import environment

from tests.capabilities import missing

pytestmark = [pytest.mark.needs("userns", "program:unshare"), pytest.mark.single_id]

PRELUDE = """
import ctypes, errno, os, socket, subprocess, sys
from hull.kernel import syscalls as sc
base = sys.argv[1]
def fails(code, act):
    try:
        act()
    except OSError as error:
        assert error.errno in code, os.strerror(error.errno)
    else:
        raise AssertionError("it worked")
def tree(*names):
    for name in names:
        os.makedirs(f"{base}/{name}")
    return [f"{base}/{name}" for name in names]
def write(path, text):
    with open(path, "w") as file:
        file.write(text)
def read(path):
    with open(path) as file:
        return file.read()
def overlay(lower, upper="upper", extra="userxattr,"):
    for name in ("work", "merged"):
        os.makedirs(f"{base}/{name}", exist_ok=True)
    data = f"{extra}lowerdir={lower},upperdir={base}/{upper},workdir={base}/work"
    sc.mount(b"overlay", f"{base}/merged".encode(), b"overlay", 0, data.encode())
    return f"{base}/merged"
"""


@pytest.fixture
def probe(tmp_path):
    """Run a program in a mount namespace of a new user namespace; with `range`, of many ids."""

    def run(program, *flags):
        words = [sys.executable, "-c", PRELUDE + textwrap.dedent(program), str(tmp_path)]
        done = subprocess.run(
            ["unshare", "-U", "-r", "-m", "-p", "-f", "--kill-child", *flags, "--", *words],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_m1_the_whole_root_is_no_lower_directory(probe):
    probe("tree('upper'); fails([errno.EINVAL, errno.EPERM], lambda: overlay('/'))")


def test_m2_a_directory_with_a_locked_mount_below_it_is_no_lower_directory(probe):
    probe("""
        tree('low/sub', 'upper', 'work', 'merged')
        options = f'userxattr,lowerdir={base}/low,upperdir={base}/upper,workdir={base}/work'
        nested = ['unshare', '-U', '-r', '-m', 'mount', '-t', 'overlay', 'none', '-o', options, f'{base}/merged']
        assert subprocess.run(nested).returncode == 0
        sc.mount(b'none', f'{base}/low/sub'.encode(), b'tmpfs', 0)
        assert subprocess.run(nested, stderr=subprocess.DEVNULL).returncode != 0
    """)


def test_m3_a_bind_without_its_submounts_is_refused(probe):
    probe("""
        (target,) = tree('target')
        fails([errno.EINVAL], lambda: sc.mount(b'/', target.encode(), b'', sc.MS_BIND))
        sc.mount(b'/', target.encode(), b'', sc.MS_BIND | sc.MS_REC)
    """)


def test_m5_fuse_overlay_shows_the_whole_root_and_squashes_owners(probe):
    for name in ("fuse", "program:fuse-overlayfs"):
        if missing(name):
            pytest.skip(f"needs {name}: {missing(name)}")
    probe("""
        tree('upper', 'work', 'merged')
        options = f'lowerdir=/,upperdir={base}/upper,workdir={base}/work,squash_to_root'
        subprocess.run(['fuse-overlayfs', '-o', options, f'{base}/merged'], check=True, stderr=subprocess.DEVNULL)
        before = read('/etc/passwd')
        assert os.stat(f'{base}/merged/etc/passwd').st_uid == 0
        with open(f'{base}/merged/etc/passwd', 'a') as file:
            file.write('x')
        os.mkdir(f'{base}/merged/usr/new')
        assert read('/etc/passwd') == before
        assert read(f'{base}/merged/etc/passwd') == before + 'x'
    """)


def test_m8_only_user_xattrs_can_be_set(probe):
    probe("""
        (lower,) = tree('lower')
        os.setxattr(lower, 'user.overlay.opaque', b'y')
        fails([errno.EPERM], lambda: os.setxattr(lower, 'trusted.overlay.opaque', b'y'))
    """)


def test_m8_an_opaque_directory_hides_what_is_below(probe):
    probe("""
        tree('low/d', 'high/d', 'upper')
        write(f'{base}/low/d/hidden', '')
        os.setxattr(f'{base}/high/d', 'user.overlay.opaque', b'y')
        assert os.listdir(overlay(f'{base}/high:{base}/low') + '/d') == []
    """)


def test_m9_whiteout_devices_can_be_made_and_others_not(probe):
    probe("""
        tree('low', 'high', 'upper')
        write(f'{base}/low/gone', '')
        os.mknod(f'{base}/high/gone', 0o20000, os.makedev(0, 0))
        fails([errno.EPERM], lambda: os.mknod(f'{base}/high/null', 0o20666, os.makedev(1, 3)))
        assert os.listdir(overlay(f'{base}/high:{base}/low')) == []
    """)


def test_m10_a_whiteout_by_xattr_needs_the_parents_mark(probe):
    probe("""
        tree('low', 'high', 'upper')
        write(f'{base}/low/gone', '')
        write(f'{base}/high/gone', '')
        os.setxattr(f'{base}/high/gone', 'user.overlay.whiteout', b'y')
        assert os.listdir(overlay(f'{base}/high:{base}/low')) == ['gone']
    """)


def test_m11_a_file_capability_is_kept_and_reads_back(probe):
    probe("""
        (place,) = tree('d')
        write(f'{place}/f', '')
        value = bytes.fromhex('0100000200040000000000000000000000000000')
        os.setxattr(f'{place}/f', 'security.capability', value)
        assert os.getxattr(f'{place}/f', 'security.capability') == value
    """)


def test_m12_options_end_at_a_page(probe):
    probe("""
        name = 'l' * 200
        lowers = tree(*(f'{name}{i}' for i in range(30)), 'upper')[:-1]
        fails([errno.ENOENT, errno.EINVAL, errno.E2BIG, errno.ENAMETOOLONG], lambda: overlay(':'.join(lowers)))
    """)


def test_m12_layers_given_one_by_one_have_no_such_end(probe):
    probe("""
        name = 'l' * 200
        lowers = tree(*(f'{name}{i}' for i in range(60)), 'upper', 'work', 'merged')[:-3]
        write(f'{lowers[-1]}/seen', '')
        context = sc.fsopen(b'overlay')
        sc.fsconfig(context, sc.FSCONFIG_SET_FLAG, b'userxattr')
        try:
            for lower in lowers:
                sc.fsconfig(context, sc.FSCONFIG_SET_STRING, b'lowerdir+', lower.encode())
        except OSError:
            raise SystemExit(0)  # before Linux 6.5: the launcher names layers relative to their directory
        sc.fsconfig(context, sc.FSCONFIG_SET_STRING, b'upperdir', f'{base}/upper'.encode())
        sc.fsconfig(context, sc.FSCONFIG_SET_STRING, b'workdir', f'{base}/work'.encode())
        sc.fsconfig(context, sc.FSCONFIG_CMD_CREATE)
        sc.move_mount(sc.fsmount(context), -100, f'{base}/merged'.encode())
        assert os.listdir(f'{base}/merged') == ['seen']
    """)


def test_m13_a_lower_directory_is_not_renamed(probe):
    probe("""
        tree('low/d', 'upper')
        merged = overlay(f'{base}/low')
        fails([errno.EXDEV], lambda: os.rename(f'{merged}/d', f'{merged}/e'))
    """)


def test_m16_a_write_below_is_seen_above(probe):
    probe("""
        tree('low', 'upper')
        write(f'{base}/low/f', 'old')
        merged = overlay(f'{base}/low')
        write(f'{base}/low/f', 'new')
        assert read(f'{merged}/f') == 'new'
    """)


def test_m17_a_socket_of_the_host_is_reached_by_a_bind_and_not_by_an_overlay(probe):
    probe("""
        tree('low', 'upper', 'bound')
        server = socket.socket(socket.AF_UNIX)
        server.bind(f'{base}/low/s')
        server.listen()
        merged = overlay(f'{base}/low')
        sc.mount(f'{base}/low'.encode(), f'{base}/bound'.encode(), b'', sc.MS_BIND)
        clone = sc.open_tree(-100, f'{base}/bound'.encode(), sc.OPEN_TREE_CLONE)
        sc.mount_setattr(clone, b'', sc.AT_EMPTY_PATH, sc.MOUNT_ATTR_RDONLY)
        os.chdir(f'/proc/self/fd/{clone}')
        socket.socket(socket.AF_UNIX).connect('s')
        fails([errno.ECONNREFUSED], lambda: socket.socket(socket.AF_UNIX).connect(f'{merged}/s'))
    """)


def test_m17_an_abstract_socket_ends_at_the_network_namespace(probe):
    probe("""
        server = socket.socket(socket.AF_UNIX)
        server.bind(chr(0) + base)
        server.listen()
        socket.socket(socket.AF_UNIX).connect(chr(0) + base)
        sc.unshare(sc.CLONE_NEWNET)
        fails([errno.ECONNREFUSED], lambda: socket.socket(socket.AF_UNIX).connect(chr(0) + base))
    """)


def test_p8_an_open_descriptor_keeps_a_user_namespace(tmp_path):
    holder = subprocess.Popen(
        ["unshare", "-U", "-r", "sh", "-c", "echo; read x"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    holder.stdout.readline()
    fd = os.open(f"/proc/{holder.pid}/ns/user", os.O_RDONLY)
    try:
        holder.communicate(timeout=10)
        seen = subprocess.run(
            ["nsenter", f"--user=/proc/self/fd/{fd}", "--preserve-credentials", "cat", "/proc/self/uid_map"],
            pass_fds=(fd,), capture_output=True, text=True, check=True,
        )  # fmt: skip
    finally:
        os.close(fd)
    assert seen.stdout.split() == ["0", str(os.geteuid()), "1"]


@pytest.mark.needs("range")
def test_p9_a_line_of_a_nested_map_stays_within_one_extent(probe):
    if os.geteuid() == 0:
        pytest.skip("root's ranges are its own business: the ordinary user proves it")
    probe(
        """
        def nested(text):
            ready, go, done = os.pipe(), os.pipe(), os.pipe()
            child = os.fork()
            if child == 0:
                sc.unshare(sc.CLONE_NEWUSER)
                os.write(ready[1], b'x')
                os.read(go[0], 1)
                os._exit(0)
            os.read(ready[0], 1)
            try:
                fd = os.open(f'/proc/{child}/uid_map', os.O_WRONLY)
                os.write(fd, text)
            finally:
                os.write(go[1], b'x')
                os.waitpid(child, 0)
        extents = [line.split() for line in read('/proc/self/uid_map').splitlines()]
        assert len(extents) == 2, extents
        nested(b'0 0 1\\n1 1 100\\n')
        fails([errno.EPERM], lambda: nested(b'0 0 101\\n'))
        """,
        "--map-auto",
        "--mount-proc",
    )


def test_p9_a_network_namespace_is_its_makers_and_not_its_guests(probe):
    probe("""
        sc.unshare(sc.CLONE_NEWNET)
        child = os.fork()
        if child == 0:
            import fcntl, struct
            sc.unshare(sc.CLONE_NEWUSER)
            control = socket.socket()
            fails([errno.EPERM], lambda: fcntl.ioctl(control, 0x8914, struct.pack('16sh14x', b'lo', 1)))
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    """)
