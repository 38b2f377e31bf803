"""The root of a container that shows this machine: its engine, its pieces, what is hidden, decided at each start."""

import os

from hull.commands import _trial
from hull.commands._container import HOST
from hull.engine import Engine
from hull.errors import HostError, UserError
from hull.light import TYPE_CHECKING, Any
from hull.model import Identity, Spec, Trial, id_inside
from hull.state.containers import Container
from hull.storage import overlay, trialmounts, trialplan, trialroot, trialupper
from hull.trials.decided import Decided, note, read

if TYPE_CHECKING:
    from hull.trials.box import Box

LONGEST = 4095  # bytes of a path that the kernel takes


def find(
    engine: Engine, row: Container, directory: str, image: overlay.Root | None
) -> tuple[overlay.Root, dict[str, Any]]:
    """Return the root of a try, or of `run host`, and what the site is told of it beside the usual.

    `image` is the root of a try from an image, None for this machine.
    """
    spec, identity = row.spec, engine.identity(row.spec.userns)
    box = None if spec.trial is None else _box(engine, row, directory)
    hidden = (os.path.realpath(engine.paths.data),) if box is None else tuple(one.path for one in box.hidden)
    if image is not None:
        root, decided = image, Decided("kernel", "it is an image")
    else:
        stack = _stack(engine, row, identity)
        if spec.trial is not None:
            _check_place(stack, spec.workdir or "/", hidden)
        root, decided = _host_root(engine, stack, spec, hidden)
    if box is None:
        return root, {"hidden": hidden}
    runtime = trialroot.RUNTIME if image is None else ()
    env = (f"{_trial.INSIDE}={row.name}", *box.env)
    note(directory, decided._replace(hidden=hidden, env=env), engine.db.as_json)
    told = {"mounts": box.mounts, "env": env, "umask": umask(), "files": _files(spec)}
    return root._replace(ops=(*root.ops, *runtime)), told


def _stack(engine: Engine, row: Container, identity: Identity) -> trialupper.Stack:
    from hull.state.snapshots import Snapshots

    frozen: tuple[str, ...] = ()
    if names := Snapshots(engine.db).stack(row.id).layers:
        from hull.storage import snapshots

        frozen = snapshots.stack(engine.paths, row.id, names).frozen[::-1]
    return trialupper.Stack(engine.paths.container(row.id), frozen, overlay.owner_of(identity))


def _host_root(
    engine: Engine, stack: trialupper.Stack, spec: Spec, hidden: tuple[str, ...]
) -> tuple[overlay.Root, Decided]:
    mounts = trialmounts.read()
    if stack.frozen:  # the kernel refuses an overlay of layers of which one lies below another
        mounts = (*mounts, trialmounts.Mounted(os.path.realpath(engine.paths.data), "store"))
    identity = engine.identity(spec.userns)
    name, why = _engine(spec.trial or Trial())
    left: tuple[str, ...] = ()
    if name == "kernel":
        layout = _layout(engine, mounts, hidden)
        ready = trialupper.prepare(stack, identity, layout.pieces)
        if ready.closed:
            raise HostError(
                f"cannot show {ready.closed[0]}: another id has closed what is above it in the try",
                "hull try --engine fuse … needs no directory of its own there",
            )
        base = trialroot.skeleton(stack, layout)
        root = overlay.Root((*trialroot.overlays(stack, base[:1], ready.pieces), *base[1:]))
        left = (*layout.binds, *layout.left)
    else:
        own = () if spec.trial is None else _own(spec.workdir or "/", mounts)  # of `run host` diff tells what is there
        ready = trialupper.prepare(stack, identity, own)
        if identity.flavour == "keep-id":  # the root directory is the upper's; its owner is inside who they are
            ready.others.setdefault(trialupper.on_disk(identity, os.stat("/")), []).append(stack.upper)
        root = trialroot.mirrored(stack, ready.pieces)
    _give_away(engine, ready.others)
    return root, Decided(name, why, ready.pieces, left=left)


def _own(place: str, mounts: tuple[trialmounts.Mounted, ...]) -> tuple[str, ...]:
    """Return the caller's own trees around home and `place`; root's are a stranger's on the host."""
    wanted = (os.environ.get("HOME", ""), place) if os.geteuid() else ()
    chains = [trialplan.chain(os.path.realpath(path)) for path in wanted if path.startswith("/")]
    return trialplan.outermost([trialplan.owned(chain, os.geteuid(), mounts) for chain in chains])


def _layout(engine: Engine, mounts: tuple[trialmounts.Mounted, ...], hidden: tuple[str, ...]) -> trialplan.Layout:
    from hull.commands import _trial_lowers

    layout = trialplan.whole(mounts, trialplan.Host(), hidden)
    _trial_lowers.check(engine, tuple(mount for mount in mounts if mount.path in layout.pieces))
    return layout


def _give_away(engine: Engine, others: dict[tuple[int, int], list[str]]) -> None:
    """Give upper directories away to these ids of the host, by a process that has them in its map."""
    identity = engine.identity()
    for (uid, gid), paths in others.items():
        inside = (
            f"{id_inside(identity.uids, uid) or 0}:{id_inside(identity.gids, gid) or 0}"  # who is not mapped is root
        )
        with engine.confine(["/bin/chown", "-h", inside, "--", *paths], stdout=-3, stderr=-3) as child:
            child.wait()  # one that cannot be given away is root's, which diff tells


def _check_place(stack: trialupper.Stack, place: str, hidden: tuple[str, ...]) -> None:
    """Raise UserError where a try cannot begin: no such directory inside, or one that is hidden."""
    if len(os.fsencode(place)) > LONGEST:
        raise UserError(
            f"cannot start in {place[:60]}…: its path has more than {LONGEST} bytes", "-w DIR chooses another"
        )
    real = os.path.realpath(place)
    if any(trialmounts.is_at_or_below(real, path) for path in hidden):
        raise UserError(f"cannot start in {place}: it is hidden inside", "-w DIR chooses another, --show shows it")
    own = trialmounts.is_below(real, "/run") and real not in ("/run/lock", "/run/user")
    if own or not trialupper.has_directory(stack, real):
        raise UserError(f"cannot start in {place}: there is no such directory inside", "-w DIR chooses another")


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


def entered(directory: str) -> dict[str, Any]:
    """Return what one more program in a running try is given: what its box sets, and the caller's umask."""
    decided = read(directory)
    return {"env": () if decided is None else decided.env, "umask": umask()}
