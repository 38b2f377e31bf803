"""Set-uid bits and devices count on no mount but the root, and a program cannot mount (also 2016-1575)."""

import pytest

from tests.security.conftest import Canary, Run


def _mounts(output: bytes) -> dict[str, set[str]]:
    return {line.split()[4]: set(line.split()[5].split(",")) for line in output.decode().splitlines()}


def test_cve_2023_0386_every_mount_but_the_root_is_nosuid(run: Run, canary: Canary) -> None:
    flags = ("-v", f"{canary.directory}:/bound", "-v", "cve-volume:/named", "--tmpfs=/t", "--device=/dev/null:/dev/n")
    mounts = _mounts(run(*flags, "busybox", "cat", "/proc/self/mountinfo").stdout)
    assert {"/bound", "/named", "/t", "/proc", "/sys", "/dev", "/dev/shm", "/dev/pts"} <= set(mounts)
    nodes = {path for path, words in mounts.items() if path.startswith("/dev/") and "nodev" not in words}
    assert nodes - {"/dev/pts"} == {f"/dev/{n}" for n in ("null", "zero", "full", "random", "urandom", "tty", "n")}
    hidden = {
        "/proc/interrupts",
        "/proc/kcore",
        "/proc/keys",
        "/proc/timer_list",
        "/proc/sched_debug",
    }  # the null device
    others = {path: words for path, words in mounts.items() if path not in {"/", *nodes, *hidden}}
    assert [path for path, words in others.items() if "nosuid" not in words] == []
    assert [path for path, words in others.items() if "nodev" not in words and path != "/dev"] == []


def test_cve_2023_0386_the_program_cannot_mount(run: Run) -> None:
    for words in ("-t overlay -o lowerdir=/bin,upperdir=/tmp,workdir=/root x", "-t tmpfs x", "--bind /", "-t proc x"):
        done = run("busybox", "sh", "-c", f"mkdir -p /m; mount {words} /m")
        assert done.returncode != 0, words
        assert b"not permitted" in done.stderr or b"denied" in done.stderr, done


@pytest.mark.parametrize(("option", "expected"), [("no-new-privileges", b"1"), ("no-new-privileges=false", b"0")])
def test_no_new_privileges_is_as_asked(run: Run, option: str, expected: bytes) -> None:
    done = run("--security-opt", option, "busybox", "sh", "-c", "grep NoNewPrivs /proc/self/status")
    assert done.stdout.split() == [b"NoNewPrivs:", expected], done


@pytest.mark.single_id
def test_no_new_privileges_by_default_where_one_id_is_mapped(run: Run) -> None:
    done = run("busybox", "sh", "-c", "cat /proc/self/uid_map; grep NoNewPrivs /proc/self/status")
    lines = done.stdout.decode().splitlines()
    single = len(lines) == 2 and lines[0].split()[2] == "1"
    assert lines[-1].split() == ["NoNewPrivs:", "1" if single else "0"], done


@pytest.mark.needs("range")
@pytest.mark.parametrize(
    ("flags", "effective"), [((), "0"), (("--security-opt=no-new-privileges",), "65534")], ids=["default", "given up"]
)
def test_set_uid_works_inside_unless_given_up_and_never_on_a_volume(
    run: Run, probe: str, tmp_path_factory: pytest.TempPathFactory, flags: tuple[str, ...], effective: str
) -> None:
    volume = tmp_path_factory.mktemp("volume")
    script = """
        for place in / /volume/; do cp /probe ${place}set; chmod 4755 ${place}set; done
        echo guest:x:65534:65534::/:/bin/sh >>/etc/passwd
        su guest -c '/set ids; /volume/set ids'
    """
    mounts = ("-v", f"{probe}:/probe:ro", "-v", f"{volume}:/volume")
    volume.chmod(0o777)
    done = run(*flags, *mounts, "busybox", "sh", "-c", script)
    assert done.stdout.decode() == f"65534 {effective}\n65534 65534\n", done
