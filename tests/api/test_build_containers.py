"""The containers of steps: which stay as `rm` and `forcerm` say, what they are good for, which networks they are on."""

import contextlib
import os
import stat

import pytest
from hull.builder import session
from hull.builder.asked import Asked
from hull.builder.containers import ALWAYS
from hull.builder.history import PLACE
from hull.engine import Engine

from tests.api.test_build import build, packed, told
from tests.leaks import written

pytestmark = [pytest.mark.real, pytest.mark.needs("launcher")]
TEXT = "FROM busybox\nRUN echo one > /a && rm /bin/wc\nRUN echo two >> /a; exit {}\n"


def ran(reply):
    return [part.split()[0] for part in told(reply).split(" ---> Running in ")[1:]]


@pytest.mark.parametrize(
    ("rm", "forcerm", "code", "stay"),
    [
        ("", "", 0, [False, False]),
        ("0", "", 1, [True, True]),
        ("1", "", 1, [False, True]),
        ("0", "1", 1, [False, False]),
    ],
)
def test_containers_of_steps_stay_as_docker_s_do(server, rm, forcerm, code, stay):
    reply = build(server, packed({"Dockerfile": TEXT.format(code)}), nocache="1", rm=rm, forcerm=forcerm)
    idents = ran(reply)
    found = [server.request("GET", f"/containers/{one}/json") for one in idents]
    assert [one.status == 200 for one in found] == stay
    removed = [f"Removed intermediate container {one}" in told(reply) for one in idents]
    assert removed == [not one for one in stay]
    if stay == [True, True]:
        first, second = (one.json for one in found)
        assert [one["State"]["Status"] for one in (first, second)] == ["exited", "exited"]
        assert [one["State"]["ExitCode"] for one in (first, second)] == [0, code]
        assert first["Image"] == server.request("GET", "/images/busybox/json").json["Id"]
        changes = server.request("GET", f"/containers/{idents[0]}/changes").json
        assert {(one["Kind"], one["Path"]) for one in changes} >= {(1, "/a"), (2, "/bin/wc")}
        server.cli("start", "-a", idents[1])
        made = server.cli("commit", idents[1], check=True).stdout.decode().strip()
        assert (
            server.cli("run", "--rm", "--network", "none", made, "cat", "/a", check=True).stdout == b"one\ntwo\ntwo\n"
        )
    if any(stay):
        server.cli("rm", *(ident for ident, here in zip(idents, stay, strict=True) if here), check=True)


def test_steps_are_on_the_networks_that_are_named(server, town, tmp_path):
    net = town.network()
    name = town.server("--network", f"{net}:alias=also")
    ask = "timeout 20 sh -c 'until nc -w1 '$who' 80 </dev/null 2>/dev/null | grep .; do usleep 100000; done'"
    lines = f"for who in also {{0}} {{1}}; do {ask}; done; cat /etc/hostname"
    for way, third in ((net, "also"), (f"container:{name}", "127.0.0.1")):
        reply = build(
            server, packed({"Dockerfile": f"FROM busybox\nRUN {lines.format(name, third)}\n"}), networkmode=way
        )
        assert told(reply).count(f"{name}\n") >= 3, told(reply)
        (ident,) = ran(reply)
        assert (f"\n{ident}\n" in told(reply), server.request("GET", f"/containers/{ident}/json").status) == (True, 404)
    members = server.request("GET", f"/networks/{net}").json["Containers"]
    assert [one["Name"] for one in members.values()] == [name]
    tmp_path.joinpath("Dockerfile").write_text(f"FROM busybox\nRUN for who in also; do {ask} > /said; done\n")
    made = server.cli("build", "--network", net, "-q", ".", cwd=tmp_path, check=True).stdout.decode().split()[-1]
    assert (
        server.cli("run", "--rm", "--network", "none", made, "cat", "/said", check=True).stdout.decode() == f"{name}\n"
    )
    reply = build(server, packed({"Dockerfile": "FROM busybox\n"}), networkmode="no-such-net")
    assert (reply.status, reply.message) == (404, "No such network: no-such-net")
    done = server.cli("build", "--network", "no-such-net", ".", cwd=tmp_path)
    assert (done.returncode, b"no-such-net" in done.stderr) == (1, True)


def test_what_stays_holds_no_secret_and_no_proxy_s_password(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("HULL_ROOT", cli.root)
    secret = os.urandom(12).hex()
    tmp_path.joinpath("secret").write_text(secret)
    lent = "--mount=type=secret,id=s,env=TOLD --mount=type=secret,id=s"
    line = 'test "$TOLD" = "$(cat /run/secrets/s)" && test "$HTTP_PROXY" = "http://u:$TOLD@h" && echo "$TOLD"'
    tmp_path.joinpath("Dockerfile").write_text(f"FROM busybox\nARG A\nRUN {lent} {line}\n")
    asked = Asked(
        str(tmp_path), network="none", cache=False, keep=ALWAYS, secrets=(f"id=s,src={tmp_path}/secret",),
        arguments=("A=known", f"HTTP_PROXY=http://u:{secret}@h"),
    )  # fmt: skip
    with contextlib.closing(Engine()) as engine:
        before = {row.id for row in engine.containers.all()}
        for _ in session.run(engine, asked):
            pass
        (row,) = [row for row in engine.containers.all() if row.id not in before and line in row.spec.command]
    assert ("A=known" in row.spec.env, row.spec.mounts) == (True, ())
    assert written(cli.root, secret) == []
    assert stat.S_IMODE(os.stat(f"{cli.root}/{PLACE}").st_mode) == 0o700
    cli("rm", row.id, check=True)


def test_a_build_that_is_ended_keeps_no_container(cli, others, tmp_path, monkeypatch):
    monkeypatch.setenv("HULL_ROOT", cli.root)
    tmp_path.joinpath("Dockerfile").write_text('FROM busybox\nRUN echo "it $((1 + 1)) runs"; sleep 600\n')
    with contextlib.closing(Engine()) as engine:
        steps = session.run(engine, Asked(str(tmp_path), network="none", cache=False, keep=ALWAYS))
        assert any(b"it 2 runs" in piece.data for piece in steps)
        assert len(cli.containers() - others) == 1
        steps.close()
        assert cli.containers() <= others
