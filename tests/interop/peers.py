"""The peers over a store of their own, all in one kind of user namespace: the same that hull's range gives."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hull import paths
from hull.engine import Engine

from tests.commandline import CommandLine, remove_tree
from tests.imagestore import Tree as Seen

HERE = os.path.dirname(os.path.abspath(__file__))
Tree = dict[str, dict[str, Any]]
# podman and crun want cgroup v2 alone: where the machine has both, this namespace sees the one.
VIEW = """set -e
[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p "$HOME/.config/containers/registries.d" && cd "$0"
echo "default-docker: {lookaside: 'file:///nonexistent', sigstore: 'file:///nonexistent'}" \
    >"$HOME/.config/containers/registries.d/default.yaml"
"""
STORAGE = (
    '[storage]\ndriver = "overlay"\ngraphroot = "{0}/graph"\nrootless_storage_path = "{0}/graph"\nrunroot = "{0}/run"\n'
)
ENGINE = (
    '[containers]\ncgroups = "disabled"\n[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\n'
    'tmp_dir = "{0}/tmp"\nruntime = "crun"\n[network]\nnetwork_backend = "cni"\n'
)


class Peers:
    """podman, buildah, skopeo and umoci at work in `place`: relative paths in a script lie there."""

    def __init__(self, base: str, registry: str) -> None:
        self.base, self.place, self.registry = base, f"{base}/w", registry
        self._engine = Engine(paths.find({"HULL_ROOT": f"{base}/h", "HOME": base}))
        for name, text in (("storage", STORAGE), ("containers", ENGINE)):
            with open(f"{base}/{name}.conf", "w") as file:
                file.write(text.format(self.place))

    def __call__(self, script: str, *words: str, timeout: float = 120) -> str:
        """Run a shell script as root of the namespace, `$1`… its words; return what it printed."""
        argv = ["unshare", "--mount", "--cgroup", "--", "/bin/sh", "-c", VIEW + script, self.place, *words]
        pipe = subprocess.PIPE
        streams = {"stdin": subprocess.DEVNULL, "stdout": pipe, "stderr": pipe}
        started = self._engine.confine(argv, "range", env=self._env(), **streams)
        try:
            output, said = started.communicate(timeout=timeout)
        finally:
            started.kill()
        if started.returncode:
            raise AssertionError(f"{script}\nexit {started.returncode}\n{output!r}\n{said.decode()}")
        return output.decode(errors="surrogateescape")

    def _env(self) -> dict[str, str]:
        own = str(os.geteuid())
        return {
            **os.environ,
            "CONTAINERS_STORAGE_CONF": f"{self.base}/storage.conf",
            "CONTAINERS_CONF": f"{self.base}/containers.conf",
            "HOME": self.place,
            "XDG_RUNTIME_DIR": self.place,
            "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin",
            "PYTHON": sys.executable,
            "SHAPES": f"{HERE}/shapes.py",
            "WALKER": f"{HERE}/walker.py",
            # In a namespace that is theirs already they make no other one.
            "_CONTAINERS_USERNS_CONFIGURED": "done",
            "_CONTAINERS_ROOTLESS_UID": own,
            "_CONTAINERS_ROOTLESS_GID": str(os.getegid()),
        }

    def podman_tree(self, image: str) -> Tree:
        """Return the tree of an image in the peers' store."""
        tree: Tree = json.loads(self('m=$(podman image mount "$1"); "$PYTHON" "$WALKER" "$m"', image))
        return tree

    def umoci_tree(self, image: str) -> Tree:
        """Return the tree that umoci unpacks of `LAYOUT:TAG`."""
        script = 'umoci unpack --image "$1" "$2" >&2; "$PYTHON" "$WALKER" "$2/rootfs"'
        tree: Tree = json.loads(self(script, image, f"bundle-{os.urandom(6).hex()}"))
        return tree


@contextmanager
def opened(registry: str) -> Iterator[Peers]:
    """Give peers with an empty store, and the address of a registry."""
    base = tempfile.mkdtemp(prefix="peers-")
    os.chmod(base, 0o1777 if os.geteuid() == 0 else 0o700)
    try:
        peers = Peers(base, registry)
        try:
            peers("true")
        except AssertionError as error:
            pytest.skip(f"no user namespace with a view of cgroup v2: {error}")
        yield peers
    finally:
        remove_tree(base)


def hull_tree(cli: CommandLine, image: str) -> Tree:
    """Return the tree of an image in hull's store, its layers stacked."""
    engine = Engine(paths.find({"HULL_ROOT": cli.root, "HOME": "/nonexistent"}))
    layers = list(engine.images.resolve(image, "never").layers)
    tree: Tree = json.loads(Seen(engine, "range", layers).look(sys.executable, f"{HERE}/walker.py", "."))
    return tree


def assert_same(found: Tree, wanted: Tree, *, root: bool = False) -> None:
    """Fail with a list of what differs, field by field; of the root itself only where an archive says something."""
    found, wanted = ({name: tree[name] for name in tree if root or name != "."} for tree in (found, wanted))
    told = [f"{name!r}: only on the left" for name in sorted(found.keys() - wanted.keys())]
    told += [f"{name!r}: only on the right" for name in sorted(wanted.keys() - found.keys())]
    for name in sorted(found.keys() & wanted.keys()):
        one, other = found[name], wanted[name]
        told += [f"{name!r} {key}: {one.get(key)} != {other.get(key)}" for key in one if one.get(key) != other.get(key)]
    assert not told, "\n".join(told)
