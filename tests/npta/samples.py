"""Values of any type to say sentences about: 0, 1 or 2 of everything, and names that are missing."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import random
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

import npta.domain
from npta.domain.state.entitlements import Entitlement, Pool, parse_entitlement
from npta.domain.state.order_record import OrderRecord
from npta.tables import Component
from tests.npta.domain.world import AT, World

NUMBERS = (0, 1, 2)
CHANCES = 40
"""So many ways of flags and enums are tried with each number and each missing name."""
WORDS = {
    "about": "6855909900591", "at": AT, "since": AT, "order_id": "6855909900591", "order_name": "#1042", "name": "#1042", "which": "CPTa",
    "customer_name": "Ada Lovelace", "customer": "Ada Lovelace", "email": "ada@example.com", "sku": "CPTa",
    "who": "ops@npta.example", "by": "ops@npta.example", "deliver_to": "ada@example.com", "line_item_id": "77", "entitlement": "NASM-CPT-FULL",
    "entitlements": "NASM-CPT-FULL", "next_step": "Press Sync Catalogue.", "next_steps": "Press Sync Catalogue.", "message": "it was not paid", "reason": "EXTERNAL",
    "request_id": "r-1", "support_contact": "Grace", "left": "CPTa × 1 (on hold in Shopify)", "what": "a time-out", "why": "Import Keys",
    "decided": "fulfilled", "detail": "it differs", "found": "as in the sheet", "key_id": "k-1", "keycode": "secret",
}  # fmt: skip
"""What stands for a text, by the name of its field; a text of another name is its name."""
MAY_BE_MISSING = frozenset({
    "order_name", "name", "customer_name", "customer", "email", "sku", "who", "by", "since", "line_item_id", "next_step",
    "reason", "request_id", "support_contact", "decided", "days_left",
})  # fmt: skip


def modules(package: types.ModuleType) -> Iterator[types.ModuleType]:
    """The modules below a package."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def mentions(hint: Any, wanted: type) -> bool:
    """Whether a type is another, or holds it."""
    return hint is wanted or any(mentions(inner, wanted) for inner in typing.get_args(hint))


def makers(result: type) -> list[Callable[..., Any]]:
    """Every public function of the domain that makes one of these."""
    return [
        function
        for module in modules(npta.domain)
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_")
        if mentions(typing.get_type_hints(function).get("return"), result)
    ]


class Sample:
    """Makes values of any type: so many of everything, some names missing, flags and enums by chance."""

    def __init__(self, number: int, missing: frozenset[str], chance: int) -> None:
        self._number = number
        self._missing = missing
        self._random = random.Random(chance)

    def of(self, kind: Any, name: str = "") -> Any:
        """A value of a type."""
        parts, origin = typing.get_args(kind), typing.get_origin(kind)
        if origin in (types.UnionType, typing.Union):
            rest = [part for part in parts if part is not types.NoneType]
            return None if name in self._missing and len(rest) < len(parts) else self.of(rest[0], name)
        if origin is tuple and (len(parts) != 2 or parts[1] is not Ellipsis):
            return tuple(self.of(part, "sku" if part is str else name) for part in parts)
        if origin in (tuple, list, Sequence, Iterable):
            return tuple(self.of(parts[0], name) for _ in range(self._number))
        if origin is Mapping:
            return {}
        return self._plain(kind, name)

    def _plain(self, kind: Any, name: str) -> Any:
        if kind is str:
            return "" if name in self._missing else WORDS.get(name, name)
        if kind is bool:
            return self._random.random() < 0.5
        if kind in (int, float):
            return 10_000_000 if name == "cells_max" else self._number
        if kind is Pool:
            return Pool("CANADA", "NASM", "CPT", Component.COMBINED)
        if kind is Entitlement:
            return parse_entitlement("NASM-CPT-FULL")
        if kind is OrderRecord:
            return self._record()
        if issubclass(kind, Enum):
            return self._random.choice(list(kind))
        if kind.__module__.endswith(("mail_texts", "shop_status")):
            return kind()
        hints = typing.get_type_hints(kind)
        return kind(**{field: self.of(hints[field], field) for field in kind._fields})

    def _record(self) -> OrderRecord:
        world = World().keys("NASM CPT combined", 9).product("CPTa", "NASM-CPT-FULL")
        names = {
            name: "" if name in self._missing else WORDS[name] for name in ("order_name", "customer_name", "email")
        }
        world.order(WORDS["order_id"], ("CPTa", max(1, self._number)), **names)
        return world.state.orders[WORDS["order_id"]]

    def call(self, function: Callable[..., Any]) -> Any:
        """What a function returns for such values."""
        hints = typing.get_type_hints(function)
        given = inspect.signature(function).parameters
        positional = [self.of(hints[name], name) for name, one in given.items() if one.kind is not one.KEYWORD_ONLY]
        named = {name: self.of(hints[name], name) for name, one in given.items() if one.kind is one.KEYWORD_ONLY}
        return function(*positional, **named)


def samples() -> Iterator[Sample]:
    """With every number, and with all names, without each, and without any."""
    for number in NUMBERS:
        for missing in (frozenset[str](), MAY_BE_MISSING, *(frozenset({name}) for name in sorted(MAY_BE_MISSING))):
            for chance in range(CHANCES):
                yield Sample(number, missing, chance)
