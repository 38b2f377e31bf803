"""The full-screen live view: `hull ui`.

    text       what may reach a terminal: hostile text made harmless, widths, colours of logs
    glyphs     the shapes of a terminal that has UTF-8, and of one that has not
    columns    which columns fit, and how wide
    panes      the five lists and what each shows of a row
    state      everything that is on the screen, and how it moves; no terminal, no clock, no container
    keys       the table of keys: bindings, help page and hints are made from it
    press      what a key does to the state, and what it asks of the world
    painting, details, overlays   the state as lines of text
    feed       threads that bring rows, numbers, logs and events by the verbs
    requests   what keys asked for, by the verbs, one thread each
    canvas, control   the window: what is painted, what the mouse does
    terminal   prompt_toolkit: reads keys, draws lines, suspends, gives the terminal away and takes it back
    screen     the live view on it

Another screen has a try's changes to pick from: `hull keep --pick`, `hull diff --pick`.

    choices    the changes as a tree, and what is chosen of it
    picking, picking_keys, picking_press    its state, its keys, what they do
    picking_text, picking_painting          what is told of a change; the state as lines
    picker     it on the terminal

Both screens take keys alike where they have the same: spoken_press.

The drawing is a function of the state and a size, so nearly all of it is tested without a terminal.
"""

from typing import Any


def full_screen(value: Any) -> int:
    """Open what a verb returned for the whole terminal; return the exit code when it is closed."""
    if value.full_screen == "picker":
        from hull.ui.picker import show

        return show(value)
    from hull.ui.screen import show as view

    return view(value)
