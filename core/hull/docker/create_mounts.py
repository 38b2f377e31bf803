"""Binds, Mounts, Tmpfs and Volumes of a body become mounts, by the command line's own grammars."""

import csv
import io
import os
from collections.abc import Callable, Iterator

from hull.commands import _mounts, _mounts_spelt
from hull.docker.fields import Fields
from hull.errors import Missing, Unsupported, UserError
from hull.model import Mount

Pairs = list[tuple[str, str]]


def read(config: Fields, host: Fields) -> tuple[Mount, ...]:
    """Return every mount that is asked for; anonymous volumes give way to what is named for their place."""
    found = [
        *(_bind(word) for word in host.texts("Binds")),
        *(_mount(mount) for mount in host.each("Mounts")),
        *(_tmpfs_word(target, words) for target, words in host.pairs("Tmpfs").items()),
    ]
    driver = host.text("VolumeDriver")
    if driver not in ("", "local") and any(mount.kind == "volume" and mount.source for mount in found):
        raise Missing(f'error looking up volume plugin {driver}: plugin "{driver}" not found')
    taken: set[str] = set()
    for mount in found:
        if mount.target in taken:
            raise UserError(f"Duplicate mount point: {mount.target}")
        taken.add(mount.target)
    anonymous = (_mounts.volume(target) for target in config.keys("Volumes"))
    return (*found, *(mount for mount in anonymous if mount.target not in taken))


def inherited(host: Fields) -> tuple[str, ...]:
    """Return --volumes-from's words."""
    return tuple(_mounts.inherited(word) for word in host.texts("VolumesFrom"))


def _bind(word: str) -> Mount:
    source = word.partition(":")[0]
    if ":" not in word or not source:
        raise UserError(f"invalid volume specification: '{word}'")
    if source[0] in ".~":
        raise UserError(
            f'create {source}: "{source}" includes invalid characters for a local volume name, only '
            '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path'
        )
    return _mounts.volume(word)


def _tmpfs_word(target: str, words: str) -> Mount:
    if not target.startswith("/"):
        raise UserError(
            f"invalid mount config for type \"tmpfs\": invalid mount path: '{target}' mount path must be absolute"
        )
    if not target.strip("/"):
        raise UserError("invalid mount config for type \"tmpfs\": invalid specification: destination can't be '/'")
    return _mounts.tmpfs(f"{target}:{words}")


def _mount(mount: Fields) -> Mount:
    kind = mount.text("Type")
    if kind not in KINDS:
        raise UserError(f'invalid mount config: mount type unknown: "{kind}"')
    source, target = mount.text("Source"), mount.text("Target")
    if not target:
        raise UserError(f'invalid mount config for type "{kind}": field Target must not be empty')
    for other in OPTIONS:
        if other != OPTION[kind] and mount.asked(other):
            raise UserError(f'invalid mount config for type "{kind}": field {other} must not be specified')
    if kind == "bind":
        _check_source(source, mount.inner("BindOptions").flag("CreateMountpoint"))
    pairs = [("type", kind), ("source", source), ("target", target)]
    if kind != "image":
        pairs.append(("readonly", "true" if mount.flag("ReadOnly") else "false"))
    pairs += KINDS[kind](mount.inner(OPTION[kind]), mount.flag("ReadOnly"))
    return _mounts_spelt.mount(_line([(key, value) for key, value in pairs if value]))


def _check_source(source: str, make: bool) -> None:
    if not source:
        raise UserError('invalid mount config for type "bind": field Source must not be empty')
    if not source.startswith("/"):
        raise UserError(
            f"invalid mount config for type \"bind\": invalid mount path: '{source}' mount path must be absolute"
        )
    if not make and not os.path.lexists(source):
        raise UserError(f'invalid mount config for type "bind": bind source path does not exist: {source}')


def _line(pairs: Pairs) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([f"{key}={value}" for key, value in pairs])
    return text.getvalue()


def _bound(options: Fields, readonly: bool) -> Iterator[tuple[str, str]]:
    yield "bind-propagation", options.text("Propagation")
    if options.flag("CreateMountpoint"):
        yield "bind-create-src", "true"
    if options.flag("NonRecursive"):
        yield "bind-recursive", "disabled"
    elif readonly and options.flag("ReadOnlyNonRecursive"):
        yield "bind-recursive", "writable"
    elif readonly and options.flag("ReadOnlyForceRecursive"):
        yield "bind-recursive", "readonly"


def _volume(options: Fields, _readonly: bool) -> Iterator[tuple[str, str]]:
    driver = options.inner("DriverConfig")
    if driver.text("Name") not in ("", "local"):
        raise Missing(f'error looking up volume plugin {driver.text("Name")}: plugin "{driver.text("Name")}" not found')
    if options.flag("NoCopy"):
        yield "volume-nocopy", "true"
    yield "volume-subpath", _below(options)
    for key, value in options.pairs("Labels").items():
        yield "volume-label", f"{key}={value}"
    for key, value in driver.pairs("Options").items():
        yield "volume-opt", f"{key}={value}"


def _tmpfs(options: Fields, _readonly: bool) -> Iterator[tuple[str, str]]:
    size, mode = options.number("SizeBytes") or 0, options.number("Mode") or 0
    if size < 0:
        raise UserError('invalid mount config for type "tmpfs": SizeBytes cannot be negative')
    yield "tmpfs-size", str(size) if size else ""
    yield "tmpfs-mode", f"{mode:o}" if mode else ""
    words = options.data.get("Options") or []
    if not isinstance(words, list):
        raise options.wrong("Options", "a list of lists")
    for pair in words:
        if pair not in (["exec"], ["noexec"]):
            raise Unsupported(f"cannot set {options.name('Options')}: {pair} is unknown")
        yield pair[0], "true"


def _image(options: Fields, _readonly: bool) -> Iterator[tuple[str, str]]:
    yield "volume-subpath", _below(options)


def _below(options: Fields) -> str:
    path = options.text("Subpath")
    if path.startswith("/") or ".." in path.split("/"):
        raise UserError("subpath must be a relative path within the volume")
    return path


KINDS: dict[str, Callable[[Fields, bool], Iterator[tuple[str, str]]]] = {
    "bind": _bound,
    "volume": _volume,
    "tmpfs": _tmpfs,
    "image": _image,
}
OPTION = {"bind": "BindOptions", "volume": "VolumeOptions", "tmpfs": "TmpfsOptions", "image": "ImageOptions"}
OPTIONS = (*OPTION.values(), "ClusterOptions")
