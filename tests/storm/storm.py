"""The storm: many detached containers, many hands at random, kills at random; afterwards everything must agree.

`python -m tests.storm.storm SECONDS SEED` runs it over a store of its own and prints what it did and what it found.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tests.busybox import rootfs
from tests.commandline import CommandLine, remove_tree
from tests.leaks import left, new
from tests.storm import audit

CONTAINERS = int(os.environ.get("STORM_CONTAINERS", "200"))
AT_ONCE = 20
HANDS = 8
POLICIES = ("no", "no", "no", "on-failure:3", "always", "unless-stopped")
WRITER = 'i=0; trap "exit 0" TERM; while :; do i=$((i+1)); echo "line $i of $HOSTNAME"; sleep 0.7 & wait; done'
VERBS = ("stop", "kill", "rm", "exec", "logs", "start", "run", "ps", "inspect")
SLAYS = ("slay monitor", "slay hull", "slay shell")
WEIGHTS = (3, 3, 3, 3, 4, 4, 4, 2, 2, 2, 3, 2)


class Storm:
    """One storm over one store; `mark` is in the environment of every program inside."""

    def __init__(self, cli: CommandLine, seconds: float, seed: int) -> None:
        self.cli = cli
        self.seconds = seconds
        self.seed = seed
        self.mark = f"STORM={uuid.uuid4().hex}"
        self.names = [f"storm-{number}" for number in range(CONTAINERS)]
        self.done: Counter[str] = Counter()

    def begin(self) -> None:
        """Start every container, twenty at a time; each must stand."""
        dice = random.Random(self.seed)
        policies = [dice.choice(POLICIES) for _ in self.names]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for failed in pool.map(self.start, self.names, policies):
                if failed:
                    raise AssertionError(f"the storm's containers do not start: {failed}")

    def start(self, name: str, policy: str = "no") -> str:
        """Run one container detached; return what went wrong."""
        words = ("run", "-d", "--network", "none", "--name", name, "--restart", policy, "-e", self.mark, "busybox")
        done = self.cli(*words, "sh", "-c", WRITER)
        return "" if done.returncode == 0 else done.stderr.decode()

    def rage(self) -> None:
        """Let eight processes at the containers for so many seconds."""
        hands = []
        for number in range(HANDS):
            argv = [sys.executable, "-m", "tests.storm.hand", self.cli.root, self.mark, str(self.seconds)]
            words = [str(self.seed * HANDS + number), *self.names]
            hands.append(subprocess.Popen([*argv, *words], stdout=subprocess.PIPE, text=True))
        for hand in hands:
            out, _ = hand.communicate(timeout=self.seconds + 120)
            if hand.returncode:
                raise AssertionError(f"a hand of the storm broke: exit {hand.returncode}\n{out}")
            self.done.update({what: int(count) for what, count in (line.rsplit(" ", 1) for line in out.splitlines())})

    def settle(self) -> list[str]:
        """Compare what `ps -a`, the store and /proc say; return every disagreement."""
        return [*audit.agreement(self.cli, self.mark), *audit.sequences(self.cli)]

    def end(self) -> list[str]:
        """Remove everything; return what is left."""
        rows = [row["id"] for row in audit.containers(self.cli)]
        for first in range(0, len(rows), AT_ONCE):
            done = self.cli("rm", "-f", "-v", *rows[first : first + AT_ONCE], timeout=120)
            if done.returncode:
                return [f"rm -f: {done.stderr.decode()}"]
        return list(audit.leftovers(self.cli, self.mark))


@contextlib.contextmanager
def store() -> Iterator[CommandLine]:
    """Give a store with busybox in it."""
    base = tempfile.mkdtemp(prefix="hull-")
    os.chmod(base, 0o711 if os.geteuid() == 0 else 0o700)
    cli = CommandLine(f"{base}/s")
    cli("import", "--change", 'CMD ["sh"]', "-", "busybox", input=rootfs(), check=True)
    cli("run", "--rm", "--network", "none", "busybox", "true", check=True)  # what every store has from its first start
    try:
        yield cli
    finally:
        remove_tree(base)


def main(seconds: float, seed: int) -> int:
    """Run one storm and tell."""
    with store() as cli:
        before = left(cli.root)
        storm = Storm(cli, seconds, seed)
        begun = time.monotonic()
        storm.begin()
        print(f"{CONTAINERS} containers stand after {time.monotonic() - begun:.1f} s; seed {seed}", flush=True)
        storm.rage()
        print("done:", ", ".join(f"{count} {what}" for what, count in storm.done.most_common()), flush=True)
        wrong = storm.settle() + storm.end()
        wrong += [f"left: {what} {sorted(found)}" for what, found in new(cli.root, before).items()]
        print("\n".join(wrong) or "ps -a, the store and /proc agree; nothing is left", flush=True)
    return len(wrong) > 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2])))
