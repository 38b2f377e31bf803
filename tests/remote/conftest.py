"""A client's own store, empty, and the suite's store as another engine: behind a server, and behind ssh."""

import os
import tempfile
from collections.abc import Iterator

import pytest

from tests.api.serving import Server
from tests.capabilities import missing
from tests.commandline import CommandLine, remove_tree
from tests.remote.hosts import FarHost


@pytest.fixture(scope="module")
def near() -> Iterator[CommandLine]:
    """Give the `hull` command over a store with nothing in it, no context chosen."""
    base = tempfile.mkdtemp(prefix="near-")
    os.chmod(base, 0o711 if os.geteuid() == 0 else 0o700)
    yield CommandLine(f"{base}/s")
    remove_tree(base)


@pytest.fixture(scope="module")
def far(near: CommandLine, cli: CommandLine) -> Iterator[Server]:
    """Give a server of the suite's store; the context `far` of `near` leads there."""
    made = Server(cli)
    near("context", "create", "far", made.url, check=True)
    yield made
    made.close()


@pytest.fixture(scope="module")
def host(near: CommandLine, cli: CommandLine, far: Server) -> Iterator[FarHost]:
    """Give a host whose hull has the suite's store; the context `box` of `near` leads there by ssh."""
    for name in ("program:ssh", "program:sshd"):
        if missing(name):
            pytest.skip(f"needs {name}: {missing(name)}")
    made = FarHost(cli.root, far.url)
    near("context", "create", "box", made.address(), check=True)
    yield made
    made.close(near)
