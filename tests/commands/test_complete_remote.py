"""Tags of a registry: asked for by a verb or a key, never by Tab, which knows them from then on."""

import asyncio
import json

import pytest
from hull import paths
from hull.commands import _complete_remote
from hull.commands._complete import Completer
from hull.commands._complete_place import Line

from tests import registries
from tests.registries import Reply


@pytest.fixture
def registry():
    def answer(request):
        if request.path.endswith("/tags/list"):
            return Reply(200, json.dumps({"tags": ["1", "2.0", "2.1"]}).encode())
        return Reply(200, b"{}")

    with registries.served(answer) as stub:
        yield stub


def asked(stub):
    return [request for request in stub.requests if request.path.endswith("/tags/list")]


def tab(environ, word):
    return [one.text for one in Completer()(Line(("pull",), word), environ)]


@pytest.mark.parametrize(
    ("word", "repository"),
    [
        ("debian", "debian"),
        ("debian:1", "debian"),
        ("host:5000/a/b:", "host:5000/a/b"),
        ("host:5000/a", "host:5000/a"),
        ("--ancestor=a:1", "a"),
        ("a@sha256:00", "a"),
    ],
)
def test_the_repository_of_a_word(word, repository):
    assert _complete_remote.repository_of(word) == repository


@pytest.mark.parametrize("how", ["tags", "completion"])
def test_tab_knows_what_was_asked_for_and_asks_nothing(cli, registry, how):
    name, environ = f"{registry.address}/some/{how}", cli.env()
    assert tab(environ, f"{name}:") == []
    words = ["tags", name] if how == "tags" else ["completion", "--remote", "words", "pull", f"{name}:2"]
    said = cli(*words, check=True).stdout.decode().splitlines()
    assert len(asked(registry)) == 1
    assert tab(environ, f"{name}:") == [f"{name}:1", f"{name}:2.0", f"{name}:2.1"]
    assert tab(environ, f"{name}:2.1") == [f"{name}:2.1"]
    assert tab(environ, f"{name[:-1]}") == []
    if how == "completion":
        assert [line.partition("\t")[0] for line in said] == [f"{name}:2.0", f"{name}:2.1"]
        assert "at its registry, seen" in said[0]
    assert len(asked(registry)) == 1


def test_a_tag_that_a_terminal_would_obey_is_not_kept(tmp_path):
    environ = {"HULL_ROOT": str(tmp_path), "HOME": "/"}
    _complete_remote.keep(paths.find(environ), "a", ["1", "2\x1b[31m"])
    assert tab(environ, "a:") == ["a:1"]


def test_the_key_asks_beside_the_prompt_then_completes(cli, registry):
    bound, begun = {}, []
    places = paths.find(cli.env())

    class Bindings:
        def add(self, *keys):
            return lambda handler: bound.setdefault(keys, handler)

    class Event:
        class current_buffer:  # noqa: N801
            class document:  # noqa: N801
                text_before_cursor = f"hull pull {registry.address}/key/one:"

            @staticmethod
            def start_completion(*, select_first):
                begun.append(select_first)

        class app:  # noqa: N801
            @staticmethod
            def create_background_task(work):
                asyncio.run(work)

    _complete_remote.bind(Bindings(), lambda: places)
    bound["c-x", "c-t"](Event)
    assert begun == [False]
    assert tab(cli.env(), f"{registry.address}/key/one:2") == [
        f"{registry.address}/key/one:{tag}" for tag in ("2.0", "2.1")
    ]
    Event.current_buffer.document.text_before_cursor = "hull pull 127.0.0.1:1/nobody:"
    bound["c-x", "c-t"](Event)
    assert begun == [False]
