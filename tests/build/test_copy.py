"""COPY and ADD: what is selected, where it lands, whose it is; and what a context can never reach."""

import os
import subprocess
import tarfile

import pytest

pytestmark = pytest.mark.needs("range")

STAT = ("stat", "-c", "%n %a %u %g")


def test_a_context_cannot_be_left(build, tmp_path):
    (tmp_path / "outside").write_text("0utside-secret")
    os.symlink("../outside", build.context / "up")
    os.symlink(f"{tmp_path}/outside", build.context / "absolute")
    os.symlink("..", build.context / "above")
    for source in ("up", "absolute", "above/outside", "../outside", "/../outside"):
        done = build(f"FROM busybox\nCOPY {source} /x\n", check=False)
        assert done.returncode == 1
        assert b"Dockerfile:2" in done.stderr
    ident = build.image("FROM busybox\nCOPY . /all/\n")
    assert build.inside(ident, "readlink", "/all/up") == "../outside\n", "a link below a source is a link"
    assert subprocess.run(["grep", "-rqF", "0utside-secret", f"{build.cli.root}/layers"], check=False).returncode == 1


def test_an_image_cannot_send_files_elsewhere(build, tmp_path):
    build.write(f="mine")
    target = tmp_path / "host"
    target.mkdir(mode=0o777)
    ident = build.image(
        f"FROM busybox\nRUN ln -s {target} /out && ln -s ../../../../../../{target} /rel && ln -s /etc/made /file\n"
        "COPY f /out/\nCOPY f /rel/deeper/f\nCOPY f /file\n"
    )
    assert os.listdir(target) == []
    assert build.inside(ident, "cat", f"{target}/f", f"{target}/deeper/f", "/etc/made") == "mine" * 3


def test_owners_and_modes(build):
    build.write(f="x")
    (build.context / "f").chmod(0o640)
    ident = build.image(
        "FROM busybox AS from\nRUN touch /own && chown 8:9 /own && chmod 4711 /own\nFROM busybox\n"
        "RUN echo u:x:77:77::/:/bin/sh >> /etc/passwd; echo g:x:88: >> /etc/group\n"
        "COPY f /plain\nCOPY --chown=u f /u\nCOPY --chown=u:g f /ug\nCOPY --chown=5 f /n\nCOPY --chown=5:6 f /made/nn\n"
        "COPY --chmod=711 f /m\nCOPY --from=from /own /own\nADD --chown=:g --chmod=0600 f /add\n"
    )
    names = ("/plain", "/u", "/ug", "/n", "/made", "/made/nn", "/m", "/own", "/add")
    assert build.inside(ident, *STAT, *names).splitlines() == [
        "/plain 640 0 0", "/u 640 77 77", "/ug 640 77 88", "/n 640 5 5", "/made 755 5 6", "/made/nn 640 5 6",
        "/m 711 0 0", "/own 4711 8 9", "/add 600 0 88",
    ]  # fmt: skip
    done = build("FROM busybox\nCOPY --chown=nobody-here f /\n", check=False)
    assert (done.returncode, b"nobody-here" in done.stderr, b"Dockerfile:2" in done.stderr) == (1, True, True)


def test_directories_that_are_there_take_what_their_sources_have(build):
    (build.context / "d" / "sub").mkdir(parents=True, mode=0o755)
    (build.context / "d" / "sub" / "f").write_text("new")
    made = "mkdir -p -m 0700 /d && mkdir -m 0711 /d/sub && echo old > /d/sub/f && echo kept > /d/kept"
    ident = build.image(f"FROM busybox\nRUN {made}\nCOPY d /d\n")
    assert build.inside(ident, *STAT[:2], "%n %a", "/d", "/d/sub") == "/d 700\n/d/sub 755\n"
    assert build.inside(ident, "cat", "/d/sub/f", "/d/kept") == "newkept\n"


def test_an_archive_is_unpacked_by_add_alone(build):
    build.write(f="x")
    for name, mode in (("a.tar", "w"), ("b.tgz", "w:gz"), ("c.txz", "w:xz")):
        with tarfile.open(build.context / name, mode) as tar:
            tar.add(build.context / "f", "inner/f")
    (build.context / "d.gz").write_bytes(b"\x1f\x8b nothing")
    ident = build.image(
        "FROM busybox\nADD a.tar /a\nADD b.tgz /b/\nADD c.txz d.gz /c/\nCOPY a.tar /kept/\n"
        "ADD --unpack=false a.tar /no/\n"
    )
    assert build.inside(ident, "cat", "/a/inner/f", "/b/inner/f", "/c/inner/f") == "xxx"
    assert build.inside(ident, "ls", "/c", "/kept", "/no").split() == [
        "/c:", "d.gz", "inner", "/kept:", "a.tar", "/no:", "a.tar",
    ]  # fmt: skip


def test_a_hostile_archive_stays_inside(build, tmp_path):
    with tarfile.open(build.context / "evil.tar", "w") as tar:
        for name in ("../../../../escaped", "/../escaped"):
            info = tarfile.TarInfo(name)
            tar.addfile(info)
    done = build("FROM busybox\nADD evil.tar /x/\n", check=False)
    assert done.returncode == 1
    assert not (tmp_path / "escaped").exists()
    with tarfile.open(build.context / "link.tar", "w") as tar:
        info = tarfile.TarInfo("l")
        info.type, info.linkname = tarfile.SYMTYPE, str(tmp_path)
        tar.addfile(info)
        tar.addfile(tarfile.TarInfo("l/escaped"))
    build("FROM busybox\nADD link.tar /x/\n", check=False)
    assert not (tmp_path / "escaped").exists()


def test_ignored_files(build):
    build.write(a="1", b="2", __dockerignore="*\n!a\n!d/keep\n")
    (build.context / "d" / "e").mkdir(parents=True)
    (build.context / "d" / "keep").write_text("k")
    (build.context / "d" / "drop").write_text("d")
    ident = build.image("FROM busybox\nCOPY . /all/\nCOPY d /d/\n")
    assert build.inside(ident, "find", "/all", "/d", "-type", "f").split() == ["/all/a", "/all/d/keep", "/d/keep"]
    done = build("FROM busybox\nCOPY b /\n", check=False)
    assert (done.returncode, b".dockerignore" in done.stderr) == (1, True)


def test_whiteouts_and_links_of_a_stage_are_copied_as_seen(build):
    ident = build.image(
        "FROM busybox AS s\nRUN mkdir -p /d/x && echo 1 > /d/x/1 && ln /d/x/1 /d/2 && ln -s x /d/l\nRUN rm -r /d/x\n"
        "FROM scratch\nCOPY --from=s /d /d\nCOPY --from=s /bin/busybox /bin/busybox\n"
    )
    assert build.inside(ident, "/bin/busybox", "ls", "/d").split() == ["2", "l"]


def test_symbolic_modes(build):
    build.write(plain="x", script="x")
    (build.context / "plain").chmod(0o640)
    (build.context / "script").chmod(0o755)
    (build.context / "d").mkdir(0o700)
    (build.context / "d" / "f").write_text("x")
    (build.context / "d" / "f").chmod(0o600)
    ident = build.image(
        "FROM busybox AS s\nRUN touch /own && chmod 4700 /own\nFROM busybox\nARG M=u=rwX,go=rX\n"
        "COPY --chmod=$M plain script /m/\nCOPY --chmod=$M d /m/d\nCOPY --chmod=+x plain /x\nADD --chmod=g=u plain /g\n"
        "COPY --from=s --chmod=go+r,u-s /own /own\nCOPY --chmod=a-w,+x <<f /h\nhere\nf\n"
    )
    names = ("/m/plain", "/m/script", "/m/d", "/m/d/f", "/x", "/g", "/own", "/h")
    found = [line.split()[1] for line in build.inside(ident, *STAT, *names).splitlines()]
    assert found == ["644", "755", "755", "644", "751", "660", "744", "555"]


def test_parents_at_any_depth(build):
    for name in ("src/a.txt", "src/x/b.txt", "src/x/y/c.txt", "src/x/y/c.md", "src/x.txt/in", "o/x/deep", "top.txt"):
        (build.context / name).parent.mkdir(parents=True, exist_ok=True)
        (build.context / name).write_text(name)
    os.symlink("x", build.context / "src" / "link")
    ident = build.image(
        "FROM busybox AS s\nRUN mkdir -p /q/w/e && touch /q/w/e/1.txt /q/2.txt\nFROM busybox\n"
        "COPY --parents ./src/**/*.txt /p/\nCOPY --parents **/x /x/\nCOPY --parents src/./** /all/\n"
        "COPY --parents --from=s /q/./**/*.txt /stage/\nCOPY --parents **/top.txt /none/\n"
    )

    def files(place: str) -> list[str]:
        return sorted(build.inside(ident, "find", place, "!", "-type", "d").split())

    assert files("/p") == ["/p/src/a.txt", "/p/src/x.txt/in", "/p/src/x/b.txt", "/p/src/x/y/c.txt"]
    assert files("/x") == ["/x/o/x/deep", "/x/src/x/b.txt", "/x/src/x/y/c.md", "/x/src/x/y/c.txt"]
    assert files("/all") == [
        "/all/a.txt", "/all/link", "/all/x.txt/in", "/all/x/b.txt", "/all/x/y/c.md", "/all/x/y/c.txt"
    ]  # fmt: skip
    assert (files("/stage"), files("/none")) == (["/stage/2.txt", "/stage/w/e/1.txt"], ["/none/top.txt"])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("COPY nothing /", "no such file or directory"),
        ("COPY f /etc/passwd/below", "no directory"),
        ("COPY --chmod=rwx f /", "no mode"),
        ("COPY --from=busybox /nothing /", "no such file or directory"),
    ],
)
def test_errors_point_at_the_line(build, line, said):
    build.write(f="x")
    done = build(f"FROM busybox\nRUN true\n{line}\n", check=False)
    assert (done.returncode, b"Dockerfile:3" in done.stderr) == (1, True)
    assert said in done.stderr.decode()


def test_a_linked_layer_does_not_depend_on_what_is_below(build):
    build.write(f="x")
    text = "FROM busybox\nRUN echo {} > /below\nCOPY --link f /opt/f\n"
    first, second = (build.inspect(build.image(text.format(n)))["RootFS"]["Layers"] for n in (1, 2))
    assert (first[-1], first[-2] == second[-2]) == (second[-1], False)


def test_heredocs_patterns_parents_and_excludes(build):
    for name in ("a.txt", "b.txt", "c.md", "s/t/u", "s/t/v.o"):
        (build.context / name).parent.mkdir(parents=True, exist_ok=True)
        (build.context / name).write_text(name)
    ident = build.image(
        "FROM busybox\nENV N=name\nCOPY [ab].txt /t/\nCOPY --parents s/t/u /p/\nCOPY --parents s/./t /q/\n"
        "COPY --exclude=*.o --exclude=**/*.o s /x/\nCOPY <<one <<'two' /h/\n$N\none\n$N\ntwo\n"
    )
    found = build.inside(ident, "find", "/t", "/p", "/q", "/x", "/h", "-type", "f").split()
    assert sorted(found) == sorted(
        ["/t/a.txt", "/t/b.txt", "/p/s/t/u", "/q/t/u", "/q/t/v.o", "/x/t/u", "/h/one", "/h/two"]
    )
    assert build.inside(ident, "cat", "/h/one", "/h/two") == "name\n$N\n"
