"""One more program gets into a limited container's group, or is told what is in the way."""

import os

import pytest
from hull.errors import HostError
from hull.runtime import membership, systemd
from hull.runtime.membership import Tree


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Give a tree in which this process is in a login's group, and where pid 1 is in a scope's."""
    scope = tmp_path / "user/hull-0123456789ab.scope"
    for directory in (scope / "hull-0123456789ab", scope / "hull-launcher", tmp_path / "login"):
        directory.mkdir(parents=True)
    asked = []
    monkeypatch.setattr(systemd, "attach", lambda *words: asked.append(words))
    monkeypatch.setattr(systemd, "refuses", lambda: "")
    monkeypatch.setattr(membership, "_group_of", lambda pid: "/user/hull-0123456789ab.scope/hull-0123456789ab")
    return Tree(str(tmp_path), str(tmp_path / "login")), asked


def test_a_group_below_one_of_ones_own_is_entered_without_help(tree):
    (found, asked) = tree
    with open(f"{found.mount}/cgroup.procs", "w"):
        pass
    assert membership.bring(1, found) == f"{found.mount}/user/hull-0123456789ab.scope/hull-0123456789ab"
    assert not asked


def test_systemd_moves_this_process_beside_the_first_launcher(tree):
    (found, asked) = tree
    assert membership.bring(1, found).endswith(".scope/hull-0123456789ab")
    assert asked == [("hull-0123456789ab.scope", "/hull-launcher")]


def test_a_shell_is_not_moved(tree):
    (found, asked) = tree
    with pytest.raises(HostError, match="this shell is to stay"):
        membership.bring(1, found, resident=True)
    assert not asked


@pytest.mark.parametrize(("refused", "group"), [("no manager", "x.scope/g"), ("", "plain/g")])
def test_what_is_in_the_way_is_named(tree, monkeypatch, refused, group):
    (found, asked) = tree
    monkeypatch.setattr(systemd, "refuses", lambda: refused)
    monkeypatch.setattr(membership, "_group_of", lambda pid: f"/user/{group}")
    with pytest.raises(HostError, match=f"{found.mount} is not yours") as caught:
        membership.bring(1, found)
    assert caught.value.hint
    assert not asked


def test_a_process_that_has_ended_is_told(tmp_path):
    gone = os.spawnlp(os.P_NOWAIT, "true", "true")
    os.waitpid(gone, 0)
    with pytest.raises(HostError, match="it has just ended"):
        membership.bring(gone, Tree(str(tmp_path), str(tmp_path)))


@pytest.mark.parametrize(
    ("path", "made", "found"),
    [
        ("/user/hull-0123456789ab-7.scope/hull-0123456789ab", True, True),
        ("/user/hull-0123456789ab-7.scope/hull-0123456789ab", False, False),
        ("/user/session-1.scope", True, False),
        ("/user/hull-ffffffffffff", True, False),
        ("", True, False),
    ],
)
def test_only_a_group_made_for_the_container_is_its_own(tmp_path, monkeypatch, path, made, found):
    """A freeze of the login's group would stop the login."""
    if made:
        os.makedirs(f"{tmp_path}{path}", exist_ok=True)
    monkeypatch.setattr(membership, "_group_of", lambda pid: path)
    assert membership.own_group(1, "0123456789abcdef", str(tmp_path)) == (f"{tmp_path}{path}" if found else "")


def test_one_that_has_ended_has_no_group():
    assert membership.own_group(2**22 + 1, "0123456789abcdef", "/") == ""
