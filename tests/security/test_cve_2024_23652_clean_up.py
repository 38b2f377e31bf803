"""Removing a container follows a link that the container left."""

import os

from tests.cases.conftest import Up
from tests.commandline import CommandLine
from tests.security.conftest import Canary, Run

PLANT = """
    ln -s {0} /dir; ln -s {0}/file /file; ln -s / /root-link; mkdir -p /deep/er; ln -s {0} /deep/er/link
    rm -rf /mnt; ln -s {0} /mnt; chmod 0 /deep/er /deep
"""


def test_cve_2024_23652_rm_after_the_program(run: Run, canary: Canary) -> None:
    done = run("busybox", "sh", "-c", PLANT.format(canary.directory))
    assert done.returncode == 0, done
    canary.assert_untouched()


def test_cve_2024_23652_rm_by_the_verb(cli: CommandLine, canary: Canary) -> None:
    script = PLANT.format(canary.directory)
    cli("run", "--network=none", "--name=cve-left", "busybox", "sh", "-c", script, check=True)
    cli("rm", "cve-left", check=True)
    canary.assert_untouched()


def test_cve_2024_23652_a_mount_point_that_became_a_link(run: Run, canary: Canary, up: Up) -> None:
    container = up("cve-point", f"echo up; ln -s {canary.directory} /made; cat", "--tmpfs=/kept/t")
    container.communicate(b"", timeout=20)
    canary.assert_untouched()
    assert container.returncode == 0


def test_a_volume_survives_the_container_that_used_it(run: Run, canary: Canary) -> None:
    run("-v", f"{canary.directory}:/mnt", "busybox", "sh", "-c", "ln -s /mnt/file /f; rm /f")
    canary.assert_untouched()
    assert os.listdir(canary.directory) == ["file"]
