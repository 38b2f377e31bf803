"""Give an image that is here to another id map: its layers are packed under one and unpacked under the other."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

from hull.errors import HostError, HullError
from hull.images import locks
from hull.images.layers import NAME
from hull.light import TYPE_CHECKING

if TYPE_CHECKING:
    from hull.images.child import Confine
    from hull.images.layers import Layers
    from hull.paths import Paths
    from hull.state.images import Images

OTHER = {"range": "single", "single": "range"}
CHUNK = 1 << 18


def convert(  # noqa: PLR0917 (the parts of a store)
    paths: "Paths", rows: "Images", layers: "Layers", confine: "Confine", diff_ids: list[str], flavour: str
) -> bool:
    """Unpack every missing layer for `flavour` from the other flavour's; False if one is in neither."""
    source = OTHER[flavour]
    here, there = rows.directories(diff_ids, flavour), rows.directories(diff_ids, source)
    missing = [diff_id for diff_id in dict.fromkeys(diff_ids) if diff_id not in here]
    if any(diff_id not in there for diff_id in missing):
        return False
    for diff_id in missing:
        name = diff_id.partition(":")[2][:NAME]
        with locks.held(paths.locks, f"layer-{flavour}-{name}"):
            if rows.directories([diff_id], flavour):
                continue
            scratch = layers.scratch(flavour, name)
            try:
                result = layers.unpack(
                    scratch, flavour, packed(confine, source, f"{paths.layers(source)}/{there[diff_id]}")
                )
                layers.publish(scratch, name, flavour, {**result, "diff_id": diff_id})
            except BaseException:
                with suppress(HullError):  # what stays is scratch of the dead to the next pull
                    layers.discard([scratch], flavour)
                raise
    return True


def packed(confine: "Confine", flavour: str, directory: str) -> Iterator[bytes]:
    """Yield an unpacked layer's tar; a packer that fails is an error at its end."""
    argv = [sys.executable, "-P", "-m", "hull.images.unpacker", "pack", directory]
    with confine(argv, flavour, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as packer:
        if packer.stdout is None or packer.stderr is None:
            raise HostError("cannot read from the packer", "try again")
        while chunk := packer.stdout.read(CHUNK):
            yield chunk
        said = packer.stderr.read()
    if packer.returncode:
        raise HostError(
            f"cannot pack {json.dumps(directory)}: {said.decode(errors='replace').strip()[-300:]}", "hull doctor"
        )
