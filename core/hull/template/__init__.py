"""Go's text/template as far as Docker's --format uses it: parse once, render many values.

    template = parse('{{.Names}}: {{range .Mounts}}{{.Source}} {{end}}')
    template.render({"Names": "web", "Mounts": [{"Source": "/srv"}]})

Data is what JSON has: dicts, lists, strings, numbers, booleans, None; a callable in a dict is a method. Not here:
complex numbers, channels, nested templates, `call`, and the escapers html, js and urlquery. Source of the rules: the
documentation of text/template; of json, join, split, lower, upper, title, pad, truncate: Docker's "Format command and
log output". The one library in Python alone that was found takes 100 ms to import.
"""

from hull.template.parser import parse
from hull.template.render import Template

__all__ = ["Template", "parse"]
