"""`python -m tests.manual`: the operations manual as the page that the service shows, from docs/operations.md."""

from __future__ import annotations

import re
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "docs" / "operations.md"
PAGE = ROOT / "npta" / "web" / "manual.html"
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f1f1f; max-width: 62em; margin: 2em auto; padding: 0 1.5em; }
h1 { font-size: 1.7em; } h2 { font-size: 1.3em; margin-top: 2em; border-bottom: 1px solid #c4c7c5; } h3 { font-size: 1.05em; }
table { border-collapse: collapse; width: 100%; margin: 1em 0; } th, td { border: 1px solid #c4c7c5; padding: .35em .6em; text-align: left; vertical-align: top; }
th { background: #f0f4f9; } code { background: #f0f4f9; padding: .1em .3em; border-radius: 3px; }
@media print { body { font-size: 10pt; margin: 0; padding: 0; max-width: none; } h2, h3 { break-after: avoid; } tr, li { break-inside: avoid; } @page { margin: 16mm; } }
"""


def rendered() -> str:
    """The page. Links to other documents become their words: they are not there where the service runs."""
    text = re.sub(r"\[([^\]]+)\]\((?!http)[^)]+\)", r"\1", SOURCE.read_text(encoding="utf-8"))
    body = MarkdownIt("commonmark").enable("table").render(text)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>NPTA: Operations manual</title><style>{STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}</body></html>\n'


if __name__ == "__main__":
    PAGE.write_text(rendered(), encoding="utf-8")
