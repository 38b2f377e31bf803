"""What both sides of an exchange run: these files are sent into the container as they are.

The standard library only, syntax of Python 3.6, no import but at the top of a file: where they run, the package is gone
once it is loaded. Numpy, pandas and the others are looked for when a value asks for them.
"""
