"""git in a try: files whose owner has another number inside are not taken for changed."""

import json
import pathlib
import subprocess

import pytest

from tests.commandline import CommandLine

GIT = ("git", "-c", "user.name=a", "-c", "user.email=a", "-c", "safe.directory=*")


@pytest.mark.needs("launcher", "userns", "program:git", "ordinary")
def test_looking_at_a_repository_changes_nothing(fresh_cli: CommandLine, tmp_path: pathlib.Path) -> None:
    for words in (("init", "-q"), ("add", "file"), ("commit", "-qm", "one"), ("status",)):
        (tmp_path / "file").write_text("one\n")
        subprocess.run([*GIT, *words], cwd=tmp_path, check=True, capture_output=True)
    subprocess.run(["touch", "-d", "2020-01-01", "file"], cwd=tmp_path, check=True)
    subprocess.run([*GIT, "status"], cwd=tmp_path, check=True, capture_output=True)
    status = fresh_cli("try", "--name", "g", *GIT, "status", "--porcelain", cwd=tmp_path, check=True)
    assert status.stdout == b""
    document = json.loads(fresh_cli("diff", "--json", "g", check=True).stdout)
    assert [change["path"] for change in document["changes"] if change["what"] != ["time"]] == []
    env = fresh_cli.env(GIT_CONFIG_COUNT="0")
    own = fresh_cli("try", "--name", "own", "sh", "-c", "echo $GIT_CONFIG_COUNT", env=env, check=True)
    assert own.stdout == b"0\n"
