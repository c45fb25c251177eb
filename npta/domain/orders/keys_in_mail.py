"""The keys as the customer's mail shows them, as text and as HTML. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from npta.domain.catalogue.mail_texts import MailTexts, ProviderText
from npta.domain.orders.answers import KeyEntry
from npta.domain.state.wording import count, in_brackets


def keys_text(keys: tuple[KeyEntry, ...], texts: MailTexts = MailTexts()) -> str:  # noqa: B008 - frozen
    """Return the keys as plain text for a mail, each with its product and how to redeem it."""
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
    content = {"FULL": "course and exam", "CONTENT": "course", "EXAM": "exam"}[key.level]
    provider = texts.providers.get(key.provider, ProviderText()).name or key.provider
    course = f"{provider} {key.product_code} ({content})"
    title = texts.titles.get(key.sku, "")
    return f"{title} – {course}" if title else course


def _for_people(key: KeyEntry) -> str:
    return in_brackets(f"for {count(key.seats, 'person', 'people')}") if key.seats > 1 else ""
