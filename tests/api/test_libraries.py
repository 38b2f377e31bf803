"""Other people's libraries at work: docker-py, what a runner of CI steps asks of it, and testcontainers."""

import io
import os
import tarfile
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import docker
import pytest
from docker.errors import APIError, ContainerError, ImageNotFound, NotFound

from tests.api.serving import Server

pytestmark = pytest.mark.real
Client = docker.DockerClient


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    """Give docker-py's client; the containers of this test's label are gone when it is over."""
    made = docker.DockerClient(base_url=server.url, version="auto")
    yield made
    for left in made.containers.list(all=True, filters={"label": mark()}):
        left.remove(force=True, v=True)
    made.close()


def mark() -> str:
    """Return a label of this process."""
    return f"libraries={os.getpid()}"


def packed(files: dict[str, bytes]) -> bytes:
    """Return a tar of regular files."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), 0o755
            tar.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def start(client: Client, *words: str, **options: Any) -> Any:
    """Start a container of this test's label."""
    key, value = mark().split("=")
    return client.containers.run("busybox", list(words), detach=True, labels={key: value}, **options)


def test_docker_py_runs_a_program_and_tells_its_failure(client: Client) -> None:
    assert client.containers.run("busybox", "echo said", remove=True) == b"said\n"
    with pytest.raises(ContainerError) as failed:
        client.containers.run("busybox", "sh -c 'echo why >&2; exit 5'", remove=True)
    assert (failed.value.exit_status, failed.value.stderr) == (5, b"why\n")
    with pytest.raises(NotFound, match="No such container: nothing"):
        client.containers.get("nothing")
    with pytest.raises(ImageNotFound):
        client.images.get("nothing")


def test_docker_py_follows_a_container_through_its_life(client: Client) -> None:
    box = start(client, "sh", "-c", "echo one; read line; echo $line; exit 3", stdin_open=True)
    assert box.status in ("created", "running")
    socket = box.attach_socket(params={"stdin": 1, "stream": 1})
    socket._sock.sendall(b"two\n")  # how its users do it
    assert box.wait()["StatusCode"] == 3
    socket.close()
    assert box.logs() == b"one\ntwo\n"
    assert list(box.logs(stream=True)) == [b"one\n", b"two\n"]
    box.reload()
    assert (box.status, box.attrs["State"]["ExitCode"]) == ("exited", 3)
    with pytest.raises(APIError, match="is not running"):
        box.kill()
    asked = {"since": 0, "until": int(time.time()) + 1, "decode": True, "filters": {"container": box.id}}
    happened = [event["Action"] for event in client.events(**asked)]
    assert [one for one in happened if one in ("create", "start", "die")] == ["create", "start", "die"]


def test_a_runner_of_steps_copies_in_executes_and_copies_out(client: Client) -> None:
    """As CI's local runners do: files by archives, each step an exec, its outcome asked for."""
    box = start(client, "tail", "-f", "/dev/null", working_dir="/work", network_mode="none")
    assert box.put_archive(
        "/", packed({"step/0": b"pwd; echo K=$V >> /step/env; echo bad >&2; exit 4\n", "step/env": b""})
    )
    made = client.api.exec_create(box.id, ["sh", "-e", "/step/0"], environment={"V": "1"}, workdir="/work")["Id"]
    assert client.api.exec_start(made, demux=True) == (b"/work\n", b"bad\n")
    assert client.api.exec_inspect(made)["ExitCode"] == 4
    pieces, about = box.get_archive("/step/env")
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as tar:
        found = tar.extractfile("env")
        assert found is not None
        assert found.read() == b"K=1\n"
    assert (about["name"], about["size"]) == ("env", 4)
    with pytest.raises(NotFound):
        box.get_archive("/step/none")


def test_testcontainers_start_a_service_and_find_its_port(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", server.url)
    from testcontainers.core.config import ConnectionMode, testcontainers_config
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    monkeypatch.setattr(testcontainers_config, "ryuk_disabled", True)  # its image is not to be had everywhere
    monkeypatch.setattr(testcontainers_config, "connection_mode_override", ConnectionMode.docker_host)
    serve = "echo page >/index.html; echo listening; exec httpd -f -p 8000 -h /"
    service = DockerContainer("busybox").with_command(["sh", "-c", serve]).with_exposed_ports(8000)
    with service.waiting_for(LogMessageWaitStrategy("listening")) as running:
        url = f"http://{running.get_container_host_ip()}:{running.get_exposed_port(8000)}/index.html"
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as page:
            assert page.read() == b"page\n"
        assert running.exec(["sh", "-c", "cat /index.html; exit 2"]) == (2, b"page\n")
        ident = running.get_wrapped_container().id
    assert server.request("GET", f"/containers/{ident}/json").status == 404
