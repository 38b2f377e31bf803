"""What is known of the chosen row: its log, its use over time, everything about it, its processes or layers."""

from collections.abc import Sequence

from hull.ui import text
from hull.ui.glyphs import Glyphs
from hull.ui.state import State
from hull.units import size

LABEL = 12
CHART = 3  # rows that a curve needs at least
FULL = 100.0


def about(state: State) -> str:
    """Return what stands at the end of the rule above the details."""
    name = state.chosen()[2]
    if state.tab == "logs":
        where = "following" if state.log.following else f"{state.log.back} below"
        return " - ".join(filter(None, (name, state.log.note, where, "wrapped" if state.log.wrap else "")))
    if state.tab == "inspect":
        return f"{name} - {state.tree.place + 1}/{len(state.tree)}" if len(state.tree) else name
    return name


def body(state: State, width: int, height: int) -> list[text.Line]:
    """Return at most so many lines."""
    if not state.chosen()[1]:
        return []
    if state.trouble:
        lines = text.wrapped([("class:dim", text.plain(" - ".join(state.trouble.splitlines())))], max(width - 2, 1))
        return [[("", " "), *line] for line in lines][:height]
    if state.tab == "logs":
        return state.log.view(width, height)
    if state.tab == "inspect":
        shown = state.tree.view(height, state.glyphs)
        return [text.padded(line, width, "class:chosen" if here and state.inside else "") for here, line in shown]
    if state.tab == "stats":
        return _stats(state, width, height)
    state.table_top = max(0, min(state.table_top, len(state.table) - height + 1))
    head = [[("class:header", text.cut(line, width, state.glyphs.more))] for line in state.table[:1]]
    rest = state.table[1 + state.table_top : state.table_top + height]
    return [*head, *([("", text.cut(line, width, state.glyphs.more))] for line in rest)]


def _stats(state: State, width: int, height: int) -> list[text.Line]:
    ident = state.chosen()[1]
    used, looks = state.used.get(ident), list(state.history.get(ident, ()))
    if used is None or not used.source or not looks:
        return [[("class:dim", " it does not run, or nobody has looked yet")]]
    cpu, memory = [look[0] for look in looks], [float(look[1]) for look in looks]
    limit = f" of {size(used.limit)} ({FULL * used.memory / used.limit:.1f}%)" if used.limit else ""
    facts = (
        f"net {size(used.received)} in, {size(used.sent)} out   "
        f"disk {size(used.read)} read, {size(used.written)} written   pids {used.pids}"
    )
    rows = max(1, (height - 3) // 2)
    top = max(FULL, *cpu) if max(cpu) > FULL / 2 else max(*cpu, 1.0)
    lines: list[text.Line] = [_head("cpu", f"{used.cpu:.1f}%  peak {max(cpu):.1f}%")]
    lines += [[("class:curve.cpu", line)] for line in curve(cpu, width, rows, top, state.glyphs)]
    lines.append(_head("memory", f"{size(used.memory)}{limit}  peak {size(max(memory))}"))
    lines += [[("class:curve.memory", line)] for line in curve(memory, width, rows, max(*memory, 1.0), state.glyphs)]
    return [*lines[: height - 1], [("", f" {facts}")]]


def _head(word: str, value: str) -> text.Line:
    return [("class:key", f" {word:<{LABEL}}"), ("bold", value)]


def curve(values: Sequence[float], width: int, height: int, top: float, glyphs: Glyphs) -> list[str]:
    """Return rows of bars, the newest value at the right; `top` is the value that fills all rows."""
    shown = list(values)[-width:]
    steps = len(glyphs.levels) - 1
    eighths = [min(round(value / top * height * steps), height * steps) for value in shown]
    eighths = [max(level, 1) if value > 0 else 0 for level, value in zip(eighths, shown, strict=True)]
    rows = []
    for row in range(height - 1, -1, -1):
        bars = "".join(glyphs.levels[max(0, min(level - row * steps, steps))] for level in eighths)
        rows.append(bars.rjust(width))
    return rows
