"""What a mail says beside the keys: published from the forms, row by row, into one cell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from npta.domain.catalogue import mail_texts as module
from npta.domain.catalogue.mail_texts import (
    MAX_CELL,
    MAX_REDEEM,
    MAX_TITLE,
    MAX_URL,
    MailTexts,
    ProviderText,
    PublishedTexts,
    publish_texts,
    read_texts,
)
from npta.domain.orders.answers import KeyEntry
from npta.domain.orders.keys_in_mail import keys_html, keys_text
from npta.domain.state.entitlements import Level
from npta.tables import Component
from sheets_schema import InputRow
from tests.npta.domain.world import catalogue_row

NASM = ("nasm", "National Academy", "Open the portal.\nType the key.", "https://nasm.example/redeem?a=1&b=2")
TEXT = ProviderText(*NASM[1:])


def provider_row(number: int, *cells: Any) -> InputRow:
    names = ("provider", "provider_name", "redeem", "url")
    return InputRow(number, {name: cell for name, cell in zip(names, cells, strict=False) if cell not in ("", None)})


def published(*providers: tuple[Any, ...], titles: dict[str, str] | None = None, before: str = "") -> PublishedTexts:
    products = [
        catalogue_row(number, sku, product_title=title) for number, (sku, title) in enumerate((titles or {}).items(), 2)
    ]
    rows = [provider_row(number, *cells) for number, cells in enumerate(providers, 2)]
    return publish_texts(products, rows, read_texts(before))


def key(sku: str = "CPTa", provider: str = "NASM", code: str = "EX-1", seats: int = 1) -> KeyEntry:
    return KeyEntry(sku, f"{provider}-CPT-FULL", provider, "CPT", Level.FULL, Component.COMBINED, code, seats)


class TestPublishing:
    def test_the_cell_holds_them_as_people_read_them(self) -> None:
        done = published(("ELEIKO", "Eleiko Österreich", "", ""), titles={"STR1": "Kraft – Stärke"})
        assert "Kraft – Stärke" in done.cell
        assert "Eleiko Österreich" in done.cell

    def test_titles_and_providers_come_back_as_they_were_typed(self) -> None:
        done = published(NASM, titles={"CPTa": "Certified  Trainer", "CNC": ""})
        texts = read_texts(done.cell)
        assert (dict(texts.titles), dict(texts.providers), done.problems) == (
            {"CPTa": "Certified  Trainer"},
            {"NASM": TEXT},
            (),
        )

    def test_nothing_to_say_is_an_empty_cell(self) -> None:
        assert published(("", "", "", ""), ("NASM",)).cell == ""
        assert read_texts("") == MailTexts()

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            (("", "Name"), "provider is missing"),
            (("NASM", "", "", "javascript:alert(1)"), "https://"),
            (("NASM", "", "", "https://a b"), "https://"),
            (("NASM", "", "x" * 4_001), "redeem"),
            (("NASM", "n" * 201), "name"),
        ],
    )
    def test_a_bad_row_blocks_only_itself_and_keeps_what_was_said(self, row: tuple[str, ...], message: str) -> None:
        before = published(NASM).cell
        done = published(row, ("NCSF", "Council"), before=before)
        (problem,) = done.problems
        assert "Providers, row 2" in problem.message
        assert message in problem.message
        providers = read_texts(done.cell).providers
        assert providers["NCSF"].name == "Council"
        assert providers.get("NASM") == (TEXT if row[0] else None)

    def test_texts_that_are_just_as_long_as_they_may_be_are_published(self) -> None:
        url = "https://npta.test/".ljust(MAX_URL, "x")
        done = published(("NASM", "n" * MAX_TITLE, "r" * MAX_REDEEM, url))
        assert (done.problems, read_texts(done.cell).providers["NASM"]) == (
            (),
            ProviderText("n" * MAX_TITLE, "r" * MAX_REDEEM, url),
        )
        for cells in (
            ("NASM", "n" * (MAX_TITLE + 1)),
            ("NASM", "", "r" * (MAX_REDEEM + 1)),
            ("NASM", "", "", f"{url}x"),
        ):
            assert published(cells).problems, cells

    def test_of_a_provider_that_stands_twice_the_first_counts(self) -> None:
        done = published(("NASM", "A"), ("nasm ", "B"))
        assert read_texts(done.cell).providers["NASM"].name == "A"
        assert "row 2" in done.problems[0].message

    def test_a_row_that_is_gone_says_nothing_more_but_titles_of_sold_products_stay(self) -> None:
        before = published(NASM, titles={"OLD": "Old Course", "CPTa": "Trainer"}).cell
        texts = read_texts(published(titles={"CPTa": ""}, before=before).cell)
        assert (dict(texts.titles), dict(texts.providers)) == ({"OLD": "Old Course"}, {})

    def test_more_than_a_cell_holds_is_told_and_texts_go_first(self) -> None:
        titles = {f"S{number}": "t" * 190 for number in range(400)}
        done = published(NASM, titles=titles)
        assert len(done.cell) <= MAX_CELL
        assert read_texts(done.cell).providers["NASM"] == TEXT
        assert "mails leave out the titles of" in done.problems[0].message

    def test_as_many_fit_as_the_cell_has_room_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        titles = {"A": "Ä" * 10, "B": "b" * 20}
        whole = published(NASM, titles=titles).cell
        for room, left_out, row in ((len(whole) + 2, 0, []), (len(whole) + 1, 1, [0])):
            monkeypatch.setattr(module, "MAX_CELL", room)
            done = published(NASM, titles=titles)
            assert len(read_texts(done.cell).titles) == 2 - left_out
            assert [problem.row for problem in done.problems] == row
        monkeypatch.setattr(module, "MAX_CELL", len(published(NASM).cell))
        assert "the titles of 2 products" in published(NASM, titles=titles).problems[0].message
        one = len(published(NASM).cell)
        alone = len(json.dumps(["NASM", TEXT], ensure_ascii=False))
        assert one == alone + len('{"titles": {}, "providers": {}}') - 2
        for room, problems in ((alone, 0), (alone - 1, 1)):
            monkeypatch.setattr(module, "MAX_CELL", room)
            assert len(published(NASM).problems) == problems

    def test_providers_that_do_not_fit_are_named(self) -> None:
        done = published(*((f"P{number}", "", "x" * 4_000) for number in range(20)))
        assert len(done.cell) <= MAX_CELL
        assert 0 < len(done.problems) < 20
        assert "too long" in done.problems[0].message

    def test_invisible_characters_go_and_lines_stay(self) -> None:
        done = published(("NASM", "Na\u200bme ", " one \n\n two\u0007 "))
        assert read_texts(done.cell).providers["NASM"] == ProviderText("Name", "one\n\ntwo")


class TestTheMail:
    TEXTS = MailTexts({"CPTa": "Certified <Trainer>"}, {"NASM": TEXT})

    def test_without_texts_it_says_what_it_always_said(self) -> None:
        assert keys_text((key(),)) == "NASM CPT (course and exam): EX-1"

    def test_each_key_has_its_product_and_each_provider_is_explained_once(self) -> None:
        text = keys_text((key(), key(code="EX-2", seats=2), key("STS", "NCSF", "S-1")), self.TEXTS)
        assert text.splitlines() == [
            "Certified <Trainer> – National Academy CPT (course and exam): EX-1",
            "Certified <Trainer> – National Academy CPT (course and exam): EX-2 (for 2 people)",
            "NCSF CPT (course and exam): S-1",
            "",
            "National Academy: Open the portal.",
            "Type the key.",
            "https://nasm.example/redeem?a=1&b=2",
        ]

    def test_html_is_escaped_with_its_lines_and_a_link(self) -> None:
        html = keys_html((key(),), self.TEXTS)
        assert "Certified &lt;Trainer&gt; – National Academy" in html
        assert "Open the portal.<br>Type the key." in html
        assert '<a href="https://nasm.example/redeem?a=1&amp;b=2">' in html
        assert "<Trainer>" not in html

    def test_a_provider_of_which_only_the_name_is_known_has_no_paragraph(self) -> None:
        texts = MailTexts(providers={"NASM": ProviderText("National Academy")})
        assert keys_text((key(),), texts) == "National Academy CPT (course and exam): EX-1"
        assert "<p>" not in keys_html((key(),), texts)
