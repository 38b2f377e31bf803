"""port tells where a running container's ports are, also those that hull chose."""

import pytest


@pytest.mark.needs("program:slirp4netns", "tun")
def test_port(cli, name):
    box = name()
    flags = ("-p", "127.0.0.1::80", "-p", "53/udp", "--network", "slirp4netns")
    cli("run", "-d", "--name", box, *flags, "busybox", "sleep", "1000", check=True)
    lines = cli("port", box, check=True).stdout.decode().splitlines()
    chosen = dict(line.split(" -> ") for line in lines if "[" not in line)
    assert chosen.keys() == {"80/tcp", "53/udp"}
    assert chosen["80/tcp"].startswith("127.0.0.1:")
    assert int(chosen["80/tcp"].rpartition(":")[2]) > 0
    assert int(chosen["53/udp"].removeprefix("0.0.0.0:")) > 0
    assert cli("port", box, "80", check=True).stdout.decode().strip() == chosen["80/tcp"]
    assert cli("port", box, "53/udp", check=True).stdout.decode().splitlines()[0] == chosen["53/udp"]
    done = cli("port", box, "81")
    assert (done.returncode, b"no public port 81 published" in done.stderr) == (125, True)
    cli("stop", "-t", "0", box, check=True)
    assert cli("port", box, check=True).stdout == b""
