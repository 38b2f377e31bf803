"""What keys asked for, done by the verbs: each in a thread of its own, because a stop takes as long as it takes."""

import threading
from collections.abc import Callable
from typing import Any

from hull.commands.kill import kill
from hull.commands.network import network
from hull.commands.pause import pause
from hull.commands.restart import restart
from hull.commands.rm import rm
from hull.commands.rmi import rmi
from hull.commands.start import start
from hull.commands.stop import stop
from hull.commands.unpause import unpause
from hull.commands.volume import volume
from hull.engine import Engine
from hull.errors import HullError
from hull.ui.state import Request

DOES: dict[str, Callable[[Engine, str], Any]] = {
    "stop": lambda engine, ident: stop(engine, (ident,)),
    "start": lambda engine, ident: start(engine, (ident,)),
    "restart": lambda engine, ident: restart(engine, (ident,)),
    "pause": lambda engine, ident: pause(engine, (ident,)),
    "unpause": lambda engine, ident: unpause(engine, (ident,)),
    "kill": lambda engine, ident: kill(engine, (ident,)),
    "rm": lambda engine, ident: rm(engine, (ident,)),
    "rm -f": lambda engine, ident: rm(engine, (ident,), force=True),
    "images rm": lambda engine, name: rmi(engine, (name,)),
    "networks rm": lambda engine, name: network(engine, "rm", (name,)),
    "volumes rm": lambda engine, name: volume(engine, "rm", (name,)),
}


def title(request: Request) -> str:
    """Return what is being done, for the last line."""
    return f"{request.verb.rpartition(' ')[2] if request.verb != 'rm -f' else 'rm -f'} {request.name}"


def begin(engine: Engine, request: Request, done: Callable[[str], None]) -> None:
    """Do it; `done` is called from another thread with the reason where it failed, with "" where not."""

    def work() -> None:
        try:
            DOES[request.verb](engine, request.ident)
        except HullError as error:
            done(f"{error.message} ({error.hint})" if error.hint else error.message)
        except Exception as fault:  # noqa: BLE001 (a thread's edge)
            done(f"this is a fault in hull: {type(fault).__name__}: {fault}")
        else:
            done("")
        finally:
            engine.close()

    threading.Thread(target=work, name=title(request), daemon=True).start()
