import base64
import json
import os

import pytest
from hull.errors import HostError, UserError
from hull.images import auth
from hull.images.auth import Credentials


def write(path, data):
    os.makedirs(path.parent, exist_ok=True)
    path.write_text(json.dumps(data))


def basic(text):
    return {"auth": base64.b64encode(text.encode()).decode()}


@pytest.fixture
def env(tmp_path):
    return {"HOME": str(tmp_path), "PATH": str(tmp_path / "bin")}


def test_nothing_anywhere(env):
    found = auth.find("h:1", "a", env)
    assert not found
    assert found == Credentials()


def test_docker_config(env, tmp_path):
    write(tmp_path / ".docker/config.json", {"auths": {"h:1": basic("u:p:q")}})
    assert auth.find("h:1", "a/b", env) == Credentials("u", "p:q")
    assert not auth.find("h:2", "a/b", env)


def test_registry_auth_file_alone_counts(env, tmp_path):
    write(tmp_path / ".docker/config.json", {"auths": {"h:1": basic("u:p")}})
    write(tmp_path / "other.json", {"auths": {"h:2": basic("u2:p2")}})
    env["REGISTRY_AUTH_FILE"] = str(tmp_path / "other.json")
    assert auth.find("h:2", "a", env) == Credentials("u2", "p2")
    assert not auth.find("h:1", "a", env)


def test_podman_s_file_comes_first(env, tmp_path):
    env["XDG_RUNTIME_DIR"] = str(tmp_path / "run")
    write(tmp_path / "run/containers/auth.json", {"auths": {"h:1": basic("podman:p")}})
    write(tmp_path / ".docker/config.json", {"auths": {"h:1": basic("docker:p")}})
    assert auth.find("h:1", "a", env).user == "podman"


def test_the_longest_matching_key_wins(env, tmp_path):
    keys = {"h:1": basic("host:p"), "h:1/a": basic("a:p"), "h:1/a/b": basic("ab:p")}
    write(tmp_path / ".docker/config.json", {"auths": keys})
    assert [auth.find("h:1", name, env).user for name in ("a/b/c", "a/b", "a", "x")] == ["ab", "ab", "a", "host"]
    assert auth.find("h:1", "ab", env).user == "host"


def test_docker_hub_s_old_key(env, tmp_path):
    write(tmp_path / ".docker/config.json", {"auths": {"https://index.docker.io/v1/": basic("u:p")}})
    assert auth.find("docker.io", "library/debian", env) == Credentials("u", "p")


def test_identity_token(env, tmp_path):
    write(tmp_path / ".docker/config.json", {"auths": {"h:1": {"identitytoken": "t"}}})
    assert auth.find("h:1", "a", env) == Credentials(token="t")


def helper(tmp_path, script):
    path = tmp_path / "bin/docker-credential-test"
    os.makedirs(path.parent, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("key", [{"credHelpers": {"h:1": "test"}}, {"credsStore": "test"}])
def test_credential_helper(env, tmp_path, monkeypatch, key):
    helper(tmp_path, 'read -r server; echo "{\\"Username\\": \\"u\\", \\"Secret\\": \\"for $server\\"}"')
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    write(tmp_path / ".docker/config.json", key)
    assert auth.find("h:1", "a", env) == Credentials("u", "for h:1")


def test_credential_helper_that_gives_a_token(env, tmp_path, monkeypatch):
    helper(tmp_path, 'echo \'{"Username": "<token>", "Secret": "t"}\'')
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    write(tmp_path / ".docker/config.json", {"credsStore": "test"})
    assert auth.find("h:1", "a", env) == Credentials(token="t")


def test_credential_helper_that_knows_nothing(env, tmp_path, monkeypatch):
    helper(tmp_path, "exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    write(tmp_path / ".docker/config.json", {"credsStore": "test"})
    assert not auth.find("h:1", "a", env)


@pytest.mark.parametrize(("name", "error"), [("missing-helper", HostError), ("../evil", UserError)])
def test_credential_helper_that_cannot_be_run(env, tmp_path, name, error):
    write(tmp_path / ".docker/config.json", {"credsStore": name})
    with pytest.raises(error):
        auth.find("h:1", "a", env)


def test_a_damaged_file_is_named(env, tmp_path):
    os.makedirs(tmp_path / ".docker")
    (tmp_path / ".docker/config.json").write_text("{")
    with pytest.raises(UserError, match=r"config\.json"):
        auth.find("h:1", "a", env)


def test_a_password_is_not_printed():
    assert "secret" not in repr(Credentials("u", "secret", "secret"))
