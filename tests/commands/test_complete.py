"""What completes a line: the verb's own signature, and what is in a store that nothing is started in."""

import json
import os
import time

import pytest
from hull.commands import VERBS, _complete, _complete_here, _complete_place
from hull.commands._complete import FILES, Completer
from hull.commands._complete_place import Line
from hull.commands._verb import load
from hull.engine import Engine
from hull.model import Image, Mount, Spec
from hull.state.images import ImageRecord, Images
from hull.state.processes import start_tick


class Store:
    """A store made of rows and directories, and what is offered over it."""

    def __init__(self, root):
        self.environ = {"HULL_ROOT": str(root), "HOME": "/nonexistent", "GREETING": "hi"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HULL_ROOT", str(root))
            self.engine = Engine()
        self.completer = Completer()

    def container(self, name, state="created", image="debian:12", **more):
        ident = os.urandom(32).hex()
        config = Image(f"sha256:{'1' * 64}", image, more.pop("layers", ()), env=more.pop("image_env", ()))
        row = self.engine.containers.add(ident, Spec(image, name, **more), config)
        directory = self.engine.paths.container(ident)
        os.makedirs(f"{directory}/upper")
        events = {
            "exited": ["created", "exec", "exit"],
            "running": ["created", "exec"],
            "paused": ["created", "exec", "paused"],
        }
        start = start_tick(os.getpid())
        lines = [
            {"event": word, "launcher": os.getpid(), "start": start, "time": 1.0, "code": 0, "pid": os.getpid()}
            for word in events.get(state, [])
        ]
        if lines:
            with open(f"{directory}/status", "w") as file:
                file.writelines(f"{json.dumps(line)}\n" for line in lines)
        return row

    def image(self, *references, config="{}"):
        rows = Images(self.engine.db)
        ident = f"sha256:{os.urandom(32).hex()}"
        rows.add(
            ImageRecord(ident, "", config, 0, time.time()), [], [f"docker.io/library/{r}" for r in references], "range"
        )

    def offer(self, text, after=""):
        *before, prefix = text.split(" ")
        return self.completer(Line(tuple(before), prefix, tuple(after.split())), self.environ)

    def texts(self, text, after=""):
        return [one.text for one in self.offer(text, after)]


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "s")
    yield made
    made.completer.close()
    made.engine.close()


def test_verbs_and_their_summaries(store):
    assert [tuple(one) for one in store.offer("ver")] == [("version", load("version").summary)]
    assert store.texts("") == [*VERBS, "--help", "--context"]
    assert store.texts("nonsense ") == []
    assert store.texts("help ru") == ["run"]


@pytest.mark.parametrize("verb", VERBS)
def test_a_summary_read_off_the_source_is_the_verbs(verb):
    assert _complete.summary(verb) == load(verb).summary


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("run --hostn", ["--hostname"]),
        ("run --no-in", ["--no-init"]),
        ("run --pull ", ["missing", "always", "never"]),
        ("run --pull=a", ["--pull=always"]),
        ("run -it --pull ", ["missing", "always", "never"]),
        ("run --rm --r", ["--read-only", "--restart"]),
        ("run -e A --env-f", ["--env-file"]),
        ("run --env-file ", [FILES.text]),
        ("run --cidfile=x", [FILES.text]),
        ("completion z", ["zsh"]),
        ("run --bogus=", []),
        ("run --name ", []),
        ("network create --sub", ["--subnet"]),
        ("network rm --sub", []),
        ("network rm --forc", ["--force"]),
        ("network cr", ["create"]),
        ("network create ", []),
        ("container exe", ["exec"]),
        ("image hi", ["history"]),
        ("kill --signal HU", ["HUP"]),
        ("kill --signal SIGHU", ["SIGHUP"]),
        ("run --cap-add NET_A", ["NET_ADMIN"]),
        ("run --userns=sin", ["--userns=single"]),
        ("run -e GREE", ["GREETING"]),
        ("run --ulimit nof", ["nofile="]),
        ("run --restart on", ["on-failure", "on-failure:"]),
        ("run --mount type=t", ["type=tmpfs,"]),
        ("run --mount type=tmpfs,targ", ["type=tmpfs,target="]),
        ("run --mount type=tmpfs,target=/x,targ", []),
        ("ps --filter stat", ["status="]),
        ("ps --filter status=exi", ["status=exited"]),
        ("ps -f=", []),
        ("volume ls --filter dangling=f", ["dangling=false"]),
        ("ps --format {{.Na", ["{{.Names}}"]),
        ("run --network no", ["none"]),
    ],
)
def test_words_and_flags(store, line, expected):
    assert store.texts(line) == expected


def test_a_flag_that_was_given_is_not_offered_again_unless_it_may(store):
    assert "--name" not in store.texts("run --name x --")
    assert "--env" in store.texts("run --env x --")
    assert "--name" in store.texts("run --env --name --")


def test_after_two_dashes_no_flag_is_offered(store):
    store.image("alpine:3")
    assert store.texts("run -i -- al") == ["alpine:3"]
    assert store.texts("run -- --na") == []


def test_flags_of_one_action_say_what_they_are_there(store):
    about = {one.text: one.about for one in store.offer("network disconnect --force")}
    assert about == {"--force": "if either is gone"}


def test_containers_fit_the_verb(store):
    for state in ("created", "exited", "running", "paused"):
        store.container(f"c-{state}", state)
    assert store.texts("start c-") == ["c-exited", "c-created"]
    assert store.texts("exec c-") == ["c-running"]
    assert store.texts("unpause c-") == ["c-paused"]
    assert store.texts("pause c-") == ["c-running"]
    assert store.texts("stop c-") == ["c-paused", "c-running"]
    assert store.texts("rm c-") == ["c-exited", "c-created"]
    assert store.texts("rm -f c-") == ["c-paused", "c-running", "c-exited", "c-created"]
    assert store.texts("logs c-") == ["c-paused", "c-running", "c-exited", "c-created"]
    assert store.texts("container start c-e") == ["c-exited"]
    about = store.offer("exec c-")[0].about
    assert about.startswith("running · debian:12 · ")


def test_a_container_that_was_named_is_left_out_and_an_id_is_offered_by_its_start(store):
    row = store.container("brave_argo")
    store.container("calm_dory")
    assert store.texts("rm brave_argo ") == ["calm_dory"]
    assert store.texts(f"rm {row.id[:5]}") == [row.id[:12]]
    assert store.texts(f"rm {row.id[:20]}") == [row.id]


def test_what_changes_is_seen_with_the_next_key(store):
    assert store.texts("start ") == []
    row = store.container("first", "exited")
    assert store.texts("start ") == ["first"]
    with open(f"{store.engine.paths.container(row.id)}/status", "a") as file:
        start = start_tick(os.getpid())
        file.write(json.dumps({"event": "created", "launcher": os.getpid(), "start": start, "time": 2.0}) + "\n")
        file.write(json.dumps({"event": "exec", "time": 2.0}) + "\n")
    assert store.texts("start ") == []
    assert store.texts("exec ") == ["first"]
    store.engine.containers.forget(row.id)
    assert store.texts("exec ") == []


def test_images_by_the_names_people_write(store):
    store.image("alpine:3", "alpine:3.20")
    assert store.texts("run al") == ["alpine:3", "alpine:3.20"]
    assert store.texts("run h") == ["host"]
    assert store.texts("rmi ho") == []
    assert store.texts("rmi alpine:3 al") == ["alpine:3.20"]
    assert store.offer("run alpine:3.2")[0].about.startswith("0B · ")


def test_networks_volumes_and_what_may_be_either(store):
    store.engine.db.write(
        "INSERT INTO networks VALUES ('1', 'front', '{\"subnets\": [{\"subnet\": \"10.0.0.0/24\"}]}', 1)"
    )
    os.mkdir(f"{store.engine.paths.volumes}/pages")
    store.container("web", "running")
    assert store.texts("run --network f") == ["front"]
    assert store.texts("run --network=container:w") == ["--network=container:web"]
    assert store.texts("network rm ") == ["front"]
    assert store.texts("network connect front ") == ["web"]
    assert store.texts("volume rm ") == ["pages"]
    assert store.texts("run -v pa") == ["pages:", FILES.text]
    assert store.texts("run -v pages:") == ["pages:/"]
    assert store.texts("run -v pages:/x:r") == ["pages:/x:ro", "pages:/x:rw"]
    assert store.texts("run --mount type=volume,source=p") == ["type=volume,source=pages"]
    assert set(store.texts("inspect ")) == {"web", "front", "pages"}


def test_without_a_store_nothing_is_made_and_flags_still_complete(tmp_path):
    environ = {"HULL_ROOT": str(tmp_path / "none"), "HOME": "/"}
    completer = Completer()
    assert [c.text for c in completer(Line(("run",), "--hostn"), environ)] == ["--hostname"]
    assert [c.text for c in completer(Line(("run",), ""), environ)] == ["host"]
    assert completer(Line(("exec",), ""), environ) == []
    assert not os.path.exists(tmp_path / "none")


def test_a_database_that_is_being_written_is_not_waited_for(store):
    store.container("one", "exited")
    with store.engine.db.transaction():
        store.engine.db.write("UPDATE containers SET name = 'two'")
        began = time.monotonic()
        assert store.texts("start ") == ["one"]
        assert time.monotonic() - began < 1.0  # the verbs wait ten seconds for such a lock
    assert store.texts("start ") == ["two"]


def test_a_broken_database_is_no_error(tmp_path):
    root = tmp_path / "s"
    root.mkdir()
    (root / "hull.db").write_bytes(b"no database at all" * 100)
    assert Completer()(Line(("exec",), ""), {"HULL_ROOT": str(root), "HOME": "/"}) == []


def test_contexts_complete_before_and_after_every_verb(store):
    place = f"{store.engine.paths.config}/contexts"
    os.makedirs(place)
    with open(f"{place}/box.json", "w") as file:
        file.write('{"host": "ssh://box", "kind": "hull"}')
    for line in ("--context ", "-c ", "ps --context ", "run -it --context=", "context use ", "context rm "):
        assert "box" in [text.rpartition("=")[2] for text in store.texts(line)], line
    assert store.texts("--context box ps --cont") == ["--context"]
    assert store.texts("ps --cont") == ["--context"]
    assert store.texts("init --cont") == []


def test_names_a_terminal_would_obey_are_left_out(store):
    store.container("plain", "exited")
    store.engine.db.write("UPDATE containers SET name = ?", "evil\x1b]0;pwned\x07")
    store.container("good", "exited")
    assert store.texts("start ") == ["good"]
    store.engine.db.write("UPDATE containers SET spec = json_set(spec, '$.image', ?)", "a\x1b[31m")
    assert [tuple(one) for one in store.offer("start ")] == [("good", "")]


@pytest.fixture
def files(store, tmp_path):
    """Give a container over two layers, a volume mounted in it."""
    lower, upper = tmp_path / "l1", tmp_path / "l2"
    for path in (lower / "etc", lower / "usr/bin", upper / "etc", upper / "srv/a b"):
        path.mkdir(parents=True)
    (lower / "bin").symlink_to("usr/bin")
    (lower / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\nweb:x:33:33::/:/bin/sh\n")
    (upper / "etc/hosts").write_text("")
    for name in ("python3", "pydoc", "perl"):
        (lower / "usr/bin" / name).write_text("")
        (lower / "usr/bin" / name).chmod(0o755)
    (lower / "usr/bin/pyno").write_text("")
    (tmp_path / "data/inner").mkdir(parents=True)
    mounts = (Mount("bind", str(tmp_path / "data"), "/mnt"),)
    return store.container(
        "db", "running", layers=(str(lower), str(upper)), mounts=mounts, image_env=("PATH=/bin:/usr/bin",)
    )


def test_programs_and_files_inside_a_container(store, files):
    assert store.texts("exec db py") == ["pydoc", "python3"]
    assert store.texts("exec -it db perl /et") == ["/etc/"]
    assert store.texts("exec db cat /etc/") == ["/etc/hosts", "/etc/passwd"]
    assert store.texts("exec db cat etc/h") == ["etc/hosts"]
    assert store.texts("exec -w /etc db cat h") == ["hosts"]
    assert store.texts("exec db cat --file=/etc/h") == ["--file=/etc/hosts"]
    assert store.texts("exec db cat -") == []
    assert store.texts("exec db /usr/bin/py") == ["/usr/bin/pydoc", "/usr/bin/python3"]
    assert store.texts("exec db ls /mnt/") == ["/mnt/inner/"]
    assert store.texts("exec db ls /") == ["/bin/", "/etc/", "/mnt/", "/srv/", "/usr/"]
    assert store.texts("exec db ls /srv/") == ["/srv/a b/"]
    assert store.texts("exec --user ", "db ls") == ["root", "web"]
    assert store.texts("cp d") == ["db:", FILES.text]
    assert store.texts("cp db:/et") == ["db:/etc/"]
    assert store.texts("cp db:") == ["db:/bin/", "db:/etc/", "db:/mnt/", "db:/srv/", "db:/usr/"]


def test_what_a_container_changed_is_seen(store, files):
    assert store.texts("exec db p") == ["perl", "pydoc", "python3"]
    own = f"{store.engine.paths.container(files.id)}/upper/usr/bin"
    os.makedirs(own)
    open(f"{own}/pip", "w").close()
    os.chmod(f"{own}/pip", 0o755)
    assert store.texts("exec db p") == ["perl", "pip", "pydoc", "python3"]
    open(f"{own}/.wh.perl", "w").close()
    assert store.texts("exec db p") == ["pip", "pydoc", "python3"]


def test_an_index_is_kept_for_other_processes_and_another_path_makes_another(store, files, tmp_path):
    assert store.texts("exec db py") == ["pydoc", "python3"]
    (tmp_path / "l1/usr/bin/pylate").write_text("")
    (tmp_path / "l1/usr/bin/pylate").chmod(0o755)
    other = Completer()
    assert [c.text for c in other(Line(("exec", "db"), "py"), store.environ)] == ["pydoc", "python3"]
    kept = os.listdir(f"{store.engine.paths.runtime}/completion")
    assert kept == ["1" * 32]
    with open(f"{store.engine.paths.runtime}/completion/{kept[0]}", "w") as file:
        file.write("something else")
    assert [c.text for c in Completer()(Line(("exec", "db"), "py"), store.environ)] == ["pydoc", "pylate", "python3"]


def test_inside_is_for_who_has_entered(store, files):
    environ = store.environ
    assert [c.text for c in store.completer.inside("db", Line((), "py"), "/", environ)] == ["pydoc", "python3"]
    assert [c.text for c in store.completer.inside("db", Line(("ls",), "h"), "/etc", environ)] == ["hosts"]
    assert store.completer.inside("nobody", Line((), ""), "/", environ) == []


def test_the_cursor_of_a_short_flag_with_its_value(store):
    place = _complete_place.locate(Line(("run", "-ite"), "X"))
    assert place is not None
    assert place.pending is not None
    assert place.pending.name == "env"
    assert _complete_place.locate(Line(("run", "-eX"), "")).pending is None


@pytest.mark.parametrize("stopped", [True, False])
def test_what_has_ended_is_settled_until_somebody_writes(store, monkeypatch, stopped):
    monkeypatch.setattr(_complete_here, "CALM", -1)
    row = store.container("one", "exited")
    if stopped:
        row = store.engine.containers.desire(row, "stopped")
    assert store.texts("start ") == ["one"]
    with monkeypatch.context() as patch:
        patch.setattr(_complete_here.Here, "_state", None)
        assert store.texts("start ") == (["one"] if stopped else [])  # settled: not looked at again
    started = store.engine.containers.begin(row)
    with open(f"{store.engine.paths.container(row.id)}/status", "w") as file:
        created = {"event": "created", "launcher": os.getpid(), "start": start_tick(os.getpid()), "time": 3.0}
        file.write(f'{json.dumps(created)}\n{{"event": "exec", "time": 3.0}}\n')
    assert started.desired == "running"
    assert store.texts("exec ") == ["one"]


def test_a_container_that_is_about_to_run_is_looked_at_again(store, monkeypatch):
    monkeypatch.setattr(_complete_here, "CALM", -1)
    row = store.container("one", "created")
    assert store.texts("exec ") == []
    with open(f"{store.engine.paths.container(row.id)}/status", "w") as file:
        created = {"event": "created", "launcher": os.getpid(), "start": start_tick(os.getpid()), "time": 3.0}
        file.write(f'{json.dumps(created)}\n{{"event": "exec", "time": 3.0}}\n')
    assert store.texts("exec ") == ["one"]
