"""A kernel that loaded hull, driven as a front end drives it: cells go in, messages come back."""

import os
import queue
import sys
import time

import pytest

from tests.commandline import CommandLine
from tests.fronts.terminal import HERE

manager = pytest.importorskip("jupyter_client.manager", reason="jupyter_client is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")


def environment(cli: CommandLine, base: str) -> dict[str, str]:
    """Return a kernel's environment: own home, hull of this tree and its store."""
    return cli.env(
        HOME=base,
        PYTHONPATH=os.pathsep.join((f"{HERE}/core", HERE)),
        IPYTHONDIR=f"{base}/ipython",
        JUPYTER_RUNTIME_DIR=f"{base}/runtime",
        JUPYTER_PATH=os.path.join(sys.prefix, "share", "jupyter"),
    )


class Notebook:
    """A kernel that loaded hull; `run` returns the messages of one cell."""

    def __init__(self, env: dict[str, str]) -> None:
        self.manager, self.client = manager.start_new_kernel(kernel_name="python3", env=env)
        self.run("%load_ext hull")

    def send(self, source):
        return self.client.execute(source, allow_stdin=False)

    def messages(self, ident, seconds=30):
        """Yield this cell's outputs until it is idle."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                message = self.client.get_iopub_msg(timeout=1)
            except queue.Empty:
                continue
            if message["parent_header"].get("msg_id") != ident:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return
            yield message
        raise AssertionError("the cell did not end")

    def run(self, source):
        return list(self.messages(self.send(source)))

    def until(self, messages, word, stream="stdout"):
        """Take messages until their text holds a word; return the text."""
        seen = ""
        while word not in seen:
            seen += text([next(messages)], stream)
        return seen

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def text(messages, stream="stdout"):
    return "".join(
        m["content"]["text"] for m in messages if m["msg_type"] == "stream" and m["content"]["name"] == stream
    )


def failure(messages):
    found = [m["content"] for m in messages if m["msg_type"] == "error"]
    return (found[0]["ename"], "\n".join(found[0]["traceback"])) if found else ("", "")
