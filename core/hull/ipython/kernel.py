"""Containers in a notebook's kernel: output appears as it is written, an interrupt ends the whole tree."""

import codecs
import os
import selectors
import signal
import sys
from subprocess import TimeoutExpired

from hull.light import Any

CHUNK = 65536
ESCALATION = ((signal.SIGINT, 0.4), (signal.SIGTERM, 0.6), (signal.SIGKILL, 1.0))  # signal, seconds it gets


def follow(process: Any) -> int:
    """Copy a process's two pipes to sys.stdout and sys.stderr until it ends; return its exit code.

    It leads its own group: the kernel signals its own group, and a program must not be hit twice. A KeyboardInterrupt
    is passed on, then sharper signals follow, and it is raised again when everything has ended.
    """
    try:
        _copy(process)
        return int(process.wait())
    except BaseException:
        end(process)
        raise
    finally:
        process.stdout.close()
        process.stderr.close()


def end(process: Any) -> None:
    """End a process group within two seconds, gently at first."""
    for number, patience in ESCALATION:
        try:
            os.killpg(process.pid, number)
            process.wait(patience)
        except TimeoutExpired:
            continue
        except ProcessLookupError:
            pass
        break
    process.wait()


def _copy(process: Any) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")
    with selectors.DefaultSelector() as selector:
        for pipe, name in ((process.stdout, "stdout"), (process.stderr, "stderr")):
            selector.register(pipe, selectors.EVENT_READ, (name, decoder("replace")))
        while selector.get_map():
            for key, _ in selector.select():
                name, decode = key.data
                data = os.read(key.fd, CHUNK)
                stream = getattr(sys, name)
                stream.write(decode.decode(data, not data))
                stream.flush()
                if not data:
                    selector.unregister(key.fileobj)
