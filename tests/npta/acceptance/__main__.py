"""Write docs/acceptance.md anew: `python -m tests.npta.acceptance`."""

from tests.npta.acceptance.table import DOCUMENT, document

DOCUMENT.write_text(document(), encoding="utf-8")
