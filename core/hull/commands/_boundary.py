"""Where a command has ended that no program of its own ran: a cell of a notebook."""

from hull.engine import Engine
from hull.errors import UserError


def ended(engine: Engine, ident: str, label: str, code: int | None) -> None:
    """Make the checkpoint that `--checkpoint auto` asks for; nothing that it meets is raised."""
    try:
        row = engine.containers.find(ident)
    except UserError:
        return  # its last command was its end
    if row.spec.checkpoint:
        from hull.trials import history

        history.boundary(engine, row, label, code)
