"""The shell's variables, as a command would see them."""

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def caller(environ: dict[str, str]) -> Iterator[None]:
    """Let hull see the shell's variables as a command would: xonsh keeps them to itself."""
    saved = dict(os.environ)
    os.environ.clear()
    os.environ.update(environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)
