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


def test_a_variable_that_is_to_be_taken_away_stays_so():
    assert changes.apply(("ENV A=${B}x",), {"Env": ["B", "A=1"]}, _changing.expand)["Env"] == ["B", "A=x"]


@pytest.mark.parametrize("change", ["ENV A=1\nRUN x", "LABEL a=b\nLABEL c=d"])
def test_a_change_is_one_instruction(change):
    with pytest.raises(UserError, match="several instructions"):
        changes.apply((change,), None, _changing.expand)
