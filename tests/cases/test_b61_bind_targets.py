"""B61: a bind onto a link or into a merged /usr lands inside the root; the content is seen at the asked path."""

import os
from pathlib import Path

from tests.cases.conftest import MakeImage
from tests.commandline import CommandLine


def test_b61_a_directory_on_a_merged_lib(cli: CommandLine, make_image: MakeImage, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("bound\n")
    image = make_image({"lib": "usr/lib", "usr/lib/own": b"image\n"})
    done = cli("run", "--rm", "--network", "none", "-v", f"{tmp_path}:/lib", image, "cat", "/lib/file", check=True)
    assert done.stdout == b"bound\n"


def test_b61_a_file_on_a_dangling_link(cli: CommandLine, make_image: MakeImage, tmp_path: Path) -> None:
    source = tmp_path / "localtime"
    source.write_text("bound\n")
    target = f"/usr/share/b61-{os.getpid()}/UTC"
    image = make_image({"etc/localtime": target})
    bind = ("-v", f"{source}:/etc/localtime:ro")
    done = cli("run", "--rm", "--network", "none", *bind, image, "cat", "/etc/localtime", check=True)
    assert done.stdout == b"bound\n"
    assert not os.path.lexists(os.path.dirname(target))


def test_b61_a_link_out_of_the_root(cli: CommandLine, make_image: MakeImage, tmp_path: Path) -> None:
    outside, source = tmp_path / "outside", tmp_path / "source"
    outside.mkdir()
    source.mkdir()
    (source / "file").write_text("bound\n")
    image = make_image({"way": f"../../../../..{outside}"})
    done = cli("run", "--rm", "--network", "none", "-v", f"{source}:/way", image, "cat", "/way/file", check=True)
    assert done.stdout == b"bound\n"
    assert list(outside.iterdir()) == []
