"""cp and a hostile container: no path is resolved by the host, no library of the container is loaded."""

import os
import shutil
import subprocess

import pytest

from tests.commandline import CommandLine
from tests.security.conftest import Canary

RACE = """
mkdir -p /real/in; echo inside >/real/in/file; ln -s %s /real/link; mkdir /work
cp -a /real/in /work/in; cp -a /real/link /work/link; :>/ready
while :; do mv /work/in /work/a; mv /work/link /work/in; mv /work/in /work/link; mv /work/a /work/in; done
"""


@pytest.fixture
def racing(cli: CommandLine, canary: Canary):
    """Run a container in which /work/in is a directory, then a link to a place of the host, all the time."""
    flags = ("--name", "racing", "--network", "none")
    cli("run", "-d", *flags, "busybox", "sh", "-c", RACE % canary.directory, check=True)
    cli("exec", "racing", "sh", "-c", "while [ ! -e /ready ]; do usleep 1000; done", check=True)
    yield "racing"
    cli("rm", "-f", "racing", check=True)


def test_cve_2018_15664_racing_links_out(cli, racing, canary, tmp_path):
    seen = set()
    for attempt in range(20):
        target = tmp_path / str(attempt)
        cli("cp", f"{racing}:/work/in/file", str(target))  # fails where the link was met: it leads nowhere inside
        seen.add(target.read_bytes() if target.exists() else b"")
    assert b"inside\n" in seen  # else it was no race
    assert seen <= {b"", b"inside\n"}
    canary.assert_untouched()


def test_cve_2018_15664_racing_links_in(cli, racing, canary, tmp_path):
    (tmp_path / "file").write_text("planted\n")
    words = ("cp", str(tmp_path / "file"), f"{racing}:/work/in/file")
    done = [cli(*words).returncode for _ in range(20)]
    assert 0 in done  # else it was no race
    canary.assert_untouched()


def test_links_and_dots_end_at_the_containers_root(cli, canary, tmp_path):
    script = f"ln -s {canary.directory}/file /l; ln -s / /up; sleep 1000"
    cli("run", "-d", "--name", "linked", "--network", "none", "busybox", "sh", "-c", script, check=True)
    try:
        cli("exec", "linked", "sh", "-c", "while [ ! -L /up ]; do usleep 1000; done", check=True)
        for stopped in (False, True):
            for path in ("/l", f"/up{canary.file}", f"/../../../../..{canary.file}", f"/proc/1/root{canary.file}"):
                assert cli("cp", "-L", f"linked:{path}", str(tmp_path / "got")).returncode == 125
            assert not (tmp_path / "got").exists()
            for path in ("/l", f"/up{canary.directory}", f"/../../..{canary.directory}/file"):
                cli("cp", "/etc/passwd", f"linked:{path}")
            if not stopped:
                cli("stop", "-t", "0", "linked", check=True)
        canary.assert_untouched()
    finally:
        cli("rm", "-f", "linked", check=True)


EVIL = """
#include <fcntl.h>
#include <unistd.h>
__attribute__((constructor)) static void loaded(void) { close(open("/loaded", O_CREAT | O_WRONLY, 0666)); }
"""


def test_cve_2019_14271_no_library_of_the_container(cli, tmp_path):
    if shutil.which("cc") is None:
        pytest.skip("needs program:cc: the library is compiled here")
    (tmp_path / "evil.c").write_text(EVIL)
    library = str(tmp_path / "evil.so")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, str(tmp_path / "evil.c")], check=True)
    os.makedirs(tmp_path / "t/etc")
    (tmp_path / "t/etc/ld.so.preload").write_text("/evil.so\n")
    (tmp_path / "t/etc/nsswitch.conf").write_text("passwd: evil\n")
    cli("run", "-d", "--name", "evil", "--network", "none", "busybox", "sleep", "1000", check=True)
    try:
        for place in ("/evil.so", "/libnss_evil.so.2"):
            cli("cp", library, f"evil:{place}", check=True)
        cli("cp", str(tmp_path / "t/etc"), "evil:/", check=True)
        cli("cp", "evil:/etc", str(tmp_path / "out"), check=True)
        cli("cp", "/etc/passwd", "evil:/tmp", check=True)
        cli("diff", "evil", check=True)
        cli("commit", "evil", "evil:1", check=True)
        assert cli("exec", "evil", "ls", "/loaded").returncode == 1
        assert not os.path.exists("/loaded")
    finally:
        cli("rm", "-f", "evil", check=True)
