"""B48: without a terminal nothing ever asks; -t still runs."""

from tests.commandline import CommandLine


def test_b48_tty_without_a_terminal_still_runs(cli: CommandLine) -> None:
    done = cli("run", "-t", "--rm", "--network", "none", "busybox", "sh", "-c", "test -t 1 && echo ran")
    assert done.returncode == 0
    assert done.stdout.split() == [b"ran"]
    assert len(done.stderr.splitlines()) <= 1


def test_b48_an_unknown_image_asks_nothing(cli: CommandLine) -> None:
    done = cli("run", "--pull", "never", "--rm", "no-such-image", "true", start_new_session=True)
    assert done.returncode == 125
    assert done.stdout == b""
    assert b"no-such-image" in done.stderr
