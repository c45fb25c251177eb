"""An order's answer as plain data: what Zapier reads, as the answer to its call or from the keys hook. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from npta.domain.catalogue.mail_texts import MailTexts, ProviderText
from npta.domain.orders.answers import Answer, KeyEntry


def answer_body(answer: Answer) -> dict[str, Any]:
    """Return the fields of an order's answer, ready for JSON; without the request's id."""
    return {
        "order_id": answer.order_id,
        "order_name": answer.order_name,
        "status": answer.status,
        "success": answer.success,
        "email_ready": answer.email_ready,
        "replayed": answer.replayed,
        "delivered": answer.delivered,
        "mode": answer.mode,
        "deliver_to": answer.deliver_to,
        "customer_name": answer.customer_name,
        "keys_expected": answer.keys_expected,
        "keys_count": answer.keys_count,
        "keys": [key._asdict() for key in answer.keys],
        "keys_text": keys_text(answer.keys, answer.texts),
        "keys_html": keys_html(answer.keys, answer.texts),
        "skipped": [each._asdict() for each in answer.skipped],
        "problems": [problem._asdict() for problem in answer.problems],
        "message": answer.message,
        "code": answer.problems[0].code if answer.problems else None,
        "next_step": answer.next_step or None,
    }


def keys_text(keys: tuple[KeyEntry, ...], texts: MailTexts = MailTexts()) -> str:  # noqa: B008 - frozen
    """Return the keys as plain text, ready to drop into a mail, each with its product, and how to redeem them."""
    lines = [f"{_course(key, texts)}: {key.keycode}{_for_people(key)}" for key in keys]
    for name, text in _how_to_redeem(keys, texts):
        lines += ["", f"{name}: {text.redeem}" if text.redeem else name, *([text.url] if text.url else [])]
    return "\n".join(lines)


def keys_html(keys: tuple[KeyEntry, ...], texts: MailTexts = MailTexts()) -> str:  # noqa: B008 - frozen
    """Return the same as an HTML list and paragraphs, escaped."""
    if not keys:
        return ""
    items = "".join(
        f"<li>{escape(_course(key, texts))}: <strong>{escape(key.keycode)}</strong>{escape(_for_people(key))}</li>"
        for key in keys
    )
    parts = [f"<ul>{items}</ul>"]
    for name, text in _how_to_redeem(keys, texts):
        redeem = f": {'<br>'.join(map(escape, text.redeem.splitlines()))}" if text.redeem else ""
        link = f'<br><a href="{escape(text.url)}">{escape(text.url)}</a>' if text.url else ""
        parts.append(f"<p><strong>{escape(name)}</strong>{redeem}{link}</p>")
    return "".join(parts)


def _how_to_redeem(keys: tuple[KeyEntry, ...], texts: MailTexts) -> Iterator[tuple[str, ProviderText]]:
    """Yield what is to be said of each provider, in the order of the keys."""
    for provider in dict.fromkeys(key.provider for key in keys):
        text = texts.providers.get(provider, ProviderText())
        if text.redeem or text.url:
            yield text.name or provider, text


def _course(key: KeyEntry, texts: MailTexts) -> str:
    what = {"FULL": "course and exam", "CONTENT": "course", "EXAM": "exam"}[key.level]
    provider = texts.providers.get(key.provider, ProviderText()).name or key.provider
    course = f"{provider} {key.product_code} ({what})"
    title = texts.titles.get(key.sku, "")
    return f"{title} – {course}" if title else course


def _for_people(key: KeyEntry) -> str:
    return f" (for {key.seats} people)" if key.seats > 1 else ""
