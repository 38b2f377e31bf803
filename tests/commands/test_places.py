"""Who is meant on a network by the words of others."""

from hull.commands._places import means
from hull.model import Image, Spec
from hull.state.containers import Container
from hull.state.status import NOBODY


def test_a_link_means_a_name_and_an_id_only_where_nobody_is_called_so():
    image = Image("sha256:" + "a" * 64, "busybox", ())
    row = Container("db" + "0" * 62, "web", image.id, Spec("busybox"), image, NOBODY, 1.0, False)
    assert means("web", row, {"web", "db"})
    assert not means("db", row, {"web", "db"})
    assert means("db", row, {"web"})
    assert not means("dc", row, {"web"})
