"""Colours come in pairs: the old plain field and the newer `…Style`.

Writing one sets the other. Recorded: a format written with `backgroundColor` and `textFormat.foregroundColor` reads
back with both styles; documented: the style wins when both are given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sheets_schema.emulator.messages.field_masks import Mask, merged
from sheets_schema.emulator.messages.numbers import float32

_STYLE = "Style"
_CHANNELS = frozenset({"red", "green", "blue", "alpha"})


def mirror_styles(value: Any) -> Any:
    """Return a copy in which both members of every pair agree, at every level.

    Zero channels are left out.
    """
    if isinstance(value, list):
        return [mirror_styles(item) for item in value]
    if not isinstance(value, dict):
        return value
    result = {name: mirror_styles(item) for name, item in value.items()}
    if result and set(result) <= _CHANNELS:
        channels = {name: _eight_bits(channel) for name, channel in result.items()}
        return {name: channel for name, channel in channels.items() if channel}
    for name in list(result):
        if (
            name.endswith("olor")
            and name != "rgbColor"
            and isinstance(result[name], dict)
            and set(result[name]) <= _CHANNELS
        ):
            result.setdefault(f"{name}{_STYLE}", {"rgbColor": result[name]})
        elif name.endswith("olorStyle") and "rgbColor" in result[name]:
            result[name.removesuffix(_STYLE)] = result[name]["rgbColor"]
    return result


def _eight_bits(channel: float) -> float:
    """Cut a channel to eight bits. Recorded: 0.5 comes back as 127/255 in single precision."""
    return float32(min(int(max(channel, 0) * 255 + 1e-4), 255) / 255)


def merge_colored(old: Mapping[str, Any], new: Mapping[str, Any], mask: Mask) -> dict[str, Any]:
    """Set the fields of a mask in a message that may hold colours.

    Both members of every pair agree afterwards. A colour that is set by one name, whole or a channel of it, drops
    what the other name says, which would win otherwise.
    """
    base = dict(old)
    for path in mask.paths():
        steps = path.split(".")
        for at, step in enumerate(steps):
            if step.endswith("olor") and step != "rgbColor":
                _drop(base, [*steps[:at], f"{step}{_STYLE}"])
            elif step.endswith("olorStyle"):
                _drop(base, [*steps[:at], step.removesuffix(_STYLE)])
    changed: dict[str, Any] = mirror_styles(merged(base, new, mask))
    return changed


def _drop(tree: dict[str, Any], path: list[str]) -> None:
    """Remove a path, copying what lies on the way."""
    *way, last = path
    for step in way:
        if not isinstance(tree.get(step), dict):
            return
        tree[step] = dict(tree[step])
        tree = tree[step]
    tree.pop(last, None)
