"""A command line that came from another machine's hull: exact through any login shell, and reached by signals.

Words go as hexadecimal digits, NUL between them: no shell reads more into those. HULL_CALL in the environment of what
runs marks it for `signal`.
"""

import os
import signal as signals

from hull.errors import Missing, UserError

WORD, SIGNAL, MARK = "--argv", "--signal", "HULL_CALL"
SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@+,")
MOST = 120_000  # characters of a command: the kernel takes 128 KiB in one word, and sshd gives a shell one


def pack(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return words that mean the same to hull and nothing to a shell."""
    if all(word and SAFE.issuperset(word) for word in words):
        return words
    text = b"\0".join(map(os.fsencode, words)).hex()
    if len(text) > MOST:
        raise UserError("cannot send so long a command line by ssh", "put long values into a file, --env-file say")
    return (WORD, text)


def unpack(text: str) -> list[str]:
    """Return the words of `pack`."""
    try:
        return [os.fsdecode(word) for word in bytes.fromhex(text).split(b"\0")]
    except ValueError:
        raise UserError(f"cannot read {WORD}: not hexadecimal", "another hull writes it") from None


def signal(call: str, name: str) -> None:
    """Send a signal to what runs for a call: the first of its processes, which passes it on as it would its own."""
    marked = f"{MARK}={call}".encode()
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                mine = marked in file.read().split(b"\0")
            with open(f"/proc/{pid}/stat", "rb") as file:
                parent = int(file.read().rpartition(b")")[2].split()[1])
        except OSError:
            continue
        if mine and int(pid) != os.getpid():
            found[int(pid)] = parent
    first = next((pid for pid, parent in found.items() if parent not in found), None)
    if first is None:
        raise Missing(f"nothing runs for the call {call}", "it has ended")
    os.kill(first, getattr(signals.Signals, name))
