"""What a person types who tells a demo: its lines and blocks, one by one."""

import json

CONTINUES = (" ", "\t", ")", "}", "]")
HEREDOC = "<<END"


def statements(path: str) -> list[str]:
    """Return what is typed, in order: comments alone, a block or a here-document whole, a notebook's code cells."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if path.endswith(".ipynb"):
        return ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    typed: list[str] = []
    document = False
    for line in text.splitlines()[1:]:  # the first says which shell
        if document or line.startswith(CONTINUES):
            typed[-1] += f"\n{line}"
        elif line:
            typed.append(line)
        document = HEREDOC in line or (document and line != "END")
    return typed
