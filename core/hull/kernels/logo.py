"""What JupyterLab's launcher shows of a kernel: a hull on water, the Python's version in its sail."""

SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">
 <path d="M30 5 L30 41 L8 41 Z" fill="#3776ab"/>
 <path d="M34 11 L34 41 L55 41 Z" fill="#ffd43b"/>
 <path d="M5 45 H59 L51 57 H14 Z" fill="#8b5a2b"/>
 <path d="M3 61 q7 -5 14.5 0 t14.5 0 t14.5 0 t14.5 0" fill="none" stroke="#3776ab" stroke-width="2.5"/>
 <text x="32" y="54.5" text-anchor="middle" font-family="sans-serif" font-size="9.5" font-weight="bold"
  fill="#fff">{text}</text>
</svg>
"""


def svg(text: str) -> str:
    """Return the picture with a short text."""
    import html

    return SVG.format(text=html.escape(text))
