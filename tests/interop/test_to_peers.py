"""Images that hull committed, built, saved, pushed and copied: podman and umoci read them alike."""

import json
import os
import subprocess
import sys

import pytest

from tests.interop import peers
from tests.interop.peers import assert_same, hull_tree

pytestmark = pytest.mark.needs(
    "range", "program:docker-registry", "program:buildah", "program:podman", "program:skopeo", "program:umoci"
)
# What a start mounts over, and what this test mounts to have a Python inside.
MOUNTED = ("etc", "etc/hosts", "etc/hostname", "etc/resolv.conf", "proc", "sys", "dev")
MADE = ("committed", "built", "buildah")
DOCKERFILE = """
FROM {base}
USER 0
COPY --chown=12:34 --chmod=4750 tree/program /opt/program
COPY tree /copied/
RUN rm -r /gone-dir /anew /keeps/old && /bin/mkdir /anew && echo 1 >/anew/new
RUN busybox ln /hard/one /hard/later && busybox chmod 2750 /keeps && busybox mkfifo /fifo && busybox chown 5:6 /plain
RUN busybox rm -r /dir-to-file && echo now >/dir-to-file && busybox rm /file-to-dir && /bin/mkdir /file-to-dir
ENV B="two words"
LABEL built=yes
USER 1000:7
ENTRYPOINT ["/bin/sh", "-c"]
CMD ["id -u"]
"""


@pytest.fixture(scope="module")
def base(cli, others):
    """Return the name of an image of every shape that buildah wrote and hull pulled."""
    name = f"{others.registry}/base/one:1"
    others('buildah push -q --tls-verify=false localhost/one:1 "docker://$1" >&2', name)
    cli("pull", "-q", name, check=True)
    return name


@pytest.fixture(scope="module")
def made(cli, base, tmp_path_factory):
    """Give the images by how they were made; the containers and images go with the module."""
    committed(cli, base)
    built(cli, base, tmp_path_factory.mktemp("context"))
    cli("tag", base, "interop-buildah:1", check=True)
    yield {how: f"interop-{how}:1" for how in MADE}
    cli("rm", "-f", "-v", "interop")
    cli("rmi", "-f", *(f"interop-{how}:1" for how in MADE))


def committed(cli, base):
    places = {"/usr", "/lib", "/lib64", sys.base_prefix}
    volumes = [word for place in sorted(places) if os.path.exists(place) for word in ("-v", f"{place}:{place}:ro")]
    words = ["--user", "0", "--entrypoint", "", "-v", f"{peers.HERE}/shapes.py:/shapes.py:ro", *volumes, base]
    python = [os.path.realpath(sys.executable), "/shapes.py", "change", "/"]
    cli("run", "--name", "interop", "--network", "none", *words, *python, check=True)
    changes = ('ENTRYPOINT ["/bin/sh","-c"]', "USER 1000:7", 'CMD ["id -u"]', 'ENV B="two words"')
    options = [word for change in changes for word in ("--change", change)]
    cli("commit", *options, "interop", "interop-committed:1", check=True)


def built(cli, base, context):
    tree = context / "tree"
    (tree / "empty").mkdir(parents=True)
    (tree / "program").write_bytes(b"p" * 3000)
    (tree / "link").symlink_to("program")
    os.link(tree / "program", tree / "same")
    os.chmod(tree / "empty", 0o1777)
    (context / "Dockerfile").write_text(DOCKERFILE.format(base=base))
    cli("build", "-q", "-t", "interop-built:1", "--network", "none", str(context), check=True)


@pytest.fixture
def saved(cli, made, tmp_path):
    """Save an image in a format; return where it lies."""

    def save(how, format):
        path = str(tmp_path / "saved")
        cli("save", "-o", path, "--format", format, made[how], check=True)
        subprocess.run(["chmod", "-R", "a+rX", path], check=True)
        return path

    return save


@pytest.mark.parametrize(("how", "format"), [(how, f) for how in MADE for f in ("docker-archive", "oci-archive")])
def test_podman_loads_what_was_saved(cli, others, made, saved, how, format):  # noqa: PLR0917 (what it is made of)
    path = saved(how, format)
    others('podman load -q -i "$1" >&2', path)
    assert_same(hull_tree(cli, made[how]), others.podman_tree(f"docker.io/library/{made[how]}"))
    others('podman rmi -f "$1"', f"docker.io/library/{made[how]}")


@pytest.mark.parametrize("how", MADE)
def test_umoci_unpacks_what_was_saved(cli, others, made, saved, how):
    path = saved(how, "oci-dir")
    assert_same(hull_tree(cli, made[how]), others.umoci_tree(f"{path}:docker.io/library/{made[how]}"))


@pytest.mark.parametrize("how", MADE)
@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_podman_pulls_what_was_pushed(cli, others, made, how, compression):
    name = f"{others.registry}/pushed-{compression}/{how}:1"
    cli("push", "-q", "--compression", compression, made[how], name, check=True)
    others('podman pull -q --tls-verify=false "$1" >&2', name)
    assert_same(hull_tree(cli, made[how]), others.podman_tree(name))
    theirs = others('podman image inspect --format "{{.Id}}" "$1"', name).strip()
    assert theirs == json.loads(cli("inspect", made[how], check=True).stdout)[0]["Id"].partition(":")[2]
    others('podman rmi -f "$1"', name)


@pytest.mark.parametrize("how", MADE)
def test_umoci_unpacks_what_was_copied(cli, others, made, tmp_path, how):
    name = f"{others.registry}/copied/{how}:1"
    cli("push", "-q", made[how], name, check=True)
    cli("copy", name, f"oci:{tmp_path}/copied:1", check=True)
    subprocess.run(["chmod", "-R", "a+rX", tmp_path / "copied"], check=True)
    assert_same(hull_tree(cli, made[how]), others.umoci_tree(f"{tmp_path}/copied:1"))


@pytest.mark.parametrize("how", ["committed", "built"])
def test_podman_runs_it_with_the_same_config(cli, others, made, saved, how):
    others('podman load -q -i "$1" >&2', saved(how, "docker-archive"))
    name = f"docker.io/library/{made[how]}"
    script = 'id -u; id -g; cat /anew/new; echo "$A|$B|$E|$PWD"'
    ours = cli("run", "--rm", "--network", "none", made[how], script, check=True).stdout.decode()
    assert ours == others('podman run --rm --network none "$1" "$2"', name, script)
    assert cli("run", "--rm", "--network", "none", made[how], check=True).stdout == b"1000\n"
    theirs = json.loads(others('podman image inspect "$1"', name))[0]
    found = json.loads(cli("inspect", made[how], check=True).stdout)[0]
    for key in ("Cmd", "Entrypoint", "Env", "ExposedPorts", "Labels", "StopSignal", "User", "Volumes", "WorkingDir"):
        assert (key, theirs["Config"].get(key)) == (key, found["Config"].get(key))


def test_a_commit_is_the_container_s_tree(cli, made):
    from hull import paths
    from hull.engine import Engine

    engine = Engine(paths.find({"HULL_ROOT": cli.root, "HOME": "/nonexistent"}))
    row = engine.containers.find("interop")
    stacked = [*row.config.layers, f"{engine.paths.container(row.id)}/upper"]
    seen = peers.Seen(engine, "range", stacked).look(sys.executable, f"{peers.HERE}/walker.py", ".")
    image, container = hull_tree(cli, made["committed"]), json.loads(seen)
    for tree in (image, container):
        for name in MOUNTED:
            tree.pop(name, None)
    assert_same(image, container)
