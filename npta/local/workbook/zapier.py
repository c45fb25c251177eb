"""The Zap of the runbook: an order comes in, the service is asked for its keys, the mail goes out, and that is told."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from threading import Lock
from typing import Any

import requests

from npta.local.http_server import call

TIMEOUT = 30.0
"""Seconds after which Zapier gives a step up (documented)."""
_RUNS = 500


@dataclass
class ZapStep:
    """One step of a run. `ok` None: the run stopped before it, or had no need of it."""

    title: str
    ok: bool | None = None
    detail: str = ""


@dataclass
class Run:
    """One run of the Zap. `answer` is what the service said; `status` is 0 if it said nothing."""

    order_id: str
    order_name: str
    status: int = 0
    answer: dict[str, Any] = field(default_factory=dict)
    steps: list[ZapStep] = field(default_factory=list)
    mail: dict[str, str] | None = None


class LocalZapier:
    """Runs the Zap against a service. Thread-safe; what it did is forgotten with the process."""

    def __init__(self, service: str, order_key: str) -> None:
        self._service = service
        self._headers = {"X-API-Key": order_key}
        self._runs: deque[Run] = deque(maxlen=_RUNS)
        self._heard: dict[str, Mapping[str, Any]] = {}
        self._lock = Lock()
        self._count = 0

    @property
    def count(self) -> int:
        """How often the Zap has run."""
        with self._lock:
            return self._count

    @property
    def runs(self) -> list[dict[str, Any]]:
        """The runs, oldest first, as JSON."""
        with self._lock:
            return [asdict(run) for run in self._runs]

    def run_again(self, order_id: str, *, mail_fails: bool = False) -> Run | None:
        """Re-run the Zap with the order as it was heard first, as Zapier does; None if it never was."""
        with self._lock:
            order = self._heard.get(order_id)
        return self.run(order, mail_fails=mail_fails) if order else None

    def run(self, order: Mapping[str, Any], *, mail_fails: bool = False) -> Run:
        """Run the Zap for an order as Shopify tells it. `mail_fails`: the mail step breaks, as in scenario 2."""
        run = Run(str(order["id"]), str(order["name"]))
        with self._lock:
            self._heard[run.order_id] = order
        keys, gate, mail, delivered = run.steps = [
            ZapStep("Keys"),
            ZapStep("Gate"),
            ZapStep("Mail"),
            ZapStep("Delivered"),
        ]
        if self._ask_for_keys(run, order, keys) and _passes(run.answer, gate):
            mail.ok = not mail_fails
            if mail_fails:
                mail.detail = "The mail could not be sent (as you wished). The keys stay assigned."
            else:
                run.mail = _mail(run.answer)
                mail.detail = f"Sent to {run.mail['to']}"
                self._tell_delivered(run, delivered)
        with self._lock:
            self._runs.append(run)
            self._count += 1
        return run

    def _ask_for_keys(self, run: Run, order: Mapping[str, Any], step: ZapStep) -> bool:
        answer = self._post("/orders", order)
        step.ok = False
        if answer is None:
            step.detail = "The service did not answer. Re-run the Zap; nothing is taken twice."
            return False
        run.status = answer.status_code
        try:
            run.answer = dict(answer.json())
        except ValueError:
            step.detail = f"The service answered {run.status} without JSON."
            return False
        step.ok = run.status == HTTPStatus.OK
        step.detail = str(run.answer.get("message") or run.answer.get("detail") or "")
        return step.ok

    def _tell_delivered(self, run: Run, step: ZapStep) -> None:
        answer = self._post(f"/orders/{run.order_id}/delivered", {"message_id": f"mail-{run.order_name}"})
        step.ok = answer is not None and answer.status_code == HTTPStatus.OK
        step.detail = "The service knows that the mail is out." if step.ok else "The service could not be told."

    def _post(self, path: str, body: Mapping[str, Any]) -> requests.Response | None:
        try:
            return call("POST", f"{self._service}{path}", json=body, headers=self._headers, timeout=TIMEOUT)
        except requests.RequestException:
            return None


def _passes(answer: Mapping[str, Any], step: ZapStep) -> bool:
    """Apply the Zap's filter, as the contract with the service words it."""
    step.ok = True
    if answer.get("delivered"):
        step.detail = "Stopped: the mail is out already."
        return False
    ready = bool(answer.get("success") and answer.get("email_ready"))
    if not ready or answer.get("keys_count") != answer.get("keys_expected"):
        step.detail = "Stopped: there is nothing to mail."
        return False
    step.detail = "Passed: every key is there, and no mail went out yet."
    return True


def _mail(answer: Mapping[str, Any]) -> dict[str, str]:
    name = answer.get("order_name") or answer.get("order_id")
    text = f"Hello {answer.get('customer_name') or 'there'},\n\nyour access keys:\n\n{answer.get('keys_text', '')}"
    return {"to": str(answer.get("deliver_to")), "subject": f"Your course access, order {name}", "text": text}
