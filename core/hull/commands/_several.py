"""A verb of several names: a failure of one does not keep the others from being done."""

from collections.abc import Callable, Iterable

from hull.engine import Engine
from hull.errors import HullError, Several
from hull.light import Any

MOST = 50  # at the same time, where they are mostly waited for


def each(
    names: Iterable[Any], act: Callable[[Any], Any], *, together: Engine | None = None, flat: bool = False
) -> list[Any]:
    """Return what `act` returned for each, in their order; with `together`, their engine, all are done side by side.

    With `flat`, `act` returns a list, and what they hold is returned.

    Of several, Several is raised at the end where any failed; one alone raises what it raised.
    """
    asked = list(names)
    if together is not None and len(asked) > 1:
        found = _together(asked, act, together)
    else:
        found = [_attempt(act, name) for name in asked]
    errors = [result for result in found if isinstance(result, HullError)]
    if len(asked) == 1 and errors:
        raise errors[0]
    done = [result for result in found if not isinstance(result, HullError)]
    if flat:
        done = [item for items in done for item in items]
    if errors:
        raise Several(done, errors)
    return done


def _attempt(act: Callable[[Any], Any], name: Any) -> Any:
    try:
        return act(name)
    except HullError as error:
        return error


def _together(asked: list[Any], act: Callable[[Any], Any], engine: Engine) -> list[Any]:
    """Do all by a few threads that nobody waits for where an interrupt ends the wait.

    A fault, which is no HullError, is raised once the others have been done.
    """
    import threading

    _ = engine.containers, engine.history  # made once, for all of them
    found: list[Any] = [None] * len(asked)
    faults: list[BaseException] = []
    left = iter(list(enumerate(asked)))

    def work() -> None:
        for place, name in left:  # a list's iterator gives each item to one thread
            try:
                found[place] = _attempt(act, name)
            except BaseException as fault:  # noqa: BLE001 (raised again, where somebody sees it)
                faults.append(fault)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(MOST, len(asked)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return found
