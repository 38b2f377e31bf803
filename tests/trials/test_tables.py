"""docs/TRY.md says what the code does: its tables are made from the code's."""

import pytest

from tests.trials import tables


@pytest.mark.parametrize("name", tables.TABLES)
def test_the_page_has_the_table_as_the_code_has_it(name: str) -> None:
    with open(tables.PAGE) as file:
        page = file.read()
    wanted = f"<!-- {name} -->\n{tables.render(name)}<!-- /{name} -->"
    assert wanted in page, "write it anew: python -m tests.trials.tables"
