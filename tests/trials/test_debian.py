"""Tries on a whole Debian, as its ordinary user: what is installed, broken or filled inside leaves every file alone.

HULL_DEBIAN names the suite (bookworm; trixie is tried by hand). As root alone: the tree is entered by pivot_root.
"""

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.trials import debian
from tests.trials.debian import Machine

pytestmark = [
    pytest.mark.needs("root", "launcher", "fuse", "program:mmdebstrap", "program:unshare"),
    *(pytest.mark.real, pytest.mark.serial, pytest.mark.slow, pytest.mark.as_root),
]
ROOM = 4 << 30  # bytes of memory: trees are laid out and removed there in a fifth of a disk's time
CHECKOUT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@pytest.fixture(scope="module")
def archive() -> str:
    """Give the tar of the machine's tree."""
    try:
        return debian.layer()
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"needs a Debian tree, and none can be made here now: {error}")


@contextmanager
def laid_out(archive: str) -> Iterator[Machine]:
    memory = os.statvfs("/dev/shm")
    room = memory.f_bavail * memory.f_frsize > ROOM
    base = tempfile.mkdtemp(prefix="hull-debian-", dir="/dev/shm" if room else "/var/tmp")
    os.chmod(base, 0o711)
    try:
        yield Machine(base, archive, CHECKOUT)
    finally:
        shutil.rmtree(base)


@pytest.fixture(scope="module")
def machine(archive: str) -> Iterator[Machine]:
    """Give the machine that tries happen on; each test leaves its tree as it was."""
    with laid_out(archive) as made:
        yield made


@contextmanager
def unchanged(machine: Machine) -> Iterator[None]:
    """Compare every file of the tree, content and metadata, before and after."""
    before = machine.listing()
    yield
    assert differing(before, machine.listing()) == []


def differing(one: debian.Listing, other: debian.Listing) -> list[str]:
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


def done(finished: "subprocess.CompletedProcess[str]") -> str:
    """Return what it printed; it must have succeeded."""
    assert finished.returncode == 0, f"exit {finished.returncode}\n{finished.stdout[-3000:]}\n{finished.stderr[-3000:]}"
    return finished.stdout


DATABASE = """
test "$(stat -c %U /var/lib/postgresql/*/main)" = postgres
test "$(stat -c %U:%G:%a /etc/ssl/private/ssl-cert-snakeoil.key)" = root:ssl-cert:640
id www-data
nginx -t
pg_ctlcluster $(pg_lsclusters -h | cut -d ' ' -f 1,2) start
su postgres -c "psql -Atc 'select 6 * 7'"
dpkg --audit
test -x /usr/games/sl
"""


def test_packages_with_users_scripts_and_triggers(machine: Machine) -> None:
    with unchanged(machine):
        done(machine.hull("try", "--name", "packages", "apt-get", "install", "-y", "sl", "postgresql", "nginx"))
        assert "42\n" in done(machine.hull("try", "--in", "packages", "sh", "-ec", DATABASE))
        told = done(machine.hull("diff", "packages"))
        for package in ("sl", "postgresql", "nginx"):
            assert package in told
        done(machine.hull("drop", "packages"))


PROJECT = f"""
cd {debian.HOME}
python3 -m pip install --quiet --no-index --break-system-packages ./demo-1-py3-none-any.whl
make -C project install
systemd-sysusers "$PWD/demo.conf"
printf 'changed\\n' >>/etc/motd
chmod 600 /etc/motd
mv /etc/issue /etc/issue.moved
rm -rf /usr/share/bash-completion
python3 -c 'import demo; print(demo.ANSWER)'
id demo
"""


def test_removing_everything(machine: Machine) -> None:
    with unchanged(machine):
        finished = machine.hull(
            "try", "--name", "rm", "sh", "-c", "rm -rf /usr /etc /var /home 2>/dev/null; echo /usr/*"
        )
        assert finished.stdout == "/usr/*\n", finished.stderr
        done(machine.hull("drop", "rm"))


FILL = f"""
mount -t tmpfs -o size=48m,nr_inodes=3000,mode=700,uid={debian.UID},gid={debian.UID} tmpfs {debian.STORE}
cd {debian.HOME}
exec setpriv --reuid {debian.UID} --regid {debian.UID} --clear-groups env HOME={debian.HOME} sh -c '
hull() {{ python3 -m hull "$@"; }}
hull try --name bytes sh -c "head -c 1G /dev/zero >/var/tmp/much"; echo "bytes $?"
hull drop bytes; echo "dropped $?"
hull try --name files python3 -c "for n in range(9000): open(f\\"/var/tmp/{{n}}\\", \\"x\\").close()"; echo "files $?"
hull drop files; echo "dropped $?"
hull try --name after echo works; echo "after $?"
'
"""


def test_a_full_disk_and_no_more_inodes(machine: Machine) -> None:
    with unchanged(machine):
        finished = machine.as_root("sh", "-ec", FILL)
    told = finished.stdout
    assert "bytes 1\ndropped 0\n" in told.replace("bytes\n", ""), finished.stderr
    assert "No space left on device" in finished.stderr
    assert "files 1\n" in told
    assert told.endswith("works\nafter 0\n")


def test_forking_forever(machine: Machine) -> None:
    fork = "import os, time\ntry:\n for _ in range(100_000): os.fork() or time.sleep(9)\nexcept OSError: os._exit(9)"
    bounded = ("prlimit", "--nproc=400", "python3", "-m", "hull", "try", "--name", "forks", "python3", "-c", fork)
    with unchanged(machine):
        finished = machine.as_user(*bounded, timeout=60)
        assert finished.returncode == 9, finished.stderr
        done(machine.hull("drop", "forks"))


OWN = f"""
cd {debian.HOME}
printf 'alias l=ls\\n' >>.bashrc
mkdir -p made/deep; echo one >made/deep/file; ln made/deep/file made/name; ln -s ../.profile made/link
mv .profile moved; chmod 700 .bash_logout; touch -d @1 made/old; mkfifo made/fifo; chmod 3755 made/deep
"""
SEEN = ("moved", "made/deep/file", "made/name", "made/link", "made/old", "made/fifo")


def test_the_users_own_files_kept_and_taken_back(machine: Machine) -> None:
    with unchanged(machine):
        done(machine.hull("try", "--name", "own", "sh", "-ec", OWN))
        before = machine.listing()
        done(machine.hull("keep", "--in", "own", "--trust", "all"))
        kept = machine.listing()
        home = debian.HOME.strip("/")
        assert {f"{home}/{name}" for name in SEEN} | {f"{home}/.bashrc"} <= set(differing(before, kept))
        assert f"{home}/.profile" not in kept
        done(machine.hull("undo"))
        done(machine.hull("drop", "own"))


APPLY = f"mkdir /root/parcel && tar -C /root/parcel -xf {debian.HOME}/parcel.tar.gz && sh /root/parcel/apply.sh"
# Programs write when and by whom into these; a time is in every compiled Python file.
DIFFERS = ("/__pycache__/", "etc/shadow", "etc/gshadow", "var/log/", "root/", "var/lib/hull-parcels/")


def test_what_needs_root_by_one_reviewed_script(machine: Machine, archive: str) -> None:
    debian.write_project(machine)
    with laid_out(archive) as reference:
        debian.write_project(reference)
        done(reference.as_root("sh", "-ec", PROJECT))
        before = machine.listing()
        told = done(machine.hull("try", "--name", "root", "sh", "-ec", PROJECT))
        assert "42\n" in told
        assert differing(before, machine.listing()) == []
        done(machine.hull("keep", "--in", "root", "--for-root", f"{debian.HOME}/parcel.tar.gz"))
        done(machine.as_root("sh", "-c", APPLY))
        assert differing(plain(machine), plain(reference)) == []
        assert "demo:" in done(machine.as_root("grep", "demo:", "/etc/shadow", "/etc/gshadow"))
    done(machine.as_root("sh", "/root/parcel/apply.sh", "--undo"))
    done(machine.as_root("rm", "-rf", "/root/parcel", f"{debian.HOME}/parcel.tar.gz", "/var/lib/hull-parcels"))
    assert differing(but_directories_times(before), but_directories_times(machine.listing())) == []
    done(machine.hull("drop", "root"))


def plain(machine: Machine) -> debian.Listing:
    """Return the listing without times and without what two runs of a program make differently."""
    kept = {path: entry for path, entry in machine.listing().items() if not any(one in f"{path}/" for one in DIFFERS)}
    return {path: (*entry[:3], *entry[4:]) for path, entry in kept.items() if not path.endswith("parcel.tar.gz")}


def but_directories_times(listing: debian.Listing) -> debian.Listing:
    return {path: (*e[:3], 0, *e[4:]) if stat.S_ISDIR(e[0]) else e for path, e in listing.items()}
