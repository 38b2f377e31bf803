"""Set-uid bits and devices count on no mount but the root, and a program cannot mount (also 2016-1575)."""

import pytest

from tests.security.conftest import Canary, Run


def _mounts(output: bytes) -> dict[str, set[str]]:
    return {line.split()[4]: set(line.split()[5].split(",")) for line in output.decode().splitlines()}


def test_cve_2023_0386_every_mount_but_the_root_is_nosuid(run: Run, canary: Canary) -> None:
    flags = ("-v", f"{canary.directory}:/bound", "-v", "cve-volume:/named", "--tmpfs=/t", "--device=/dev/null:/dev/n")
    mounts = _mounts(run(*flags, "busybox", "cat", "/proc/self/mountinfo").stdout)
    assert {"/bound", "/named", "/t", "/proc", "/sys", "/dev", "/dev/shm", "/dev/pts"} <= set(mounts)
    assert [path for path, words in mounts.items() if path != "/" and "nosuid" not in words] == []
    devices = {path for path, words in mounts.items() if "nodev" not in words}
    assert {path for path in devices if path != "/" and not path.startswith("/dev")} == set()


def test_cve_2023_0386_the_program_cannot_mount(run: Run) -> None:
    for words in ("-t overlay -o lowerdir=/bin,upperdir=/tmp,workdir=/root x", "-t tmpfs x", "--bind /", "-t proc x"):
        done = run("busybox", "sh", "-c", f"mkdir -p /m; mount {words} /m")
        assert done.returncode != 0, words
        assert b"not permitted" in done.stderr or b"denied" in done.stderr, done


@pytest.mark.parametrize(("option", "expected"), [("no-new-privileges", b"1"), ("no-new-privileges=false", b"0")])
def test_no_new_privileges_is_as_asked(run: Run, option: str, expected: bytes) -> None:
    done = run("--security-opt", option, "busybox", "sh", "-c", "grep NoNewPrivs /proc/self/status")
    assert done.stdout.split() == [b"NoNewPrivs:", expected], done


def test_no_new_privileges_by_default_follows_the_map(run: Run) -> None:
    show = ("busybox", "sh", "-c", "cat /proc/self/uid_map | wc -l; grep NoNewPrivs /proc/self/status")
    assert run("--userns=single", *show).stdout.split()[-1] == b"1"


@pytest.mark.needs("range")
def test_set_uid_works_inside_unless_given_up(run: Run) -> None:
    script = "cp /bin/busybox /id; chmod 4755 /id; su -s /bin/sh nobody -c '/id id -u' || /id id -u"
    script = f"echo nobody:x:65534:65534::/:/bin/sh >>/etc/passwd; {script}"
    assert run("busybox", "sh", "-c", script).stdout.split()[:1] in ([b"0"], [b"65534"])
    gained = run("busybox", "sh", "-c", script.replace("/id id -u", "/id grep -i nonewprivs /proc/self/status"))
    assert gained.stdout.split()[:2] == [b"NoNewPrivs:", b"0"], gained
