"""A descriptor of the launcher, or a working directory through one, leads out of the container."""

import os

import pytest

from tests.cases.conftest import MakeImage, Up
from tests.commandline import CommandLine
from tests.security.conftest import Run

LIST = "for f in /proc/self/fd/*; do echo ${f##*/} $(readlink $f); done"


def _descriptors(output: bytes) -> set[int]:
    """Return the open descriptors, without the one that lists the directory."""
    return {int(line.split()[0]) for line in output.splitlines() if len(line.split()) > 1}


def test_cve_2024_21626_only_three_descriptors_reach_the_program(run: Run, cli: CommandLine, up: Up) -> None:
    held = [os.open("/", os.O_RDONLY) for _ in range(4)]
    for fd in held:
        os.set_inheritable(fd, True)
    try:
        done = run("-v/tmp:/mnt", "--tmpfs=/t", "busybox", "sh", "-c", LIST, close_fds=False)
        up("cve-fds", "echo up; cat")
        inside = cli("exec", "cve-fds", "sh", "-c", LIST, close_fds=False)
    finally:
        for fd in held:
            os.close(fd)
    for answer in (done, inside):
        assert _descriptors(answer.stdout) == {0, 1, 2}, answer


@pytest.mark.parametrize("number", range(3, 12))
def test_cve_2024_21626_workdir_through_a_descriptor(run: Run, number: int) -> None:
    script = "pwd -P; ls /proc/self/cwd/../../../../etc/hostname; cat /proc/self/mountinfo | grep -c ' / / '"
    done = run("-w", f"/proc/self/fd/{number}", "busybox", "sh", "-c", script)
    assert done.returncode == 125, done
    assert b"/proc/self/fd" in done.stderr


def test_cve_2024_21626_workdir_of_the_image_and_of_exec(
    make_image: MakeImage, cli: CommandLine, run: Run, up: Up
) -> None:
    image = make_image({"link": "/proc/self/fd/8"}, "WORKDIR /link")
    assert run(image, "true").returncode == 125
    up("cve-workdir", "echo up; cat")
    for number in range(3, 12):
        assert cli("exec", "-w", f"/proc/self/fd/{number}", "cve-workdir", "true").returncode == 125, number


def test_cve_2024_21626_the_working_directory_is_inside_the_root(make_image: MakeImage, run: Run) -> None:
    image = make_image({"up": "../../../../../../../tmp"}, "WORKDIR /up/made")
    assert run(image, "pwd").stdout == b"/tmp/made\n"
