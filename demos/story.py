"""What hull does, told by running it: `make demo`, as root or as an ordinary user. It cleans up after itself."""

import contextlib
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from typing import IO, NamedTuple

from demos.debian import Debian, find_debian
from tests.commandline import CommandLine, remove_tree

BIN = os.path.dirname(sys.executable)
MEGABYTES = 100
MOTD = "/etc/motd"


class StepError(Exception):
    """A step did not do what the story says."""


class Stage(NamedTuple):
    """What every step gets: the command over a private store, and the Debian image."""

    hull: CommandLine
    debian: Debian


Clear = Callable[[Stage], None] | None


def main() -> int:
    who = "root" if os.geteuid() == 0 else "an ordinary user"
    say(f"hull on {platform.freedesktop_os_release().get('PRETTY_NAME', platform.system())}, as {who}")
    steps: tuple[Callable[[Stage], None], ...] = (doctor, machine, pull, pipe, xonsh, ipython, nothing_left)

    def told(stage: Stage) -> None:
        for step in steps:
            step(stage)

    return perform("demo", find_debian, told)


def perform(
    name: str, debian: Callable[[contextlib.ExitStack], Debian], play: Callable[[Stage], None], clear: Clear = None
) -> int:
    """Play over a store of its own that is gone at the end, with the images of `debian`; return the exit code."""
    with contextlib.ExitStack() as stack:
        base = tempfile.mkdtemp(prefix=f"hull-{name}-", dir="/var/tmp")
        stack.callback(remove_tree, base)
        if os.geteuid() == 0:
            os.chmod(base, 0o711)
        try:
            stage = Stage(CommandLine(f"{base}/store"), debian(stack))
            if clear is not None:
                stack.callback(clear, stage)
            play(stage)
        except (StepError, AssertionError, subprocess.TimeoutExpired) as failure:
            print(f"\nThe {name} stopped: {failure}", file=sys.stderr)
            return 1
    say(f"Done. Everything the {name} made is gone again.")
    return 0


def doctor(stage: Stage) -> None:
    """Print what this machine can do."""
    say("1. What this machine can do")
    show(stage, "doctor", judge=False)


def machine(stage: Stage) -> None:
    """Change a file of this very machine inside, and see it unchanged outside."""
    say("2. This machine itself, copy-on-write: change /etc/motd inside, look at it outside")
    before = digest(MOTD)
    inside = show(stage, "run", "--rm", "host", "sh", "-c", f"echo changed by hull >> {MOTD} && tail -n 1 {MOTD}")
    expect(b"changed by hull" in inside, f"{MOTD} did not change inside")
    expect(digest(MOTD) == before, f"{MOTD} changed outside")
    print(f"outside, {MOTD} is what it was: sha256 {before[:16]}…")


def pull(stage: Stage) -> None:
    """Pull a Debian image from a registry and run it."""
    say(f"3. A Debian image from {stage.debian.source}")
    show(stage, "pull", stage.debian.reference)
    show(stage, "images")
    told = show(stage, "run", "--rm", stage.debian.reference, "cat", "/etc/os-release")
    expect(b"Debian" in told, "the image does not say that it is Debian")


def pipe(stage: Stage) -> None:
    """Send random bytes through a container and compare checksums."""
    say(f"4. {MEGABYTES} MB through a pipe: head -c … /dev/urandom | hull run -i … cat | sha256sum")
    sent, received = hashlib.sha256(), hashlib.sha256()
    begun = time.perf_counter()
    argv = ("run", "-i", "--rm", "--network", "none", stage.debian.reference, "cat")
    with stage.hull.popen(*argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        feeder = _feed(process.stdin, sent)
        while chunk := process.stdout.read1(1 << 20):
            received.update(chunk)
        feeder.join(60)
    print(f"in   {sent.hexdigest()}\nout  {received.hexdigest()}   {time.perf_counter() - begun:.1f} s")
    expect(process.returncode == 0, f"cat ended with {process.returncode}")
    expect(sent.digest() == received.digest(), "the checksums differ")


def xonsh(stage: Stage) -> None:
    """Repeat a run inside xonsh."""
    image = stage.debian.reference
    say("5. The same inside xonsh: captured, by exit status, in a pipeline")
    code = f"""xontrib load hull
print('captured:', $(hull run --rm --network none {image} cat /etc/debian_version).strip())
status = !(hull run --rm --network none {image} sh -c 'exit 3').rtn
print('exit status:', status)
echo 'piped through a container' | hull run -i --rm --network none {image} tr a-z A-Z
"""
    told = shell(stage, [f"{BIN}/xonsh", "--no-rc", "-c", code])
    for words in (b"captured: ", b"PIPED THROUGH A CONTAINER", b"exit status: 3"):
        expect(words in told, f"xonsh did not print {words.decode()!r}")


def ipython(stage: Stage) -> None:
    """Repeat a run inside IPython."""
    image = stage.debian.reference
    say("6. The same inside IPython: a line magic, and a cell that runs in the image")
    code = f"""ip = get_ipython()
ip.run_line_magic('load_ext', 'hull')
ip.run_line_magic('hull', 'run --rm --network none {image} cat /etc/debian_version')
ip.run_cell_magic('hull', '{image}', 'echo a cell, run by $(readlink -f /bin/sh) as $(id -un)\\n')
"""
    told = shell(stage, [f"{BIN}/ipython", "--no-banner", "--colors=NoColor", "--quick", "-c", code])
    expect(b"a cell, run by" in told, "IPython did not print the cell's output")


def nothing_left(stage: Stage) -> None:
    """Show that no container is left and that the image can go."""
    say("7. What is left: nothing")
    left = show(stage, "ps", "-a", "-q")
    expect(not left.strip(), "a container was left behind")
    show(stage, "rmi", stage.debian.reference)


def say(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n=== {text}", flush=True)


def show(stage: Stage, *words: str, judge: bool = True) -> bytes:
    """Print the command and what it says; with `judge`, a failure ends the story."""
    print("$ hull " + " ".join(f"'{word}'" if " " in word else word for word in words), flush=True)
    done = stage.hull(*words, stderr=subprocess.STDOUT, timeout=600)
    print(done.stdout.decode(errors="replace"), end="", flush=True)
    expect(not judge or done.returncode == 0, f"`hull {words[0]}` ended with {done.returncode}")
    return done.stdout


def shell(stage: Stage, argv: list[str]) -> bytes:
    """Run another shell over the same store."""
    home = tempfile.mkdtemp(prefix="hull-home-")
    env = stage.hull.env(HOME=home, IPYTHONDIR=home, PATH=f"{BIN}:{os.environ['PATH']}")
    try:
        done = subprocess.run(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(done.stdout.decode(errors="replace"), end="", flush=True)
    expect(done.returncode == 0, f"{os.path.basename(argv[0])} ended with {done.returncode}")
    return done.stdout


def digest(path: str) -> str:
    if not os.path.exists(path):
        return "(there is none)"
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise StepError(otherwise)


def _feed(stream: IO[bytes], sent: "hashlib._Hash") -> threading.Thread:
    def run() -> None:
        with stream:
            for _ in range(MEGABYTES):
                block = os.urandom(1_000_000)
                sent.update(block)
                stream.write(block)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


if __name__ == "__main__":
    sys.exit(main())
