"""Lines of another engine's images: as the docker client makes them of the API's documents."""

import pytest
from hull.remote.images import lines

DIGEST, OTHER = "sha256:" + "ab" * 32, "sha256:" + "ef" * 32


@pytest.mark.parametrize(
    ("tags", "digests", "names"),
    [
        (["busybox:latest"], [], [("busybox", "latest", "<none>")]),
        (["a:1", "a:2"], [f"a@{DIGEST}"], [("a", "1", DIGEST), ("a", "2", DIGEST)]),
        ([], [f"host:5000/a@{DIGEST}"], [("host:5000/a", "<none>", DIGEST)]),
        ([], [f"a@{DIGEST}", f"a@{OTHER}"], [("a", "<none>", DIGEST), ("a", "<none>", OTHER)]),
        (["b:1"], [f"a@{DIGEST}"], [("b", "1", "<none>"), ("a", "<none>", DIGEST)]),
        ([], [], [("<none>", "<none>", "<none>")]),
        (None, None, [("<none>", "<none>", "<none>")]),
        (["<none>:<none>"], ["<none>@<none>"], [("<none>", "<none>", "<none>")]),
    ],
)
def test_an_image_has_a_line_for_each_name(tags, digests, names):
    one = {"Id": "sha256:" + "cd" * 32, "Created": 5, "Size": 7, "RepoTags": tags, "RepoDigests": digests}
    assert [(row[0], row[1], row[-1]) for row in lines(one, whole=False)] == names
