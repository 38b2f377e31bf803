"""COPY, ADD and WORKDIR: a layer of files that come from elsewhere."""

import os
import re
import tarfile
from collections.abc import Callable

from hull.builder import keys, remote, settings
from hull.builder.collecting import Collection, Selection
from hull.builder.landing import Spot
from hull.builder.origins import Origin
from hull.builder.state import State
from hull.builder.workshop import Layer, Workshop
from hull.dockerfile import contexts, modes
from hull.dockerfile.contexts import Context
from hull.dockerfile.model import Copy, Heredoc, Workdir
from hull.dockerfile.place import Malformed
from hull.errors import HullError
from hull.images import compression
from hull.light import IO, Any, NamedTuple

COMMIT = re.compile(r"[0-9a-fA-F]{1,64}", re.ASCII)


class Part(NamedTuple):
    """Something to place: its digest, and how: step, layers, names (whose users --chown means), where."""

    digest: str
    place: Callable[[str, list[str], list[str], Spot], None]


def copy(shop: Workshop, state: State, instruction: Copy, origin: Origin) -> tuple[Layer, bool]:
    """Carry out an expanded COPY or ADD; return the layer, and whether the cache had it."""
    spot = _spot(state, instruction)
    parts = _parts(shop, state, instruction, origin)
    if len(parts) > 1:
        spot = spot._replace(single=False)
    details = [spot.path, spot.single, spot.chown, spot.chmod, instruction.link, [part.digest for part in parts]]
    apart = instruction.link and not spot.chown.replace(":", "").strip("0123456789")  # no names to look up below
    over = [] if apart else state.diff_ids
    kind = "ADD" if instruction.add else "COPY"
    key = keys.key(kind, over, [shop.flavour, *details])
    if (known := shop.known(key, fresh=state.fresh)) is not None:
        return known, True
    step = shop.step()
    layers = [] if instruction.link else state.directories
    shop.worker.ask("prepare", step=step, top=state.directories[-1] if state.layers else "", stubs=[])
    for part in parts:
        part.place(step, layers, state.directories, spot)
    layer = shop.seal(step, [], state.epoch)
    shop.remember(key, layer, instruction.at.text)
    return layer, False


def workdir(shop: Workshop, state: State, instruction: Workdir) -> tuple[Layer, bool]:
    """Carry out an expanded WORKDIR: the directory is made where it is missing, the stage's user's."""
    path = settings.resolved(state, instruction.path).rstrip("/") or "/"
    user = str(state.run.get("User") or "")
    state.run["WorkingDir"] = path
    key = keys.key("WORKDIR", state.diff_ids, [shop.flavour, path, user])
    if (known := shop.known(key, fresh=state.fresh)) is not None:
        return known, True
    step = shop.step()
    shop.worker.ask("prepare", step=step, top=state.directories[-1] if state.layers else "", stubs=[])
    shop.worker.ask("directory", step=step, layers=state.directories, names=state.directories, path=path, user=user)
    layer = shop.seal(step, [], state.epoch)
    shop.remember(key, layer, instruction.at.text)
    return layer, False


def _spot(state: State, instruction: Copy) -> Spot:
    if instruction.chmod:
        try:
            modes.parse(instruction.chmod)
        except Malformed as error:
            hint = "write one like 0644 or u=rwX,go=rX"
            raise instruction.at.error(f"--chmod: {error}", hint, near=instruction.chmod) from None
    path = settings.resolved(state, instruction.target)
    return Spot(path, single=True, chown=instruction.chown, chmod=instruction.chmod)


def _parts(shop: Workshop, state: State, instruction: Copy, origin: Origin) -> list[Part]:
    label = "ADD" if instruction.add else "COPY"
    parts: list[Part] = []
    local: list[str] = []
    for source in instruction.sources:
        found = contexts.parse_remote(source) if instruction.add else None
        if found is None:
            local.append(source)
        elif found.kind == "git":
            parts.append(_repository(shop, instruction, source, found))
        else:
            parts.append(_download(shop, instruction, source))
    if local:
        selection = Selection(tuple(local), "", instruction.excludes, instruction.parents, label)
        parts += _local(shop, instruction, origin, selection)
    if instruction.inline:
        parts.append(_inline(shop, instruction.inline, float(state.epoch or 0)))
    return parts


def _repository(shop: Workshop, instruction: Copy, source: str, context: Context) -> Part:
    if instruction.checksum and not COMMIT.fullmatch(instruction.checksum):
        raise instruction.at.error(
            f"--checksum={instruction.checksum} is no commit", "a repository's is (the start of) its commit's hash",
            near=instruction.checksum,
        )  # fmt: skip
    context = context._replace(commit=instruction.checksum or context.commit)
    keep = instruction.keep_git_dir or context.keep_git
    directory, commit = remote.git(shop, context, keep=keep)
    selection = Selection((".",), "", instruction.excludes, label="ADD")
    what = [commit, context.directory, keep, context.submodules, instruction.excludes]
    return _tree(shop, Origin(source, directory), selection, f"git {what}")


def _tree(shop: Workshop, origin: Origin, selection: Selection, digest: str = "") -> Part:
    picked = origin.select(shop, selection)
    return Part(
        digest or picked.digest(), lambda step, layers, names, spot: picked.place(step, layers, names, spot._asdict())
    )


def _local(shop: Workshop, instruction: Copy, origin: Origin, selection: Selection) -> list[Part]:
    picked = origin.select(shop, selection)
    if picked.found is None or not instruction.add or instruction.unpack is False:
        return [_tree(shop, origin, selection)] if picked.found is None else [_whole(shop, picked.found)]
    ones = picked.found.split()
    archives = [one for one in ones if _archived(one)]
    if not archives:
        return [_whole(shop, picked.found)]
    return [_archive(shop, one) if one in archives else _whole(shop, one) for one in ones]


def _whole(shop: Workshop, found: Collection) -> Part:
    def place(step: str, layers: list[str], names: list[str], spot: Spot) -> None:
        where = spot._replace(single=found.single and spot.single, chown=spot.chown or "0:0")
        shop.worker.ask("place", feed=found.write, step=step, layers=layers, names=names, spot=where._asdict())

    return Part(found.digest(), place)


def _opened(found: Collection) -> IO[bytes]:
    one = found.sources[0].found
    fd = os.open(one.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=one.directory)
    return open(fd, "rb")


def _archived(found: Collection) -> bool:
    """Whether a source is a tar, compressed or not: what is inside decides, not its name."""
    import stat

    one = found.sources[0].found
    if one.is_directory or one.status is None or not stat.S_ISREG(one.status.st_mode):
        return False
    with _opened(found) as file:
        return is_tar(file)


def is_tar(file: IO[bytes]) -> bool:
    """Whether an open file is a tar, compressed or not."""
    head = file.read(512)
    if not contexts.is_archive(head):
        return False
    file.seek(0)
    try:
        first = next(compression.stream(file.read), b"")
    except HullError:
        return False
    return first[257:262] == b"ustar"


def _archive(shop: Workshop, found: Collection) -> Part:
    def place(step: str, layers: list[str], names: list[str], spot: Spot) -> None:
        def feed(sink: IO[bytes]) -> None:
            with _opened(found) as file:
                while chunk := file.read(1 << 18):
                    sink.write(chunk)

        where = spot._replace(single=False, unpack=True)
        shop.worker.ask("place", feed=feed, step=step, layers=layers, names=names, spot=where._asdict())

    return Part(f"unpacked {found.digest()}", place)


def _inline(shop: Workshop, files: tuple[Heredoc, ...], mtime: float) -> Part:
    """Return the here-documents as files: root's, mode 0644."""
    import hashlib
    import io

    def write(sink: IO[bytes]) -> None:
        with tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            for one in files:
                entry = tarfile.TarInfo(one.name)
                data = one.content.encode("utf-8", "surrogateescape")
                entry.mode, entry.size, entry.mtime = 0o644, len(data), int(mtime)
                tar.addfile(entry, io.BytesIO(data))

    def place(step: str, layers: list[str], names: list[str], spot: Spot) -> None:
        where = spot._replace(single=len(files) == 1 and spot.single, chown=spot.chown or "0:0")
        shop.worker.ask("place", feed=write, step=step, layers=layers, names=names, spot=where._asdict())

    text = repr([(one.name, one.content) for one in files])
    return Part(hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest(), place)


def _download(shop: Workshop, instruction: Copy, url: str) -> Part:
    """Return a part that is one downloaded file, mode 0600 unless --chmod says otherwise; unpacked on request only."""
    path, digest, mtime = remote.download(shop, url, instruction.checksum)
    name = os.path.basename(re.split("[?#]", url)[0])
    if not name and instruction.target.endswith("/"):
        raise instruction.at.error(f"{url} ends without a file's name", "name the file in the destination", near=url)

    def write(sink: IO[bytes]) -> None:
        with open(path, "rb") as file:
            if instruction.unpack:
                while chunk := file.read(1 << 18):
                    sink.write(chunk)
                return
            with tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                entry = tarfile.TarInfo(name or "file")
                entry.mode, entry.size, entry.mtime = 0o600, os.fstat(file.fileno()).st_size, int(mtime)
                tar.addfile(entry, file)

    def place(step: str, layers: list[str], names: list[str], spot: Spot) -> None:
        where = spot._replace(single=spot.single and not instruction.unpack, chown=spot.chown or "0:0")
        where = spot._replace(single=False, unpack=True) if instruction.unpack else where
        shop.worker.ask("place", feed=write, step=step, layers=layers, names=names, spot=where._asdict())

    return Part(f"{digest} {bool(instruction.unpack)} {name}", place)


def described(instruction: Copy) -> str:
    """Return the history's words."""
    words: list[Any] = ["ADD" if instruction.add else "COPY"]
    words += [f"--from={instruction.origin}"] if instruction.origin else []
    words += [f"--chown={instruction.chown}"] if instruction.chown else []
    words += [f"--chmod={instruction.chmod}"] if instruction.chmod else []
    words += ["--link"] if instruction.link else []
    inline = [f"<<{one.name}" for one in instruction.inline]
    return " ".join([*words, *instruction.sources, *inline, instruction.target, "# buildkit"])
