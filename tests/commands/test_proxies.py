"""--http-proxy: what is passed on, what is rewritten, and what inspect does not show."""

import os

import pytest
from hull.commands import _proxies
from hull.model import Spec


class Told:
    """An engine that keeps what it is told."""

    def __init__(self):
        self.heard = []

    def events(self, event):
        self.heard.append(event)


def added(spec, **environ):
    told = Told()
    return _proxies.added(told, spec, environ).env, [event.kind for event in told.heard]


def test_nothing_is_passed_on_unless_asked():
    assert added(Spec("x"), http_proxy="http://p:1") == ((), [])


def test_both_spellings_are_passed_on_and_what_the_user_says_wins():
    spec = Spec("x", http_proxy=True, env=("HTTPS_PROXY=mine",))
    env, _ = added(spec, http_proxy="http://p:1", HTTPS_PROXY="http://q:1", NO_PROXY="localhost", OTHER="x")
    assert env == ("http_proxy=http://p:1", "NO_PROXY=localhost", "HTTPS_PROXY=mine")


@pytest.mark.parametrize(
    ("value", "inside"),
    [
        ("http://127.0.0.1:3128", "http://host.hull.internal:3128"),
        ("http://me:secret@localhost:3128/", "http://me:secret@host.hull.internal:3128/"),
        ("socks5://[::1]:1080", "socks5://host.hull.internal:1080"),
        ("localhost:3128", "host.hull.internal:3128"),
        ("http://proxy.example:3128", "http://proxy.example:3128"),
    ],
)
def test_one_on_loopback_is_rewritten_where_loopback_is_reached(value, inside):
    env, heard = added(Spec("x", http_proxy=True, host_loopback=True), http_proxy=value)
    assert (env, heard) == ((f"http_proxy={inside}",), [])


def test_one_on_loopback_is_warned_of_where_it_is_not():
    env, heard = added(Spec("x", http_proxy=True), http_proxy="http://localhost:1")
    assert (env, heard) == (("http_proxy=http://localhost:1",), ["warning"])
    assert added(Spec("x", http_proxy=True, network="host"), http_proxy="http://localhost:1")[1] == []


def test_the_program_has_them_and_inspect_does_not(cli):
    env = cli.env(http_proxy="http://me:secret@proxy.example:1")
    script = "echo $http_proxy; sleep 1000"
    cli("run", "-d", "--name", "proxied", "--network", "none", "--http-proxy", "busybox", "sh", "-c", script, env=env)
    try:
        done = cli("exec", "proxied", "sh", "-c", "echo $http_proxy", env=env, check=True)
        assert done.stdout == b"http://me:secret@proxy.example:1\n"
        assert b"secret" in cli("logs", "proxied", env=env, check=True).stdout
        assert b"secret" not in cli("inspect", "proxied", env=env, check=True).stdout
    finally:
        cli("rm", "-f", "proxied")


@pytest.mark.parametrize(("asked", "passed"), [((), b"http://p:1"), (("--http-proxy=false",), b"")])
def test_the_settings_ask_for_them_where_nothing_is_said(fresh_cli, asked, passed):
    os.makedirs(f"{fresh_cli.root}/config", exist_ok=True)
    with open(f"{fresh_cli.root}/config/config.toml", "w") as file:
        file.write("[run]\nhttp_proxy = true\n")
    words = ("run", "--rm", "--network", "none", *asked, "busybox", "sh", "-c", "echo $http_proxy")
    done = fresh_cli(*words, env=fresh_cli.env(http_proxy="http://p:1"), check=True)
    assert done.stdout.strip() == passed
