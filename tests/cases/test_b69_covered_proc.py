"""B69: where the host's /proc is partly covered a new one is refused: ours is bound, with one warning."""

import subprocess

import pytest

from tests.commandline import CommandLine

COVER = 'mount -t tmpfs none /proc/irq && exec "$@"'


@pytest.mark.as_root
@pytest.mark.needs("root")
def test_b69_falls_back_or_refuses(cli: CommandLine) -> None:
    argv = cli.argv("run", "--rm", "--network", "none", "busybox", "sh", "-c", "ps; test -r /proc/self/status")
    view = ["unshare", "--mount", "--propagation", "private", "sh", "-c", COVER, "sh"]
    done = subprocess.run([*view, *argv], env=cli.env(), capture_output=True, timeout=60, check=False)
    if done.returncode == 0:
        assert len(done.stderr.splitlines()) == 1
        assert b"/proc" in done.stderr
    else:
        assert done.returncode == 125
        assert b"/proc" in done.stderr
