"""What is looked at in the event loop itself, and what may have to wait and gets a thread."""

import asyncio
from types import SimpleNamespace

import pytest
from hull.api.handlers import containers as handlers
from hull.docker import containers, links
from hull.model import Endpoint, Spec


@pytest.mark.parametrize(
    ("spec", "sized", "way"),
    [
        (Spec("i"), False, "quick"),
        (Spec("i"), True, "verb"),
        (Spec("i", network="n", networks=(Endpoint("n"),)), False, "verb"),
    ],
)
def test_who_is_on_a_network_or_measured_is_looked_at_in_a_thread(monkeypatch, spec, sized, way):
    ways = []

    def taking(name):
        async def take(function, *words, **flags):
            ways.append(name)
            return function(*words, **flags)

        return take

    monkeypatch.setattr(links, "find", lambda _engine, _word: SimpleNamespace(spec=spec))
    monkeypatch.setattr(containers, "inspected", lambda *_words, **_flags: {"Id": "c"})
    call = SimpleNamespace(
        engine=None, version=None, quick=taking("quick"), verb=taking("verb"), flag=lambda _name: sized,
        word=lambda name: name, work=SimpleNamespace(execs=SimpleNamespace(of=lambda _ident: ("e",))),
    )  # fmt: skip
    assert b'"ExecIDs":["e"]' in asyncio.run(handlers.inspect(call)).body
    assert ways == ["quick", way]
