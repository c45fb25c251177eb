"""Errors on the wire."""

from __future__ import annotations

import json

from npta.web.problems import FieldError, ProblemError, bad_request


def test_a_problem_is_problem_json_with_all_its_parts() -> None:
    response = ProblemError(503, "Try again", "The lock is held.", headers={"Retry-After": "5"}).response("r-1")

    assert response.status_code == 503
    assert response.content_type == "application/problem+json"
    assert response.headers["Retry-After"] == "5"
    assert json.loads(response.data) == {
        "type": "urn:npta:problem:try-again",
        "title": "Try again",
        "status": 503,
        "detail": "The lock is held.",
        "request_id": "r-1",
    }


def test_a_problem_without_words_says_its_title() -> None:
    assert json.loads(ProblemError(404, "Not found").response("r").data)["detail"] == "Not found"


def test_a_code_names_the_type() -> None:
    body = json.loads(ProblemError(503, "Not provisioned", code="not_provisioned").response("r").data)

    assert (body["type"], body["code"]) == ("urn:npta:problem:not_provisioned", "not_provisioned")


def test_a_bad_request_names_every_field() -> None:
    problem = bad_request(FieldError("email", "is missing"), FieldError("order_id", "is “ß”"))

    body = json.loads(problem.response("r").data)

    assert body["status"] == 400
    assert body["errors"] == [
        {"field": "email", "message": "is missing"},
        {"field": "order_id", "message": "is “ß”"},
    ]
    assert body["detail"] == "email: is missing; order_id: is “ß”"
