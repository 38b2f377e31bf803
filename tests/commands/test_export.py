"""export writes the merged tree: whiteouts applied, links, attributes and ids as inside, mounts left out."""

import io
import os
import tarfile

import pytest

from tests.commandline import CommandLine

SCRIPT = (
    "mkdir /d; echo 1 >/d/a; ln /d/a /d/b; rm /etc/passwd; rm -rf /root; echo in >/v/in; mkfifo /d/p;"
    "chmod 4750 /d/a; ln -s nowhere /d/l; touch -d @7 /d"
)


@pytest.fixture
def ended(cli: CommandLine):
    cli("run", "--name", "exp", "--network", "none", "-v", "/v", "busybox", "sh", "-c", SCRIPT, check=True)
    yield "exp"
    cli("rm", "-f", "-v", "exp", check=True)


def test_the_tree(cli, ended):
    with tarfile.open(fileobj=io.BytesIO(cli("export", ended, check=True).stdout)) as tar:
        found = {info.name: info for info in tar}
    assert {"etc/passwd", "root", "v/in"}.isdisjoint(found)
    assert {"v", "bin/busybox", "etc/hosts"} <= found.keys()
    assert (found["d/b"].islnk(), found["d/b"].linkname, found["d/a"].mode) == (True, "d/a", 0o4750)
    assert (found["d/p"].isfifo(), found["d/l"].linkname, found["d"].mtime) == (True, "nowhere", 7)
    assert found["etc/hosts"].size == 0  # what is mounted there is not the container's


@pytest.mark.needs("range")
def test_ids_as_inside(cli):
    cli("run", "--name", "exp-ids", "--network", "none", "busybox", "sh", "-c", "touch /f; chown 5:6 /f", check=True)
    try:
        with tarfile.open(fileobj=io.BytesIO(cli("export", "exp-ids", check=True).stdout)) as tar:
            assert (tar.getmember("f").uid, tar.getmember("f").gid, tar.getmember("bin").uid) == (5, 6, 0)
    finally:
        cli("rm", "exp-ids", check=True)


def test_to_a_file_whole_or_not_at_all(cli, ended, tmp_path):
    cli("export", "-o", f"{tmp_path}/x.tar", ended, check=True)
    with open(f"{tmp_path}/x.tar", "rb") as file:
        assert file.read() == cli("export", ended, check=True).stdout
    assert cli("export", "-o", f"{tmp_path}/none/x.tar", ended).returncode == 125
    cli("export", "-o", "/dev/null", ended, check=True)
    assert os.listdir(tmp_path) == ["x.tar"]


def test_a_reader_that_leaves_early(cli, ended):
    import subprocess

    with cli.popen("export", ended, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.read(512)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == -13


def test_it_can_be_imported(cli, ended):
    cli("import", "-", "exp-again", input=cli("export", ended, check=True).stdout, check=True)
    done = cli("run", "--rm", "--network", "none", "exp-again", "cat", "/d/b", check=True)
    assert done.stdout == b"1\n"
