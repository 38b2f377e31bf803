"""Package managers finish inside an image: with a range their owners are real, with a single id they are faked."""

import os
import subprocess
import tempfile
from collections.abc import Iterator

import pytest

from tests.commandline import CommandLine, remove_tree
from tests.imagebuild import debian_archive

pytestmark = [pytest.mark.slow, pytest.mark.single_id, pytest.mark.as_root, pytest.mark.needs("program:mmdebstrap")]

POSTINST = """#!/bin/sh
set -e
groupadd --system hulltest
useradd --system --gid hulltest --home-dir /var/lib/hulltest --create-home --shell /bin/sh hulltest
install -d -o hulltest -g hulltest -m 2750 /var/lib/hulltest/data
chown hulltest:adm /usr/share/hulltest/file
chmod 4755 /usr/share/hulltest/file
mknod /var/lib/hulltest/pipe p
mknod /var/lib/hulltest/node c 1 3 || [ "$(awk '{n += $3} END {print n}' /proc/self/uid_map)" -gt 1 ]
su hulltest -c 'id -u; touch /var/lib/hulltest/data/mine'
"""


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """Give a store that holds a minimal Debian, called debian:12."""
    base = tempfile.mkdtemp(prefix="hull-")
    os.chmod(base, 0o711 if os.geteuid() == 0 else 0o700)
    cli = CommandLine(f"{base}/s")
    cli("load", "-i", debian_archive(tmp_path_factory.mktemp("debian") / "debian.tar"), check=True)
    yield cli
    remove_tree(base)


@pytest.fixture(scope="module")
def package() -> Iterator[str]:
    """Build a package whose maintainer script does what those of real ones do; give its directory."""
    with tempfile.TemporaryDirectory(prefix="hull-package-") as base:
        os.chmod(base, 0o755)  # the mapped ids of root's containers read it
        os.makedirs(f"{base}/tree/DEBIAN")
        os.makedirs(f"{base}/tree/usr/share/hulltest")
        control = (
            "Package: hulltest\nVersion: 1\nArchitecture: all\nMaintainer: n <n@example.org>\nDescription: a test\n"
        )
        for name, text in (
            ("DEBIAN/control", control),
            ("DEBIAN/postinst", POSTINST),
            ("usr/share/hulltest/file", "x\n"),
        ):
            with open(f"{base}/tree/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        os.chmod(f"{base}/tree/DEBIAN/postinst", 0o755)
        deb = f"{base}/hulltest.deb"
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", f"{base}/tree", deb], check=True)
        os.chmod(deb, 0o644)
        yield base


INSTALL = """
apt-get install -y --no-install-recommends /repo/hulltest.deb
dpkg -s hulltest | grep ^Status
stat -c '%U %G %a' /usr/share/hulltest/file /var/lib/hulltest/data
echo ids $(awk '{n += $3} END {print n}' /proc/self/uid_map) mapped
"""
UPDATE = """
mkdir -p /repo2 && cp /repo/hulltest.deb /repo2 && cd /repo2
{ dpkg-deb -f hulltest.deb; echo Filename: ./hulltest.deb; echo Size: $(stat -c %s hulltest.deb)
  echo SHA256: $(sha256sum hulltest.deb | cut -d' ' -f1); echo; } > Packages
rm -f /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/repo2 ./' > /etc/apt/sources.list
apt-get update && apt-get install -y hulltest && dpkg -s hulltest | grep ^Status
"""


def inside(debian: CommandLine, package: str, userns: str, script: str) -> bytes:
    place = ("--rm", "--network", "none", "--userns", userns, "-v", f"{package}:/repo:ro", "debian:12")
    return bytes(debian("run", *place, "sh", "-ec", script, check=True).stdout)


@pytest.mark.parametrize("userns", ["auto", "single"])
def test_apt_installs_a_package_with_users_and_owners(debian: CommandLine, package: str, userns: str) -> None:
    out = inside(debian, package, userns, INSTALL)
    assert b"Status: install ok installed" in out
    assert (b"hulltest adm 4755" if b"ids 1 mapped" not in out else b"root root 4755") in out


@pytest.mark.parametrize("userns", ["auto", "single"])
def test_apt_updates_from_a_repository(debian: CommandLine, package: str, userns: str) -> None:
    assert b"Status: install ok installed" in inside(debian, package, userns, UPDATE)
