"""Holes by name, and directories that stay live: what opens, what stays shut, what is refused."""

import json
import os
import pathlib
import socket
from collections.abc import Iterator

import pytest
from hull.errors import HostError, UserError
from hull.model import Mount, Trial
from hull.trials import box, environment, holes_live, holes_open
from hull.trials.environment import Around
from hull.trials.holes import HOLES, Hole

RUNTIME = "/run/user/7"
BUS = f"DBUS_SESSION_BUS_ADDRESS=unix:path={RUNTIME}/bus"
PODMAN = f"{RUNTIME}/podman/podman.sock"


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[pathlib.Path]:
    """Give a directory with a name short enough for sockets, as home and XDG_RUNTIME_DIR."""
    import shutil
    import tempfile

    path = tempfile.mkdtemp(prefix="h-")
    yield pathlib.Path(path)
    shutil.rmtree(path)


def _listen(path: pathlib.Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.close()
    return str(path)


def _around(place: pathlib.Path, **environ: str) -> Around:
    return Around({"XDG_RUNTIME_DIR": str(place), **environ}, str(place), str(place))


def _opened(name: str, place: pathlib.Path, **environ: str) -> holes_open.Opened:
    return holes_open.opened(holes_open.named((name,)), _around(place, **environ), RUNTIME)


def test_an_unknown_hole_is_an_error_with_the_list() -> None:
    with pytest.raises(UserError, match="allow ssh") as caught:
        holes_open.named(("dbus", "ssh"))
    assert all(hole.name in caught.value.hint for hole in HOLES)


@pytest.mark.parametrize("hole", HOLES, ids=lambda hole: hole.name)
def test_every_hole_opens_something_and_says_so(hole: Hole) -> None:
    assert hole.text
    assert hole.sockets or hole.show or hole.devices
    assert all(
        socket_.target.startswith(("{runtime}", "{gnupg}", "/run/", "/tmp/.X11-unix/")) for socket_ in hole.sockets
    )


@pytest.mark.parametrize(
    ("name", "file", "variable", "inside"),
    [
        ("ssh-agent", "agent", "SSH_AUTH_SOCK={}", f"{RUNTIME}/ssh-agent SSH_AUTH_SOCK={RUNTIME}/ssh-agent"),
        ("dbus", "b", "DBUS_SESSION_BUS_ADDRESS=unix:path={},guid=1", f"{RUNTIME}/bus {BUS}"),
        ("dbus", "bus", "", f"{RUNTIME}/bus {BUS}"),
        ("docker", "d", "DOCKER_HOST=unix://{}", "/run/docker.sock DOCKER_HOST=unix:///run/docker.sock"),
        ("podman", "podman/podman.sock", "", f"{PODMAN} CONTAINER_HOST=unix://{PODMAN}"),
        ("wayland", "wayland-1", "WAYLAND_DISPLAY=wayland-1", f"{RUNTIME}/wayland-0 WAYLAND_DISPLAY=wayland-0"),
        ("audio", "pulse/native", "", f"{RUNTIME}/pulse/native PULSE_SERVER=unix:{RUNTIME}/pulse/native"),
        ("tmux", "t", "TMUX={},12,0", f"{RUNTIME}/tmux TMUX={RUNTIME}/tmux,0,0"),
        ("gpg-agent", "gnupg/S.gpg-agent.extra", "", f"{RUNTIME}/gnupg/S.gpg-agent"),
    ],
)
def test_one_socket_under_its_variable(place: pathlib.Path, name: str, file: str, variable: str, inside: str) -> None:
    path = _listen(place / file)
    key, _, value = variable.partition("=")
    found = _opened(name, place, **({key: value.format(path)} if key else {}))
    assert [(mount.source, mount.readonly) for mount in found.mounts] == [(path, False)]
    assert " ".join((found.mounts[0].target, *found.env)) == inside


def test_x11_takes_the_displays_number_and_the_cookie(place: pathlib.Path) -> None:
    cookie = place / ".Xauthority"
    cookie.write_bytes(b"x")
    around = _around(place, DISPLAY=":77.0")
    assert holes_open._place("/tmp/.X11-unix/X$DISPLAY", around) == "/tmp/.X11-unix/X77"
    assert holes_open._place("/tmp/.X11-unix/X$DISPLAY", _around(place, DISPLAY="far:0")) == ""
    with pytest.raises(HostError, match="x11"):
        _opened("x11", place, DISPLAY=":77")


@pytest.mark.parametrize("address", ["", "unix:abstract=/tmp/x", "tcp://127.0.0.1:1", "/missing", "relative"])
def test_a_socket_that_is_not_there_is_an_error(place: pathlib.Path, address: str) -> None:
    with pytest.raises(HostError, match="cannot allow dbus"):
        _opened("dbus", place, DBUS_SESSION_BUS_ADDRESS=address)


def test_a_file_in_a_sockets_place_is_not_mounted(place: pathlib.Path) -> None:
    (place / "f").write_text("x")
    with pytest.raises(HostError, match="no socket"):
        _opened("ssh-agent", place, SSH_AUTH_SOCK=str(place / "f"))


def test_what_leads_out_for_good_says_so_loudly(place: pathlib.Path) -> None:
    _listen(place / "d")
    assert "root" in _opened("docker", place, DOCKER_HOST=f"unix://{place}/d").warnings[0]


def test_a_login_is_shown_and_the_rest_stays_hidden(place: pathlib.Path) -> None:
    for name in (".claude/x", ".codex/x"):
        (place / name).parent.mkdir()
        (place / name).write_text("secret")
    found = box.close(Trial(allow=("claude",)), _around(place), str(place), RUNTIME)
    hidden = [one.path for one in found.hidden]
    assert str(place / ".codex") in hidden
    assert str(place / ".claude") not in hidden


def test_devices_that_are_not_there_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glob.glob", lambda _pattern: [])
    with pytest.raises(HostError, match="cannot allow kvm"):
        holes_open.devices(holes_open.named(("kvm",)))
    monkeypatch.setattr("glob.glob", lambda pattern: [pattern])
    assert holes_open.devices(holes_open.named(("kvm",))) == ("/dev/kvm:/dev/kvm",)


def _live(place: pathlib.Path, *paths: str, hidden: tuple[str, ...] = (), **environ: str) -> holes_live.Live:
    around = _around(place, **environ)._replace(store=(str(place / "store"),))
    return holes_live.live(paths, around, hidden, "/empty")


def test_a_live_directory_is_bound_where_it_is(place: pathlib.Path) -> None:
    (place / "p").mkdir()
    os.symlink("p", place / "link")
    path = str(place / "p")
    assert _live(place, f"{place}/link").mounts == (Mount("bind", path, path, options=("rec",)),)


def test_sockets_and_fifos_below_are_closed_and_hooks_are_read_only(place: pathlib.Path) -> None:
    path = str(place / "p")
    sock = _listen(place / "p/deep/s")
    os.mkfifo(f"{path}/fifo")
    os.makedirs(f"{path}/.git/hooks")
    os.symlink("/run", f"{path}/away")
    found = _live(place, path)
    assert [(m.source, m.target, m.readonly) for m in found.mounts[1:]] == [
        ("/empty", sock, True),
        ("/empty", f"{path}/fifo", True),
        (path, f"{path}/.git", False),
        (path, f"{path}/.git/hooks", True),
    ]
    assert found.mounts[-1].options == ("rec", "subpath=.git/hooks")
    assert "2 sockets and FIFOs are closed" in found.notes[0]
    assert len(_live(place, f"{path}:force").mounts) == 1


def test_a_link_in_a_hooks_place_opens_nothing_elsewhere(place: pathlib.Path) -> None:
    (place / "p").mkdir()
    (place / "mine/hooks").mkdir(parents=True)
    os.symlink(place / "mine", place / "p/.git")
    os.symlink(place / "mine", place / "p/.husky")
    assert len(_live(place, f"{place}/p").mounts) == 1


def test_what_is_too_much_is_refused_with_the_way_to_insist(place: pathlib.Path) -> None:
    for name in ("store/below", ".config/autostart", "hidden/x", "tools/bin", ".local/share/applications"):
        (place / name).mkdir(parents=True)
    own = [place, place / ".config", place / ".config/autostart", place / ".local", place / "tools", place.parent]
    for path in [*map(str, own), "/", "/etc", "/usr/share", "/run", "/dev", "/home"]:
        if not os.path.isdir(path):
            continue
        with pytest.raises(UserError, match="open for writing") as caught:
            _live(place, path, PATH=f"/bin:{place}/tools/bin")
        assert f"{os.path.realpath(path)}:force" in caught.value.hint
    with pytest.raises(UserError, match="is hidden"):
        _live(place, f"{place}/hidden/x", hidden=(f"{place}/hidden",))


def test_what_is_run_later_is_what_a_keep_asks_for() -> None:
    assert {".config/autostart", ".config/systemd", ".ssh"} <= set(holes_live.started())
    assert {".git/hooks", ".git/config", ".envrc"} <= set(holes_live.hooks())
    assert not [word for word in (*holes_live.started(), *holes_live.hooks()) if "*" in word or word.startswith("/")]


def test_hulls_store_is_refused(place: pathlib.Path) -> None:
    (place / "store/below").mkdir(parents=True)
    with pytest.raises(UserError, match="hull's own store"):
        _live(place, f"{place}/store/below")


def test_a_file_and_too_much_to_search_are_refused(place: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "p").mkdir()
    (place / "p/f").write_text("")
    with pytest.raises(UserError, match="no directory"):
        _live(place, f"{place}/p/f")
    monkeypatch.setattr(holes_live, "MOST", 0)
    with pytest.raises(UserError, match="searched"):
        _live(place, f"{place}/p")


def test_the_box_has_the_programs_own_runtime_directory(place: pathlib.Path) -> None:
    found = box.close(Trial(), _around(place), str(place), box.runtime(7))
    assert found.env == (f"XDG_RUNTIME_DIR={RUNTIME}",)
    assert (found.mounts[0].kind, found.mounts[0].target) == ("tmpfs", RUNTIME)
    assert box.close(Trial(), _around(place), str(place), RUNTIME, host=False) == box.Box()


def test_one_line_says_what_was_withheld() -> None:
    hidden = (("/h/.ssh", "keys"), ("/h/.netrc", "tokens"), ("/h/s", "store"), ("/h/x", "home"))
    dropped = (("A_TOKEN", environment.BY_NAME), ("TMUX", "leads out"))
    told = box.Noted(hidden, dropped)
    assert box.withheld(told, "/h") == ("it did not see ~/.ssh, ~/.netrc (--show); it was not given A_TOKEN (-e NAME)")
    many = box.Noted(tuple((f"/h/{n}", "keys") for n in range(9)))
    assert box.withheld(many, "/h").endswith("~/3 and 5 more (--show)")
    assert box.withheld(box.Noted(), "/h") == ""


def test_a_live_directory_in_a_home_that_is_hidden(place: pathlib.Path) -> None:
    for name in ("mine", "live/below", "other"):
        (place / name).mkdir(parents=True)
    around = _around(place)._replace(workdir=str(place / "mine"))
    for name in ("live", "live/below"):
        path = str(place / name)
        found = box.close(Trial(writable=(path,), home=False), around, str(place), RUNTIME)
        order = sorted(found.mounts, key=lambda mount: mount.target.count("/"))  # as they are mounted
        assert [mount.kind for mount in order if path.startswith(mount.target)][-1] == "bind"
        assert str(place / "other") in [one.path for one in found.hidden]


@pytest.mark.parametrize(("host", "home"), [(True, True), (True, False), (False, True)])
def test_a_secret_below_a_live_directory_stays_hidden(place: pathlib.Path, host: bool, home: bool) -> None:
    (place / "mine").mkdir()
    (place / "live").mkdir()
    (place / "live/kube").write_text("key")
    around = _around(place, KUBECONFIG=f"{place}/live/kube")._replace(workdir=str(place / "mine"))
    trial = Trial(writable=(str(place / "live"),), home=home)
    found = box.close(trial, around, str(place), RUNTIME, host=host)
    assert [m.target for m in found.mounts if m.readonly and m.target.startswith(str(place))] == [f"{place}/live/kube"]
    refused = trial._replace(writable=(str(place / "mine"),), hide=(str(place / "mine"),))
    with pytest.raises(UserError, match="is hidden"):
        box.close(refused, around, str(place), RUNTIME, host=host)


def test_a_hidden_directory_is_live_by_force_but_for_hull_s_store(place: pathlib.Path) -> None:
    for name in (".gnupg", "store"):
        (place / name).mkdir()
        path = str(place / name)
        around = _around(place)._replace(store=(str(place / "store"),))
        found = box.close(Trial(writable=(f"{path}:force",)), around, str(place), RUNTIME)
        assert [mount.kind for mount in found.mounts if mount.target == path][-1] == (
            "tmpfs" if name == "store" else "bind"
        )


def test_what_covers_a_socket_is_there_for_an_image_too(place: pathlib.Path) -> None:
    _listen(place / "live/s")
    found = box.close(Trial(writable=(str(place / "live"),)), _around(place), str(place), RUNTIME, host=False)
    assert all(os.path.exists(mount.source) for mount in found.mounts)
    assert len(found.mounts) == 2


def test_a_report_can_tell_what_was_hidden_and_dropped(place: pathlib.Path) -> None:
    (place / ".netrc").write_text("x")
    assert box.noted(str(place)) == box.Noted()
    found = box.close(Trial(), _around(place), str(place), RUNTIME)
    box.note(str(place), found, (("A_TOKEN", "holds a secret"),), json.dumps)
    told = box.noted(str(place))
    assert (str(place / ".netrc"), "tokens") in told.hidden
    assert told.dropped == (("A_TOKEN", "holds a secret"),)
