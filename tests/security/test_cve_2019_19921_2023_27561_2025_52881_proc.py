"""/proc is the container's own, whatever the image, a volume or a racing mount says (also 2023-28642, 2019-16884)."""

import os
from pathlib import Path
from subprocess import PIPE

import pytest
from hull.runtime import ops
from hull.runtime.launch import Launch, spawn

from tests.cases.conftest import MakeImage
from tests.security.conftest import Canary, Run


@pytest.mark.parametrize("name", ["proc", "sys"])
@pytest.mark.parametrize("climb", ["", "../../../../../../.."])
def test_cve_2019_19921_and_2023_27561_a_link_in_the_image(
    make_image: MakeImage, run: Run, canary: Canary, name: str, climb: str
) -> None:
    done = run(make_image({name: climb + canary.directory}), "sh", "-c", f"echo x >/{name}/planted")
    canary.assert_untouched()
    assert done.returncode == 125, done
    assert b"symbolic link" in done.stderr


@pytest.mark.parametrize(
    "target", ["/proc", "/proc/", "//proc", "/./proc", "/x/../proc", "/proc/self/attr", "/proc/sys"]
)
@pytest.mark.parametrize("form", ["-v={source}:{target}", "--mount=type=bind,source={source},target={target}"])
def test_cve_2023_28642_and_2019_16884_no_volume_over_proc(run: Run, canary: Canary, target: str, form: str) -> None:
    done = run(form.format(source=canary.directory, target=target), "busybox", "true")
    assert done.returncode == 125
    assert b"cannot mount" in done.stderr
    assert run(f"--tmpfs={target}", "busybox", "true").returncode == 125


def test_cve_2023_28642_no_volume_over_proc_through_a_link(make_image: MakeImage, run: Run, canary: Canary) -> None:
    image = make_image({"into": "/proc", "deep": "proc/self"})
    for target in ("/into", "/into/sys", "/deep/attr"):
        done = run("-v", f"{canary.directory}:{target}", image, "cat", f"{target}/file", "/proc/self/stat")
        assert done.returncode == 125, done
        assert b"canary" not in done.stdout


@pytest.mark.parametrize("key", ["../../proc/sysrq-trigger", "kernel/../../sysrq-trigger", "/etc/motd", "..", ""])
def test_cve_2025_52881_a_sysctl_stays_below_proc_sys(run: Run, key: str) -> None:
    done = run("--sysctl", f"{key}=x", "busybox", "true")
    assert done.returncode == 125
    assert done.stderr


def test_cve_2025_52881_a_sysctl_is_written_to_the_real_proc(make_image: MakeImage, run: Run, canary: Canary) -> None:
    image = make_image({"proc/sys/kernel/msgmax": canary.file})
    done = run("--sysctl", "kernel.msgmax=4242", image, "cat", "/proc/sys/kernel/msgmax")
    assert done.stdout == b"4242\n", done
    canary.assert_untouched()


def test_cve_2025_52881_a_proc_that_is_none_is_not_written(tmp_path: Path) -> None:
    """The launcher alone, with a plan that puts something else in /proc's place."""
    place = tmp_path / "proc/sys/kernel"
    place.mkdir(parents=True)
    (tmp_path / "root/proc").mkdir(parents=True)
    (place / "msgmax").write_text("before")
    maps = [(f"{kind}-map", "0", str(own), "1") for kind, own in (("uid", os.geteuid()), ("gid", os.getegid()))]
    spaces = [("namespace", kind) for kind in ("mount", "pid", "ipc")]
    mounts = [("root-bind", str(tmp_path / "root")), ("bind", str(tmp_path / "proc"), "/proc", "rec")]
    rest = [("sysctl", "kernel.msgmax", "4242"), ("init",), ("arg", "true")]
    plan = [("userns-new",), *maps, ("setgroups-deny",), *spaces, *mounts, *rest]
    done = spawn(Launch(ops.encode(plan), ("hull",)), stderr=PIPE)
    _, words = done.communicate(timeout=20)
    assert done.returncode == 125
    assert b"not on a proc file system" in words
    assert (place / "msgmax").read_text() == "before"


def test_proc_sys_and_sysrq_are_read_only(run: Run) -> None:
    files = ("sys/kernel/core_pattern", "sys/kernel/msgmax", "sysrq-trigger", "irq/default_smp_affinity")
    for file in files:
        done = run("busybox", "sh", "-c", f"test ! -e /proc/{file} || echo x >/proc/{file}")
        assert b"Read-only" in done.stderr or b"Permission denied" in done.stderr or done.returncode == 0, (file, done)
    mounts = run("busybox", "cat", "/proc/self/mountinfo").stdout.decode().splitlines()
    flags = {line.split()[4]: line.split()[5].split(",") for line in mounts}
    there = [name for name in ("sys", "sysrq-trigger", "bus", "fs", "irq") if os.path.exists(f"/proc/{name}")]
    assert "sys" in there
    for name in there:
        assert "ro" in flags.get(f"/proc/{name}", ()), (name, sorted(flags))
