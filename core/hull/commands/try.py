"""hull try: a program on this machine's own files, copy-on-write."""  # noqa: N999 (the verb is spelt as the user types it)

from hull.commands import _start, _trial, _trial_again, _trial_asked
from hull.commands import rm as rm_
from hull.commands._container import discard, make
from hull.commands._verb import Flag, Word, takes
from hull.engine import Engine
from hull.light import Annotated, Any
from hull.runtime import ops
from hull.runtime.detached import Detached
from hull.runtime.launch import Launch

Many = tuple[str, ...]


@takes(_trial_asked.asked)
def try_(
    engine: Engine,
    command: Annotated[Many, Word("program and arguments; your shell if none", rest=True)] = (),
    *,
    in_: Annotated[str, Flag("go on in a try that is there", metavar="NAME", complete="container", long="in")] = "",
    detach: Annotated[bool, Flag("leave it to a monitor, print its id", "d")] = False,
    plan: Annotated[bool, Flag("print the plan, start nothing")] = False,
    **flags: Any,
) -> Launch | list[str]:
    """Run a program on this machine's own files; what it changes is yours to look at, to keep or to drop."""
    asked = _trial_asked.asked(command, **flags)
    rm_.sweep(engine)
    if in_:
        return _trial_again.go_on(engine, in_, asked, detach=detach, plan=plan)
    spec = _trial_asked.spec(engine, asked)
    row = make(engine, spec)
    try:
        steps = _start.plan_of(engine, row, Detached() if detach else None)
        steps += _trial_again.ending(row, asked, detached=detach)
    except BaseException:
        discard(engine, row)
        raise
    if plan:
        discard(engine, row)
        return ops.describe(steps)
    launch = _start.prepared(steps, ("hull", "try", *spec.command), row.id)
    _trial.remember(engine, row)
    if not detach:
        return launch
    _start.detach(engine, row, launch)
    return [row.id]
