"""BuildKit's history: builds on their way and over, what they told, their traces; kept for whoever comes later."""

import contextlib
import hashlib
import json

import pytest
from hull.api.rpc.calls import Failed

from tests.api.lending import CONTROL, Lender
from tests.api.serving import Server
from tests.api.test_buildkit import run

pytestmark = [pytest.mark.real, pytest.mark.needs("launcher")]
CONTENT = "/containerd.services.content.v1.Content/"
STARTED, COMPLETE, DELETED = range(3)


async def listening(client, **wanted):
    call = await client.caller.open(f"{CONTROL}ListenBuildHistory")
    await call.write(client.types.HistoryRequest(**wanted).SerializeToString())
    await call.stream.end()
    return call


async def events(client, **wanted):
    call = await listening(client, EarlyExit=True, **wanted)
    return [client.types.HistoryEvent.FromString(message) async for message in call]


async def heard(client, call):
    return client.types.HistoryEvent.FromString(await call.read())


async def built(client, text, context, **attributes):
    (context / "Dockerfile").write_text(text)
    return await client.build({"filename": "Dockerfile", "force-network-mode": "none", **attributes}, ("moby", {}))


async def known_elsewhere(client, ref):
    """Ask a server that has seen none of it."""
    ((event,), status) = await events(client, Ref=ref), await client.caller.open(f"{CONTROL}Status")
    await status.write(client.types.StatusRequest(Ref=ref).SerializeToString())
    await status.stream.end()
    told = [client.types.Status.FromString(message) async for message in status]
    trace = event.record.trace
    read = await client.caller.open(f"{CONTENT}Read")
    await read.write(client.types.ContentRequest(digest=trace.digest, offset=1).SerializeToString())
    await read.stream.end()
    pieces = [client.types.Content.FromString(message) async for message in read]
    assert pieces[0].offset == 1
    known = await client.ask(f"{CONTENT}Info", "ContentKnown", message="ContentRequest", digest=trace.digest)
    assert known.info.size == trace.size
    content = b"{" + b"".join(one.data for one in pieces)
    assert f"sha256:{hashlib.sha256(content).hexdigest()}" == trace.digest
    return event, told, [json.loads(line) for line in content.splitlines()]


def test_builds_are_told_of_and_known_later(server, tmp_path):
    lender = Lender({"context": str(tmp_path), "dockerfile": str(tmp_path)})

    async def story(client):
        listener = await listening(client, ActiveOnly=True)
        answer = await built(client, "FROM busybox\nRUN echo told\nRUN echo more\n", tmp_path, **{"build-arg:A": "b"})
        begun, over = await heard(client, listener), await heard(client, listener)
        with pytest.raises(Failed):
            await built(client, "FROM busybox\nRUN exit 9\n", tmp_path)
        failed = [await heard(client, listener) for _ in range(2)][-1].record
        return answer, begun, over, failed

    answer, begun, over, failed = run(server, lender, story)
    assert (begun.type, over.type, begun.record.Ref) == (STARTED, COMPLETE, over.record.Ref)
    assert not begun.record.HasField("CompletedAt")
    assert dict(over.record.FrontendAttrs)["build-arg:A"] == "b"
    assert dict(over.record.ExporterResponse) == answer
    assert (over.record.numTotalSteps, over.record.numCompletedSteps, over.record.numCachedSteps) == (3, 3, 0)
    assert failed.error.message == 'process "/bin/sh -c exit 9" did not complete successfully: exit code: 9'
    assert (failed.numTotalSteps, failed.numCompletedSteps) == (2, 1)
    ours = server.cli("build", "--network", "none", "-q", "-t", "historic", tmp_path, check=False)
    assert ours.returncode == 1

    async def later(client):
        event, told, spans = await known_elsewhere(client, over.record.Ref)
        names = [dict(one.record.Exporters[0].Attrs).get("name", "") for one in await events(client)]
        await client.ask(
            f"{CONTROL}UpdateBuildHistory", "Empty", message="UpdateHistory", Ref=event.record.Ref, Delete=True
        )
        with pytest.raises(Failed, match="no record"):
            await client.ask(f"{CONTROL}UpdateBuildHistory", "Empty", message="UpdateHistory", Ref="nobody")
        return event, told, spans, names, await events(client, Ref=event.record.Ref)

    with contextlib.closing(Server(server.cli)) as another:
        event, told, spans, names, left = run(another, lender, later)
    assert event.record == over.record
    assert b"".join(log.msg for status in told for log in status.logs) == b"told\nmore\n"
    assert [span["Name"].rpartition("] ")[2] for span in spans] == [
        "moby.buildkit.v1.Control/Solve", "FROM busybox", "RUN echo told", "RUN echo more",
    ]  # fmt: skip
    assert len({span["SpanContext"]["TraceID"] for span in spans}) == 1
    assert "historic" in names
    assert left == []


def test_nothing_is_a_build_and_a_graph_is_none(server):
    async def story(client):
        listener = await listening(client, ActiveOnly=True)
        empty = client.types.Definition()
        await client.ask(f"{CONTROL}Solve", "Solved", Ref="empty", Session=client.session, Definition=empty)
        found = [await heard(client, listener) for _ in range(2)]
        graph = client.types.Definition(**{"def": [b"x"]})
        with pytest.raises(Failed, match="cannot build a graph"):
            await client.ask(
                f"{CONTROL}Solve", "Solved", Ref="g", Session=client.session, Definition=graph, Internal=True
            )
        return found, await events(client, Ref="g")

    (begun, over), internal = run(server, Lender({}), story)
    assert (begun.record.Ref, over.type, over.record.trace.size > 0) == ("empty", COMPLETE, True)
    assert internal == []
