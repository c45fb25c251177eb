"""Import Keys with a shop and Slack beside it: what comes in, what stays, what follows."""

from __future__ import annotations

from collections import Counter
from typing import Any

import gspread
import pytest

from npta.operations import import_keys as importing
from tests.npta.acceptance.steps import (
    KEYS,
    Watch,
    available,
    messages,
    opened,
    person,
    pools,
    press,
    shelf,
    words,
)
from tests.support import Cell, House

HISTORY = ["region", "provider", "product_code", "component", "keycode", "seats"]
MORE: list[Cell] = ["CANADA", "NASM", "CPT", "combined", "EX-new", 7]
REFUSED: list[tuple[list[Cell], str]] = [
    (["CANADA", "NASM", "CPT", "full", "R-1", 15], "combined, content"),
    (["MARS", "NASM", "CPT", "combined", "R-2", 15], "region"),
    (["CANADA", "NASM", "CPT", "combined", "R-3", 0], "seats"),
    (["CANADA", "NASM", "CPT", "combined", "R-4", "a few"], "seats"),
    (["CANADA", "NASM", "NSBK-CPT", "combined", "R-5", 1], "NSBK_"),
    (["CANADA", "NASM", "", "combined", "R-6", 1], "product_code"),
    (["CANADA", "NASM", "CPT", "combined", 123456, 1], "text"),
    (["CANADA", "NASM", "CPT", "combined", "", 1], "keycode"),
    (list(KEYS[0]), "duplicate"),
]


def left(house: House) -> list[dict[str, Any]]:
    """What stands in the paste zone."""
    return [row for row in house.rows("Import Keys") if any(row.values())]


@pytest.mark.row("E3", "H9", "C7")
def test_an_import_raises_key_inventory_the_catalogue_and_shopify_without_another_press(npta: House) -> None:
    opened(npta)
    before, stock = pools(npta)["NASM CPT combined"], (available(npta), shelf(npta))

    answer = npta.keys(MORE)

    assert (answer["imported"], answer["duplicates"], answer["rejected"]) == (1, 0, 0)
    assert before == (0, 15)
    assert pools(npta)["NASM CPT combined"] == (0, 22)
    assert (stock[0]["CPTa"], stock[1]["CPTa"]) == (15, 15)
    assert (available(npta)["CPTa"], shelf(npta)["CPTa"]) == (22, 22)
    assert available(npta)["NSTB"] == shelf(npta)["NSTB"] == 10, "the scarcest of its courses"
    assert left(npta) == []
    told = messages(npta)[-1]
    assert "📥 Keys Imported" in told["text"]
    assert "+7 seats" in words(told)
    assert "EX-new" not in words(told)


@pytest.mark.row("E3")
def test_what_was_imported_is_assignable_in_the_same_commit(npta: House) -> None:
    npta.products(("CPTa", "NASM-CPT-FULL"))
    versions = {row["version"] for row in npta.rows("Commit Log")}

    npta.keys(MORE)

    assert pools(npta) == {"NASM CPT combined": (0, 7)}
    new = [row for row in npta.rows("Commit Log") if row["version"] not in versions]
    assert [row["operation"] for row in new] == ["import keys: capture", "import keys"]
    assert npta.order("1", ("CPTa", 7))["status"] == "fulfilled"


@pytest.mark.row("E3", "H1", "X1")
def test_an_import_opens_the_orders_that_waited_for_it(npta: House) -> None:
    opened(npta)
    npta.order("6855909900591", ("CPTa", 16))
    assert (available(npta)["CPTa"], shelf(npta)["CPTa"]) == (0, 0), "15 free, 16 owed to a paid order"

    answer = npta.keys(MORE)

    assert answer["reopened_orders"] == ["6855909900591"]
    assert "6855909900591" in words(messages(npta)[-1])
    assert npta.order("6855909900591", ("CPTa", 16))["keys_count"] == 16
    press(npta, "/outbox/flush")
    assert available(npta)["CPTa"] == shelf(npta)["CPTa"] == 6


@pytest.mark.row("E3", "B7")
def test_imported_twice_it_is_there_once(npta: House) -> None:
    opened(npta)
    before = (npta.rows("Import History"), pools(npta), available(npta), shelf(npta))

    again = npta.keys(*KEYS)
    nothing = npta.import_keys()

    assert (again["imported"], again["duplicates"]) == (0, len(KEYS))
    assert (nothing["imported"], nothing["duplicates"]) == (0, len(KEYS)), "they stayed, with the reason"
    assert (npta.rows("Import History"), pools(npta), available(npta), shelf(npta)) == before
    assert [row["keycode"] for row in left(npta)] == [row[4] for row in KEYS]
    assert all("duplicate" in row["problem"] for row in left(npta))


@pytest.mark.row("C3", "L1", "K4")
def test_accepted_rows_leave_and_refused_ones_stay_with_the_reason(npta: House) -> None:
    npta.keys(KEYS[0])
    rows: list[list[Cell]] = [MORE, *(row for row, _ in REFUSED), ["CANADA", "NASM", "CPT", "exam", "EX-e", 3]]

    answer = npta.keys(*rows)

    assert (answer["imported"], answer["duplicates"], answer["rejected"]) == (2, 1, len(REFUSED) - 1)
    stay = left(npta)
    assert [[row[name] for name in HISTORY] for row in stay] == [row for row, _ in REFUSED]
    for row, (_, reason) in zip(stay, REFUSED, strict=True):
        assert reason in row["problem"]
    assert [row["keycode"] for row in npta.rows("Import History")] == [KEYS[0][4], "EX-new", "EX-e"]


@pytest.mark.row("C3")
def test_rows_that_stayed_come_in_once_they_are_mended(npta: House) -> None:
    npta.keys(*(row for row, _ in REFUSED[:2]))
    worksheet = npta.sheet.worksheet("Import Keys")
    numbers = [row for row, cells in enumerate(worksheet.get_all_values(), 1) if "R-" in str(cells)]

    worksheet.update_cell(numbers[0], 4, "combined")
    worksheet.update_cell(numbers[1], 1, "CANADA")

    assert npta.import_keys()["imported"] == 2
    assert left(npta) == []


@pytest.mark.row("C4")
def test_import_history_has_all_six_fields_time_batch_and_person_of_every_key(npta: House) -> None:
    npta.keys(*KEYS[:3])
    npta.keys(*KEYS[3:])

    rows = npta.rows("Import History")

    assert [[row[name] for name in HISTORY] for row in rows] == KEYS
    assert [len({row["batch"] for row in some}) for some in (rows, rows[:3], rows[3:])] == [2, 1, 1]
    assert {row["imported_by"] for row in rows} == {"operator key 1"}
    assert all(row["imported_at"].endswith("Z") for row in rows)
    assert len({row["key_id"] for row in rows}) == len(KEYS)


@pytest.mark.row("C4")
def test_import_history_only_grows_and_people_cannot_change_it(npta: House) -> None:
    opened(npta)
    before = npta.rows("Import History")

    npta.order("1", ("NSTB", 2))
    press(npta, "/orders/1/release")
    key_id = before[0]["key_id"]
    press(npta, f"/keys/{key_id}/adjust", {"seats": 20, "reason": "counted again"})
    press(npta, f"/keys/{key_id}/retire")
    npta.keys(MORE)
    press(npta, "/inventory/refresh")

    after = npta.rows("Import History")
    assert after[: len(before)] == before
    assert len(after) == len(before) + 1
    with pytest.raises(gspread.exceptions.APIError, match="protected"):
        npta.sheet.worksheet("Import History").update_acell("J2", 99)


@pytest.mark.row("C4")
def test_the_stock_can_be_rebuilt_from_import_history_and_the_key_ledger(npta: House) -> None:
    opened(npta)
    npta.order("1", ("NSTB", 2), ("CPT", 3))
    npta.order("2", ("CPTa", 4))
    press(npta, "/orders/2/release")

    keys = {row["key_id"]: row for row in npta.rows("Import History")}
    total: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for row in keys.values():
        total[f"{row['provider']} {row['product_code']} {row['component']}"] += row["seats"]
    for row in npta.rows("Key Ledger"):
        key = keys[row["key_id"]]
        sign = {"ASSIGNED": 1, "RELEASED": -1}[row["event"]]
        used[f"{key['provider']} {key['product_code']} {key['component']}"] += sign * row["seats"]

    assert pools(npta) == {pool: (used[pool], total[pool] - used[pool]) for pool in sorted(total)}


@pytest.mark.row("B7", "E3")
def test_5000_rows_come_in_at_one_press_with_8_calls_at_most_while_a_person_pastes_3000_more() -> None:
    with Watch().npta() as npta:
        opened(npta)
        npta.sheet.worksheet("Import Keys").add_rows(8000)
        keys = [["CANADA", "NASM", "CPT", "combined", f"A-{number}", 1] for number in range(5000)]
        person(npta).paste("Import Keys!A2", keys)
        later = [["CANADA", "NASM", "CPT", "exam", f"B-{number}", 2] for number in range(3000)]
        npta.emulator.faults.add(
            "person_edits", path=":batchUpdate", after=1, action=lambda: person(npta).paste("Import Keys!A2", later)
        )
        npta.emulator.calls.reset()

        answer = npta.import_keys()

        assert npta.emulator.calls.total <= 8
        assert (answer["imported"], len(left(npta))) == (5000, 3000)
        assert npta.import_keys()["imported"] == 3000
        assert left(npta) == []
        codes = [row["keycode"] for row in npta.rows("Import History")[len(KEYS) :]]
        assert Counter(codes) == Counter([f"A-{n}" for n in range(5000)] + [f"B-{n}" for n in range(3000)])
        assert pools(npta)["NASM CPT combined"] == (0, 5015)
        assert pools(npta)["NASM CPT exam"] == (0, 6020)
        assert (available(npta)["CPTa"], shelf(npta)["CPTa"]) == (5015, 5015)


@pytest.mark.row("B7", "P1")
@pytest.mark.parametrize(("after", "cell"), [(0, "A7"), (1, "A2"), (2, "A2"), (3, "A2")])
def test_rows_that_are_pasted_between_two_commits_of_an_import_are_neither_lost_nor_taken_twice(
    npta: House, after: int, cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PORTION", 2)
    npta.paste(*(("CANADA", "NASM", "CPT", "combined", f"A-{number}", 1) for number in range(5)))
    later: list[list[Cell]] = [
        ["CANADA", "NASM", "CPT", "exam", "B-1", 1],
        ["CANADA", "NASM", "CPT", "nonsense", "B-2", 1],
    ]
    npta.emulator.faults.add(
        "person_edits",
        path=":batchUpdate",
        after=after,
        action=lambda: person(npta).paste(f"Import Keys!{cell}", later),
    )

    first = npta.import_keys()
    second = npta.import_keys()

    assert first["imported"] + second["imported"] == 6
    assert [row["keycode"] for row in left(npta)] == ["B-2"]
    assert sorted(row["keycode"] for row in npta.rows("Import History")) == ["A-0", "A-1", "A-2", "A-3", "A-4", "B-1"]


@pytest.mark.row("B7")
@pytest.mark.parametrize("kind", ["lost_answer", "late_commit", "error_503", "error_500_after", "duplicate_delivery"])
@pytest.mark.parametrize("after", [0, 1, 2])
def test_whatever_happens_to_an_import_the_next_press_goes_on_without_duplicates(
    kind: str, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PORTION", 2)
    watch = Watch()
    with watch.npta() as npta:
        npta.paste(*(("CANADA", "NASM", "CPT", "combined", f"A-{number}", 1) for number in range(5)))
        npta.emulator.faults.add(kind, path=":batchUpdate", after=after, seconds=30)

        statuses = [npta.call("POST", "/keys/import").status_code]
        npta.emulator.faults.clear()
        npta.restart()
        watch.passes(60)
        statuses.append(npta.call("POST", "/keys/import").status_code)

        assert statuses in ([200, 200], [503, 200])
        assert sorted(row["keycode"] for row in npta.rows("Import History")) == [f"A-{number}" for number in range(5)]
        assert left(npta) == []
        assert pools(npta) == {"NASM CPT combined": (0, 5)}
