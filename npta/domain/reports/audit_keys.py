"""The part of the audit that looks at key codes: none on sale that nobody can use, and none twice. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from npta.domain.reports.audit_finding import FIRST_ROW, AuditFinding
from npta.domain.state.state import State
from npta.domain.state.text import canonical, invisible_characters, is_placeholder
from npta.tables import ImportHistory

_WAY_OUT = "Retire Key takes it out of stock"


def audit_codes(imports: Sequence[ImportHistory], state: State) -> Iterator[AuditFinding]:
    """Keys with free seats whose code is a placeholder, holds what nobody sees, or is another key's for who reads it.

    Imports refuse them today; earlier versions took them in. One that is retired or used up is past mending.
    """
    first: dict[tuple[str, str], str] = {}
    for row, fact in enumerate(imports, FIRST_ROW):
        key = state.keys.get(fact.key_id)
        twin = first.setdefault((fact.provider, canonical(fact.keycode)), fact.key_id)
        if key is None or key.free < 1:
            continue
        if is_placeholder(fact.keycode):
            yield AuditFinding(
                ImportHistory.title, row, f"the key {fact.key_id} is no key but what stands for one. {_WAY_OUT}"
            )
        elif twin != fact.key_id:
            yield AuditFinding(ImportHistory.title, row, f"the key {fact.key_id} reads like the key {twin}. {_WAY_OUT}")
        elif hidden := invisible_characters(fact.keycode):
            told = f"the key {fact.key_id} holds {' and '.join(hidden)}, which nobody sees. {_WAY_OUT}"
            yield AuditFinding(ImportHistory.title, row, told)
