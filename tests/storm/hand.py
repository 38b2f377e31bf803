"""One hand of the storm: a process that does random things to the containers until its time is over."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

from tests.commandline import CommandLine
from tests.storm import audit
from tests.storm.storm import POLICIES, SLAYS, VERBS, WEIGHTS, WRITER

# What a verb may answer in a storm: it did, or it says that another hand was quicker. Nothing else.
ALLOWED = {0, 1, 125, 126, 127, 137, 143}
NEVER = (b"Traceback", b"please report", b"Error:", b"database is locked")


class Hand:
    """Does one random thing after the other."""

    def __init__(self, cli: CommandLine, mark: str, seed: int, names: list[str]) -> None:
        self.cli, self.mark, self.names = cli, mark, names
        self.dice = random.Random(seed)
        self.done: Counter[str] = Counter()

    def act(self) -> None:
        """Do one thing."""
        what = self.dice.choices(VERBS + SLAYS, WEIGHTS)[0]
        getattr(self, what.replace(" ", "_"))(self.dice.choice(self.names))
        self.done[what] += 1

    def hull(self, *words: str) -> None:
        """Run a verb to its end: it answers in time, and never with a traceback."""
        done = self.cli(*words, timeout=60)
        if done.returncode not in ALLOWED or any(word in done.stderr for word in NEVER):
            raise AssertionError(f"hull {' '.join(words)}: exit {done.returncode}\n{done.stderr.decode()}")

    def stop(self, name: str) -> None:
        self.hull("stop", "-t", "1", name)

    def kill(self, name: str) -> None:
        self.hull("kill", "-s", self.dice.choice(("KILL", "TERM", "USR1")), name)

    def rm(self, name: str) -> None:
        self.hull("rm", "-f", name)

    def exec(self, name: str) -> None:
        self.hull("exec", name, "sh", "-c", "echo here")

    def logs(self, name: str) -> None:
        self.hull("logs", "--tail", "20", name)

    def start(self, name: str) -> None:
        self.hull("start", name)

    def run(self, name: str) -> None:
        self.hull(*self._run(name))

    def _run(self, name: str) -> tuple[str, ...]:
        policy = self.dice.choice(POLICIES)
        words = ("run", "-d", "--network", "none", "--name", name, "--restart", policy, "-e", self.mark, "busybox")
        return (*words, "sh", "-c", WRITER)

    def ps(self, _name: str) -> None:
        self.hull("ps", *self.dice.choice(((), ("-a",))))

    def inspect(self, name: str) -> None:
        self.hull("inspect", name)

    def slay_monitor(self, _name: str) -> None:
        """SIGKILL one of hull's own processes of this store, whatever it is to its container."""
        ours = audit.processes(self.cli.root)
        if ours:
            _end(self.dice.choice(ours))

    def slay_hull(self, name: str) -> None:
        """SIGKILL a hull command in the middle of its work."""
        verb = self.dice.choice((("stop", name), ("start", name), ("rm", "-f", name), self._run(name), ("logs", name)))
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with self.cli.popen(*verb, **streams) as process:
            time.sleep(self.dice.uniform(0, 0.25))
            process.kill()

    def slay_shell(self, _name: str) -> None:
        """SIGKILL the shell of a foreground container."""
        words = ("run", "--rm", "--network", "none", "-e", self.mark, "busybox", "sleep", "5")
        line = " ".join(f"'{word}'" for word in self.cli.argv(*words))
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(["/bin/sh", "-c", f"{line}; :"], env=self.cli.env(), **streams) as shell:
            time.sleep(self.dice.uniform(0, 0.4))
            shell.kill()


def _end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def main(root: str, mark: str, seconds: str, seed: str, *names: str) -> None:
    """Act until the time is over, then tell what was done, a line each."""
    hand = Hand(CommandLine(root), mark, int(seed), list(names))
    until = time.monotonic() + float(seconds)
    while time.monotonic() < until:
        hand.act()
    for what, count in hand.done.items():
        print(what, count)


if __name__ == "__main__":
    main(*sys.argv[1:])
