"""tag, untag, history, the filters of images, image prune and image diff."""

import pytest
from hull.commands import _line
from hull.commands.history import history
from hull.commands.image import image
from hull.commands.images import images
from hull.commands.tag import tag
from hull.commands.untag import untag
from hull.errors import UserError

from tests import imagebuild
from tests.imagebuild import directory, hardlink, layer, member, symlink
from tests.imagestore import box  # noqa: F401 (a fixture)

pytestmark = pytest.mark.real
BASE = layer(directory("d"), member("d/same", b"1"), member("d/old", b"2"), member("top", b"3"))
HISTORY = [
    {"created": "2020-01-02T03:04:05Z", "created_by": "/bin/sh -c #(nop) ADD " + "x" * 60 + " in /"},
    {"created": "2020-01-02T03:04:06.5Z", "created_by": 'CMD ["sh"]', "empty_layer": True, "comment": "buildkit"},
    {"created_by": "RUN two"},
]
TWO = imagebuild.image(
    BASE, layer(member("two", b"22")), run={"Labels": {"a": "b"}}, edit_config={"history": HISTORY}
)  # fmt: skip


def load(box, made, *names):  # noqa: F811
    path = f"{box.base}/archive"
    with open(path, "wb") as file:
        file.write(imagebuild.docker_archive(made, *names))
    return box.images.load(path)


def names(rows):
    return sorted(f"{row.repository}:{row.tag}" for row in rows)


def test_a_tag_is_one_more_name_and_moves(box):  # noqa: F811
    load(box, TWO, "a:1")
    load(box, imagebuild.image(BASE), "b:1")
    tag(box.engine, TWO.config[7:20], ("b:1", "localhost:5000/c"))
    assert names(images(box.engine)) == ["<none>:<none>", "a:1", "b:1", "localhost:5000/c:latest"]
    assert box.images.known("b:1") == TWO.config
    with pytest.raises(UserError, match="no such image: nothing"):
        tag(box.engine, "nothing", ("x",))
    with pytest.raises(UserError, match="a digest is no name"):
        tag(box.engine, "a:1", ("x:1", f"x@{TWO.manifest}"))
    assert not box.images.identify("x:1")


def test_untag_leaves_the_image(box):  # noqa: F811
    load(box, TWO, "a:1", "a:2", "b:1")
    with pytest.raises(UserError, match="no name of this image"):
        untag(box.engine, "a:1", ("a:2", "c:1"))
    assert names(images(box.engine)) == ["a:1", "a:2", "b:1"]
    untag(box.engine, "a:1", ("a:2",))
    assert names(images(box.engine)) == ["a:1", "b:1"]
    untag(box.engine, "b:1")
    assert names(images(box.engine)) == ["<none>:<none>"]
    assert box.images.resolve(TWO.config, "never").layers


def test_history_tells_every_step_with_its_size(box):  # noqa: F811
    load(box, TWO, "a:1")
    rows = history(box.engine, "a:1", no_trunc=True)
    assert [row.id for row in rows] == [TWO.config, "<missing>", "<missing>"]
    assert [row.size for row in rows] == [2, 0, 3]
    assert [row.created_by for row in rows] == [item["created_by"] for item in HISTORY[::-1]]
    assert [row.comment for row in rows] == ["", "buildkit", ""]
    assert [row.created for row in rows] == [0, 1577934246.5, 1577934245]
    short = history(box.engine, "a:1")
    assert short[0].id == TWO.config[7:19]
    assert len(short[-1].created_by) == 45
    assert short[-1].created_by.endswith("…")
    assert history(box.engine, "a:1", quiet=True) == [TWO.config[7:19], "<missing>", "<missing>"]
    exact = history(box.engine, "a:1", human=False)[-1].placeholders()
    assert (exact["Size"], exact["CreatedSince"][:10]) == ("3", "2020-01-02")
    load(box, imagebuild.image(BASE), "silent:1")
    assert [row.size for row in history(box.engine, "silent:1")] == [3]


def shown(box, *words):  # noqa: F811
    return names(images(box.engine, filter=words))


def test_filters_of_images(box):  # noqa: F811
    load(box, TWO, "old/a:1", "b:2")
    load(box, imagebuild.image(BASE), "new:1")
    load(box, imagebuild.image(layer()))
    both = ["b:2", "old/a:1"]
    assert shown(box, "dangling=true") == ["<none>:<none>"]
    assert shown(box, "dangling=false") == [*both[:1], "new:1", *both[1:]]
    assert shown(box, "label=a") == shown(box, "label=a=b") == both
    assert shown(box, "label=a=c") == shown(box, "label=a", "label=z") == []
    assert shown(box, "before=new:1") == both
    assert shown(box, "since=new:1") == ["<none>:<none>"]
    assert shown(box, "since=b:2", "dangling=false") == ["new:1"]
    assert shown(box, "reference=b") == shown(box, "reference=docker.io/library/b:2") == ["b:2"]
    assert shown(box, "reference=*:1") == ["new:1"]
    assert shown(box, "reference=*/a", "reference=n?[v-x]") == ["new:1", "old/a:1"]
    for word in ("reference", "colour=red", "dangling=perhaps", "reference=[", "before=nothing"):
        with pytest.raises(UserError):
            shown(box, word)


def test_prune_takes_what_nothing_names_and_tells_the_bytes(box):  # noqa: F811
    load(box, TWO, "a:1")
    load(box, imagebuild.image(BASE, layer(member("big", bytes(5000)))))
    lines = image(box.engine, "prune", force=True)
    assert lines[0] == "Deleted Images:"
    assert lines[-1] == "Total reclaimed space: 5kB"
    assert names(images(box.engine)) == ["a:1"]
    assert image(box.engine, "prune", force=True) == ["Total reclaimed space: 0B"]
    assert image(box.engine, "prune", force=True, all=True, filter=("label!=a",)) == ["Total reclaimed space: 0B"]
    lines = image(box.engine, "prune", force=True, all=True, filter=("label=a",))
    assert lines[1:3] == ["untagged: a:1", f"deleted: {TWO.config}"]
    assert images(box.engine, all=True) == []


def test_prune_asks(box):  # noqa: F811
    load(box, TWO)
    with pytest.raises(UserError, match="no terminal"):
        image(box.engine, "prune")
    assert images(box.engine, all=True)


def test_prune_spares_what_a_container_uses(fresh_cli):
    assert fresh_cli("create", "--name", "c", "busybox", check=True)
    assert fresh_cli("image", "prune", "-a", "-f", check=True).stdout == b"Total reclaimed space: 0B\n"
    fresh_cli("rm", "c", check=True)
    assert b"untagged: busybox:latest" in fresh_cli("image", "prune", "-a", "-f", check=True).stdout


def test_diff_of_two_images(box):  # noqa: F811
    second = layer(
        member("d/.wh.old"), member("top", b"4"), member("new/f"), symlink("d/l", "same"), hardlink("h", "new/f")
    )  # fmt: skip
    load(box, imagebuild.image(BASE), "a:1")
    load(box, imagebuild.image(BASE, second), "b:1")
    assert image(box.engine, "diff", ("a:1", "b:1")) == [
        "C /d", "A /d/l", "D /d/old", "A /h", "A /new", "A /new/f", "C /top",
    ]  # fmt: skip
    assert image(box.engine, "diff", ("b:1", "a:1")) == [
        "C /d", "D /d/l", "A /d/old", "D /h", "D /new", "C /top",
    ]  # fmt: skip
    assert image(box.engine, "diff", ("a:1", "a:1")) == []
    load(box, imagebuild.image(BASE, layer(directory("d"), member("d/same", b"9"))), "c:1")
    assert image(box.engine, "diff", ("a:1", "c:1")) == ["C /d", "C /d/same"]
    with pytest.raises(UserError, match="two images"):
        image(box.engine, "diff", ("a:1",))


@pytest.mark.parametrize(
    ("words", "verb"),
    [
        ("ls -a", "images"), ("rm x", "rmi"), ("inspect x", "inspect"), ("history x", "history"), ("tag x y", "tag"),
        ("prune -f", "image"), ("diff a b", "image"), ("load -q", "load"),
    ],
)  # fmt: skip
def test_docker_says_image_before_some_verbs(words, verb):
    assert _line.read(["image", *words.split()]).verb.name == verb
