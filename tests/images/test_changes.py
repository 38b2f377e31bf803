import pytest
from hull.errors import UserError
from hull.images import changes

ROWS = [
    ('CMD ["a", "b c"]', {"Cmd": ["a", "b c"]}),
    ("CMD echo hi", {"Cmd": ["/bin/sh", "-c", "echo hi"]}),
    ("cmd []", {"Cmd": ["/bin/sh", "-c", "[]"]}),
    ('ENTRYPOINT ["/x"]', {"Entrypoint": ["/x"]}),
    ('ENV A=b "C=d e" F="g h"', {"Env": ["A=b", "C=d e", "F=g h"]}),
    ("ENV A b c", {"Env": ["A=b c"]}),
    ("EXPOSE 80 53/udp", {"ExposedPorts": {"80/tcp": {}, "53/udp": {}}}),
    ('LABEL a="b c"', {"Labels": {"a": "b c"}}),
    ("ONBUILD RUN x", {"OnBuild": ["RUN x"]}),
    ("STOPSIGNAL SIGINT", {"StopSignal": "SIGINT"}),
    ("USER 1:2", {"User": "1:2"}),
    ('VOLUME ["/a b"]', {"Volumes": {"/a b": {}}}),
    ("VOLUME /a /b", {"Volumes": {"/a": {}, "/b": {}}}),
    ("WORKDIR a/../b", {"WorkingDir": "/b"}),
]


@pytest.mark.parametrize(("text", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_one_change(text, expected):
    assert changes.apply((text,)) == expected


def test_changes_add_up():
    found = changes.apply(("ENV A=1", "ENV A=2 B=3", "WORKDIR /a", "WORKDIR b", "LABEL x=1", "LABEL y=2"))
    assert found == {"Env": ["A=2", "B=3"], "WorkingDir": "/a/b", "Labels": {"x": "1", "y": "2"}}


@pytest.mark.parametrize("text", ["", "FROM x", "CMD", "ENV A=b c", 'ENV A="b', "RUN x"])
def test_what_cannot_be_applied_is_refused(text):
    with pytest.raises(UserError):
        changes.apply((text,))
