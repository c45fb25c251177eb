"""What columns of several tabs have in common."""

from __future__ import annotations

from sheets_schema.advanced import Style

Typed = str | int | float | bool | None
"""What a person may have typed: anything."""

CODE = Style(monospace=True)
UTC = "UTC; Order List has it in the time zone of the spreadsheet"

# Conditions are multiplied: what separates the arguments of a function depends on the spreadsheet's locale.
A_DAY_AGO = "ISNUMBER({%s})*({%s}<NOW()-1)"
HALF_AN_HOUR_AGO = "ISNUMBER({%s})*({%s}<NOW()-1/48)"
