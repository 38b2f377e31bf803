"""Stages, contexts, the image's config, and what a build tells of itself."""

import io
import json
import subprocess
import sys
import tarfile

import pytest

pytestmark = pytest.mark.needs("range")


def test_stages_run_side_by_side(build):
    """Each stage waits for the other's file in a shared cache: one after the other they would never end."""
    name = build.context.parent.name
    wait = "for i in $(seq 200); do test -e /c/{1} && exit 0; sleep 0.1; done; exit 1"
    stage = "FROM busybox AS {0}\nRUN --mount=type=cache,id=" + name + ",target=/c touch /c/{0}; " + wait + "\n"
    text = (
        stage.format("a", "b") + stage.format("b", "a") + "FROM busybox\nCOPY --from=a /etc /a\nCOPY --from=b /etc /b\n"
    )
    build(text, "--no-cache")


def test_only_what_the_target_needs_is_built(build):
    text = "FROM busybox AS a\nRUN echo a > /a\nFROM nowhere.invalid/x AS broken\nFROM a AS c\nRUN echo c > /c\n"
    text += "FROM broken\n"
    assert build.inside(build.image(text, "--target", "c"), "cat", "/a", "/c") == "a\nc\n"
    done = build(text, "--target", "nothing", check=False)
    assert (done.returncode, b"nothing" in done.stderr) == (1, True)


def test_one_failing_stage_ends_the_others(build):
    text = "FROM busybox AS a\nRUN exec sleep 60\nFROM busybox AS b\nRUN false\n"
    text += "FROM busybox\nCOPY --from=a /x /\nCOPY --from=b /x /\n"
    done = build(text, "--no-cache", check=False, timeout=40)
    assert (done.returncode, b"Dockerfile:4" in done.stderr) == (1, True)


def test_the_config(build):
    ident = build.image(
        'FROM busybox\nLABEL a=1\nEXPOSE 80 53/udp\nVOLUME /v\nSTOPSIGNAL SIGUSR1\nENTRYPOINT ["e"]\nCMD c d\n'
        "HEALTHCHECK --interval=5s --retries=2 CMD true\nONBUILD RUN echo triggered > /t\nMAINTAINER me\n",
        "--label", "b=2", "-t", "conf:1", "-t", "conf:2",
    )  # fmt: skip
    found = build.inspect("conf:2")
    run = found["Config"]
    assert (found["Id"], found["Author"]) == (ident, "me")
    assert (run["Labels"], run["ExposedPorts"], run["Volumes"]) == (
        {"a": "1", "b": "2"}, {"80/tcp": {}, "53/udp": {}}, {"/v": {}},
    )  # fmt: skip
    assert (run["Entrypoint"], run["Cmd"], run["StopSignal"]) == (["e"], ["/bin/sh", "-c", "c d"], "SIGUSR1")
    assert run["Healthcheck"] == {"Test": ["CMD-SHELL", "true"], "Interval": 5 * 10**9, "Retries": 2}
    child = build.image('FROM conf:1\nENTRYPOINT ["x"]\n')
    assert build.inside(child, "cat", "/t") == "triggered\n"
    assert "Cmd" not in build.inspect(child)["Config"], "another program's arguments go"
    assert not build.inspect(child)["Config"].get("OnBuild")


def test_history_as_buildkit_writes_it(build):
    ident = build.image(
        'FROM busybox\nARG V=1\nENV E=2\nRUN echo > /x\nCOPY Dockerfile /y\nWORKDIR /\nCMD ["z"]\n', "-t", "hist"
    )
    with tarfile.open(fileobj=io.BytesIO(build.cli("save", "hist", check=True).stdout)) as archive:
        entry = json.load(archive.extractfile("manifest.json"))[0]
        history = json.load(archive.extractfile(entry["Config"]))["history"]
    made = [
        (one["created_by"], one.get("empty_layer", False))
        for one in history
        if one.get("comment") == "buildkit.dockerfile.v0"
    ]
    assert made == [
        ("ARG V=1", True), ("ENV E=2", True), ("RUN |1 V=1 /bin/sh -c echo > /x # buildkit", False),
        ("COPY Dockerfile /y # buildkit", False), ("WORKDIR /", True), ('CMD ["z"]', True),
    ]  # fmt: skip
    assert len(build.inspect(ident)["RootFS"]["Layers"]) == sum(not one.get("empty_layer") for one in history)


def test_contexts(build, tmp_path):
    build.write(f="x")
    text = b"FROM busybox\nRUN echo alone > /alone\n"
    done = build.cli("build", "--network", "none", "-", input=text, check=True)
    assert build.inside(done.stdout.decode().split()[-1], "cat", "/alone") == "alone\n"
    build.write(Dockerfile="FROM busybox\nCOPY f /f\n")
    with tarfile.open(tmp_path / "c.tgz", "w:gz") as tar:
        tar.add(build.context, ".")
    done = build.cli("build", str(tmp_path / "c.tgz"), check=True)
    assert build.inside(done.stdout.decode().split()[-1], "cat", "/f") == "x"
    done = build.cli("build", "-", input=(tmp_path / "c.tgz").read_bytes(), check=True)
    assert build.inside(done.stdout.decode().split()[-1], "cat", "/f") == "x"
    other = build.context / "other"
    other.mkdir()
    (other / "g").write_text("named")
    ident = build.image(
        "FROM base\nCOPY --from=o g /g\n",
        "--build-context",
        "o=other",
        "--build-context",
        "base=docker-image://busybox",
    )
    assert build.inside(ident, "cat", "/g") == "named"


def test_a_remote_contexts_ignore_file_is_its_own(build, tmp_path):
    """What lies in the caller's directory, by whatever name, says nothing about another context."""
    build.write(Dockerfile="FROM busybox\nCOPY . /c/\n", f="x")
    with tarfile.open(tmp_path / "c.tar", "w") as tar:
        tar.add(build.context, ".")
    here = tmp_path / "here"
    here.mkdir()
    for name in ("Dockerfile.dockerignore", ".dockerignore"):
        (here / name).write_text("f\n")
    for context in (str(build.context), str(tmp_path / "c.tar")):
        done = build.cli("build", context, cwd=here, check=True)
        assert build.inside(done.stdout.decode().split()[-1], "ls", "/c").split() == ["Dockerfile", "f"]


def test_a_dockerfile_that_is_no_file(build, tmp_path):
    """A pipe by that name would be waited for without end."""
    with tarfile.open(tmp_path / "c.tar", "w") as tar:
        info = tarfile.TarInfo("Dockerfile")
        info.type = tarfile.FIFOTYPE
        tar.addfile(info)
    done = build.cli("build", str(tmp_path / "c.tar"), timeout=30)
    assert (done.returncode, b"there is none in the context" in done.stderr) == (1, True)


@pytest.mark.needs("program:git")
def test_a_git_context(build, tmp_path, children):
    build.write(Dockerfile="FROM busybox\nCOPY . /r/\n", f="one")
    (build.context / "s").mkdir()
    (build.context / "s" / "in").write_text("x")
    git = ["git", "-C", str(build.context), "-c", "user.name=t", "-c", "user.email=t@example.test"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "one"], ["branch", "other"]):
        subprocess.run([*git, *words], check=True)
    served = tmp_path / "served"
    subprocess.run(["git", "clone", "-q", "--bare", str(build.context), str(served / "r.git")], check=True)
    subprocess.run(["git", "-C", str(served / "r.git"), "update-server-info"], check=True)
    argv = [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(served), "0"]
    children.append(subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
    port = children[0].stdout.readline().split()[5].decode()
    done = build.cli("build", f"http://127.0.0.1:{port}/r.git#other", check=True)
    assert build.inside(done.stdout.decode().split()[-1], "ls", "-A", "/r").split() == ["Dockerfile", "f", "s"]
    ident = build.image(
        f"FROM busybox\nADD http://127.0.0.1:{port}/r.git /added\nADD http://127.0.0.1:{port}/r.git/HEAD /h/\n"
    )
    assert build.inside(ident, "cat", "/added/f", "/h/HEAD") == "oneref: refs/heads/main\n"
    assert build.inside(ident, "stat", "-c", "%a", "/h/HEAD") == "600\n"
    text = f"FROM busybox\nADD --checksum={{}} http://127.0.0.1:{port}/r.git{{}} /d/\n"
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert build.inside(build.image(text.format(head[:6], "?subdir=s")), "ls", "-A", "/d") == "in\n"
    kept = build.image(text.format(head, "").replace("ADD", "ADD --keep-git-dir --exclude=s --exclude=Dockerfile"))
    assert build.inside(kept, "ls", "-A", "/d").split() == [".git", "f"]
    assert build.inside(build.image(text.format(head, "#main")), "ls", "-A", "/d").split() == ["Dockerfile", "f", "s"]
    for checksum, path in ((f"sha256:{'0' * 64}", "/HEAD"), ("0" * 40, ""), (f"sha256:{head}", ""), (head, "/HEAD")):
        done = build(text.format(checksum, path), check=False)
        assert (done.returncode, b"Dockerfile:2" in done.stderr) == (1, True), checksum


@pytest.mark.needs("program:podman", "program:umoci", "program:skopeo")
def test_others_read_what_was_built(build, tmp_path):
    build.write(f="x")
    build.image(
        "FROM busybox\nRUN rm -r /root && mkdir /root && touch /root/r && rm /etc/passwd\nCOPY --chown=3:4 f /f\n",
        "-t",
        "peers:1",
    )
    build.cli("save", "-o", str(tmp_path / "d.tar"), "peers:1", check=True)
    build.cli("save", "--format", "oci-dir", "-o", str(tmp_path / "oci"), "peers:1", check=True)
    found = subprocess.run(["skopeo", "inspect", f"docker-archive:{tmp_path}/d.tar"], check=True, capture_output=True)
    assert len(json.loads(found.stdout)["Layers"]) == 3
    (reference,) = [
        one["annotations"]["org.opencontainers.image.ref.name"]
        for one in json.loads((tmp_path / "oci" / "index.json").read_text())["manifests"]
    ]
    words = ["umoci", "unpack", "--rootless", "--image", f"{tmp_path}/oci:{reference}", str(tmp_path / "bundle")]
    subprocess.run(words, check=True, capture_output=True)
    root = tmp_path / "bundle" / "rootfs"
    assert sorted(p.name for p in (root / "root").iterdir()) == ["r"]
    assert ((root / "f").read_text(), (root / "etc" / "passwd").exists()) == ("x", False)
