"""hull try: a program on this machine's own files, copy-on-write."""  # noqa: N999 (the verb is spelt as the user types it)

from hull.commands import _start, _trial_asked, _trial_making
from hull.commands import rm as rm_
from hull.commands._container import discard
from hull.commands._verb import Flag, Word, takes
from hull.engine import Engine
from hull.errors import UserError
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
    in_: Annotated[str, Flag("go on in a try that is there", metavar="NAME", complete="try", long="in")] = "",
    on: Annotated[str, Flag("a new try on what another has changed", metavar="TRY[@N]", complete="state")] = "",
    from_: Annotated[
        str,
        Flag(
            "begin with an image, or with another container's files",
            metavar="IMAGE|CONTAINER",
            complete="image",
            long="from",
        ),
    ] = "",
    detach: Annotated[bool, Flag("leave it to a monitor, print its id", "d")] = False,
    plan: Annotated[bool, Flag("print the plan, start nothing")] = False,
    **flags: Any,
) -> Launch | list[Any]:
    """Run a program on this machine's own files; what it changes is yours to look at, to keep or to drop."""
    _trial_asked.refuse_inside()
    asked = _trial_asked.asked(command, **flags)
    if asked.trial.profile == "list" or "list" in asked.trial.allow:
        from hull.commands import _trial_box

        return _trial_box.listed(engine, asked.trial)
    if detach and asked.keep:
        raise UserError("cannot use --keep together with --detach: nobody could be asked", "hull keep, at its end")
    rm_.sweep(engine)
    if in_:
        if on or from_:
            raise UserError(
                "cannot go on in a try with --on or --from: it stands on what it stands on", "leave out one"
            )
        from hull.commands import _trial_again

        return _trial_again.go_on(engine, in_, asked, detach=detach, plan=plan)
    row = _trial_making.made(engine, asked, on, from_)
    try:
        steps = _start.plan_of(engine, row, Detached() if detach else None)
        steps += _trial_asked.ending(engine, row, asked, detached=detach)
    except BaseException:
        discard(engine, row)
        raise
    if plan:
        discard(engine, row)
        return ops.describe(steps)
    return _trial_making.begun(engine, row, asked, steps, detach=detach)
