"""The mail names the product, and says how to redeem each provider's keys."""

from __future__ import annotations

import pytest
from gspread.utils import ValueInputOption

from tests.npta.acceptance.steps import look_up, opened, press, type_into
from tests.support import House

ORDER = "6855909900591"
REDEEM = "Open the portal & type the key."
pytestmark = pytest.mark.row("G1")


def explain(house: House, *row: str) -> None:
    """A person fills a row of Providers."""
    house.sheet.worksheet("Providers").append_row(list(row), value_input_option=ValueInputOption.raw)


def test_titles_and_providers_are_in_the_mail_once_they_are_published(npta: House) -> None:
    opened(npta)
    press(npta, "/shopify/sync")
    explain(npta, "NASM", "National Academy", REDEEM, "https://nasm.example/redeem")
    before = npta.order(ORDER, ("CPTa", 1))
    assert "National Academy" not in before["keys_text"]

    press(npta, "/catalogue/sync")

    again = npta.order(ORDER, ("CPTa", 1))
    (title,) = [row["title"] for row in npta.rows("NPTA Catalogue") if row["SKU"] == "CPTa"]
    assert title
    assert f"{title} – National Academy CPT (course and exam): EX-2t" in again["keys_text"]
    assert f"National Academy: {REDEEM}\nhttps://nasm.example/redeem" in again["keys_text"]
    assert "the portal &amp; type" in again["keys_html"]
    assert again["keys"] == before["keys"], "what is equal in repeats is the keys"
    npta.restart()
    assert look_up(npta, ORDER)["keys_text"] == again["keys_text"]


def test_a_dry_run_publishes_nothing_and_a_bad_row_is_named(npta: House) -> None:
    opened(npta)
    explain(npta, "NASM", "", REDEEM, "www.nasm.example")
    explain(npta, "NCSF", "Council", "Ring the bell.")
    (problem,) = press(npta, "/catalogue/sync", {"dry_run": True})["problems"]
    assert "Providers, row 2" in problem["message"]
    assert "Ring" not in npta.order("1", ("CAREER", 1))["keys_text"]
    press(npta, "/catalogue/sync")
    text = npta.order("1", ("CAREER", 1))["keys_text"]
    assert "Council: Ring the bell." in text
    assert REDEEM not in text


def test_without_the_form_the_catalogue_is_published_all_the_same_and_mails_stay(npta: House) -> None:
    opened(npta)
    explain(npta, "NASM", "National Academy", REDEEM)
    press(npta, "/catalogue/sync")
    npta.sheet.del_worksheet(npta.sheet.worksheet("Providers"))
    type_into(npta, "NPTA Catalogue", "entitlements", {"CPT": "NASM-CPT-FULL"})

    told = press(npta, "/catalogue/sync")

    assert [change["SKU"] for change in told["changed"]] == ["CPT"]
    assert any("Providers" in problem["message"] for problem in told["problems"])
    assert REDEEM in npta.order(ORDER, ("CPTa", 1))["keys_text"]
