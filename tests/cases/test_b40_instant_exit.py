"""B40: a program that ends at once beside a pipe that still writes is no error."""

from tests.commandline import CommandLine
from tests.repeat import times


def test_b40_true_always_ends_with_0(cli: CommandLine) -> None:
    rounds = times(60, 1000)
    ended = [
        cli("run", "-i", "--rm", "--network", "none", "busybox", "true", input=b"\n").returncode for _ in range(rounds)
    ]
    assert ended == [0] * rounds


def test_b40_a_writer_that_is_not_read_sees_a_broken_pipe(cli: CommandLine) -> None:
    done = cli("run", "-i", "--rm", "--network", "none", "busybox", "true", input=bytes(1 << 20))
    assert (done.returncode, done.stderr) == (0, b"")
