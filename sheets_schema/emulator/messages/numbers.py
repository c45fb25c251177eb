"""Print numbers as Google's JSON does."""

from __future__ import annotations

import struct


def whole(number: float) -> int | float:
    """Return a double as Python's `int` where it has no fraction, so that it prints without one."""
    return int(number) if number.is_integer() else number


def float32(number: float) -> int | float:
    """Return a single-precision number in the fewest digits, as Google prints colours.

    Recorded: 0.49803922.
    """
    try:
        packed = struct.pack("<f", number)
    except OverflowError:
        return number
    for digits in range(6, 10):
        short = float(f"{number:.{digits}g}")
        if struct.pack("<f", short) == packed:
            return whole(short)
    return whole(float(struct.unpack("<f", packed)[0]))
