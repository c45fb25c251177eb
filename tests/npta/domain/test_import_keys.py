"""Rule 12 and the paste zone: which pasted rows become stock, and why the others do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npta.domain.state.state import State
from npta.domain.stock.import_keys import (
    MAX_KEYCODE,
    MAX_SEATS,
    AcceptedKey,
    ImportResult,
    Unfinished,
    holds_key,
    imported,
    read_unfinished,
    unfinished_now,
    validate_rows,
    write_unfinished,
)
from npta.domain.stock.pasted_line import pasted_values
from sheets_schema import InputRow
from sheets_schema.schema.cells import Cell
from tests.npta.domain.world import AT, REGIONS, World, key_row, pasted, pool

GOOD: tuple[Cell, ...] = ("CANADA", "NASM", "CPT", "combined", "EX-1", 15)
FIELDS = ("region", "provider", "product_code", "component", "keycode", "seats")


def sort(*rows: InputRow, state: State | None = None) -> ImportResult:
    return validate_rows(rows, state or State(), REGIONS)


def one(*cells: Cell) -> AcceptedKey:
    sorted_rows = sort(pasted(2, *cells))
    assert not sorted_rows.rejected
    return sorted_rows.accepted[0]


def reason(*cells: Cell) -> str:
    sorted_rows = sort(pasted(2, *cells))
    assert not sorted_rows.accepted
    return sorted_rows.rejected[0].reason


def with_cell(field: str, value: Cell) -> list[Cell]:
    return [value if name == field else cell for name, cell in zip(FIELDS, GOOD, strict=True)]


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param(GOOD, id="a value a cell"),
        pytest.param(("CANADA", "NASM", "CPT", "combined", "EX-1", "15"), id="seats as text"),
        pytest.param(("CANADA", "NASM", "CPT", "combined", "EX-1", 15.0), id="seats as a whole float"),
        pytest.param((" canada", "nasm ", "cpt", "COMBINED", "EX-1", 15), id="letter case and blanks"),
        pytest.param(("CANADA | NASM | CPT | combined | EX-1 | 15",), id="a line with bars"),
        pytest.param(("CANADA|NASM|CPT|combined|EX-1|15",), id="a line with bars only"),
        pytest.param(("CANADA\tNASM\tCPT\tcombined\tEX-1\t15",), id="a line with tabs"),
        pytest.param(("CANADA  NASM      CPT            combined    EX-1  15",), id="a line with runs of blanks"),
        pytest.param((*GOOD, "why it was refused before"), id="refused before and fixed"),
        pytest.param(("| CANADA | NASM | CPT | combined | EX-1 | 15 |",), id="a line of a Markdown table"),
        pytest.param(("CANADA,NASM,CPT,combined,EX-1,15",), id="a line with commas"),
        pytest.param(("CANADA;NASM;CPT;combined;EX-1;15;",), id="a line with semicolons, the last at the end"),
        pytest.param(("CANADA;NASM;CPT;combined;EX-1;15;;;",), id="a line of a sheet with empty columns"),
        pytest.param(('"CANADA","NASM","CPT","combined","EX-1","15"',), id="a line of CSV in quotes"),
        pytest.param(
            ('\ufeffCANADA; "NASM"; CPT; combined; "EX-1" ; 15',), id="a line of CSV with its byte order mark"
        ),
        pytest.param(("CANADA\u00a0NASM CPT combined EX-1\u200b 15",), id="a line with odd blanks"),
        pytest.param(
            ("CANADA | NASM | CPT | combined | EX-1 | 15", " ", "\u00a0", "\u200b"), id="a line beside blanks"
        ),
        pytest.param(
            ("CAN\u200bADA", "\ufeffNASM", "C\u00adPT", "combined\u00a0", "\u200bEX-1\u3000", "15\u200e"), id="unseen"
        ),
    ],
)
def test_a_key_is_understood_in_each_way_in_which_people_paste_it(cells: tuple[Cell, ...]) -> None:
    assert one(*cells) == AcceptedKey(2, *pool("NASM CPT combined"), keycode="EX-1", seats=15)


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param(("region | provider | product_code | component | keycode | seats",), id="bars"),
        pytest.param(("region  provider  product_code  component  keycode  seats",), id="blanks"),
        pytest.param(("Region", "Provider", "Product_code", "Component", "Keycode", "Seats"), id="cells"),
        pytest.param(("region | provider | product_code | component | keycode | seats | note",), id="one more"),
        pytest.param(("|region|provider|product_code|component|keycode|seats|",), id="a Markdown table's"),
        pytest.param(("|---|:---|---|---|---|---:|",), id="the rule below it"),
        pytest.param(('"region";"provider";"product_code";"component";"keycode";"seats"',), id="CSV"),
    ],
)
def test_header_lines_are_passed_over(cells: tuple[Cell, ...]) -> None:
    assert sort(pasted(2, *cells), pasted(3, *GOOD)) == ImportResult((one(*GOOD)._replace(row=3),), ())


@pytest.mark.parametrize("keycode", ["0012", "=1+1", "1-2", "8085807e40000000", "6855909900591123456", "aB|ß–é"])
def test_a_keycode_is_kept_letter_for_letter(keycode: str) -> None:
    assert one(*with_cell("keycode", keycode)).keycode == keycode


@pytest.mark.parametrize("keycode", ["0012", "=1+1", "1-2", "8085807e40000000", "6855909900591123456"])
def test_a_keycode_in_a_pasted_line_is_kept_letter_for_letter(keycode: str) -> None:
    assert one(f"CANADA | NASM | CPT | exam | {keycode} | 3").keycode == keycode
    assert one(f"CANADA NASM CPT exam {keycode} 3").keycode == keycode


def test_a_keycode_may_be_as_long_as_the_limit_says() -> None:
    assert one(*with_cell("keycode", "A1" * (MAX_KEYCODE // 2))).keycode == "A1" * (MAX_KEYCODE // 2)


@pytest.mark.parametrize("code", [2024, 2**53 - 1], ids=repr)
def test_a_product_code_that_is_a_number_is_taken_as_long_as_no_digit_can_be_lost(code: float) -> None:
    assert one(*with_cell("product_code", code)).product_code == str(int(code))


@pytest.mark.parametrize("code", [2**53, -(2**53), 20.5], ids=repr)
def test_and_refused_where_it_may_be_another_one(code: float) -> None:
    assert "paste again" in reason(*with_cell("product_code", code))


@pytest.mark.parametrize("keycode", [12, 8.085807e46, 0], ids=["whole", "huge", "zero"])
def test_a_keycode_that_arrives_as_a_number_is_refused_since_digits_may_be_lost(keycode: float) -> None:
    assert "format the column as text and paste again" in reason(*with_cell("keycode", keycode))


@pytest.mark.parametrize(
    "seats", ["x", 0, -1, 1.5, "1.5", True, False, "0", "", None, "1e3", "٣", MAX_SEATS + 1, 1e300], ids=repr
)
def test_seats_that_are_no_whole_number_of_one_or_more_are_refused(seats: Cell) -> None:
    assert "seats" in reason(*with_cell("seats", seats))


@pytest.mark.parametrize("seats", [0, "0", False, "x", 1.5], ids=repr)
def test_the_reason_shows_what_stands_in_seats(seats: Cell) -> None:
    assert reason(*with_cell("seats", seats)) == f"seats is “{seats}”; it must be a whole number of 1 or more"


@pytest.mark.parametrize("seats", [1, "007", MAX_SEATS], ids=repr)
def test_seats_may_be_any_whole_number_of_one_or_more(seats: Cell) -> None:
    assert one(*with_cell("seats", seats)).seats == int(str(seats))


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        pytest.param("component", "full", "uses combined", id="component full, with what is meant"),
        pytest.param("component", "both", "combined, content or exam", id="unknown component"),
        pytest.param("region", "MARS", "“MARS” is not served here; write CANADA", id="unknown region"),
        pytest.param("product_code", "NSBK-CPT", "NSBK_ with the underscore", id="stock bundle without underscore"),
        pytest.param("product_code", "C PT", "product code", id="blank in the code"),
        pytest.param("provider", "NA-SM", "without a hyphen", id="hyphen in the provider"),
        pytest.param("keycode", "EX-1\nEX-2", "one key a row", id="two keys in one cell"),
        pytest.param("keycode", "x" * (MAX_KEYCODE + 1), "too long", id="a keycode without end"),
        *[pytest.param(name, "", f"{name} must not be empty", id=f"{name} empty") for name in FIELDS],
        *[pytest.param(name, "  ", f"{name} must not be empty", id=f"{name} blank") for name in FIELDS],
    ],
)
def test_a_bad_row_is_refused_with_the_reason(field: str, value: str, told: str) -> None:
    assert told in reason(*with_cell(field, value))


@pytest.mark.parametrize(
    ("line", "count"),
    [
        pytest.param("CANADA | NASM | CPT | combined | 15", 5, id="five values"),
        pytest.param("CANADA NASM CPT combined EX 1 15", 7, id="a keycode with a blank"),
        pytest.param("CANADA\tNASM", 2, id="two values"),
    ],
)
def test_a_line_with_too_many_or_too_few_values_is_refused_with_their_number(line: str, count: int) -> None:
    assert f"needs 6 values (region | provider | product_code | component | keycode | seats); this one has {count}" in (
        reason(line)
    )


@pytest.mark.parametrize(
    ("line", "keycode"),
    [
        pytest.param("CANADA | NASM | CPT | exam | EX,1;2 | 3", "EX,1;2", id="others between bars"),
        pytest.param("CANADA;NASM;CPT;exam;EX,1|2;3", "EX,1|2", id="others between semicolons"),
        pytest.param('CANADA,NASM,CPT,exam,"EX,1",3', "EX,1", id="a comma in quotes"),
        pytest.param('CANADA,NASM,CPT,exam,"EX""1",3', 'EX"1', id="a doubled quote"),
        pytest.param("CANADA NASM CPT exam EX;1 3", "EX;1", id="others between blanks"),
    ],
)
def test_a_separator_of_another_kind_is_a_letter_of_the_code(line: str, keycode: str) -> None:
    assert one(line).keycode == keycode


@pytest.mark.parametrize(
    "line", ["CANADA | NASM | CPT\nCANADA | NASM | CNC", "CANADA,NASM\u2028x", 'CANADA,"NA\nSM",1']
)
def test_several_lines_in_one_cell_are_refused(line: str) -> None:
    assert "several lines: paste one key a row" in reason(line)


@pytest.mark.parametrize("char", ["\u200b", "\u200d", "\u2060", "\u00ad", "\u200e", "\u202e", "\u180e", "\ufe0f", "\u3164", "\u00a0", "\t",
                                  "\u2009", "\x07", "\U000e0041"])  # fmt: skip
def test_rule_17_a_code_with_something_unseen_inside_is_refused_and_the_character_named(char: str) -> None:
    told = reason(*with_cell("keycode", f"GHOST{char}-001"))

    assert f"U+{ord(char):04X}" in told
    assert "as character 6" in told
    assert "GHOST" not in told, "a reason shows no code"


@pytest.mark.parametrize("char", ["\u2011", "\u2010", "\u2013", "\u2212", "\u2019", "\u2026"])
def test_rule_17_what_a_word_processor_has_put_into_a_plain_code_is_refused_and_named(char: str) -> None:
    assert f"U+{ord(char):04X}" in reason(*with_cell("keycode", f"GHOST{char}001"))


@pytest.mark.parametrize(
    "keycode", ['"EX-1"', "'EX-1'", "'0012", "'=EX-1", "'-12-EX", "'2026-11-23", "'@EX", "“EX-1”", "`EX-1`"]
)
def test_rule_17_a_code_in_quotes_is_no_second_key(keycode: str) -> None:
    state = World().facts(key_row("K1", "NASM CPT combined", 5, keycode.strip("\"'`“”"))).state
    assert sort(pasted(2, *with_cell("keycode", keycode)), state=state).accepted == ()


@pytest.mark.parametrize("keycode", ["'EX-1", "'ab", "'Ä1"])
def test_rule_17_a_lone_apostrophe_before_letters_is_kept_and_asked_about(keycode: str) -> None:
    found = sort(pasted(2, *with_cell("keycode", keycode)))

    assert [each.keycode for each in found.accepted] == [keycode]
    assert [each.row for each in found.cautions if "begins with an apostrophe" in each.message] == [2]


@pytest.mark.parametrize(
    "keycode",
    ["#N/A", "#REF!", "#ERROR!", "#NAME?", "#DIV/0!", "Loading...", "TBD", "n/a", "-", "…", "null", "xxxx-xxxx", "EX\ufffd1",
     "9.87654E+16", "9,87E+5"],
)  # fmt: skip
def test_rule_17_what_stands_for_a_code_is_none(keycode: str) -> None:
    assert "keycode" in reason(*with_cell("keycode", keycode))
    assert "keycode" in reason(f"CANADA | NASM | CPT | exam | {keycode} | 3")


@pytest.mark.parametrize("field", ["provider", "product_code"])
def test_rule_17_a_placeholder_names_no_pool(field: str) -> None:
    assert "stands for a missing value" in reason(*with_cell(field, "N/A"))


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("region", "\u0421ANADA", "“\u0421[U+0421]ANADA”"),
        ("component", "exa\u0301m", "“ex\u00e1[U+00E1]m”"),
        ("product_code", "C\u2011PT", "“C\u2011[U+2011]PT”"),
        ("seats", "1\u00a05", "“1[U+00A0]5”"),
    ],
)
def test_rule_17_a_refused_value_shows_the_letter_that_looks_like_another(field: str, value: str, shown: str) -> None:
    assert shown in reason(*with_cell(field, value))


@pytest.mark.parametrize("again", ["Zoe\u0308-1", "\u200bZo\u00eb-1", "Zo\u00eb-1\u00a0"])
def test_rule_17_two_spellings_that_are_one_in_nfc_are_one_key(again: str) -> None:
    first = with_cell("keycode", "Zo\u00eb-1")
    known = World().facts(key_row("K1", "NASM CPT combined", 5, "Zo\u00eb-1")).state

    assert sort(pasted(2, *first), pasted(3, *with_cell("keycode", again))).rejected[0].duplicate
    assert sort(pasted(2, *with_cell("keycode", again)), state=known).rejected[0].duplicate
    assert one(*with_cell("keycode", "Zoe\u0308-1")).keycode == "Zoe\u0308-1", "kept letter for letter"


def test_a_key_of_earlier_versions_with_something_unseen_inside_is_known_by_what_people_read() -> None:
    state = World().facts(key_row("K1", "NASM CPT combined", 5, "GHOST\u00ad-001")).state

    assert sort(pasted(2, *with_cell("keycode", "GHOST-001")), state=state).rejected[0].duplicate


def test_codes_that_differ_in_letter_case_are_two_keys_with_a_warning() -> None:
    state = World().facts(key_row("K1", "NASM CPT combined", 5, "Old-1")).state
    rows = [with_cell("keycode", code) for code in ("old-1", "EX-1", "ex-1", "EX-2")]

    found = sort(*(pasted(number, *row) for number, row in enumerate(rows, 2)), state=state)

    assert len(found.accepted) == 4
    assert [(each.row, "K1" in each.message, "row 3" in each.message) for each in found.cautions] == [
        (2, True, False),
        (4, False, True),
    ]
    assert all("letter case" in each.message for each in found.cautions)


@pytest.mark.parametrize("code", ["CPT-FULL", "CPT-content", "NSBK_A-B-EXAM"])
def test_a_product_code_that_ends_in_a_level_comes_with_a_warning(code: str) -> None:
    found = sort(pasted(2, *with_cell("product_code", code)))

    assert [each.row for each in found.cautions] == [2]
    assert f"is {code.upper().rpartition('-')[0]} meant?" in found.cautions[0].message
    assert sort(pasted(2, *with_cell("product_code", "FULL"))).cautions == ()


def test_a_row_in_which_only_the_old_problem_is_left_is_passed_over() -> None:
    assert sort(pasted(2, "", " ", "", "", "", "", "the region is not served here")) == ImportResult((), ())


def test_the_second_of_two_equal_rows_says_where_the_first_stands_or_what_became_of_it() -> None:
    rows = [pasted(2, *GOOD), pasted(3, *GOOD)]

    assert "stands in row 2 of this paste" in sort(*rows).rejected[0].reason
    assert (
        validate_rows(rows, State(), REGIONS, batch="B")
        .rejected[0]
        .reason.endswith("imported from the same paste as B-2")
    )


def test_a_single_word_is_a_row_with_five_values_missing() -> None:
    assert "provider and product_code and component and keycode and seats" in reason("CANADA")


def test_rule_12_a_key_in_history_is_a_duplicate_whatever_its_pool() -> None:
    world = World().facts(key_row("K1", "NASM CPT combined", 5, "EX-1"))

    sorted_rows = sort(pasted(2, "CANADA", "NASM", "CNC", "exam", "EX-1", 5), state=world.state)

    assert sorted_rows.rejected[0].duplicate
    assert "K1" in sorted_rows.rejected[0].reason
    assert "CANADA NASM CPT combined" in sorted_rows.rejected[0].reason


def test_rule_12_a_key_that_stands_twice_in_the_paste_is_taken_once() -> None:
    sorted_rows = sort(pasted(2, *GOOD), pasted(3, *GOOD), pasted(4, "CANADA | NASM | CNC | exam | EX-1 | 2"))

    assert [key.row for key in sorted_rows.accepted] == [2]
    assert [(bad.row, bad.duplicate, bad.reason) for bad in sorted_rows.rejected] == [
        (row, True, "duplicate: the same key stands in row 2 of this paste") for row in (3, 4)
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [pytest.param("provider", "NCSF", id="another provider"), pytest.param("keycode", "ex-1", id="another case")],
)
def test_rule_12_another_provider_or_letter_case_is_another_key(field: str, value: str) -> None:
    assert len(sort(pasted(2, *GOOD), pasted(3, *with_cell(field, value))).accepted) == 2


def test_rule_12_a_refused_row_makes_no_duplicate_of_a_good_one_below() -> None:
    assert [key.row for key in sort(pasted(2, *with_cell("seats", "x")), pasted(3, *GOOD)).accepted] == [3]


def test_rule_12_good_rows_go_and_bad_ones_stay() -> None:
    sorted_rows = sort(pasted(2, *GOOD), pasted(3, *with_cell("seats", "x")), pasted(5, *with_cell("keycode", "EX-2")))

    assert ([key.row for key in sorted_rows.accepted], [bad.row for bad in sorted_rows.rejected]) == ([2, 5], [3])


def test_an_imported_key_says_when_by_whom_and_in_which_batch() -> None:
    fact = imported(one(*GOOD), batch="20261123T150405-abc123", at=AT, by="operator key 1")

    assert fact.key_id == "20261123T150405-abc123-2"
    assert (fact.imported_at, fact.imported_by, fact.batch) == (AT, "operator key 1", "20261123T150405-abc123")
    assert (fact.region, fact.provider, fact.product_code, fact.component) == pool("NASM CPT combined")
    assert (fact.keycode, fact.seats) == ("EX-1", 15)


cells = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
likely = st.sampled_from([*GOOD, "CANADA | NASM | CPT | exam | X | 1", "exam", "1", "NSBK_A", "region", "provider"])
pastes = st.lists(st.lists(cells | likely, min_size=1, max_size=7), max_size=8)


@given(pastes)
def test_whatever_is_pasted_every_row_ends_good_or_bad_or_is_a_header(paste: list[list[Cell]]) -> None:
    rows = [pasted(number, *row) for number, row in enumerate(paste, 2)]

    sorted_rows = sort(*rows)

    ends = [key.row for key in sorted_rows.accepted] + [bad.row for bad in sorted_rows.rejected]
    assert len(set(ends)) == len(ends)
    passed_over = {row.number for row in rows} - set(ends)
    assert all("region" in rows[n - 2].text("region").lower() or not holds_key(rows[n - 2]) for n in passed_over)
    assert all(bad.reason for bad in sorted_rows.rejected)
    assert len({(key.provider, key.keycode) for key in sorted_rows.accepted}) == len(sorted_rows.accepted)
    assert all(key.seats >= 1 and key.region in REGIONS for key in sorted_rows.accepted)


def test_a_line_that_is_split_at_blanks_has_no_separator_at_an_edge_of_a_value() -> None:
    for line in ("CANADA, NASM CPT combined CODE 1", "CANADA ,NASM CPT combined CODE 1"):
        assert len(pasted_values({"region": line})) == 2
    assert pasted_values({"region": "CANADA NASM CPT combined A,B 1"}) == (
        "CANADA",
        "NASM",
        "CPT",
        "combined",
        "A,B",
        "1",
    )


def test_what_has_not_ended_is_kept_as_people_read_it() -> None:
    text = write_unfinished(Unfinished(2, AT, "jürgen@npta.example"))

    assert "jürgen@npta.example" in text
    assert read_unfinished(text) == Unfinished(2, AT, "jürgen@npta.example")
    assert read_unfinished('[2, "2026", "ops"]') == Unfinished(2, "2026", "ops"), "as earlier versions wrote it"
    assert (write_unfinished(Unfinished(0)), read_unfinished("")) == ("", None)
    assert unfinished_now(text, 0) is None
    assert unfinished_now(text, 1) == Unfinished(1, AT, "jürgen@npta.example")
    assert unfinished_now("", 3) == Unfinished(3)


def test_a_key_that_was_imported_before_is_said_to_be_retired_if_it_is() -> None:
    world = World().facts(key_row("K1", pool("NASM CPT combined"), 15, "EX-1"))
    (again,) = sort(pasted(2, *GOOD), state=world.state).rejected
    assert "retired" not in again.reason

    (again,) = sort(pasted(2, *GOOD), state=world.retire("K1").state).rejected
    assert again.reason.endswith(", and it is retired")


def test_a_line_of_which_the_last_value_is_missing_has_an_empty_one() -> None:
    assert pasted_values({"region": "CANADA;NASM;CPT;combined;EX-1;"}) == (
        "CANADA",
        "NASM",
        "CPT",
        "combined",
        "EX-1",
        "",
    )


def test_a_line_beside_which_something_stands_is_no_line() -> None:
    line = "CANADA|NASM|CPT|combined|EX-1|15"
    for name in FIELDS[1:]:
        assert line in pasted_values({"region": line, name: "x"})
