"""Images that buildah, skopeo, umoci and GNU tar wrote: hull reads the trees that podman and umoci read."""

import json

import pytest

from tests.interop.peers import assert_same, hull_tree

pytestmark = pytest.mark.needs(
    "range", "program:docker-registry", "program:buildah", "program:podman", "program:skopeo", "program:umoci"
)
IMAGES = ("one", "two", "squashed")


@pytest.fixture
def dropped(cli):
    """Give a list of images to remove afterwards."""
    names = []
    yield names
    for name in names:
        cli("rmi", "-f", name)


@pytest.mark.parametrize(("image", "kind"), [(image, kind) for image in IMAGES for kind in ("oci", "v2s2")])
def test_buildah_through_a_registry(cli, others, dropped, image, kind):
    name = f"{others.registry}/buildah-{kind}/{image}:1"
    others('buildah push -q --tls-verify=false --format "$3" "localhost/$1:1" "docker://$2" >&2', image, name, kind)
    cli("pull", "-q", name, check=True)
    dropped.append(name)
    assert_same(hull_tree(cli, name), others.podman_tree(f"localhost/{image}:1"))


@pytest.mark.parametrize("how", ["zstd", "gzip", "zstd:chunked"])
def test_skopeo_recompresses(cli, others, dropped, how):
    name = f"{others.registry}/skopeo-{how.replace(':', '-')}/two:1"
    others(
        'rm -rf "$HOME/.local/share/containers/cache"\n'  # it would have the registry link the blobs of other tests
        'skopeo copy -q --dest-tls-verify=false --dest-compress-format "$1" containers-storage:localhost/two:1 '
        '"docker://$2"',
        how,
        name,
    )
    cli("pull", "-q", name, check=True)
    dropped.append(name)
    raw = json.loads(others('skopeo inspect --raw --tls-verify=false "docker://$1"', name))
    assert {layer["mediaType"].rpartition("+")[2] for layer in raw["layers"]} == {how.partition(":")[0]}
    assert_same(hull_tree(cli, name), others.podman_tree("localhost/two:1"))


@pytest.mark.parametrize("transport", ["docker-archive", "oci-archive"])
def test_an_archive_is_loaded(cli, others, dropped, transport):
    target = f"{transport}:{transport}.tar:localhost/{transport}:1"
    others(f'skopeo copy -q containers-storage:localhost/two:1 "$1" && chmod 755 . {transport}.tar', target)
    assert cli("load", "-q", "-i", f"{others.place}/{transport}.tar", check=True).stdout.split()
    dropped.append(f"localhost/{transport}:1")
    assert_same(hull_tree(cli, dropped[0]), others.podman_tree("localhost/two:1"))


def test_a_layout_is_loaded_and_copied(cli, others, dropped):
    others("buildah push -q localhost/two:1 oci:layout:1 >&2; chmod -R a+rX layout")
    assert cli("copy", f"oci:{others.place}/layout:1", f"docker://{others.registry}/layout:1").returncode == 0
    dropped.append(f"{others.registry}/layout:1")
    cli("pull", "-q", dropped[0], check=True)
    theirs = others.umoci_tree("layout:1")
    assert_same(hull_tree(cli, dropped[0]), theirs)
    assert_same(others.podman_tree("localhost/two:1"), theirs)


UMOCI = """
umoci init --layout umoci
umoci new --image umoci:1
umoci unpack --image umoci:1 first >&2
"$PYTHON" "$SHAPES" base first/rootfs
umoci repack --image umoci:1 first >&2
umoci unpack --image umoci:1 second >&2
"$PYTHON" "$SHAPES" change second/rootfs
umoci repack --image umoci:2 second >&2
umoci config --image umoci:2 --config.cmd /bin/cat --config.cmd /keeps/below/new --config.env A=1
"""


@pytest.mark.as_root
def test_umoci_repacks(cli, others, dropped):
    others(UMOCI)
    others("skopeo copy -q oci:umoci:2 oci-archive:umoci.tar:localhost/umoci:2; chmod a+r umoci.tar")
    cli("load", "-q", "-i", f"{others.place}/umoci.tar", check=True)
    dropped.append("localhost/umoci:2")
    # What umoci itself makes of its whiteouts below `dir-to-link` goes through that link; podman reads no such layer.
    source = json.loads(others('"$PYTHON" "$WALKER" second/rootfs'))
    assert_same(hull_tree(cli, dropped[0]), rounded(source), root=True)
    assert cli("run", "--rm", "--network", "none", dropped[0], check=True).stdout == b"new"


GNU_TAR = """
[ "$1" = gnu ] || set -- "$1" --xattrs --xattrs-include='*'
mkdir "$1-tree" && "$PYTHON" "$SHAPES" base "$1-tree"
(format=$1 && shift && tar -cSf "$format.tar" --format="$format" --numeric-owner --sort=name "$@" -C "$format-tree" .)
umoci init --layout "$1" && umoci new --image "$1:1"
umoci raw add-layer --image "$1:1" "$1.tar" >&2
skopeo copy -q "oci:$1:1" "oci-archive:$1-image.tar:localhost/$1:1"
chmod a+r "$1-image.tar"
"""


@pytest.mark.needs("program:tar")
@pytest.mark.parametrize("format", ["gnu", "pax"])
def test_a_sparse_tar_of_gnu_s(cli, others, dropped, format):
    others(GNU_TAR, format)
    cli("load", "-q", "-i", f"{others.place}/{format}-image.tar", check=True)
    dropped.append(f"localhost/{format}:1")
    found = hull_tree(cli, dropped[0])
    source = json.loads(others('"$PYTHON" "$WALKER" "$1-tree"', format))
    assert_same(found, source if format == "pax" else without_attributes(source), root=True)
    if format == "pax":  # umoci knows no sparse member of the older format
        assert_same(found, others.umoci_tree(f"{format}:1"), root=True)


def rounded(tree):
    """Return the tree as a writer keeps it that rounds times to seconds."""
    return {name: {**entry, "time": (entry["time"] + 10**9 // 2) // 10**9 * 10**9} for name, entry in tree.items()}


def without_attributes(tree):
    """Return the tree as the older format holds it."""
    return {name: {**entry, "attributes": {}} for name, entry in tree.items()}


@pytest.mark.as_root
def test_the_same_config_is_run(cli, others, dropped):
    name = f"{others.registry}/run/two:1"
    others('buildah push -q --tls-verify=false localhost/two:1 "docker://$1" >&2', name)
    cli("pull", "-q", name, check=True)
    dropped.append(name)
    script = 'id -u; id -g; cat below/new; echo "|$A|$E|$PWD"'
    ours = cli("run", "--rm", "--network", "none", name, script, check=True).stdout.decode()
    assert ours == others('podman run --rm --network none localhost/two:1 "$1"', script)
    assert ours == "1000\n7\nnew|x y||/keeps\n"
