"""The host's own files below a kernel overlay: what the container's root sees of them, and may do to its copy."""

import os
import signal
from collections.abc import Callable

import pytest
from hull.runtime import idmaps
from hull.runtime.launch import identity_ops
from hull.runtime.session import Session

from tests.capabilities import missing
from tests.launcher.conftest import SYSTEM, Box
from tests.launcher.mirrored import PATH, Shell, mirror, server
from tests.waiting import gone

pytestmark = pytest.mark.needs("fuse")


def test_files_of_the_hosts_root_change_in_the_copy_alone(box: Box) -> None:
    with open("/etc/passwd") as file:
        before = file.read()
    script = """id -u; echo x:y >> /etc/passwd && tail -n 1 /etc/passwd; mkdir /usr/new && rm -rf /usr/games; ls /usr
        mv /etc/group /etc/moved && ls /etc/moved; chmod 600 /etc/hosts; stat -c %a /etc/hosts
        for lock in lock lock-frontend; do : >> /var/lib/dpkg/$lock && echo locked; done; ls /proc /sys"""
    system = [op for op in SYSTEM if op[:2] not in {("mount", "proc"), ("mount", "sysfs")}]
    done = box.sh(script, root=mirror(box), extra=(PATH,), system=system)
    lines = done.out.splitlines()
    assert lines[:2] == ["0", "x:y"], done.err
    assert "new" in lines
    assert "games" not in lines
    assert lines[-7:] == ["/etc/moved", "600", "locked", "locked", "/proc:", "", "/sys:"], (lines, done.err)
    with open("/etc/passwd") as file:
        assert file.read() == before
    assert not os.path.exists("/usr/new")
    assert os.path.isdir("/usr/games")


def test_owners_are_those_inside(ranged: Box) -> None:
    script = """stat -c %u:%g /etc/passwd /mine /; stat -c %U /etc/passwd
        chown 33:34 /etc/passwd && touch /new && chown 5:6 /new; stat -c %u:%g /etc/passwd /new"""
    ranged.write("mine", "")
    own = f"{ranged.layer}/mine"
    done = ranged.sh(script, root=mirror(ranged, ranged.layer), extra=(PATH,))
    assert done.out.split() == ["0:0", "0:0", "0:0", "root", "33:34", "5:6"], done.err
    found = os.stat(f"{ranged.upper}/etc/passwd")
    assert (found.st_uid, found.st_gid) != (os.stat(own).st_uid, os.stat(own).st_gid)


def test_what_has_no_number_inside_is_nobodys(ranged: Box) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: another's file")
    for name, who in (("theirs", 4_000_000_000), ("ours", 0)):
        ranged.write(name, "")
        os.chown(f"{ranged.layer}/{name}", who, who)
    done = ranged.sh("stat -c %u:%g /ours /theirs; echo x >> /theirs && cat /theirs", root=mirror(ranged, ranged.layer))
    assert done.out.split() == ["0:0", "65534:65534", "x"], done.err


@pytest.mark.needs("ordinary", "range")
def test_who_keeps_their_id_owns_their_files(new_box: Callable[[str], Box]) -> None:
    box = new_box("keep-id")
    box.write("mine", "")
    done = box.sh("stat -c %u:%g /mine /etc/passwd", root=mirror(box, box.layer))
    own = f"{os.geteuid()}:{os.getegid()}"
    assert done.out.split() == [own, own], done.err
    assert box.sh("stat -c %u:%g /etc/passwd", root=mirror(box), extra=(PATH,)).out.split() == ["0:0"]


def test_with_one_id_everything_is_its_own(single: Box) -> None:
    done = single.sh("stat -c %u:%g /etc/shadow; echo x >> /etc/shadow && echo y", root=mirror(single), extra=(PATH,))
    assert done.out.split() == ["0:0", "y"], done.err


@pytest.mark.needs("range")
def test_a_session_sees_the_same_owners(box: Box) -> None:
    identity = idmaps.find("auto")
    session = Session.open(identity)
    try:
        root = mirror(box)
        how = {"identity": identity_ops(identity, session), "pass_fds": (session.fd,)}
        done = box.sh("stat -c %u:%g /etc/passwd; echo x >> /etc/passwd && echo y", root=root, extra=(PATH,), **how)
    finally:
        session.close()
    assert done.out.split() == ["0:0", "y"], done.err


def test_what_may_not_be_read_is_empty(box: Box) -> None:
    box.write("closed/file", "told\n")
    box.write("secret", "told\n", 0)
    if os.geteuid() == 0:
        os.chown(f"{box.layer}/secret", 0, 0)
        os.chown(f"{box.layer}/closed", 0, 0)
        os.chmod(f"{box.layer}/secret", 0o600)
    os.chmod(f"{box.layer}/closed", 0o700 if os.geteuid() == 0 else 0)
    shell = Shell(box)
    assert shell.ask("stat -c %s /secret; cat /secret; ls -A /closed; cat /closed/file").startswith(
        "0\ncat: can't open"
    )
    assert shell.ask("echo mine >> /secret; cat /secret; touch /closed/new; ls /closed") == "mine\nnew\n"
    os.chmod(f"{box.layer}/closed", 0o700)


def test_nothing_that_is_no_file_is_opened(box: Box) -> None:
    os.mkfifo(f"{box.layer}/pipe")
    shell = Shell(box)
    assert shell.ask("ls -l /pipe | cut -c 1; (echo x > /pipe) & cat /pipe").split() == ["p", "x"]
    assert os.listdir(f"{box.upper}") == [] or "pipe" not in os.listdir(box.upper)


def test_it_has_no_more_rights_and_descriptors_than_it_needs(box: Box) -> None:
    shell = Shell(box)
    assert shell.ask("ls / > /dev/null; echo up") == "up\n"
    place = f"/proc/{server(shell.child.pid)}"
    with open(f"{place}/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    assert {status[f"Cap{kind}"].strip("0") for kind in ("Inh", "Prm", "Eff", "Amb")} == {""}
    if os.geteuid() == 0:  # it is whom the container's root is outside
        assert set(status["Uid"].split()) == {next(op[2] for op in box.identity if op[0] == "uid-map")}
        assert not status["Groups"].split()
    held = {os.readlink(f"{place}/fd/{fd}").partition(":")[0] for fd in os.listdir(f"{place}/fd")}
    assert {name for name in held if not name.startswith(f"{box.layer}/")} - {"/dev/fuse", "/fuse"} == {
        *("/dev/null", "pipe", box.layer)
    }


@pytest.mark.parametrize("how", ["kill", "abandon"])
def test_its_end_is_the_containers(box: Box, how: str) -> None:
    shell = Shell(box)
    assert shell.ask("echo up") == "up\n"
    mirrored = server(shell.child.pid)
    if how == "kill":
        os.kill(mirrored, signal.SIGKILL)
        done = box.finish(shell.child)
        assert done.code == 125
        assert "cannot go on without mirror: it was killed by signal 9" in done.err
    else:
        shell.child.kill()
        assert gone(mirrored)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("@FUSE",), "cannot understand the mirror's words: Invalid"),
        (("@FUSE", "/", "more"), "cannot understand the mirror's words: Invalid"),
        (("@FUSE", "/nowhere"), "cannot mirror /nowhere: No such file"),
        (("@FUSE", "/etc/passwd"), "cannot mirror /etc/passwd: Not a directory"),
    ],
)
def test_words_it_does_not_understand_start_nothing(box: Box, words: tuple[str, ...], reason: str) -> None:
    root = [op for op in mirror(box) if op[0] != "helper-arg"]
    root[1:1] = [("helper-arg", word) for word in ("hull-mirror", *words)]
    done = box.sh("echo started", root=tuple(root))
    assert (done.code, done.out) == (125, "")
    assert reason in done.err


@pytest.mark.skipif(bool(missing("program:python3")), reason="needs python3")
def test_programs_are_mapped_from_it(box: Box) -> None:
    script = "import json, mmap; f = open('/etc/passwd'); print(mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)[:5])"
    done = box.run("python3", "-c", script, root=mirror(box), extra=(PATH,))
    assert done.out == "b'root:'\n", done.err
