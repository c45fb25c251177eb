"""What people did last, out of a log in which the service itself writes most."""

from __future__ import annotations

from npta.domain.reports.status import MAX_PRESSES, Press, presses


def log(*entries: tuple[str, str]) -> list[Press]:
    return [Press(f"2026-11-23T15:04:{place:02}Z", who, operation) for place, (who, operation) in enumerate(entries)]


def test_what_the_service_does_by_itself_is_left_out() -> None:
    done = presses(
        log(
            ("order key 1", "fulfill order"),
            ("ada@npta.example", "release keys"),
            ("order key 1", "fulfill order ×3, mark delivered"),
            ("relay", "record what was sent"),
            ("operator key 1", "flush outbox"),
            ("", "free the lock"),
        )
    )

    assert done == (Press("2026-11-23T15:04:01Z", "ada@npta.example", "Release keys"),)


def test_a_press_that_left_with_orders_in_one_commit_is_told_without_them() -> None:
    (only,) = presses(log(("order key 1 ×2, ada@npta.example", "fulfill order ×2, clear order cache")))

    assert only.operation == "Clear order cache"


def test_the_steps_of_one_import_are_one_and_two_imports_of_two_people_are_two() -> None:
    ada, bob = "ada@npta.example", "bob@npta.example"
    steps = ["import keys: capture", "import keys", "import keys"]
    done = presses(log(*((ada, step) for step in steps), *((bob, step) for step in steps)))

    assert [(press.who, press.at[-3:-1]) for press in done] == [(bob, "05"), (ada, "02")]


def test_two_releases_in_a_row_are_two() -> None:
    assert len(presses(log(("ada", "release keys"), ("ada", "release keys")))) == 2


def test_the_newest_come_first_and_no_more_than_people_read() -> None:
    done = presses(log(*(("ada", "release keys" if odd % 2 else "close order") for odd in range(50))))

    assert len(done) == MAX_PRESSES
    assert done[0].at > done[1].at
