"""login asks the registry before it keeps anything, keeps it where others read it, and shows it to nobody."""

import json
import os
import stat

import pexpect
import pytest

from tests import registries
from tests.registries import PASSWORD, USER

pytestmark = pytest.mark.needs("program:docker-registry", "program:htpasswd", "program:openssl")


@pytest.fixture
def home(tmp_path):
    (tmp_path / "bin").mkdir()
    names = {"HOME": str(tmp_path), "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "REGISTRY_AUTH_FILE": ""}
    return {**names, "XDG_CONFIG_HOME": "", "XDG_RUNTIME_DIR": str(tmp_path / "run"), "DOCKER_CONFIG": ""}


def login(cli, home, address, password=PASSWORD, *flags):
    words = ("login", "-u", USER, "--password-stdin", *flags, address)
    return cli(*words, env=cli.env(**home), input=f"{password}\n".encode())


@pytest.mark.parametrize("make", [registries.htpasswd, lambda: registries.token(anonymous=())])
def test_login_and_logout(cli, home, tmp_path, make):
    with make() as found:
        done = login(cli, home, found.address, "wrong")
        assert (done.returncode, done.stdout) == (125, b"")
        assert b"cannot log in to" in done.stderr
        assert not (tmp_path / ".config").exists()
        done = login(cli, home, found.address)
        assert (done.returncode, done.stdout) == (0, b"Login Succeeded\n"), done.stderr
        path = tmp_path / ".config/containers/auth.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert list(json.loads(path.read_text())["auths"]) == [found.address]
        assert cli("login", found.address, env=cli.env(**home)).stdout == b"Login Succeeded\n"
        assert cli("login", "--get-login", found.address, env=cli.env(**home)).stdout == f"{USER}\n".encode()
        gone = cli("logout", found.address, env=cli.env(**home))
        assert gone.stdout.decode() == f"Removing login credentials for {found.address}\n"
        assert json.loads(path.read_text()) == {"auths": {}}
        again = cli("logout", found.address, env=cli.env(**home))
        assert again.stdout.decode() == f"Not logged in to {found.address}\n"


def test_what_podman_wrote_is_replaced_where_it_is(cli, home, tmp_path):
    (tmp_path / "run/containers").mkdir(parents=True)
    path = tmp_path / "run/containers/auth.json"
    with registries.htpasswd() as found:
        path.write_text(
            json.dumps({"auths": {found.address: {"auth": "b2xkOm9sZA=="}, "other": {"auth": "x"}}, "k": 1})
        )
        assert login(cli, home, found.address).returncode == 0
        data = json.loads(path.read_text())
        assert set(data["auths"]) == {found.address, "other"}
        assert data["k"] == 1
        assert data["auths"][found.address]["auth"] != "b2xkOm9sZA=="


def test_a_credential_store_keeps_it(cli, home, tmp_path):
    helper = tmp_path / "bin/docker-credential-test"
    helper.write_text(f"#!/bin/sh\ncase $1 in get) cat {tmp_path}/kept 2>/dev/null ;; store) cat >{tmp_path}/kept ;; "
                      f"erase) rm {tmp_path}/kept ;; esac\n")  # fmt: skip
    helper.chmod(0o755)
    (tmp_path / ".docker").mkdir()
    config = tmp_path / ".docker/config.json"
    config.write_text('{"credsStore": "test"}')
    with registries.htpasswd() as found:
        assert login(cli, home, found.address).returncode == 0
        assert json.loads((tmp_path / "kept").read_text())["Secret"] == PASSWORD
        assert PASSWORD not in config.read_text()
        assert json.loads(config.read_text())["auths"] == {found.address: {}}
        assert cli("login", found.address, env=cli.env(**home)).returncode == 0
        assert cli("logout", "--all", env=cli.env(**home)).returncode == 0
        assert not (tmp_path / "kept").exists()
        assert json.loads(config.read_text())["auths"] == {}


def test_nothing_prints_the_password(cli, home, tmp_path):
    secret = "hunter-very-secret"
    helper = tmp_path / "bin/docker-credential-test"
    helper.write_text("#!/bin/sh\n[ $1 = get ] || cat\nexit 1\n")
    helper.chmod(0o755)
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker/config.json").write_text('{"credsStore": "test"}')
    debug = {**home, "HULL_DEBUG": "1"}
    with registries.htpasswd() as found, registries.served(lambda _: registries.Reply()) as open_to_all:
        wrong = login(cli, debug, found.address, secret)
        kept = login(cli, debug, open_to_all.address, secret)
    for done in (wrong, kept):
        assert done.returncode == 125
        assert b"Traceback" in done.stderr
        assert secret.encode() not in done.stderr + done.stdout
    assert b"docker-credential-test says" in kept.stderr


def test_nobody_is_asked_without_a_terminal(cli, home):
    done = cli("login", "localhost:1", env=cli.env(**home))
    assert done.returncode == 125
    assert b"--password-stdin" in done.stderr


@pytest.mark.parametrize("name", ["nodots", "a b.c", "-x.y:1"])
def test_what_is_no_registry(cli, home, name):
    done = cli("login", "-u", "a", "--password-stdin", "--", name, env=cli.env(**home), input=b"x")
    assert done.returncode == 125
    assert b"Traceback" not in done.stderr


def test_a_terminal_is_asked_and_does_not_show_the_password(cli, home, tmp_path):
    with registries.htpasswd() as found:
        program, *words = cli.argv("login", found.address)
        child = pexpect.spawn(program, words, env=cli.env(**home))
        child.expect("Username: ", timeout=20)
        child.sendline(USER)
        child.expect("Password: ", timeout=20)
        child.waitnoecho(10)
        child.sendline(PASSWORD)
        child.expect("Login Succeeded", timeout=20)
        assert PASSWORD.encode() not in child.before
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
    assert (tmp_path / ".config/containers/auth.json").exists()
