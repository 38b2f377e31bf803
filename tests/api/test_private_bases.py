"""Base images that a registry gives to its users alone: a build takes them as its client, and keeps nothing of that."""

import base64
import json
import os

import pytest
from hull.api.rpc.calls import Failed

from tests import registries
from tests.api.lending import Lender
from tests.api.serving import Server
from tests.api.test_build import build, packed, told
from tests.api.test_buildkit import run
from tests.leaks import written

pytestmark = [pytest.mark.real, pytest.mark.needs("launcher", "program:docker-registry", "program:htpasswd")]
UNTOLD = os.urandom(12).hex()
AUTH = {"username": registries.USER, "password": registries.PASSWORD}


@pytest.fixture(scope="module")
def base(server: Server):
    """Give the name of an image that is in a registry with a password and not here."""
    with registries.htpasswd() as registry:
        name = f"{registry.address}/base:1"
        server.cli("tag", "busybox", name, check=True)
        header = {"X-Registry-Auth": base64.urlsafe_b64encode(json.dumps(AUTH).encode()).decode()}
        assert "error" not in server.request("POST", f"/images/{name}/push", b"", header).lines[-1]
        yield name


@pytest.fixture
def away(server, base):
    """Give the name, of nothing here."""
    server.cli("untag", "busybox", base)
    yield base
    server.cli("untag", "busybox", base)


def with_config(server, address, who):
    others = {"nonsense/of/others": {"username": "x"}, "registry.example": {"username": "x", "password": UNTOLD}}
    text = json.dumps({**others, f"http://{address}": who})
    return server.request(
        "POST", "/build?networkmode=none", packed({"Dockerfile": f"FROM {address}/base:1\nENV A=b\n"}),
        {"Content-Type": "application/x-tar", "X-Registry-Config": base64.urlsafe_b64encode(text.encode()).decode()},
    )  # fmt: skip


def test_the_first_builder_takes_them_of_the_request_alone(server, away):
    address = away.partition("/")[0]
    text = f"FROM {away}\n"
    refused = build(server, packed({"Dockerfile": text})).lines[-1]
    assert "registry asks for basic" in refused["error"], refused
    assert "denies access" in with_config(server, address, {**AUTH, "password": "no"}).lines[-1]["error"]
    assert "Successfully built" in told(with_config(server, address, AUTH))
    assert written(server.cli.root, UNTOLD) == []
    server.cli("untag", "busybox", away, check=True)
    assert "registry asks for basic" in build(server, packed({"Dockerfile": text}), pull="1").lines[-1]["error"]
    null = {"X-Registry-Config": base64.urlsafe_b64encode(b"null").decode()}
    assert "Successfully built" in told(
        server.request("POST", "/build", packed({"Dockerfile": "FROM busybox\n"}), null)
    )
    reply = server.request("POST", "/build", packed({"Dockerfile": text}), {"X-Registry-Config": "no"})
    assert (reply.status, reply.message) == (400, "invalid X-Registry-Config header: it is no base64 of JSON")


def test_buildkit_s_clients_are_asked_for_them(server, away, tmp_path):
    address = away.partition("/")[0]
    tmp_path.joinpath("Dockerfile").write_text(f"FROM {away}\nENV C=d\n")
    knowing = Lender({"context": str(tmp_path), "dockerfile": str(tmp_path)}, who={address: tuple(AUTH.values())})

    async def story(client):
        asked = {"force-network-mode": "none", "image-resolve-mode": "pull"}
        return await client.build(asked, ("image", {"name": f"{address}/pushed:1", "push": "true"}))

    assert run(server, knowing, story)["containerimage.config.digest"]
    with pytest.raises(Failed, match="registry asks for basic"):
        run(server, Lender({"context": str(tmp_path), "dockerfile": str(tmp_path)}), story)


@pytest.mark.needs("program:docker")
@pytest.mark.parametrize("buildkit", ["0", "1"])
def test_the_client_s_own_file_opens_a_private_base(server, away, tmp_path, buildkit):
    config = tmp_path / "config"
    config.mkdir()
    auth = base64.b64encode(f"{registries.USER}:{registries.PASSWORD}".encode()).decode()
    config.joinpath("config.json").write_text(json.dumps({"auths": {away.partition("/")[0]: {"auth": auth}}}))
    plugins = os.path.expanduser("~/.docker/cli-plugins")
    if os.path.isdir(plugins):
        config.joinpath("cli-plugins").symlink_to(plugins)
    tmp_path.joinpath("Dockerfile").write_text(f"FROM {away}\nLABEL by={buildkit}\n")
    env = server.env(DOCKER_CONFIG=str(config), DOCKER_BUILDKIT=buildkit)
    if buildkit == "1" and server.docker("buildx", "version", env=env).returncode:
        pytest.skip("needs program:docker: its buildx plugin is not installed")
    words = ("build", "--network", "none", "--pull", "-t", f"private:{buildkit}", ".")
    server.docker(*words, cwd=tmp_path, env=env, check=True)
    found = server.request("GET", f"/images/private:{buildkit}/json").json
    assert found["Config"]["Labels"] == {"by": buildkit}
