"""The two Zaps: one for orders that come in, one for answers that go to the keys hook.

Both ask the service how the order stands, send the mail if the gate lets it pass, and confirm that it is out.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from threading import Lock, Thread
from typing import Any

import requests
from werkzeug import Request, Response

from npta.local.http_server import call, serve_app

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
        self._first_orders: dict[str, Mapping[str, Any]] = {}
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
        """Re-run the Zap with the order as it first came, as Zapier does; None if it never came."""
        with self._lock:
            order = self._first_orders.get(order_id)
        return self.run(order, mail_fails=mail_fails) if order else None

    def run(self, order: Mapping[str, Any], *, mail_fails: bool = False) -> Run:
        """Run the Zap for an order as Shopify tells it.

        `mail_fails`: the mail step breaks, as in scenario 2.
        """
        run = Run(str(order["id"]), str(order["name"]))
        with self._lock:
            self._first_orders[run.order_id] = order
        run.steps = [ZapStep("Keys"), ZapStep("Gate"), ZapStep("Mail"), ZapStep("Delivered")]
        self._send_mail(run, self._ask_for_keys(run, order, run.steps[0]), mail_fails=mail_fails)
        return run

    def take(self, answer: Mapping[str, Any]) -> None:
        """Run the Zap behind the keys hook, which looks the order up before it sends anything."""
        run = Run(str(answer["order_id"]), str(answer["order_name"]), answer=dict(answer))
        run.steps = [ZapStep("Keys hook"), ZapStep("Gate"), ZapStep("Mail"), ZapStep("Delivered")]
        reply = self._call("GET", f"/orders/{run.order_id}")
        run.status = reply.status_code if reply is not None else 0
        run.steps[0].ok = run.status == HTTPStatus.OK
        run.steps[0].detail = "The order waited, and the service has filled it by itself."
        if reply is not None and run.steps[0].ok:
            # The look-up masks key codes for Zapier's key; what the mail says came with the hook.
            run.answer |= {name: reply.json()[name] for name in _ASKED_BY_THE_GATE}
        self._send_mail(run, run.steps[0].ok, mail_fails=False)

    def _send_mail(self, run: Run, has_answer: bool, *, mail_fails: bool) -> None:
        _, gate, mail, delivered = run.steps
        if has_answer and _passes(run.answer, gate):
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
        return self._call("POST", path, json=body)

    def _call(self, method: str, path: str, **options: Any) -> requests.Response | None:
        try:
            return call(method, f"{self._service}{path}", headers=self._headers, timeout=TIMEOUT, **options)
        except requests.RequestException:
            return None


_ASKED_BY_THE_GATE = ("success", "email_ready", "delivered", "keys_count", "keys_expected")


@dataclass
class CatchHook:
    """A Catch Hook of Zapier's: it answers at once, and runs its Zap afterwards.

    `zap` is None until there is one.
    """

    address: str = ""
    zap: Callable[[Mapping[str, Any]], None] | None = None
    running: list[Thread] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        """Take one call."""
        if self.zap is None:
            return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        thread = Thread(target=self.zap, args=(json.loads(request.data),), daemon=True)
        self.running.append(thread)
        thread.start()
        return Response('{"status": "success"}', content_type="application/json")

    def wait_until_idle(self) -> None:
        """Wait until every run is over."""
        while self.running:
            self.running.pop().join(TIMEOUT)


@contextmanager
def serve_catch_hook() -> Iterator[CatchHook]:
    """Serve a Catch Hook on a free port of loopback for as long as the `with` lasts."""
    hook = CatchHook()
    with serve_app(Request.application(hook.answer)) as origin:
        hook.address = f"{origin}/hooks/catch/npta/"
        yield hook
        hook.wait_until_idle()


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
