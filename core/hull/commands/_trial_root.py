"""The root of a container that shows this machine: its engine, its pieces, what is hidden, decided at each start."""

import os

from hull.commands._container import HOST
from hull.engine import Engine
from hull.errors import HostError
from hull.light import TYPE_CHECKING, Any, NamedTuple
from hull.model import Identity, Spec, Trial
from hull.state.containers import Container
from hull.storage import overlay, trialmounts, trialplan, trialroot

if TYPE_CHECKING:
    from hull.trials.box import Box

FILE = "trial"  # beside the upper directory: what the last start decided, one JSON object
HOST_ROOT = Trial()


class Decided(NamedTuple):
    """What a start decided. `why` says in words why this engine; `left` are paths that are not as on the host.

    `hidden` are paths that the try sees empty, `env` what its box sets.
    """

    engine: str
    why: str
    pieces: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    env: tuple[str, ...] = ()


def find(engine: Engine, row: Container, directory: str) -> tuple[overlay.Root, dict[str, Any]]:
    """Return the root of a try, or of `run host`, and what the site is told of it beside the usual."""
    spec, identity = row.spec, engine.identity(row.spec.userns)
    box = None if spec.trial is None else _box(engine, row, directory)
    hidden = (os.path.realpath(engine.paths.data),) if box is None else tuple(one.path for one in box.hidden)
    if spec.image != HOST:
        root, decided = overlay.image_root(directory, row.config), Decided("kernel", "it is an image")
    else:
        root, decided = _host_root(_stack(engine, row, identity), spec, identity, hidden)
    if box is None:
        return root, {"hidden": hidden}
    _note(directory, decided._replace(hidden=hidden, env=box.env))
    runtime = trialroot.RUNTIME if spec.image == HOST else ()
    told = {"mounts": box.mounts, "env": box.env, "umask": umask(), "files": _files(spec)}
    return root._replace(ops=(*root.ops, *runtime)), told


def _stack(engine: Engine, row: Container, identity: Identity) -> trialroot.Stack:
    from hull.state.snapshots import Snapshots
    from hull.storage import snapshots

    layers = snapshots.stack(engine.paths, row.id, Snapshots(engine.db).stack(row.id).layers)
    directory = engine.paths.container(row.id)
    return trialroot.Stack(directory, layers.frozen[::-1], overlay.owner_of(identity))


def _host_root(
    stack: trialroot.Stack, spec: Spec, identity: Identity, hidden: tuple[str, ...]
) -> tuple[overlay.Root, Decided]:
    mounts = trialmounts.read()
    name, why = _engine(spec.trial or HOST_ROOT)
    if name == "kernel":
        root, decided = _by_kernel(stack, mounts, hidden)
    else:
        root, decided = _by_fuse(stack, mounts, identity, spec.workdir or "/")
    return root, decided._replace(engine=name, why=why)


def _box(engine: Engine, row: Container, directory: str) -> "Box":
    """Close the try's box around this start."""
    from hull.commands import _trial_box
    from hull.runtime import idmaps

    uid, _ = idmaps.kept(row.spec.userns) or (0, 0)
    return _trial_box.closed(engine, row, directory, uid)


def umask() -> str:
    """Return the caller's umask, as a plan says it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return f"{mask:03o}"


def _files(spec: Spec) -> tuple[str, ...]:
    """Return the files of the container's own in /etc: of the host's, a try changes its copies."""
    if spec.image != HOST:
        return ("resolv.conf", "hostname", "hosts")
    return () if spec.network == "none" else ("resolv.conf",)


def _engine(asked: Trial) -> tuple[str, str]:
    """Return the engine and, in words, why it."""
    if asked.engine == "kernel":
        return "kernel", "it was asked for"
    openable = os.access("/dev/fuse", os.R_OK | os.W_OK)
    if asked.engine == "fuse" and not openable:
        raise HostError(
            "cannot try with the engine fuse: /dev/fuse cannot be opened",
            "ask root to run: chmod 666 /dev/fuse; --engine kernel does without, for files of your own",
        )
    return ("fuse", "/dev/fuse opens") if openable else ("kernel", "/dev/fuse cannot be opened")


def _by_fuse(
    stack: trialroot.Stack, mounts: tuple[trialmounts.Mounted, ...], identity: Identity, place: str
) -> tuple[overlay.Root, Decided]:
    """Return a mirror of the whole tree, and the caller's own trees as pieces: root's are a stranger's on the host."""
    wanted = (os.environ.get("HOME", ""), place) if os.geteuid() else ()
    chains = [trialplan.chain(os.path.realpath(path)) for path in wanted if path.startswith("/")]
    own = trialplan.outermost([trialplan.owned(chain, os.geteuid(), mounts) for chain in chains])
    root, pieces = trialroot.mirrored(stack, identity, own)
    trialroot.mirror_parents(stack, pieces)
    return root, Decided("fuse", "", pieces)


def _by_kernel(
    stack: trialroot.Stack, mounts: tuple[trialmounts.Mounted, ...], hidden: tuple[str, ...]
) -> tuple[overlay.Root, Decided]:
    layout = trialplan.whole(mounts, trialplan.Host(), hidden)
    base = trialroot.skeleton(stack, layout)
    plan, pieces = trialroot.overlays(stack, base[:1], layout.pieces)
    trialroot.mirror_parents(stack, pieces)
    return overlay.Root((*plan, *base[1:])), Decided("kernel", "", pieces, left=(*layout.binds, *layout.left))


def _note(directory: str, decided: Decided) -> None:
    import json

    with open(f"{directory}/{FILE}", "w", encoding="utf-8", errors="surrogateescape") as file:
        json.dump(decided._asdict(), file)


def read(directory: str) -> Decided | None:
    """Return what the last start decided; None where nothing started yet."""
    import json

    try:
        with open(f"{directory}/{FILE}", encoding="utf-8", errors="surrogateescape") as file:
            values = json.load(file)
    except (FileNotFoundError, ValueError):
        return None
    plain: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    return Decided(**plain)


def entered(directory: str) -> dict[str, Any]:
    """Return what one more program in a running try is given: what its box sets, and the caller's umask."""
    decided = read(directory)
    return {"env": () if decided is None else decided.env, "umask": umask()}


def check_place(place: str, directory: str) -> None:
    """Raise HostError where a try cannot begin: no such directory inside."""
    if not (os.path.isdir(place) or os.path.isdir(f"{directory}/upper{place}")):
        raise HostError(f"cannot start in {place}: there is no such directory", "-w DIR chooses another")
