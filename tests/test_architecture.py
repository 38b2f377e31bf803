"""The house holds: imports point down, the public surface is what it was, every verb is documented."""

import ast
import os
import subprocess
import sys

import hull
import pytest
from hull.commands import VERBS

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CORE = f"{HERE}/core"

# The table of docs/ARCHITECTURE.md; a longer prefix wins. Siblings share a row and do not import each other.
ROWS = {
    "hull.errors": 1, "hull.light": 1,
    "hull.model": 2, "hull.paths": 2, "hull.log": 2, "hull.units": 2, "hull.output": 2, "hull.template": 2,
    "hull.tables": 2, "hull.trust": 2, "hull.abandoned": 2, "hull.values": 2, "hull": 2,
    "hull.state": 3, "hull.contexts": 3, "hull.kernel": 3, "hull.config": 3,
    "hull.images": 4, "hull.dockerfile": 4, "hull.storage": 4, "hull.network": 4, "hull.runtime": 4,
    "hull.engine": 5,
    "hull.builder": 6, "hull.kernels": 6, "hull.trials": 6,
    "hull.commands": 7,
    "hull.present": 8, "hull.docker": 8, "hull.remote": 8,
    "hull.objects": 8, "hull.awaiting": 8, "hull.faces": 8, "hull.progress": 8, "hull.bars": 8,
    "hull.cli": 9, "hull.aio": 9, "hull.__main__": 9, "hull.xonsh": 9, "hull.ipython": 9, "hull.api": 9, "hull.ui": 9,
    "xontrib": 9,
}  # fmt: skip
FRONTS = {"hull.cli", "hull.aio", "hull.__main__", "hull.xonsh", "hull.ipython", "hull.api", "hull.ui", "xontrib"}
# Whole registrations: the console script starts its front, the extension hook and the xontrib theirs.
ENTRANCES = {
    ("hull.__main__", "hull.cli"),
    ("hull.cli", "hull.ui"),
    ("hull.cli", "hull.api"),
    ("hull", "hull.ipython"),
    ("hull", "hull.objects"),
    ("hull", "hull.awaiting"),
    ("hull", "hull.aio"),
    ("xontrib", "hull.xonsh"),
}
SIBLINGS, BUILDER = 4, 6


def unit(module: str) -> str:
    """Return the row's name a module belongs to; an unknown module is an error of this table."""
    parts = module.split(".")
    if parts[0] == "hull" and len(parts) > 1 and not known(".".join(parts[:2])):
        raise AssertionError(f"{module} has no row: add it to ROWS and to docs/ARCHITECTURE.md")
    return ".".join(parts[:2]) if parts[0] == "hull" else parts[0]


def known(name: str) -> bool:
    return name in ROWS


def imported(tree: ast.AST, package: str) -> set[str]:
    """Return the hull modules a file imports anywhere, type-checking blocks left out."""
    names: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parent, base]).rstrip(".")
            names |= {f"{base}.{a.name}" if base == "hull" and known(f"hull.{a.name}") else base for a in node.names}
    return {name for name in names if name.split(".")[0] in ("hull", "xontrib")}


def walk(tree: ast.AST):
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        yield node
        yield from walk(node)


def violation(importer: str, target: str) -> str:
    """Return why one module may not import another, "" where it may."""
    source, aim = unit(importer), unit(target)
    if source == aim or (source, aim) in ENTRANCES:
        return ""
    if source in FRONTS and aim in FRONTS:
        return f"{importer} imports another front: {target}"
    if source in FRONTS and ROWS[aim] in (3, SIBLINGS, BUILDER):
        return f"{importer} reaches past the commands: {target}"
    if ROWS[source] == ROWS[aim] == SIBLINGS:
        return f"{importer} imports its sibling {target}"
    if ROWS[aim] > ROWS[source]:
        return f"{importer} imports upward: {target}"
    return ""


def modules():
    for top, root in (("hull", CORE), ("xontrib", HERE)):
        for directory, _, files in os.walk(f"{root}/{top}"):
            for file in files:
                if file.endswith(".py"):
                    path = f"{directory}/{file}"
                    name = os.path.relpath(path, root)[:-3].replace(os.sep, ".").removesuffix(".__init__")
                    yield name, path, file == "__init__.py"


def check(name: str, source: str, *, package: bool = False) -> list[str]:
    inside = name if package else name.rpartition(".")[0]
    return [found for target in sorted(imported(ast.parse(source), inside)) if (found := violation(name, target))]


def test_imports_only_point_down():
    found = []
    for name, path, package in modules():
        with open(path, encoding="utf-8") as file:
            found += check(name, file.read(), package=package)
    assert found == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("hull.errors", "import hull.model"),
        ("hull.model", "from hull import engine"),
        ("hull.state.db", "from hull.runtime import plan"),
        ("hull.images.store", "from hull.storage.overlay import prepare"),
        ("hull.runtime.plan", "def f():\n    from hull.commands import run"),
        ("hull.network.pasta", "from ..runtime import ops"),
        ("hull.engine", "from hull.present import table"),
        ("hull.builder.running", "from hull.commands import _start"),
        ("hull.cli", "from hull.builder import session"),
        ("hull.commands.ps", "from hull.present import age"),
        ("hull.commands.ps", "import hull.cli"),
        ("hull.xonsh", "from hull.runtime.launch import spawn"),
        ("hull.ipython.magics", "from hull.cli import run"),
        ("hull.cli", "if True:\n    import hull.state.db"),
        ("xontrib.hull", "from hull.ipython import load"),
    ],
)
def test_a_planted_upward_import_is_caught(module, line):
    assert check(module, line)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("hull.commands.run", "from hull.runtime import ops"),
        ("hull.network.pasta", "from hull.network import ports"),
        ("hull.cli", "from hull.engine import Engine"),
        ("hull.images.store", "if TYPE_CHECKING:\n    from hull.runtime import plan"),
        ("hull.xonsh", "from xonsh.procs.specs import DecoratorAlias"),
    ],
)
def test_a_downward_import_passes(module, line):
    assert not check(module, line)


def test_the_public_surface_is_pinned():
    assert hull.__all__ == [
        "Container", "HullError", "Image", "Network", "Try", "Volume", "__version__", "aio", "arun", "cell",
        "container", "create", "errors", "events", "image", "inside", "load_ipython_extension", "prune", "ps", "pull",
        "run", "stats", "trial", "unload_ipython_extension",
    ]  # fmt: skip
    assert all(getattr(hull, name) for name in hull.__all__)
    public = {name for name in vars(hull) if not name.startswith("_")} - {"TYPE_CHECKING"}
    submodules = {name.split(".")[1] for name in sys.modules if name.startswith("hull.")}
    assert public - submodules <= set(hull.__all__)
    assert set(hull.__all__) <= set(dir(hull))


def test_coroutines_have_the_names_of_values():
    import hull.aio
    import hull.objects

    assert set(hull.aio.__all__) == set(hull.objects.__all__)
    methods = {name for name in vars(hull.aio.Container) if not name.startswith("_")} - {"sync"}
    assert methods <= {name for name in dir(hull.objects.Container) if not name.startswith("_")}


def test_importing_hull_is_cheap():
    code = "import sys; before = set(sys.modules); import hull; print(*sorted(set(sys.modules) - before))"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert [name for name in loaded if name.startswith("hull")] == ["hull"]


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_is_documented(name):
    pages = [f"{HERE}/README.md"] + [
        f"{HERE}/docs/{page}" for page in os.listdir(f"{HERE}/docs") if page.endswith(".md")
    ]
    texts = []
    for page in pages:
        with open(page, encoding="utf-8") as file:
            texts.append(file.read())
    assert any(f"hull {name}" in text for text in texts), f"say what `hull {name}` does in README.md or docs/"


def test_nothing_is_named_utils():
    assert not [name for name, _, _ in modules() if "utils" in name or name.startswith("core")]


def test_every_verb_is_a_file_and_every_file_a_verb():
    files = {file[:-3] for file in os.listdir(f"{CORE}/hull/commands") if file.endswith(".py") and file[0] != "_"}
    assert files == set(VERBS)


def test_every_package_is_installed():
    """A package that pyproject.toml leaves out works in a checkout alone."""
    import tomllib
    from pathlib import Path

    listed = tomllib.loads(Path(f"{HERE}/pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    there = {".".join(path.parent.relative_to(CORE).parts) for path in Path(CORE).rglob("__init__.py")}
    assert there <= set(listed)
