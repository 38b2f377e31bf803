"""The freezer's answer is awaited; what stops by signals is continued where it cannot be held."""

import threading

import pytest
from hull.errors import HostError
from hull.runtime import freeze, members
from hull.runtime.members import Member

INIT = Member(10**7, 1, "S", "hull-init", 0, 0, 0, 20, 0, 0, 0, 0, 1, 1, 0, 0)


def test_nothing_is_said_before_the_kernel_has_frozen(tmp_path, monkeypatch):
    (tmp_path / "cgroup.freeze").write_text("0")
    events = tmp_path / "cgroup.events"
    events.write_text("populated 1\nfrozen 0\n")
    waits = []

    class Poll:
        def register(self, *_words):
            pass

        def poll(self, _milliseconds):
            waits.append((tmp_path / "cgroup.freeze").read_text())
            events.write_text("populated 1\nfrozen 1\n")

    monkeypatch.setattr(freeze.select, "poll", Poll)
    assert freeze.hold(1, str(tmp_path)) == freeze.Held("freezer")
    assert waits == ["1"]


def test_a_freezer_that_never_answers_is_told(tmp_path, monkeypatch):
    (tmp_path / "cgroup.freeze").write_text("0")
    (tmp_path / "cgroup.events").write_text("frozen 0\n")
    monkeypatch.setattr(freeze, "SECONDS", 0.0)
    monkeypatch.setattr(freeze.select, "poll", type("Poll", (), {"register": print, "poll": print}))
    with pytest.raises(HostError, match="cannot freeze"):
        freeze.hold(1, str(tmp_path))


def test_what_cannot_be_stopped_is_let_go(monkeypatch):
    sent = []
    monkeypatch.setattr(members, "find", lambda init: [INIT])
    monkeypatch.setattr(freeze.processes, "send", lambda member, number: sent.append(number))
    monkeypatch.setattr(freeze, "SECONDS", 0.05)
    with pytest.raises(HostError, match=r"cannot stop hull-init \(10000000\)"):
        freeze.hold(INIT.pid, "")
    assert sent[-1] == freeze.signal.SIGCONT
    assert freeze.signal.SIGSTOP in sent


def test_pid_1_stops_first_and_goes_on_last(monkeypatch):
    child = INIT._replace(pid=10**7 + 1, parent=INIT.pid, name="child")
    states, order, late = {INIT.pid: "S", child.pid: "S"}, [], []

    def send(member, number):
        order.append((member.pid, states[INIT.pid]))
        if number == freeze.signal.SIGCONT:
            states[member.pid] = "S"
        else:
            late.append(member.pid)

    def find(_init):
        found = [m._replace(state=states[m.pid]) for m in (INIT, child)]
        states.update(dict.fromkeys(late, "T"))  # a signal takes its time: the next look sees it
        return found

    monkeypatch.setattr(members, "find", find)
    monkeypatch.setattr(freeze.processes, "send", send)
    held = freeze.hold(INIT.pid, "")
    freeze.release(INIT.pid, "", held.already)
    assert {init for pid, init in order if pid == child.pid} == {"T"}, "stopped, and continued, while init was"
    assert order[-1][0] == INIT.pid


def test_one_that_appears_while_the_others_stop_is_caught(monkeypatch):
    late = INIT._replace(pid=10**7 + 2, name="late")
    looks = iter(([INIT], [INIT._replace(state="T")], [INIT._replace(state="T"), late]))
    stopped = threading.Event()

    def find(_init):
        return next(looks, [INIT._replace(state="T"), late._replace(state="T" if stopped.is_set() else "S")])

    monkeypatch.setattr(members, "find", find)
    monkeypatch.setattr(freeze.processes, "send", lambda m, _number: stopped.set() if m.name == "late" else None)
    freeze.hold(INIT.pid, "")
    assert stopped.is_set()
