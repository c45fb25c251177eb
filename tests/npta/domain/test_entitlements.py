"""Rules 1 and 2: what an entitlement says, and which pool serves it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npta.domain.state.entitlements import (
    Entitlement,
    InvalidEntitlementError,
    Level,
    checked_code,
    checked_provider,
    parse_entitlement,
    parse_entitlements,
    written,
)
from npta.tables import Component
from tests.npta.domain.world import pool

CODE_TAIL = "ABCXYZ0189_.-"
providers = st.text("ABCNSM019_", min_size=1, max_size=8)
plain_codes = st.builds("{}{}".format, st.sampled_from("ABC019"), st.text(CODE_TAIL, max_size=12))
bundle_codes = st.builds("NSBK_{}".format, st.text(CODE_TAIL, min_size=1, max_size=12))
entitlements = st.builds(Entitlement, providers, plain_codes | bundle_codes, st.sampled_from(Level))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("NASM-CPT-FULL", ("NASM", "CPT", "FULL"), id="plain"),
        pytest.param("NASM-NSBK_CPT-CNC-CES-FULL", ("NASM", "NSBK_CPT-CNC-CES", "FULL"), id="hyphens in the code"),
        pytest.param("nasm-cpt-exam", ("NASM", "CPT", "EXAM"), id="small letters"),
        pytest.param("  ELEIKO-STR1-CONTENT\t", ("ELEIKO", "STR1", "CONTENT"), id="blanks around it"),
        pytest.param("NASM - CPT - FULL", ("NASM", "CPT", "FULL"), id="blanks around each part"),
        pytest.param("\u00a0NASM-CPT-FULL\u00a0", ("NASM", "CPT", "FULL"), id="blanks that do not break"),
        pytest.param("NASM-CPT-FULL-FULL", ("NASM", "CPT-FULL", "FULL"), id="a code that ends like a level"),
    ],
)
def test_rule_1_an_entitlement_is_split_at_the_first_and_the_last_hyphen(
    text: str, expected: tuple[str, str, str]
) -> None:
    assert parse_entitlement(text) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("NASM-CPT", "NASM-CPT-FULL", id="no level, and an example of how to write it"),
        pytest.param("NASM", "“NASM” is not PROVIDER", id="a provider only"),
        pytest.param("NASM-CPT-HALF", "FULL, CONTENT or EXAM", id="unknown level"),
        pytest.param("NASM-CPT-COMBINED", "FULL, CONTENT or EXAM", id="a component in place of a level"),
        pytest.param("NASM-CPT-", "ends in nothing", id="empty level"),
        pytest.param("NASM--FULL", "product code", id="empty code"),
        pytest.param("-CPT-FULL", "provider", id="empty provider"),
        pytest.param("NA SM-CPT-FULL", "provider", id="a blank inside the provider"),
        pytest.param("NASM-C PT-FULL", "product code", id="a blank inside the code"),
        pytest.param("NASM–CPT–FULL", "PROVIDER-PRODUCT_CODE-LEVEL", id="dashes that are not hyphens"),
        pytest.param("NASM-NSBK-CPT-FULL", "NSBK_ with the underscore", id="a stock bundle without its underscore"),
        pytest.param("NASM-NSBK_-FULL", "names no courses", id="a stock bundle of nothing"),
    ],
)
def test_an_entitlement_that_cannot_be_meant_is_refused_in_words(text: str, told: str) -> None:
    with pytest.raises(InvalidEntitlementError, match=told):
        parse_entitlement(text)


@given(entitlements)
def test_an_entitlement_comes_back_from_its_text(entitlement: Entitlement) -> None:
    assert parse_entitlement(str(entitlement)) == entitlement
    assert parse_entitlement(f" {str(entitlement).lower()} ") == entitlement


@given(st.lists(entitlements, max_size=4).map(tuple))
def test_a_list_of_entitlements_comes_back_from_its_text(given_list: tuple[Entitlement, ...]) -> None:
    assert parse_entitlements(written(given_list)) == given_list
    assert parse_entitlements(written(given_list).replace(",", " , ")) == given_list


def test_rule_1_the_same_entitlement_twice_means_two() -> None:
    assert len(parse_entitlements("NASM-CPT-FULL, nasm-cpt-full")) == 2


@pytest.mark.parametrize("text", ["", "   ", "\t"], ids=["empty", "blanks", "tab"])
def test_empty_text_gives_no_entitlement(text: str) -> None:
    assert parse_entitlements(text) == ()


@pytest.mark.parametrize("text", ["NASM-CPT-FULL,", ",NASM-CPT-FULL", "NASM-CPT-FULL,,NASM-CNC-FULL", ","])
def test_a_comma_too_many_is_refused(text: str) -> None:
    with pytest.raises(InvalidEntitlementError, match="comma"):
        parse_entitlements(text)


@pytest.mark.parametrize(
    ("level", "component"),
    [("FULL", Component.COMBINED), ("CONTENT", Component.CONTENT), ("EXAM", Component.EXAM)],
    ids=["FULL", "CONTENT", "EXAM"],
)
def test_rule_1_each_level_is_served_by_its_component(level: str, component: Component) -> None:
    assert parse_entitlement(f"NASM-CPT-{level}").pool("CANADA").component is component


def test_rule_2_a_stock_bundle_is_a_pool_of_its_own() -> None:
    bundle = parse_entitlement("NASM-NSBK_CPT-CNC-CES-FULL").pool("CANADA")

    assert bundle == pool("NASM NSBK_CPT-CNC-CES combined")
    assert bundle != pool("NASM CPT combined")


def test_rule_2_regions_do_not_share_a_pool() -> None:
    entitlement = parse_entitlement("NASM-CPT-FULL")

    assert entitlement.pool("CANADA") != entitlement.pool("USA")


@pytest.mark.parametrize("text", ["", "NA-SM", "NÄSM", "N.A"], ids=["empty", "hyphen", "umlaut", "dot"])
def test_a_provider_with_anything_but_letters_digits_and_underscores_is_refused(text: str) -> None:
    with pytest.raises(InvalidEntitlementError, match="provider"):
        checked_provider(text)


@pytest.mark.parametrize("text", ["NSBK", "nsbk-cpt", "NSBKCPT"], ids=["alone", "hyphen", "run together"])
def test_a_stock_bundle_code_without_the_underscore_is_refused(text: str) -> None:
    with pytest.raises(InvalidEntitlementError, match="underscore"):
        checked_code(text)
