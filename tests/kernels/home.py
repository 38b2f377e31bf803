"""A person's home with Jupyter's places in it, and a kernel as jupyter_client starts it there."""

import contextlib
import os
import queue
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.commandline import CommandLine

HERE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATIENCE = 60


class Home:
    """`home(words…)` is hull in it; `env` what a Jupyter there needs."""

    def __init__(self, cli: CommandLine, path: str) -> None:
        self.cli = cli
        self.path = path
        self.kernels = f"{cli.root}/run/kernels"
        os.makedirs(f"{path}/runtime", 0o700)
        self._others = cli.containers()
        self.env = cli.env(
            HOME=path,
            PYTHONPATH=os.pathsep.join((f"{HERE}/core", HERE)),
            PATH=os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"])),
            IPYTHONDIR=f"{path}/ipython",
            JUPYTER_DATA_DIR=f"{path}/jupyter",
            JUPYTER_RUNTIME_DIR=f"{path}/runtime",
            JUPYTER_CONFIG_DIR=f"{path}/config",
            JUPYTER_PLATFORM_DIRS="0",
        )

    def __call__(self, *words: str, check: bool = True) -> str:
        """Run hull; return what it printed, or with `check` off its complaint."""
        done = self.cli(*words, env=self.env, check=check, timeout=180)
        return (done.stdout if check else done.stderr).decode()

    def containers(self, which: str = "-aq") -> list[str]:
        """Return the ids of the containers that were made here; `-q` those that run."""
        return sorted(self.cli.containers(which) - self._others)

    def sockets(self) -> list[str]:
        """Return the places of kernels' sockets there are."""
        return os.listdir(self.kernels) if os.path.isdir(self.kernels) else []

    @contextlib.contextmanager
    def started(self, kernel: str, folder: str, **options: Any) -> "Iterator[Running]":
        """Start a kernel as Jupyter does; it is shut down afterwards."""
        from jupyter_client.manager import KernelManager

        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.env.items():
                patch.setenv(name, value)
            manager = KernelManager(kernel_name=kernel, **options)
            manager.start_kernel(cwd=folder)
            running = Running(manager)
            try:
                running.client.wait_for_ready(timeout=PATIENCE)
                yield running
            finally:
                running.close()

    def close(self) -> None:
        """Take the kernels away."""
        for line in self("kernel", "ls", "--format", "{{.Name}}").split():
            self("kernel", "rm", line)


class Running:
    """A kernel that is ready, and its client."""

    def __init__(self, manager: Any) -> None:
        self.manager = manager
        self.client = manager.client()
        self.client.start_channels()

    @property
    def pid(self) -> int:
        """The process that Jupyter started."""
        return int(self.manager.provisioner.pid)

    def messages(self, code: str, **options: Any) -> list[dict[str, Any]]:
        """Run a cell to its end; return what it sent."""
        ident = self.client.execute(code, allow_stdin="stdin" in options)
        return list(self.outputs(ident, **options))

    def outputs(self, ident: str, stdin: str = "") -> Iterator[dict[str, Any]]:
        """Yield a cell's messages until it is idle; `stdin` answers what it asks."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if stdin and self.client.stdin_channel.msg_ready():
                self.client.stdin_channel.get_msg(timeout=0)
                self.client.input(stdin)
            with contextlib.suppress(queue.Empty):
                message = self.client.get_iopub_msg(timeout=0.2)
                if message["parent_header"].get("msg_id") != ident:
                    continue
                if message["content"].get("execution_state") == "idle":
                    return
                yield message
        raise AssertionError("the cell did not end")

    def printed(self, code: str, **options: Any) -> str:
        """Run a cell; return what it printed, or the name of its error."""
        return "".join(text(message) for message in self.messages(code, **options))

    def close(self) -> None:
        """Shut it down as Jupyter does."""
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel()


def text(message: dict[str, Any]) -> str:
    """Return what a message says, in short."""
    content = message["content"]
    return str(content.get("text") or content.get("ename") or content.get("data", {}).get("text/plain", ""))
