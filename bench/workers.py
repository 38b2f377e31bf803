"""A process that is already warm (Python, xonsh, IPython) and runs one container, or one bubblewrap, when asked."""

import os
import subprocess
import sys
from types import TracebackType
from typing import Self

REQUESTS = "BENCH_REQUESTS"
ANSWERS = "BENCH_ANSWERS"
HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.dirname(sys.executable)


class Worker:
    """The parent's side: `ask(word)` returns the seconds that the worker measured for it."""

    def __init__(self, argv: list[str], env: dict[str, str]) -> None:
        requests, self._to = os.pipe()
        self._from, answers = os.pipe()
        env = {**env, REQUESTS: str(requests), ANSWERS: str(answers), "PYTHONPATH": os.path.dirname(HERE)}
        self._process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, pass_fds=(requests, answers))
        os.close(requests)
        os.close(answers)
        self._answers = os.fdopen(self._from, "r")
        if self._answers.readline() != "ready\n":
            raise RuntimeError(f"{' '.join(argv)}: not ready (exit {self._process.wait()})")

    def ask(self, word: str) -> float:
        """Have it run once; seconds."""
        os.write(self._to, f"{word}\n".encode())
        answer = self._answers.readline()
        if not answer:
            raise RuntimeError(f"the worker ended with {self._process.wait()}")
        return float(answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._to)
        self._answers.close()
        self._process.wait(30)


class Serving:
    """The worker's side: iterate over the words, answer each."""

    def __init__(self) -> None:
        requests, self._answers = int(os.environ[REQUESTS]), int(os.environ[ANSWERS])
        for fd in (requests, self._answers):
            os.set_inheritable(fd, False)
        self._requests = os.fdopen(requests, "r")

    def __iter__(self) -> "Serving":
        os.write(self._answers, b"ready\n")
        return self

    def __next__(self) -> str:
        word = self._requests.readline().strip()
        if not word:
            raise StopIteration
        return word

    def answer(self, seconds: float) -> None:
        """Send what was measured."""
        os.write(self._answers, f"{seconds!r}\n".encode())


def python(env: dict[str, str], gibibytes: int = 0) -> Worker:
    """Start a Python that has loaded hull, with so much memory in use."""
    return Worker([sys.executable, f"{HERE}/in_python.py", str(gibibytes)], env)


def xonsh(env: dict[str, str]) -> Worker:
    """Start a xonsh that has loaded hull."""
    return Worker([sys.executable, "-m", "xonsh", "--no-rc", f"{HERE}/in_xonsh.xsh"], env)


def ipython(env: dict[str, str]) -> Worker:
    """Start an IPython that has loaded hull."""
    return Worker([sys.executable, "-m", "IPython", "--no-banner", "--quick", f"{HERE}/in_ipython.py"], env)
