"""The docker client's documented commands, one by one, against a server of hull's."""

import datetime as dt
import itertools
import os
import pathlib
import re
import shlex
from collections.abc import Iterator

import pytest

from tests import registries
from tests.api.client_stories import CONTAINERS, IMAGES, OTHERS, Step, Story
from tests.api.serving import Server

pytestmark = [pytest.mark.real, pytest.mark.needs("program:docker", "program:docker-registry")]
NUMBERS = itertools.count()
LEFT = {"box": ("rm", "-f", "-v"), "net": ("network", "rm"), "vol": ("volume", "rm", "-f"), "img": ("rmi", "-f")}


@pytest.fixture(scope="module")
def stage(server: Server) -> Iterator[dict[str, str]]:
    """Give the names that every story may use: a container that runs, one that has ended, a registry."""
    mark = f"stage-{os.getpid()}"
    with registries.plain() as registry:
        names = {"up": f"{mark}-up", "done": f"{mark}-done", "hub": registry.address}
        run = ("run", "--name")
        server.docker(*run, names["up"], "-d", "-p", "127.0.0.1::80", "busybox", "sleep", "600", check=True)
        code = "echo one; echo two; echo made >/made; exit 3"
        assert server.docker(*run, names["done"], "busybox", "sh", "-c", code).returncode == 3
        yield names
        server.docker("rm", "-f", names["up"], names["done"], check=True)


@pytest.fixture
def names(server: Server, stage: dict[str, str], tmp_path: pathlib.Path) -> Iterator[dict[str, str]]:
    """Give the stage's names and a story's own; what it leaves under those is removed."""
    number = f"story-{os.getpid()}-{next(NUMBERS)}"
    yield {**stage, **{kind: f"{number}-{kind}" for kind in LEFT}, "dir": str(tmp_path)}
    listed = {
        "box": ("ps", "-a", "--format", "{{.Names}}"),
        "net": ("network", "ls", "--format", "{{.Name}}"),
        "vol": ("volume", "ls", "-q"),
        "img": ("images", "--format", "{{.Repository}}:{{.Tag}}"),
    }
    for kind, words in listed.items():
        left = [name for name in server.docker(*words, check=True).stdout.decode().split() if number in name]
        if left:
            server.docker(*LEFT[kind], *left, check=True)


@pytest.mark.parametrize("story", [*CONTAINERS.items(), *IMAGES.items(), *OTHERS.items()], ids=lambda story: story[0])
def test_the_client_says_what_it_says_to_docker(
    server: Server, names: dict[str, str], story: tuple[str, Story]
) -> None:
    for step in story[1]:
        play(server, step, names)


def play(server: Server, step: Step, names: dict[str, str]) -> None:
    """Run one step and compare."""
    now = dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z")
    names = {**names, "now": now}
    words = shlex.split(filled(step.words, names))
    done = server.docker(*words, **({"input": step.given} if step.given else {}))
    said = f"{step.words}: exit {done.returncode}\n{done.stdout[:4000]!r}\n{done.stderr[:4000]!r}"
    assert done.returncode == step.code, said
    heard = done.stderr if step.code else done.stdout + (done.stderr if step.pattern.startswith("No such") else b"")
    assert re.search(filled(step.pattern, names), heard.decode(errors="replace"), re.MULTILINE), said


def filled(text: str, names: dict[str, str]) -> str:
    """Put the names in."""
    return re.sub(r"@(\w+)", lambda found: names[found[1]], text)
