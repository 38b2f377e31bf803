"""The place of a server's socket: private, published whole, taken over from the dead alone."""

import os
import socket
import stat
from types import SimpleNamespace

import pytest
from hull.commands import _listening, _serving
from hull.errors import Conflict, HostError, UserError


@pytest.fixture
def home(tmp_path):
    made = tmp_path / "h"
    made.mkdir(0o700)
    return str(made)


def test_it_is_there_for_its_owner_alone_and_goes_again(home):
    place = _listening.bind(f"{home}/d.sock")
    assert stat.S_IMODE(os.lstat(place.path).st_mode) == 0o600
    assert os.listdir(home) == ["d.sock"]
    assert _listening.alive(place.path)
    place.remove()
    assert os.listdir(home) == []
    assert not _listening.alive(place.path)


def test_a_living_server_is_not_pushed_aside(home):
    place = _listening.bind(f"{home}/d.sock")
    with pytest.raises(Conflict) as refused:
        _listening.bind(place.path)
    assert refused.value.hint.startswith(f"export DOCKER_HOST=unix://{place.path}")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(place.path)
    place.remove()


def test_a_dead_servers_socket_is_taken_over(home):
    dead = _listening.bind(f"{home}/d.sock")
    dead.socket.close()
    place = _listening.bind(dead.path)
    assert _listening.alive(place.path)
    place.remove()


def test_a_name_that_a_later_server_has_is_left_to_it(home):
    first = _listening.bind(f"{home}/d.sock")
    os.unlink(first.path)
    second = _listening.bind(first.path)
    assert first.withdraw()
    first.remove()
    assert _listening.alive(second.path)
    second.remove()


def test_who_is_on_his_way_keeps_the_name(home):
    place = _listening.bind(f"{home}/d.sock")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(place.path)
        assert not place.withdraw()
        assert _listening.alive(place.path)
    while _waiting(place.socket):
        place.socket.accept()[0].close()
    assert place.withdraw()
    assert os.listdir(home) == []
    place.remove()


def _waiting(listening):
    listening.settimeout(0)
    try:
        listening.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777, 0o722])
def test_a_directory_that_others_can_change_is_refused(home, mode):
    os.chmod(home, mode)
    with pytest.raises(UserError, match=f"other users can change {home}") as refused:
        _listening.bind(f"{home}/d.sock")
    assert f"chmod go-w {home}" in refused.value.hint
    os.chmod(home, 0o700)
    assert os.listdir(home) == []


def test_so_is_one_below_such_a_directory_unless_it_is_sticky(home):
    below = f"{home}/b"
    os.mkdir(below, 0o700)
    os.chmod(home, 0o777)
    with pytest.raises(UserError, match=f"other users can change {home}"):
        _listening.bind(f"{below}/d.sock")
    os.chmod(home, 0o1777)
    _listening.bind(f"{below}/d.sock").remove()


@pytest.mark.needs("root")
def test_so_is_another_users(home):
    os.chown(home, 65534, 65534)
    with pytest.raises(UserError, match="other users can change"):
        _listening.bind(f"{home}/d.sock")


def test_a_link_is_followed_to_the_directory_that_counts(home, tmp_path):
    os.symlink(home, tmp_path / "link")
    os.chmod(home, 0o777)
    with pytest.raises(UserError, match=f"other users can change {home}"):
        _listening.bind(f"{tmp_path}/link/d.sock")


def test_what_is_no_socket_is_left_alone(home):
    with open(f"{home}/d.sock", "w") as file:
        file.write("mine")
    with pytest.raises(Conflict, match="something else has that name"):
        _listening.bind(f"{home}/d.sock")
    with open(f"{home}/d.sock") as file:
        assert file.read() == "mine"


def test_a_place_that_cannot_be_is_said_to_be(home):
    with pytest.raises(HostError, match="No such file or directory"):
        _listening.bind(f"{home}/absent/d.sock")
    with pytest.raises(UserError, match="too long for a socket"):
        _listening.bind(f"{home}/{'d' * 120}")
    with pytest.raises(UserError, match="no absolute path"):
        _listening.bind("d.sock")


def test_another_users_server_is_told_nothing(home, monkeypatch):
    place = _listening.bind(f"{home}/d.sock")
    monkeypatch.setattr(_listening, "is_own", lambda _: False)
    with pytest.raises(UserError, match=r"cannot use the server at .*: it is another user's"):
        _serving.held_open(SimpleNamespace(paths=SimpleNamespace(locks=home)), place.path)
    came, _ = place.socket.accept()
    with came:
        assert came.recv(100) == b""
    place.remove()


def test_whose_the_other_side_is_the_kernel_says(monkeypatch):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert _listening.is_own(ours)
        monkeypatch.setattr(_listening.struct, "unpack", lambda *_: (1, os.geteuid() + 1, 1))
        assert not _listening.is_own(ours)
