"""`make rehearse`: every step of the playbook has its check, and one that fails is seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from npta.local.rehearsal import REPORT, run_rehearsal
from npta.local.shop.runbook import PRODUCTS
from npta.local.shop.shop import LocalShop
from npta.local.slack.stand_in import LocalSlack


@pytest.mark.row("B3", "B8", "B11", "B12", "B13")
def test_the_playbook_ends_well_and_its_report_has_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[str] = []

    ended = run_rehearsal(Path("rehearsal"), said.append)  # below the working directory, as from make
    assert ended == 0, "\n".join(said)

    report = (tmp_path / "rehearsal" / REPORT).read_text()
    steps = (
        "provision --mode TEST", "snapshot", "Sync from Shopify", "Sync Catalogue", "Import Keys", "preflight", "an order",
        "verify", "Change Mode: LIVE", "paid within the window", "Change Mode: OFF", "export", "audit",
    )  # fmt: skip
    assert [step for step in steps if step not in report] == []
    assert "✗" not in report
    assert report.splitlines()[-1] == "20 checks, all passed."
    assert report.strip().splitlines()[-3] in "\n".join(said)


def test_a_channel_that_takes_nothing_is_seen_by_preflight_and_by_verify(tmp_path: Path) -> None:
    def break_slack(_shop: LocalShop, slack: LocalSlack) -> None:
        slack.faults.add("invalid_auth")

    said: list[str] = []
    assert run_rehearsal(tmp_path / "rehearsal", said.append, break_slack) == 1

    report = (tmp_path / "rehearsal" / REPORT).read_text()
    missed = [line for line in report.splitlines() if line.lstrip().startswith("✗")]
    assert any("preflight" in line for line in missed)
    assert any("verify" in line for line in missed)
    assert "checks failed." in report.splitlines()[-1]


def test_a_product_without_entitlements_is_seen(tmp_path: Path) -> None:
    def put_one_more(shop: LocalShop, _slack: LocalSlack) -> None:
        shop.seed([{**PRODUCTS[0], "sku": "NEW", "title": "Not in the plan"}])

    assert run_rehearsal(tmp_path / "rehearsal", lambda _: None, put_one_more) == 1

    report = (tmp_path / "rehearsal" / REPORT).read_text()
    missed = [line for line in report.splitlines() if line.lstrip().startswith("✗")]
    assert any("snapshot" in line for line in missed)
    assert any("preflight" in line for line in missed)
