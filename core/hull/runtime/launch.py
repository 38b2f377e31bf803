"""From a plan to a process: become the launcher, or start it as a child. Nothing is forked from the caller."""

import os
from collections.abc import Sequence

from hull.errors import Bug, HostError
from hull.kernel.syscalls import sealed_memfd
from hull.light import TYPE_CHECKING, Any, NamedTuple, NoReturn
from hull.log import Event, Events, silent
from hull.model import Identity, IdMap
from hull.runtime import ops, sealed

if TYPE_CHECKING:
    from subprocess import Popen

    from hull.runtime.session import Session

PLAN_FD = "HULL_PLAN_FD"
TIED = "HULL_TIED"


class Launch(NamedTuple):
    """A prepared start. `words` are for people (argv of the launcher); `fds` must be inherited, same numbers.

    So must be `given`, which the launcher is to have alone: they are closed here once it has them.
    """

    plan: bytes
    words: tuple[str, ...]
    container: str = ""
    fds: tuple[int, ...] = ()
    given: tuple[int, ...] = ()


def program() -> str:
    """Return the launcher's path: inside the package, or where HULL_LAUNCHER says (a build with sanitizers)."""
    return os.environ.get("HULL_LAUNCHER") or os.path.join(os.path.dirname(__file__), "..", "bin", "hull-launch")


def memfd(plan: bytes) -> int:
    """Return a sealed, close-on-exec memfd that holds the plan: nobody can change it under the launcher."""
    return sealed_memfd("hull-plan", plan)


def become(launch: Launch) -> NoReturn:
    """Replace the calling process with the launcher: same pid, same descriptors."""
    fd = memfd(launch.plan)
    for inherited in (fd, *launch.fds, *launch.given):
        os.set_inheritable(inherited, True)
    try:
        image = _image()
        os.execve(program() if image < 0 else image, list(launch.words), {**os.environ, PLAN_FD: str(fd)})  # noqa: S606
    except OSError as error:
        raise _missing(error) from None


def spawn(launch: Launch, **options: Any) -> "Popen[bytes]":
    """Start the launcher as a child; `options` are Popen's, and `popen`, a class to use in its place.

    Python uses vfork unless told to run code before the exec: the caller's size is no cost.
    """
    fd = memfd(launch.plan)
    options["env"] = {**(options.get("env") or os.environ), PLAN_FD: str(fd)}
    options["pass_fds"] = (fd, *launch.fds, *launch.given, *options.get("pass_fds", ()))
    try:
        return as_launcher(launch.words, **options)
    finally:
        for mine in (fd, *launch.given):
            os.close(mine)


def tied() -> dict[str, str]:
    """Return this process's environment for a launcher that must not outlive the calling thread."""
    return {**os.environ, TIED: str(os.getpid())}


def as_launcher(words: Sequence[str], **options: Any) -> "Popen[bytes]":
    """Start the launcher's file with these words as its argv; `options` as spawn takes them."""
    import subprocess

    popen = options.pop("popen", subprocess.Popen)
    try:
        image = _image()
    except OSError as error:
        raise _missing(error) from None
    path = program() if image < 0 else f"/proc/self/fd/{image}"
    options["pass_fds"] = (*((image,) if image >= 0 else ()), *options.get("pass_fds", ()))
    try:
        child: subprocess.Popen[bytes] = popen(list(words), executable=path, **options)
    except OSError as error:
        raise _missing(error) from None
    finally:
        if image >= 0:
            os.close(image)
    return child


def start(launch: Launch, events: Events = silent) -> None:
    """Start a detached launch and return once its program runs. HullError with the launcher's line and code if not."""
    from subprocess import DEVNULL, PIPE

    child = spawn(launch, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE)
    told = child.communicate()[1].decode(errors="replace")
    lines = [line.removeprefix("hull: ") for line in told.splitlines()]
    warnings = [line.removeprefix("warning: ") for line in lines if line.startswith("warning: ")]
    for text in warnings:
        events(Event("warning", launch.container, text))
    if child.returncode == 0:
        return
    first, *rest = [line for line in lines if not line.startswith("warning: ")] or ["cannot start: nothing was said"]
    error = HostError(first, "\n".join(rest))
    error.exit_code = child.returncode if child.returncode > 0 else 128 - child.returncode
    raise error


def _image() -> int:
    """Return the descriptor of a sealed copy to execute, -1 for the launcher's own file."""
    return sealed.copy(program()) if sealed.owned(program()) and not sealed.by_path() else -1


def identity_ops(identity: Identity, session: "Session | None") -> list[ops.Op]:
    """Return the ops that make (or nest) a user namespace with this identity's maps."""
    plan: list[ops.Op] = []
    uids, gids = identity.uids, identity.gids
    kept = session is not None and session.holds(identity)
    if kept and session is not None:
        plan.append(("userns-join", session.path))
        uids, gids = nest(uids, session.identity.uids), nest(gids, session.identity.gids)
    plan.append(("userns-new",))
    plan += [("uid-map", str(i), str(o), str(n)) for i, o, n in uids]
    plan += [("gid-map", str(i), str(o), str(n)) for i, o, n in gids]
    if identity.helpers and not kept:
        plan.append(("map-helpers", *identity.helpers))
    elif identity.flavour == "single":
        plan.append(("setgroups-deny",))
    return plan


def nest(wanted: tuple[IdMap, ...], kept: tuple[IdMap, ...]) -> tuple[IdMap, ...]:
    """Translate a map whose outside ids are the host's into one whose outside ids are those inside `kept`.

    Every line lies within one extent of `kept`: the kernel refuses a line that spans two.
    """
    result = []
    for inside, outside, count in wanted:
        for base, host, length in kept:
            first, last = max(outside, host), min(outside + count, host + length)
            if first < last:
                result.append(IdMap(inside + first - outside, base + first - host, last - first))
    if sum(m.length for m in result) != sum(m.length for m in wanted):
        raise Bug(
            "a container's ids lie outside the kept namespace", "run `hull run --plan …` and report what it prints"
        )
    return tuple(sorted(result))


def confine(argv: list[str], identity: Identity, session: "Session | None" = None, **options: Any) -> "Popen[bytes]":
    """Start `argv` as root of a user namespace with `identity`'s maps; everything else stays the caller's.

    Root's confined programs reach this Python wherever it is.
    """
    environ = options.pop("env", None) or os.environ
    plan = identity_ops(identity, session)
    if os.geteuid() == 0:
        from hull.runtime import reach

        plan += reach.ops(reach.python())
    plan += [("env", f"{key}={value}") for key, value in environ.items() if key != PLAN_FD]
    plan += [("arg", word) for word in argv]
    fds = (session.fd,) if session is not None and session.holds(identity) else ()
    return spawn(Launch(ops.encode(plan), ("hull-confine", *argv), fds=fds), **options)


def _missing(error: OSError) -> HostError:
    return HostError(
        f"cannot run the launcher {program()}: {error.strerror}", "reinstall hull: pip install --force-reinstall hull"
    )
