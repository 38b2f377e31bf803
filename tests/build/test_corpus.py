"""Dockerfiles as users have them, each built by hull and by buildah from the same base: the images are the same.

A case is a directory of tests/build/corpus. `case.toml` has the options of the build, `prepare.sh` makes what a
checkout cannot hold (modes, archives), `Dockerfile.buildah` says the same in words that Debian's buildah knows. Both
images are read by buildah: hull's is saved and pulled by it, so that the layers are judged by another's reader.
"""

import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hull.dockerfile import scope
from hull.dockerfile.graph import plan
from hull.dockerfile.parser import parse

from tests import imagebuild
from tests.build.corpus_trees import Buildah, Tree
from tests.commandline import CommandLine, remove_tree

CORPUS = f"{os.path.dirname(os.path.abspath(__file__))}/corpus"
CASES = sorted(os.listdir(CORPUS))
BESIDE = ("case.toml", "prepare.sh", "Dockerfile.buildah")
FIELDS = (
    "Env", "Cmd", "Entrypoint", "User", "WorkingDir", "ExposedPorts", "Volumes", "Labels", "StopSignal", "Shell",
    "OnBuild", "Healthcheck",
)  # fmt: skip
STAMP = "io.buildah.version"

# What differs, and why that is right. A name ends with / to mean all below it.
EVERYWHERE = {
    "etc/hostname": "an empty file that buildah leaves where it mounted its own",
    "etc/hosts": "an empty file that buildah leaves where it mounted its own",
    "etc/resolv.conf": "an empty file that buildah leaves where it mounted its own",
}
EXPLAINED: dict[str, dict[str, str]] = {
    "05-go-like": {"WorkingDir": "BuildKit begins scratch in /, buildah leaves it open"},
    "14-cache-mount": {"var/cache": "a directory that buildah leaves above a mount that is gone"},
    "16-secret-mount": {"run/secrets": "a directory that buildah leaves where it mounted the secret"},
    "21-copy-chmod": {"d": "BuildKit gives a new destination --chmod's mode, buildah 0755"},
    "28-workdir-chain": {"WorkingDir": "BuildKit cleans the path, buildah keeps the slash at its end"},
    "31-volume": {
        "var/lib": "buildah makes the directories of volumes, BuildKit leaves that to whoever runs the image",
        "var/lib/app": "the same",
        "with space": "the same",
    },
    "37-json-forms": {"v one": "buildah makes the directory of a volume, BuildKit does not"},
    "41-escape": {"Env": "buildah takes backslashes off although # escape=` says that they are letters"},
    "65-directories-old-and-new": {"set": "BuildKit gives a new destination --chmod's mode, buildah 0755"},
}


class Case(NamedTuple):
    """One directory of the corpus, its context copied to a place of its own."""

    name: str
    context: str
    options: list[str]
    other: str

    @property
    def for_buildah(self) -> tuple[str, list[str]]:
        """Return the file and the options for buildah."""
        if not self.other:
            return f"{self.context}/Dockerfile", self.options
        kept = list(self.options)
        if "-f" in kept:
            del kept[kept.index("-f") : kept.index("-f") + 2]
        return self.other, kept


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    """Give a case with its context as every checkout has it: modes do not depend on the caller's umask."""
    source = f"{CORPUS}/{request.param}"
    with tempfile.TemporaryDirectory(prefix="hull-") as base:
        context = f"{base}/context"
        shutil.copytree(source, context, symlinks=True, ignore=shutil.ignore_patterns(*BESIDE))
        for directory, _, files in os.walk(context):
            os.chmod(directory, 0o755)
            for path in (f"{directory}/{name}" for name in files if not os.path.islink(f"{directory}/{name}")):
                os.chmod(path, 0o755 if os.stat(path).st_mode & 0o100 else 0o644)
        if os.path.exists(f"{source}/prepare.sh"):
            subprocess.run(
                ["sh", "-e", f"{source}/prepare.sh"], cwd=context, check=True, env={**os.environ, "LC_ALL": "C"}
            )
        options: list[str] = []
        if os.path.exists(f"{source}/case.toml"):
            with open(f"{source}/case.toml", "rb") as file:
                options = tomllib.load(file)["options"]
        other = f"{source}/Dockerfile.buildah"
        yield Case(request.param, context, options, other if os.path.exists(other) else "")


class Builders(NamedTuple):
    """Both builders, the bases loaded."""

    hull: CommandLine
    buildah: Buildah
    scratch: str


@pytest.fixture(scope="module")
def builders() -> Iterator[Builders]:
    base = tempfile.mkdtemp(prefix="hull-")
    os.chmod(base, 0o711 if os.geteuid() == 0 else 0o700)
    found = Builders(CommandLine(f"{base}/s"), Buildah(f"{base}/b"), base)
    for name, layer, shell in (
        ("busybox", imagebuild.busybox_layer(), "sh"),
        ("debian", imagebuild.debian_layer(), "bash"),
    ):
        run = {"Cmd": [shell], "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}
        made = imagebuild.image(layer, run=run, edit_config={"history": [{"created_by": "base"}]})
        for how, names in (("hull", f"{name}:latest"), ("buildah", f"localhost/{name}:latest")):
            with open(f"{base}/{how}.tar", "wb") as file:
                file.write(imagebuild.docker_archive(made, names))
        found.hull("load", "-i", f"{base}/hull.tar", check=True)
        found.buildah("pull", f"docker-archive:{base}/buildah.tar")
    yield found
    found.buildah.remove()
    remove_tree(base)


def compared(ours: Tree, theirs: Tree, explained: dict[str, str]) -> list[str]:
    """Return what differs between two trees and is not explained, one line each."""
    known = {**EVERYWHERE, **explained}
    below = tuple(name for name in known if name.endswith("/"))
    return [
        f"{path}: hull {ours.get(path)}, buildah {theirs.get(path)}"
        for path in sorted({*ours, *theirs})
        if ours.get(path) != theirs.get(path) and path not in known and not path.startswith(below or ("/",))
    ]


def settings(config: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a config that say something; an empty one says what an absent one says.

    A variable that is set again keeps its place with BuildKit and hull, and goes to the end with buildah.
    """
    run = {field: config.get("config", {}).get(field) for field in FIELDS}
    run["Env"] = sorted(run["Env"] or [])
    run["Labels"] = {key: value for key, value in (run["Labels"] or {}).items() if key != STAMP}
    return {field: value for field, value in run.items() if value}


def pulled(builders: Builders, name: str) -> str:
    """Hand hull's image to buildah by an archive; return its name there."""
    archive = f"{builders.scratch}/saved.tar"
    builders.hull("save", "-o", archive, name, check=True)
    with tarfile.open(archive) as names:
        kind = "docker-archive" if "manifest.json" in names.getnames() else "oci-archive"
    ident = builders.buildah("pull", f"{kind}:{archive}").splitlines()[-1]
    os.unlink(archive)
    return ident


@pytest.mark.parametrize("name", CASES)
def test_each_case_is_read_and_planned(name):
    options: list[str] = []
    if os.path.exists(f"{CORPUS}/{name}/case.toml"):
        with open(f"{CORPUS}/{name}/case.toml", "rb") as file:
            options = tomllib.load(file)["options"]
    path = options[options.index("-f") + 1] if "-f" in options else "Dockerfile"
    target = options[options.index("--target") + 1] if "--target" in options else ""
    with open(f"{CORPUS}/{name}/{path}", "rb") as file:
        found = parse(file.read(), path)
    known = scope.globals_(found, {}, scope.platforms("linux/amd64", "linux/amd64"))
    graph = plan(found, known, target)
    assert graph.target.stage.label == (target or found.stages[-1].label)
    assert all(set(one.needs) <= {before.stage.number for before in graph.stages} for one in graph.stages)


@pytest.mark.real
@pytest.mark.needs("launcher", "range", "program:buildah", "program:mmdebstrap", "program:busybox")
@pytest.mark.parametrize("case", CASES, indirect=True)
def test_hull_builds_what_buildah_builds(builders: Builders, case: Case):
    name = f"corpus/{case.name}"
    file, options = case.for_buildah
    builders.buildah.build(name, file, case.context, options)
    builders.hull("build", "-t", name, *case.options, ".", cwd=case.context, check=True, timeout=300)
    ours = pulled(builders, name)
    explained = EXPLAINED.get(case.name, {})
    mine, theirs = builders.buildah.trees(ours, name)
    found = compared(mine, theirs, explained)
    assert not found, "\n".join(found)
    our, their = settings(builders.buildah.config(ours)), settings(builders.buildah.config(name))
    differing = {field for field in FIELDS if our.get(field) != their.get(field)} - explained.keys()
    assert not differing, json.dumps({field: [our.get(field), their.get(field)] for field in sorted(differing)})


def test_a_difference_is_told():
    same = ["file", "644", 0, 0, "x", {}, ""]
    assert compared({"a": same}, {"a": same}, {}) == []
    assert compared({"a": same}, {}, {}) != []
    assert compared({"a": same}, {"a": [*same[:1], "600", *same[2:]]}, {}) != []
    assert compared({"d/x": same}, {}, {"d/": "why"}) == []
    assert settings({"config": {"Cmd": [], "Labels": {STAMP: "1"}, "User": "u"}}) == {"User": "u"}
