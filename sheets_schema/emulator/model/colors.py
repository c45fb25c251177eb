"""Colours come in pairs: the old plain field and the newer `…Style`; writing one sets the other.

Recorded: a format written with `backgroundColor` and `textFormat.foregroundColor` reads back with both styles;
documented: the style wins when both are given.
"""

from __future__ import annotations

from typing import Any

from sheets_schema.emulator.messages.messages import float32

_STYLE = "Style"


def mirror_styles(value: Any) -> Any:
    """Return a copy in which both members of every pair agree, at every level; zero channels are left out."""
    if isinstance(value, list):
        return [mirror_styles(item) for item in value]
    if not isinstance(value, dict):
        return value
    result = {name: mirror_styles(item) for name, item in value.items()}
    if result and set(result) <= {"red", "green", "blue", "alpha"}:
        channels = {name: _eight_bits(channel) for name, channel in result.items()}
        return {name: channel for name, channel in channels.items() if channel}
    for name in list(result):
        if name.endswith("olor") and name != "rgbColor" and isinstance(result[name], dict):
            result.setdefault(f"{name}{_STYLE}", {"rgbColor": result[name]})
        elif name.endswith("olorStyle") and "rgbColor" in result[name]:
            result[name.removesuffix(_STYLE)] = result[name]["rgbColor"]
    return result


def _eight_bits(channel: float) -> float:
    """Cut a channel to eight bits. Recorded: 0.5 comes back as 127/255 in single precision."""
    return float32(min(int(max(channel, 0) * 255 + 1e-6), 255) / 255)
