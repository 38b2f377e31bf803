"""One container, one image: what one would ask first."""

from hull.faces.markup import text
from hull.faces.style import page
from hull.faces.tables import dot
from hull.light import Any
from hull.units import size

SHORT = 12


def container(row: Any) -> str:
    """Return the card of a container by its row of ps."""
    facts = {
        "image": row.image,
        "command": row.command.strip('"'),
        "ports": row.ports,
        "networks": ", ".join(row.networks),
        "mounts": ", ".join(row.mounts),
        "health": row.health,
    }
    state = f"{dot(row.state, row.health, row.exit_code)}{text(row.status)}"
    return _card(row.names, row.id[:SHORT], facts, state, row.labels)


def image(document: dict[str, Any]) -> str:
    """Return the card of an image by what inspect says."""
    config = document.get("Config") or {}
    names = document.get("RepoTags") or []
    words = (*(config.get("Entrypoint") or ()), *(config.get("Cmd") or ()))
    facts = {
        "size": size(document.get("Size") or 0),
        "platform": f"{document.get('Os', '')}/{document.get('Architecture', '')}",
        "runs": " ".join(words),
        "user": config.get("User") or "",
        "directory": config.get("WorkingDir") or "",
        "ports": ", ".join(config.get("ExposedPorts") or ()),
        "created": str(document.get("Created") or "")[:19].replace("T", " "),
    }
    ident = str(document.get("Id", "")).removeprefix("sha256:")[:SHORT]
    return _card(names[0] if names else ident, ident, facts, "", config.get("Labels") or {})


def gone(kind: str, ident: str) -> str:
    """Return the card of one that is no more."""
    return _card(kind, ident[:SHORT], {}, f"{dot('dead')}gone", {})


def _card(title: str, ident: str, facts: dict[str, str], state: str, labels: dict[str, str]) -> str:
    rows = f'<tr><td colspan="2">{state}</td></tr>' if state else ""
    rows += "".join(
        f'<tr><td class="dim">{text(name)}</td><td title="{text(value)}"><code>{text(value)}</code></td></tr>'
        for name, value in facts.items()
        if value
    )
    tags = "".join(f'<span class="tag">{text(key)}={text(value)}</span>' for key, value in labels.items())
    head = f'<h4>{text(title)} <code class="dim">{text(ident)}</code></h4>'
    return page(f'<div class="card">{head}<table>{rows}</table>{tags}</div>')
