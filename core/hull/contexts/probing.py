"""Ask engines side by side whether they answer, in bounded time."""

import subprocess
import threading
from collections.abc import Callable, Iterable

from hull.contexts import ssh
from hull.contexts.client import Client
from hull.contexts.context import HULL, LOCAL, Context
from hull.errors import HostError, HullError
from hull.light import Any

PATIENCE = 5.0  # seconds that an engine may take to answer


def errors(contexts: Iterable[Context], runtime: str) -> dict[str, str]:
    """Return why each context does not answer, "" for one that does."""
    asked = {one.name: one for one in contexts}
    found = together(asked, lambda name: _ask(asked[name], runtime), PATIENCE)
    return {name: "" if error is None else error.message for name, (_, error) in found.items()}


def together(
    names: Iterable[str], ask: Callable[[str], Any], patience: float
) -> "dict[str, tuple[Any, HullError | None]]":
    """Return what `ask` returned or raised for each name; one that takes too long is an error and is left behind."""
    found: dict[str, tuple[Any, HullError | None]] = {}

    def work(name: str) -> None:
        try:
            found[name] = (ask(name), None)
        except HullError as error:
            found[name] = (None, error)
        except Exception as error:  # noqa: BLE001 (an engine may send anything; the others go on)
            found[name] = (None, HostError(f"cannot ask the context {name}: {type(error).__name__}: {error}"))

    import time

    threads = {name: threading.Thread(target=work, args=(name,), daemon=True) for name in names}
    end = time.monotonic() + patience
    for thread in threads.values():
        thread.start()
    for thread in threads.values():
        thread.join(max(0.0, end - time.monotonic()))
    late = HostError(f"no answer in {patience:g} seconds", "hull context ls tells which answer")
    return {name: found.get(name, (None, late)) for name in threads}


def _ask(context: Context, runtime: str) -> None:
    if context.fault:
        raise HostError(context.fault)
    if context.kind == LOCAL:
        return
    if context.kind != HULL:
        Client(context, runtime, PATIENCE).version()
        return
    address = context.address
    words = [*ssh.argv(address, runtime, "-T", *ssh.BATCH), address.path or "hull", "version"]
    null, pipe = subprocess.DEVNULL, subprocess.PIPE
    try:
        done = subprocess.run(words, stdin=null, stdout=null, stderr=pipe, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise HostError(f"no answer in {PATIENCE:g} seconds") from None
    except OSError as error:
        raise HostError(f"cannot start ssh: {error.strerror}") from None
    if done.returncode:
        raise ssh.failure(context.name, address, done.stderr.decode(errors="replace"))
