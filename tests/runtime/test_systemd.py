"""The scope is asked of a manager on a bus: a small one stands here for systemd's, behind jeepney's own connection."""

import os
from collections import deque
from contextlib import contextmanager

import pytest
from hull.errors import HostError
from hull.runtime import systemd

jeepney = pytest.importorskip("jeepney")


class Manager:
    """Answer as systemd does: a method's reply, then the signal that its job is done."""

    def __init__(self, result="done", refuse=""):
        self.result, self.refuse, self.calls, self.signals = result, refuse, [], deque()

    @contextmanager
    def connect(self, address):
        self.address = address
        yield self

    @contextmanager
    def filter(self, rule):
        yield self.signals

    def send_and_get_reply(self, message, timeout):
        fields = message.header.fields
        name = fields[jeepney.HeaderFields.member]
        self.calls.append((name, message.body))
        call = jeepney.new_method_call(jeepney.DBusAddress("/", "a.b", "a.b"), "x")
        call.header.serial = 1
        call.header.fields[jeepney.HeaderFields.sender] = ":1.1"
        if name == "StartTransientUnit" and self.refuse:
            return jeepney.new_error(call, "org.freedesktop.DBus.Error.AccessDenied", "s", (self.refuse,))
        if name == "StartTransientUnit":
            for job, result in (("/job/1", "failed"), ("/job/2", self.result)):
                self.signals.append(jeepney.new_method_return(call, "uoss", (1, job, message.body[0], result)))
            return jeepney.new_method_return(call, "o", ("/job/2",))
        return jeepney.new_method_return(call)

    def recv_until_filtered(self, queue, timeout):
        return queue.popleft()


@pytest.fixture
def manager(monkeypatch):
    def use(**options):
        made = Manager(**options)
        monkeypatch.setattr("jeepney.io.blocking.open_dbus_connection", made.connect)
        monkeypatch.setattr(systemd, "bus", lambda: "unix:path=/bus")
        return made

    return use


def test_the_scope_holds_this_process_and_is_delegated(manager):
    made = manager()
    systemd.enter_scope("hull-x.scope")
    unit, mode, properties, _ = dict(made.calls)["StartTransientUnit"]
    assert (unit, mode) == ("hull-x.scope", "fail")
    assert dict(properties)["PIDs"] == ("au", [os.getpid()])
    assert dict(properties)["Delegate"] == ("b", True)
    assert made.calls[0][0] == "AddMatch"


def test_a_job_that_fails_is_told(manager):
    manager(result="timeout")
    with pytest.raises(HostError, match=r"hull-x\.scope: systemd says timeout"):
        systemd.enter_scope("hull-x.scope")


def test_a_refusal_is_told(manager):
    manager(refuse="interactive authentication required")
    with pytest.raises(HostError, match="interactive authentication required"):
        systemd.enter_scope("hull-x.scope")


def test_a_bus_that_does_not_answer_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(systemd, "bus", lambda: f"unix:path={tmp_path}/none")
    with pytest.raises(HostError, match="cannot ask systemd"):
        systemd.enter_scope("hull-x.scope")


def test_the_users_bus_is_found_without_the_variable(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 1001)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert systemd.bus() == ""
    assert "no systemd" in systemd.refuses()
    (tmp_path / "bus").write_text("")
    assert systemd.bus() == f"unix:path={tmp_path}/bus"
    assert systemd.refuses() == ""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/other")
    assert systemd.bus() == "unix:path=/other"
