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
    screen     prompt_toolkit: reads keys, draws lines, suspends, gives the terminal away and takes it back

The drawing is a function of the state and a size, so nearly all of it is tested without a terminal.
"""
