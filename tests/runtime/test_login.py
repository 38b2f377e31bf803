"""What the end of a login kills: judged from logind's answers, without a logind."""

from pathlib import Path

import pytest
from hull.runtime import login
from hull.runtime.login import Logind

SESSION = "/user.slice/user-1000.slice/session-3.scope"
MANAGER = "/user.slice/user-1000.slice/user@1000.service/app.slice/run-r1.scope"
SERVICE = "/system.slice/cron.service"
CALM, KILLER = Logind(False, (), ("root",), False), Logind(True, (), ("root",), False)


@pytest.mark.parametrize(
    ("group", "user", "found", "expected"),
    [
        (SESSION, "ann", CALM, False),
        (SESSION, "ann", KILLER, True),
        (SESSION, "root", KILLER, False),
        (SESSION, "ann", KILLER._replace(only=("bob",)), False),
        (SESSION, "bob", KILLER._replace(only=("bob",)), True),
        (SESSION, "ann", KILLER._replace(lingers=True), False),
        (MANAGER, "ann", CALM, True),
        (MANAGER, "ann", CALM._replace(lingers=True), False),
        (SERVICE, "ann", KILLER, False),
        ("", "ann", KILLER, False),
    ],
)
def test_who_is_killed(group: str, user: str, found: Logind, expected: bool) -> None:
    assert login.judge(group, user, found) is expected


def test_the_fix_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "_group", lambda: SESSION)
    monkeypatch.setattr(login, "BUS", "/")
    monkeypatch.setattr(login, "_user", lambda: "ann")
    monkeypatch.setattr(login, "ask", lambda: KILLER)
    assert login.threat() == ("it will be killed when your last login session ends", "loginctl enable-linger ann")
    monkeypatch.setattr(login, "ask", lambda: None)
    assert login.threat() == ("", "")


def test_without_a_bus_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "_group", lambda: SESSION)
    monkeypatch.setattr(login, "BUS", "/nowhere")
    monkeypatch.setattr(login, "ask", lambda: pytest.fail("asked"))
    assert login.threat() == ("", "")


def test_busctls_words_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "busctl"
    settings = "echo 'b true'; echo 'as 0'; echo 'as 1 \"root\"'"
    script.write_text(f"#!/bin/sh\ncase \"$*\" in *Linger*) echo 'b true';; *) {settings};; esac\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert login.ask() == Logind(True, (), ("root",), True)
    script.write_text("#!/bin/sh\nexit 1\n")
    assert login.ask() is None
