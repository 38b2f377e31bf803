"""How values look in a notebook: HTML of one's own markup only, everything else escaped, and no script.

style      the sheet that every output carries: colours follow the notebook's theme, light or dark
markup     text that is harmless, ANSI colours as HTML
tables     rows of named tuples: a state as a dot, an age whose date is its title
trees      nested documents that fold
cards      one container, one image
shown      the values that IPython is given, each still what the verb returned
"""
