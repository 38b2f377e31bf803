"""`hull doctor`: try what a container needs, for real, and say what to do about what fails."""

import os
from collections.abc import Iterator

from hull.commands import _advisories, _fixes
from hull.engine import Engine
from hull.errors import HullError
from hull.light import NamedTuple

# Feature, what was tried, the state when it fails, the program whose installation is the fix.
EFFECTS = (
    ("proc-mount", "mount a proc of one's own", "warn", ""),
    ("overlay", "change and delete through an overlay in the store", "fail", ""),
    ("overlay-lowerdir-plus", "name layers to the overlay one by one", "warn", ""),
    ("fuse-overlay", "change and delete through fuse-overlayfs", "warn", "fuse-overlayfs"),
    ("link-up", "bring a link up in a network namespace", "fail", ""),
    ("tun", "make a tap device in a network namespace", "warn", ""),
    ("time-namespace", "make a time namespace", "warn", ""),
)
FIXES = {
    "proc-mount": "containers show the host's /proc, read-only: unmount what is mounted below /proc",
    "overlay": "set HULL_ROOT to a directory on ext4, xfs, btrfs or tmpfs; Linux 5.11 or later is needed",
    "overlay-lowerdir-plus": "images with very many layers need Linux 6.5 or later",
    "fuse-overlay": "the image `host` and --userns keep-id need it; as root: modprobe fuse; chmod 666 /dev/fuse",
    "tun": "networks need it; as root: modprobe tun; chmod 666 /dev/net/tun",
    "time-namespace": "nothing common needs it",
}
# What hull.network.abilities tries, what that is, the fix: networks do without.
ABILITIES = (
    ("bridge", "join containers by networks of their own", "as root: modprobe -a bridge veth"),
    ("egress", "filter what a container reaches", "--egress needs it; as root: modprobe -a nft_ct nft_reject_inet"),
)


class Row(NamedTuple):
    """One line: `state` is ok, warn or fail; `fix` is empty where nothing needs doing."""

    state: str
    check: str
    found: str
    fix: str = ""


class Report(NamedTuple):
    """Every line, in the order in which things depend on each other."""

    rows: tuple[Row, ...]

    @property
    def exit_code(self) -> int:
        """Return 1 where something fails, 0 where containers run, warnings or not."""
        return int(any(row.state == "fail" for row in self.rows))

    def __str__(self) -> str:
        return "\n".join(
            f"{row.state:<4}  {row.check}: {row.found}" + (f"\n      {row.fix}" if row.fix else "") for row in self.rows
        )


def doctor(engine: Engine) -> Report:
    """Try what containers need of this host, one line each with the fix."""
    engine.host.forget()
    return Report(tuple(_rows(engine)))


def _rows(engine: Engine) -> Iterator[Row]:
    yield _store(engine)
    yield from _ids(engine)
    reason = engine.host.probe("user-namespace", engine.confine)
    if reason:
        yield Row("fail", "mount in a user namespace", reason, _fixes.user_namespaces(engine.launcher()))
        return
    yield Row("ok", "mount in a user namespace", "works")
    for feature, tried, state, program in EFFECTS:
        yield _effect(engine, feature, tried, state, program)
    yield from _networks(engine)
    for ability, tried, fix in ABILITIES:
        reason = engine.host.attempt("hull.network.abilities", ability, engine.confine)
        yield Row("warn", tried, reason, fix) if reason else Row("ok", tried, "works")
    yield _limits()
    yield from (
        Row("warn", *words) for words in _advisories.find(os.uname().release, engine.host.program("slirp4netns"))
    )


def _store(engine: Engine) -> Row:
    from hull.kernel.filesystems import check_store

    try:
        check_store(engine.paths.data)
    except HullError as error:
        return Row("fail", "keep images and containers", error.message, error.hint)
    free = os.statvfs(engine.paths.data)
    return Row(
        "ok", "keep images and containers", f"{engine.paths.data}, {free.f_bavail * free.f_frsize >> 20} MiB free"
    )


def _ids(engine: Engine) -> Iterator[Row]:
    """Try the map that containers get; a single one works, with less."""
    import pwd

    try:
        identity = engine.identity()
    except HullError as error:
        yield Row("fail", "map a range of ids", error.message, error.hint)
        return
    if identity.flavour == "range":
        reason = engine.host.probe("subordinate-range", engine.confine)
        count = sum(extent.length for extent in identity.uids)
        yield Row(
            "fail" if reason else "ok",
            "map a range of ids",
            reason or f"{count} ids",
            "hull run --userns single" if reason else "",
        )
        return
    missing = [name for name in ("newuidmap", "newgidmap") if not engine.host.program(name)]
    found = f"{missing[0]} is not installed" if missing else "no range in /etc/subuid and /etc/subgid"
    name = pwd.getpwuid(os.geteuid()).pw_name
    fix = _fixes.install("newuidmap") if missing else _fixes.subordinate_range(name)
    yield Row("warn", "map a range of ids", f"{found}: containers have one id, others are faked", fix)


def _effect(engine: Engine, feature: str, tried: str, state: str, program: str) -> Row:
    reason = engine.host.probe(feature, engine.confine)
    if not reason:
        return Row("ok", tried, "works")
    missing = program and not engine.host.program(program)
    fix = _fixes.install(program) if missing else FIXES.get(feature) or _fixes.user_namespaces(engine.launcher())
    return Row(state, tried, reason, fix)


def _networks(engine: Engine) -> Iterator[Row]:
    """Start each backend; one is enough."""
    reasons = {name: _backend(engine, name) for name in ("slirp4netns", "pasta")}
    works = "" in reasons.values()
    for name, reason in reasons.items():
        fix = _fixes.install(name) if reason and not engine.host.program(name) else ""
        state = "ok" if not reason else "warn" if works else "fail"
        yield Row(state, f"reach outside through {name}", reason or "started, has a default route", fix)


def _backend(engine: Engine, name: str) -> str:
    if not engine.host.program(name):
        return "not installed"
    return engine.host.attempt("hull.network.trial", name, engine.confine)


def _limits() -> Row:
    """Make a limited group in a process apart: it may be moved into a scope of systemd's."""
    import subprocess
    import sys

    from hull.kernel.features import environment

    done = subprocess.run(
        [sys.executable, "-m", "hull.runtime.cgroups"],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
        stdin=subprocess.DEVNULL,
        env=environment(),
    )
    found, _, fix = done.stdout.strip().partition("\n")
    if done.returncode == 0:
        return Row("ok", "limit memory, processors and processes", found)
    return Row("warn", "limit memory, processors and processes", found or done.stderr.strip()[-200:], fix)
