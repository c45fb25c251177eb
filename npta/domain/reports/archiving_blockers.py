"""What keeps orders and messages in the spreadsheet for years, and what to do. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from npta.domain.state.archivable_orders import ArchivingBlocker
from npta.domain.state.outbox_messages import Channel, OutboxProjection
from npta.domain.state.wording import count

MANY = 3_500
"""Orders that stay, from which on people are told: about half as many as there is room for."""

_REASONS: Mapping[ArchivingBlocker, tuple[str, str]] = MappingProxyType(
    {
        ArchivingBlocker.UNCONFIRMED: (
            "with a mail that nobody has confirmed",
            "let the Zap confirm mails, or, if nobody does, set NPTA_ARCHIVE_UNCONFIRMED=true, which helps at once",
        ),
        ArchivingBlocker.FAILED: ("that failed and wait", "serve those that failed, or press Close Order"),
        ArchivingBlocker.OFF: (
            "that came in while the mode was OFF",
            "press Close Order for those of mode OFF, once served",
        ),
        ArchivingBlocker.TEST: ("that were filled in TEST", "press Release Keys for those of mode TEST"),
        ArchivingBlocker.REFUNDED: ("that hold keys of what was refunded", "press Release Keys for what was refunded"),
        ArchivingBlocker.RETIRED: (
            "that hold a retired key",
            "press Assign Key or Release Keys for those with a retired key",
        ),
        ArchivingBlocker.RECENT: ("of which something is younger", ""),
        ArchivingBlocker.UNREADABLE: (
            "that are damaged or of an old kind of id",
            "run `npta audit` for those that are damaged",
        ),
    }
)
"""How they are called, and what to do."""


def many_blocked(reasons: Mapping[ArchivingBlocker, int], keep_days: int) -> str:
    """Say what keeps orders in the sheet, once they are many; else nothing."""
    waiting: Mapping[ArchivingBlocker, int] = {
        reason: number for reason, number in reasons.items() if reason is not ArchivingBlocker.RECENT
    }
    total = sum(waiting.values())
    if total < MANY:
        return ""
    return (
        f"{count(total, 'order')} of more than {count(keep_days, 'day')} ago cannot leave for the archive: {_named(waiting)}. With about twice "
        f"as many there is no room for more, and no order leaves then. {_steps(waiting, keep_days)}"
    )


def no_room_for_blocked(reasons: Mapping[ArchivingBlocker, int], keep_days: int) -> str:
    """Say why no more orders leave: those that stay take up the tab Opening."""
    return (
        "No more orders leave, since the tab Opening has no more room for orders of which rows have left and that stay: "
        f"{_named(reasons)}. Nothing is lost, and new orders go on as before. {_steps(reasons, keep_days)}"
    )


def messages_blocked(state: OutboxProjection) -> str:
    """Say that old messages stay since too many are not over; empty if they are few."""
    over_when = sum(len(openers) for openers in state.open_alerts.values())
    unsent = Counter({channel: sum(1 for _ in state.pending(channel)) for channel in Channel})
    if over_when + unsent.total() < MANY // 8:
        return ""
    waiting = ", ".join(f"{number:,} to be sent ({channel})" for channel, number in unsent.most_common() if number)
    return (
        f"Old messages stay in the tab Outbox, since the tab Opening has no more room for those that are not over: {count(over_when, 'alert')} of "
        f"what lasts (orders that wait, refunds, stock){f', {waiting}' if waiting else ''}. Nothing is lost, and orders and alerts go on as before. "
        "Next step: serve the orders that Attention names, or press Close Order or Release Keys; see that Slack and Shopify take what is sent to them."
    )


def _named(reasons: Mapping[ArchivingBlocker, int]) -> str:
    return ", ".join(f"{number:,} {name}" for number, name, _ in _found(reasons))


def _steps(reasons: Mapping[ArchivingBlocker, int], keep_days: int) -> str:
    steps = "; ".join(step for *_, step in _found(reasons) if step)
    return f"Next step: {steps or 'wait'}. An order leaves {count(keep_days, 'day')} after the last thing that was done to it."


def _found(reasons: Mapping[ArchivingBlocker, int]) -> list[tuple[int, str, str]]:
    """Return how many there are of each reason, most first, with its name and what to do."""
    found = ((reasons.get(reason, 0), *texts) for reason, texts in _REASONS.items())
    return sorted((entry for entry in found if entry[0]), reverse=True)
