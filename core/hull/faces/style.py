"""The sheet of every output: JupyterLab's own variables where there are some, neutral tints elsewhere."""

SHEET = """<style>
.hull{font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px;color:var(--jp-ui-font-color1,inherit);
--hull-line:rgba(128,128,128,.25);--hull-tint:rgba(128,128,128,.1);--hull-dim:var(--jp-ui-font-color2,gray);
--hull-good:#2da44e;--hull-busy:#bf8700;--hull-bad:#cf3f3f;--hull-off:#8b949e;--hull-blue:#3f83d0;
overflow-x:auto;max-width:100%}
.hull table{border-collapse:collapse;margin:0;border:0;width:auto;font-size:inherit;color:inherit}
.hull th,.hull td{text-align:left!important;padding:3px 14px 3px 0;border:0;white-space:nowrap;
max-width:32em;overflow:hidden;text-overflow:ellipsis;vertical-align:baseline}
.hull thead th{font-weight:600;font-size:11px;letter-spacing:.04em;color:var(--hull-dim);
border-bottom:1px solid var(--hull-line)}
.hull tbody tr{background:transparent}.hull tbody tr:hover{background:var(--hull-tint)}
.hull td.num,.hull th.num{text-align:right!important;font-variant-numeric:tabular-nums}
.hull code,.hull pre{font-family:var(--jp-code-font-family,ui-monospace,monospace);font-size:12px;background:none;
color:inherit;padding:0;margin:0}
.hull pre{white-space:pre-wrap;overflow-wrap:anywhere}
.hull .dim{color:var(--hull-dim)}.hull .name{font-weight:600}
.hull .dot{display:inline-block;width:.6em;height:.6em;border-radius:50%;margin-right:.5em;background:var(--hull-off)}
.hull .good{background:var(--hull-good)}.hull .busy{background:var(--hull-busy)}.hull .bad{background:var(--hull-bad)}
.hull .tag{border-radius:9px;padding:0 7px;font-size:11px;background:var(--hull-tint);margin-right:4px}
.hull .bar{display:inline-block;width:7em;height:.55em;border-radius:.3em;background:var(--hull-tint);overflow:hidden;
margin-left:.6em;vertical-align:middle}.hull .bar i{display:block;height:100%;background:var(--hull-blue)}
.hull .card{border:1px solid var(--hull-line);border-radius:6px;padding:8px 12px;display:inline-block;max-width:100%;
box-sizing:border-box}.hull .card h4{margin:0 0 4px;font-size:14px}
.hull details{margin-left:1.1em}.hull summary{cursor:pointer;margin-left:-1.1em}
.hull .leaf{padding-left:0}.hull .key{color:var(--hull-blue)}
.hull .added{color:var(--hull-good)}.hull .changed{color:var(--hull-busy)}.hull .deleted,
.hull .err{color:var(--hull-bad)}
</style>"""


def page(body: str) -> str:
    """Return a whole output."""
    return f'{SHEET}<div class="hull">{body}</div>'
