"""Builds of BuildKit's clients: what they lend, what they are told, how a build ends."""

import asyncio
import io
import json
import os
import tarfile

import pytest
from hull.api.rpc.calls import Failed

from tests.api.lending import CONTROL, Client, Lender

pytestmark = [pytest.mark.real, pytest.mark.needs("launcher")]


@pytest.fixture
def context(tmp_path):
    """Give a context with a Dockerfile, a large file and patterns."""
    made = tmp_path / "context"
    made.mkdir(mode=0o755)
    (made / "sub").mkdir()
    (made / "sub" / "small").write_text("small\n")
    (made / "large").write_bytes(os.urandom(1 << 20) + b"end")
    (made / "empty").write_bytes(b"")
    (made / "link").symlink_to("sub/small")
    (made / "ignored").write_text("no\n")
    (made / ".dockerignore").write_text("ignored\n")
    return made


def image(server, name):
    return json.loads(server.cli("inspect", name, check=True).stdout)[0]


def inside(server, name, *command):
    return server.cli("run", "--rm", "--network", "none", name, *command, check=True).stdout.decode()


def run(server, lender, story):
    async def act():
        async with Client(server.path, lender) as client:
            return await story(client)

    return asyncio.run(asyncio.wait_for(act(), 60))


def names(client):
    return [vertex.name for status in client.said for vertex in status.vertexes]


def test_a_build_is_made_of_what_the_client_lends(server, context):
    (context / "Dockerfile").write_text(
        "FROM busybox\nARG WHO\nCOPY . /c\n"
        "RUN --mount=type=secret,id=s cat /run/secrets/s > /told; echo out; echo err >&2; echo $WHO\n"
    )
    lender = Lender({"context": str(context), "dockerfile": str(context)}, {"s": b"hush"})
    attributes = {"filename": "Dockerfile", "build-arg:WHO": "me", "label:a": "b", "force-network-mode": "none"}

    async def story(client):
        return await client.build(attributes, ("moby", {"name": "lent:1,lent:2"})), client

    answer, client = run(server, lender, story)
    made = image(server, "lent:2")
    assert answer["containerimage.config.digest"] == made["Id"]
    assert answer["image.name"] == "docker.io/library/lent:1,docker.io/library/lent:2"
    assert made["Config"]["Labels"] == {"a": "b"}
    assert inside(server, "lent:1", "cat", "/told", "/c/link", "/c/sub/small") == "hushsmall\nsmall\n"
    assert inside(server, "lent:1", "sh", "-c", "ls -A /c; tail -c 3 /c/large") == (
        ".dockerignore\nDockerfile\nempty\nlarge\nlink\nsub\nend"
    )
    assert lender.asked[0] == ("dockerfile", ["Dockerfile", "Dockerfile.dockerignore", "dockerfile"], [])
    assert lender.asked[1:] == [("context", [".dockerignore"], []), ("context", [], ["ignored"])]
    logs = {(log.stream, log.msg) for status in client.said for log in status.logs}
    assert {(1, b"out\n"), (2, b"err\n"), (1, b"me\n")} <= logs
    assert "[stage-0 3/4] COPY . /c" in names(client)
    assert names(client)[-1] == "exporting to image"


def test_a_client_may_lead_the_build(server, context):
    (context / "Dockerfile").write_text("FROM busybox\nCOPY sub /s\n")
    lender = Lender({"context": str(context), "dockerfile": str(context)})
    answer = run(server, lender, lambda client: client.lead({}, ("moby", {"name": "led"})))
    assert answer["containerimage.digest"] == image(server, "led")["Id"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("FROM busybox\nRUN exit 7\n", 'process "/bin/sh -c exit 7" did not complete successfully: exit code: 7'),
        ("FROM busybox\nNO\n", "dockerfile parse error on line 2: unknown instruction: NO"),
        ("FROM busybox\nRUN --mount=type=secret,id=x,required true\n", "the secret x is required"),
    ],
)
def test_a_failure_has_its_words_and_its_lines(server, context, text, words):
    (context / "Dockerfile").write_text(text)
    lender = Lender({"context": str(context), "dockerfile": str(context)})
    with pytest.raises(Failed) as failed:
        run(server, lender, lambda client: client.build({"force-network-mode": "none"}))
    assert words in failed.value.message
    with pytest.raises(Failed) as again:
        run(server, lender, lambda client: client.lead({"force-network-mode": "none"}))
    assert again.value.message == failed.value.message


def test_a_result_goes_to_the_client(server, context):
    (context / "Dockerfile").write_text("FROM scratch\nCOPY sub/small large /d/\n")
    lender = Lender({"context": str(context), "dockerfile": str(context)})
    run(server, lender, lambda client: client.build({}, ("local", {}), ("tar", {})))
    assert lender.taken == {"d/small": b"small\n", "d/large": (context / "large").read_bytes()}
    with tarfile.open(fileobj=io.BytesIO(lender.archive)) as tar:
        assert "d/large" in [name.removeprefix("./") for name in tar.getnames()]


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"memory": "1000000"}, "memory=1000000"),
        ({"platform": "linux/amd64,linux/arm64"}, "several platforms"),
        ({"source": "example.test/frontend:1"}, "the frontend example.test/frontend:1"),
        ({"context": "/etc"}, "no address"),
        ({"requestid": "frontend.outline"}, "frontend.outline"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(server, context, attributes, words):
    (context / "Dockerfile").write_text("FROM scratch\n")
    lender = Lender({"context": str(context), "dockerfile": str(context)})
    with pytest.raises(Failed) as failed:
        run(server, lender, lambda client: client.build(attributes))
    assert words in failed.value.message


def test_a_call_that_is_cancelled_ends_its_build(server, context):
    (context / "Dockerfile").write_text("FROM busybox\nRUN echo begun; sleep 1000\n")
    lender = Lender({"context": str(context), "dockerfile": str(context)})

    async def story(client):
        building = asyncio.ensure_future(client.build({"force-network-mode": "none"}))
        await client.logged.wait()
        building.cancel()

    run(server, lender, story)
    assert_no_build_is_left(server)


def assert_no_build_is_left(server):
    """Wait until no build has a directory; what the whole test may take bounds it."""
    while [name for name in os.listdir(f"{server.cli.root}/tmp") if name.startswith("build-")]:
        server.request("GET", "/_ping")


def test_the_engine_says_who_builds(server, context):
    lender = Lender({})

    async def story(client):
        workers = await client.ask(f"{CONTROL}ListWorkers", "Workers", message="Empty")
        with pytest.raises(Failed, match="unknown method") as failed:
            await client.ask(f"{CONTROL}Nothing", "Empty", message="Empty")
        return workers, failed.value.code

    workers, code = run(server, lender, story)
    assert workers.record[0].platforms[0].OS == "linux"
    assert code == 12


def test_a_session_is_entered_by_whoever_speaks_http2(server):
    with server.connect() as wire:
        wire.sendall(b"POST /session HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nX-Docker-Expose-Session-Uuid: a\r\n\r\n")
        said = wire.recv(4096)
    assert said.startswith(b"HTTP/1.1 101 ")
    assert b"\r\nUpgrade: h2c\r\n" in said
    assert "no upgrade" in server.request("POST", "/session").message
    assert "not supported" in server.request("POST", "/session", headers={"Upgrade": "foo"}).message
