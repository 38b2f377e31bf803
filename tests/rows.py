"""A store of containers that never ran: rows, directories and status files, for tests of what is told about them."""

import json
import os
import time
from typing import Any

from hull import present
from hull.commands._line import read
from hull.engine import Engine
from hull.model import Image, Spec
from hull.paths import Paths
from hull.state.processes import Process

LAYERS = ("/l/one", "/l/two")
BASE = Image("sha256:" + "a" * 64, "docker.io/library/debian:12", LAYERS[:1], command=("bash",), labels=("from=image",))
CHILD = Image(
    "sha256:" + "b" * 64, "docker.io/me/app:1", LAYERS, command=("app", "--serve"), ports=("80/tcp", "81/tcp")
)
OWN = Process.own()
CREATED = {"event": "created", "launcher": OWN.pid, "start": OWN.start, "time": 0}
UP = [CREATED, {"event": "ready", "pid": OWN.pid, "start": OWN.start}, {"event": "exec", "time": 0}]
EXIT = {"event": "exit", "code": 0, "oom": False, "time": 0}


class Store:
    """A store at `base`; `add` makes a container whose status file has these lines."""

    def __init__(self, base: str) -> None:
        self.engine = Engine(Paths(f"{base}/d", f"{base}/r", f"{base}/c"))
        self.ids: dict[str, str] = {}

    def add(self, name: str, lines: list[dict], image: Image = BASE, **spec) -> str:
        ident = os.urandom(32).hex()
        os.makedirs(f"{self.engine.paths.container(ident)}/upper")
        self.engine.containers.add(ident, Spec(image.reference, name=name, **spec), image)
        with open(f"{self.engine.paths.container(ident)}/status", "w", encoding="ascii") as file:
            file.writelines(json.dumps({**line, "time": time.time()}) + "\n" for line in lines)
        self.ids[name] = ident
        return ident

    def __call__(self, *words: str) -> Any:
        """Return the value of a verb."""
        return read([*words])(lambda: self.engine)

    def shown(self, *words: str) -> list[str]:
        """Return the lines a verb prints."""
        call = read([*words])
        return list(present.lines(call(lambda: self.engine), call.output, call.row))
