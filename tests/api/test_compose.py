"""A stack of three services, by the compose of Debian 12 and by the docker client's own where it has one."""

import os
import subprocess

import pytest

from tests.commandline import run

STACK = """\
version: "2.4"
services:
  db:
    image: busybox
    command: sh -c "echo seeded > /data/seed; touch /tmp/ready; while true; do echo from-db | nc -l -p 7000; done"
    volumes: ["data:/data"]
    healthcheck: {test: ["CMD", "test", "-e", "/tmp/ready"], interval: 200ms, timeout: 20s, retries: 100}
    networks: {back: {aliases: [store]}}
  web:
    build: .
    depends_on: {db: {condition: service_healthy}}
    volumes: ["data:/data"]
    networks: [back, front]
    ports: ["127.0.0.1::8000"]
  probe:
    image: busybox
    command: sh -c "echo waiting; while true; do sleep 1; done"
    init: true
    depends_on: [web]
    networks: [front]
volumes: {data: {}}
networks: {back: {internal: true}, front: {}}
"""
FILE = r"""
FROM busybox
RUN echo built > /built
CMD ["sh", "-c", "cp /data/seed /seen; while true; do { cat /built /seen; nc -w5 store 7000 </dev/null; } | nc -l -p 8000; done"]
"""  # noqa: E501
PAGE = "built\nseeded\nfrom-db\n"
TOOLS = {"v1": ["docker-compose"], "v2": ["docker", "compose"]}


@pytest.fixture(params=TOOLS)
def compose(request, server, tmp_path):
    """Give what runs compose in a directory with a stack; it is down at the end."""
    tool = TOOLS[request.param]
    try:
        there = subprocess.run([*tool, "version"], capture_output=True, check=False, env=server.env()).returncode == 0
    except FileNotFoundError:
        there = False
    if not there:
        pytest.skip(f"needs compose {request.param}: {' '.join(tool)} is not installed")
    place = tmp_path / f"stack{os.getpid()}"
    place.mkdir()
    (place / "docker-compose.yml").write_text(STACK)
    (place / "Dockerfile").write_text(FILE)

    def call(*words, check=True, **options):
        return run([*tool, *words], server.env(), cwd=place, check=check, **options)

    yield call
    call("down", "-v", "--rmi", "local", "-t", "0")


@pytest.mark.needs("program:docker", "tun", "program:slirp4netns")
def test_a_stack_comes_up_in_order_and_goes_without_a_trace(compose, server, cli):
    compose("up", "-d", timeout=120)
    project = f"stack{os.getpid()}"
    label = f'{{"label":["com.docker.compose.project={project}"]}}'
    rows = server.request("GET", f"/containers/json?filters={label}").json
    started = {row["Labels"]["com.docker.compose.service"]: row for row in rows}
    assert set(started) == {"db", "web", "probe"}
    assert "healthy" in started["db"]["Status"]
    asked = ("exec", "-T", "probe", "sh", "-c", "until nc -w5 web 8000 </dev/null | grep .; do sleep 0.1; done")
    assert compose(*asked).stdout.decode() == PAGE
    place = compose("port", "web", "8000").stdout.decode().strip()
    assert place.startswith("127.0.0.1:")
    script = "exec 3<>/dev/tcp/${0%:*}/${0##*:}; cat <&3"
    assert subprocess.run(["bash", "-c", script, place], capture_output=True, check=True).stdout.decode() == PAGE
    assert "waiting" in compose("logs", "--no-color", "probe").stdout.decode()
    compose("down", "-v", "--rmi", "local", "-t", "0")
    for path, key in (("containers/json", None), ("networks", None), ("volumes", "Volumes")):
        left = server.request("GET", f"/{path}?filters={label}&all=1").json
        assert (left[key] if key else left) == []
    assert f"{project}" not in cli("images", check=True).stdout.decode()
