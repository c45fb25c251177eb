"""How tabs look: one palette, in which colour never says anything that no word says. Pure.

Ground and text of a tone differ by at least 4.5 : 1, so that both can be read (WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Tone(Enum):
    """What a colour means: its ground and its text, as RGB in hexadecimal."""

    GOOD = ("E6F4EA", "0D652D")
    WAITS = ("FEF7E0", "7A4B00")
    WRONG = ("FCE8E6", "A50E0E")
    QUIET = ("F1F3F4", "3C4043")
    PEOPLE = ("E8F0FE", "174EA6")

    @property
    def ground(self) -> str:
        """The colour behind the text."""
        return self.value[0]

    @property
    def text(self) -> str:
        """The colour of the text."""
        return self.value[1]


@dataclass(frozen=True)
class Highlight:
    """Cells of a column that meet a condition of Google's (`TEXT_EQ`, `TEXT_STARTS_WITH`, `NUMBER_LESS_THAN_EQ`) stand out."""

    field: str
    condition: str
    value: str
    tone: Tone
