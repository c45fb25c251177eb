"""*Attention*: what a person should look at."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from npta.tables.columns import A_DAY_AGO, HALF_AN_HOUR_AGO
from sheets_schema import View, Width
from sheets_schema.advanced import Highlight, Tone


class Attention(
    View,
    tab="Attention",
    frozen_to="which",
    highlights=(
        Highlight("what", "TEXT_EQ", "failed order", Tone.WRONG),
        Highlight("what", "TEXT_CONTAINS", "refused", Tone.WRONG),
        Highlight("what", "TEXT_CONTAINS", "not ", Tone.WAITS),
        Highlight("what", "TEXT_EQ", "order by hand", Tone.WAITS),
        Highlight("what", "TEXT_EQ", "low stock", Tone.WAITS),
        Highlight("what", "TEXT_EQ", "catalogue", Tone.WAITS),
        Highlight("which", "TEXT_EQ", "OFF", Tone.WRONG),
        Highlight("which", "TEXT_EQ", "TEST", Tone.WAITS),
        Highlight(
            "since",
            "CUSTOM_FORMULA",
            '({what}="mail not confirmed")*' + HALF_AN_HOUR_AGO % ("since", "since"),
            Tone.WRONG,
        ),
        Highlight("since", "CUSTOM_FORMULA", A_DAY_AGO % ("since", "since"), Tone.WRONG),
    ),
):
    """What a person should look at."""

    what: Annotated[str, Width(130)]
    which: Annotated[str, Width(170), Field(description="The order, the pool, the SKU")]
    next_step: Annotated[str, Width(330)] = ""
    detail: Annotated[str, Width(400)] = ""
    since: Annotated[datetime | None, Width(110), Field(description="Marked once it is late")] = None
