"""The products of the runbook as the shop has them."""

from __future__ import annotations

from typing import Any


def _product(sku: str, title: str, price: str, provider: str, kind: str, **more: Any) -> dict[str, Any]:
    tags = [f"provider:{provider}", "digital"]
    return {"sku": sku, "title": title, "price": price, "tags": tags, "type": kind, "available": 0, **more}


PRODUCTS = (
    _product("CPTa", "Certified Personal Trainer, all inclusive", "899.00", "nasm", "Certification"),
    _product("CPT", "Certified Personal Trainer, exam only", "599.00", "nasm", "Certification"),
    _product("CNC", "Certified Nutrition Coach", "699.00", "nasm", "Specialization"),
    _product("CNCe", "Certified Nutrition Coach, exam only", "299.00", "nasm", "Specialization"),
    _product("NSTB", "NPTA Strength Training Bundle", "1299.00", "multi", "Bundle"),
    _product("CAREER", "Career Bundle", "1799.00", "multi", "Bundle"),
    _product("KBS-1", "KBStronger, level 1", "249.00", "multi", "Certification", policy="CONTINUE", tracked=False),
)
