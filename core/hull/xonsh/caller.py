"""The shell's variables, as a command would see them."""

import contextlib
import os
from collections.abc import Iterator, Mapping


@contextlib.contextmanager
def caller(environ: Mapping[str, str]) -> Iterator[None]:
    """Let hull see the shell's variables as a command would: xonsh keeps them to itself."""
    saved = dict(os.environ)
    _become(environ)
    try:
        yield
    finally:
        _become(saved)


def _become(environ: Mapping[str, str]) -> None:
    """Make this process's variables these. Only what differs is set: each is a call of the C library."""
    now = dict(os.environ)
    for name in now.keys() - environ.keys():
        del os.environ[name]
    for name, value in environ.items():
        if now.get(name) != value:
            os.environ[name] = value
