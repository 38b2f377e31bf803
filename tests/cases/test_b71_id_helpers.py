"""B71: $USER is not believed; a helper that cannot do its work is named."""

import os
import shutil
from pathlib import Path

import pytest

from tests.commandline import CommandLine


def test_b71_user_variable_is_not_believed(cli: CommandLine) -> None:
    env = cli.env(USER="nobody", LOGNAME="daemon", USERNAME="www-data")
    done = cli("run", "--rm", "--network", "none", "busybox", "id", "-u", env=env, check=True)
    assert done.stdout == b"0\n"


@pytest.mark.needs("ordinary", "range")
def test_b71_a_helper_without_its_privilege_is_named(cli: CommandLine, tmp_path: Path) -> None:
    for name in ("newuidmap", "newgidmap"):
        shutil.copy(shutil.which(name) or "", tmp_path / name)  # a copy is not set-uid
    env = cli.env(PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    done = cli("run", "--rm", "--network", "none", "busybox", "true", env=env)
    assert done.returncode == 125
    assert f"{tmp_path}/newuidmap".encode() in done.stderr
