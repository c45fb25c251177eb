"""Colours: each can be read, and says what a word says, too."""

from __future__ import annotations

import pytest

from sheets_schema.protocol.looks import BANDS, colour
from sheets_schema.schema.looks import Tone


def luminance(code: str) -> float:
    """How bright a colour is (WCAG 2.2, relative luminance)."""
    parts = [colour(code)["rgbColor"][name] for name in ("red", "green", "blue")]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


def contrast(one: str, other: str) -> float:
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("tone", Tone)
def test_the_text_of_a_tone_can_be_read_on_its_ground(tone: Tone) -> None:
    assert contrast(tone.ground, tone.text) >= 4.5


@pytest.mark.parametrize("band", BANDS)
def test_black_text_and_links_can_be_read_on_every_band(band: str) -> None:
    assert contrast(band, "000000") >= 4.5
    assert contrast(band, "1155CC") >= 4.5
