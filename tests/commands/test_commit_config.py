"""What a container was told becomes its image's config, by the rules of what `inspect` shows and a start does."""

import pytest
from hull.commands.commit import run_config
from hull.images import committing
from hull.model import Image, Spec
from hull.state.containers import Container
from hull.state.status import NOBODY

IMAGE = Image("sha256:" + "a" * 64, "i", (), entrypoint=("e",), command=("c",), env=("A=1", "B=2"), ports=("80/tcp",))


def config(**said):
    spec = Spec("i", **said)
    return run_config(Container("c" * 64, "name", IMAGE.id, spec, IMAGE, NOBODY, 1.0, False))


def test_a_name_without_a_value_stays_one_and_opened_ports_are_told():
    found = config(env=("B", "C="), exposed=("53/udp",))
    assert found["Env"] == ["A=1", "B", "C="]
    assert set(found["ExposedPorts"]) == {"80/tcp", "53/udp"}


@pytest.mark.parametrize(
    ("said", "entrypoint", "command"),
    [
        ({}, ["e"], ["c"]),
        ({"command": ("x",)}, ["e"], ["x"]),
        ({"entrypoint": ("",), "command": ("x",)}, None, ["x"]),
        ({"entrypoint": (), "command": ()}, None, ["c"]),
        ({"entrypoint": ("f", "")}, ["f", ""], None),
    ],
)
def test_an_entry_point_that_was_said_takes_the_images_place(said, entrypoint, command):
    asked = committing.Commit(IMAGE.id, config(**said), "")
    found = committing.changed({"Entrypoint": ["e"], "Cmd": ["c"]}, asked)
    assert (found["Entrypoint"], found["Cmd"]) == (entrypoint, command)
