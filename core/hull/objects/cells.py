"""A text that runs in a container with this process's values: `hull.cell(image, "y = x", in_={"x": 1}, out=["y"])`."""

import os
from collections.abc import Iterable, Mapping
from typing import Any, Unpack

from hull.commands.run import run as run_
from hull.errors import UserError
from hull.objects import values
from hull.objects.given import Asked
from hull.runtime.launch import Launch


def cell(
    image: Any,
    source: str,
    in_: Mapping[str, Any] | None = None,
    out: Iterable[str] = (),
    *,
    interpreter: Iterable[str] = ("python3",),
    trust: bool = False,
    **flags: Unpack[Asked],
) -> dict[str, Any]:
    """Run a text in a new container with these values as its variables; return the variables named `out`.

    Arrays travel through shared memory. What comes out is data, never code: what only a pickle can say needs `trust`,
    which lets the container run anything here. The container is gone afterwards; it writes to this process's streams.
    """
    from hull.values.exchange import Exchange

    place, words = values.word(image), tuple(interpreter)
    with Exchange(place, source, in_ or {}, out, trust=trust) as exchange:
        program, *rest = exchange.command(words)
        asked: dict[str, Any] = {"rm": True, "entrypoint": program, **flags}
        engine = values.engine()
        launch = run_(engine, place, tuple(rest), **values.flags(run_, asked))
        if not isinstance(launch, Launch):
            raise UserError(f"cannot run a cell in {place} detached")
        empty = os.open(os.devnull, os.O_RDONLY)
        try:
            stdin = exchange.stdin(empty)
        finally:
            os.close(empty)
        with stdin:
            process = engine.spawn(launch, stdin=stdin)
        with process:
            try:
                code = process.wait()
            except BaseException:
                process.terminate()  # the launcher takes it to the program and ends with it
                raise
        return exchange.collect(code)
