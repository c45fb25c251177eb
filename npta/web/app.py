"""The web edge: routes, who may call them, and what comes back. It never sees a repository."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule

from npta.errors import NptaError
from npta.log import note, phase, request_line
from npta.operations.outbox.flush import after_response
from npta.services import Services
from npta.web.auth import Authenticator, Role
from npta.web.context import Call
from npta.web.error_statuses import problem_of
from npta.web.order_paths import OrderInPath, path_to_match, sent_path
from npta.web.problems import ProblemError, known_or_new
from npta.web.request_body import WAITED, WholeRequestRequired, drop_body, put_off
from npta.web.routes.route_table import ROUTES
from sheets_schema import SheetsError

_log = logging.getLogger(__name__)

SECONDS = 25.0
"""Every call ends within this time, counted from when its head had come in; Zapier gives up after 30."""
MAX_PATH = 2_048
"""Characters of a path as it is sent; the longest of ours, a gid's, has about 60."""
_SEVERITY = {500: logging.ERROR, 503: logging.WARNING}
"""How loudly an answer is logged; what callers do wrong is no trouble of ours."""


class Web:
    """Answers requests.

    `services` is asked for at the first request that needs it: nothing happens at import.
    """

    def __init__(
        self,
        services: Callable[[], Services],
        doorkeeper: Authenticator,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._services = services
        self._monotonic = monotonic
        self._doorkeeper = doorkeeper
        self._map = Map(
            [
                Rule(
                    path.replace("{id}", "<order:id>").replace("{key_id}", "<key_id>"),
                    methods=[method],
                    endpoint=(method, path),
                )
                for method, path in ROUTES
            ],
            strict_slashes=False,
            merge_slashes=False,
            converters={"order": OrderInPath},
        )

    def handle(self, request: Request) -> Response:
        """Answer one request. Never raises."""
        request_id = known_or_new(request.headers.get("X-Request-Id", ""))
        began = self._monotonic() - request.environ.get(WAITED, 0.0)
        with request_line(request_id, self._monotonic) as line:
            note(method=request.method)
            try:
                response = self._answer(request, request_id, began)
            except ProblemError as problem:
                note(outcome=problem.code or problem.title.lower())
                response = problem.response(request_id)
            except WholeRequestRequired:
                line.silent = True  # by the call that follows
                response = Response(status=100)
            except Exception:  # noqa: BLE001 — the last door: whatever it is, the caller gets an answer without a traceback
                _log.exception("request %s failed", request_id)
                note(outcome="internal error")
                response = ProblemError(
                    500, "Internal error", "Something broke; see the log for this request id."
                ).response(request_id)
            drop_body(request)
            response.headers["X-Request-Id"] = request_id
            note(status=response.status_code, severity=_SEVERITY.get(response.status_code, logging.INFO))
        return response

    def endpoint(self, request: Request) -> tuple[str, str] | None:
        """Return the key of a request's route in `ROUTES`; None if there is none."""
        try:
            return self._match(request)[0]
        except HTTPException:
            return None

    def _match(self, request: Request) -> tuple[tuple[str, str], dict[str, str]]:
        endpoint, arguments = self._map.bind_to_environ(request.environ).match(path_to_match(request.environ))
        return endpoint, dict(arguments)

    def _answer(self, request: Request, request_id: str, began: float) -> Response:
        if len(sent_path(request.environ)) > MAX_PATH:
            raise ProblemError(414, "Path too long", f"A path has {MAX_PATH} characters at most.")
        try:
            endpoint, arguments = self._match(request)
        except MethodNotAllowed as error:
            allowed = ", ".join(sorted(set(error.valid_methods or ()) - {"HEAD"}))
            raise ProblemError(405, "Method not allowed", f"Allowed: {allowed}.", headers={"Allow": allowed}) from None
        except HTTPException:
            raise ProblemError(404, "Not found", "There is nothing at this path.") from None
        route = ROUTES[endpoint]
        note(route=endpoint[1], order_id=arguments.get("id"))
        with phase("door", self._monotonic):
            caller = self._doorkeeper.authenticate(request, route.role)
        note(caller=caller.name)
        if route.role is Role.ANYBODY:
            return route.handle(request)
        put_off(request)
        try:
            services = self._services()
            left = SECONDS - (self._monotonic() - began)
            call = Call(request, caller, request_id, services.clock.deadline(left), services)
            asked = (call.asked(route.asks),) if route.asks else ()
            response = route.handle(call, *asked, **arguments)
            after_response(services, call.deadline)
            return response  # noqa: TRY300 — only a good answer has something to follow it
        except (NptaError, SheetsError) as error:
            raise problem_of(error) from error
