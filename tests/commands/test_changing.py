"""Variables in what `--change` says."""

import pytest
from hull.commands import _changing
from hull.errors import UserError
from hull.images import changes


def test_a_change_sees_the_variables_so_far_as_a_dockerfile_does():
    found = changes.apply(
        (
            "ENV PATH=/usr/bin:$PATH",
            "ENV A=\"${PATH} x\" B='$PATH'",
            "LABEL l=$A",
            "WORKDIR /${C:-c}",
            "CMD echo $PATH",
        ),
        {"Env": ["PATH=/bin"]},
        _changing.expand,
    )
    assert found["Env"] == ["PATH=/usr/bin:/bin", "A=/usr/bin:/bin x", "B=$PATH"]
    assert found["Labels"] == {"l": "/usr/bin:/bin x"}
    assert found["WorkingDir"] == "/c"
    assert found["Cmd"][-1] == "echo $PATH"


def test_a_variable_that_cannot_be_read_is_refused():
    with pytest.raises(UserError, match="cannot apply the change"):
        changes.apply(("USER ${x",), None, _changing.expand)
