"""A number under a pattern's section that is no date: digits, groups, fractions, exponents."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from sheets_schema.emulator.model.locales import Locale
from sheets_schema.emulator.model.pattern_tokens import Section, Token

General = Callable[[float], str]
_MAX_DENOMINATOR = 9999


def numbered(value: float, section: Section, locale: Locale, general: General, *, signed: bool) -> str:
    """Return a number as a section shows it.

    `signed` puts a minus before a negative one that does not round to zero.
    """
    tokens = list(section.tokens)
    if not any(token.kind in {"digit", "general"} for token in tokens):
        shown = "".join(general(value) if token.text == "@" else _text(token, locale) for token in tokens)
        return ("-" if signed and value < 0 else "") + shown
    if any(token.kind == "general" for token in tokens):
        return "".join(general(value) if token.kind == "general" else _text(token, locale) for token in tokens)
    number = Decimal(repr(abs(value)))
    if _slash(tokens) is not None:
        body, is_zero = _fraction(number, tokens, locale)
    else:
        number *= Decimal(100) ** sum(token == Token("mark", "%") for token in tokens)
        body, is_zero = _decimal(number, tokens, locale)
    return ("-" if signed and value < 0 and not is_zero else "") + body


def _text(token: Token, locale: Locale) -> str:
    if token == Token("mark", "."):
        return locale.decimal
    return token.text


def _digits(tokens: list[Token]) -> list[int]:
    return [at for at, token in enumerate(tokens) if token.kind == "digit"]


def _decimal(number: Decimal, tokens: list[Token], locale: Locale) -> tuple[str, bool]:
    """Return the text, and whether the number rounds to zero."""
    exponent_at = next((at for at, token in enumerate(tokens) if token.kind == "exponent"), len(tokens))
    dot = next((at for at, token in enumerate(tokens[:exponent_at]) if token == Token("mark", ".")), exponent_at)
    whole_at = [at for at in _digits(tokens) if at < dot]
    part_at = [at for at in _digits(tokens) if dot < at < exponent_at]
    commas = [at for at, token in enumerate(tokens[:exponent_at]) if token == Token("mark", ",")]
    grouped = any(whole_at and whole_at[0] < at < whole_at[-1] for at in commas)
    # Documented: a comma behind the last digit divides by a thousand.
    number = number.scaleb(-3 * sum(at > max(whole_at + part_at) for at in commas))
    exponent = 0
    if exponent_at < len(tokens) and number:
        exponent = number.adjusted() - max(len(whole_at) - 1, 0)
        number = number.scaleb(-exponent)
        if number.quantize(Decimal(1).scaleb(-len(part_at)), ROUND_HALF_UP).adjusted() > max(len(whole_at) - 1, 0):
            number, exponent = number.scaleb(-1), exponent + 1
    rounded = number.quantize(Decimal(1).scaleb(-len(part_at)), ROUND_HALF_UP)
    whole_digits, _, part_digits = f"{rounded:f}".partition(".")
    shown = dict.fromkeys(commas, "")
    shown |= _whole(whole_digits.lstrip("0"), whole_at, tokens, locale.group if grouped else "")
    shown |= _part(part_digits, part_at, tokens)
    if dot < exponent_at and not any(shown[at] for at in part_at) and not any(tokens[at].text == "0" for at in part_at):
        shown[dot] = "" if part_at else locale.decimal
    if not whole_at and dot < len(tokens):
        shown[dot] = whole_digits.lstrip("0") + shown.get(dot, locale.decimal)
    shown |= _exponent(exponent, exponent_at, tokens)
    return "".join(shown.get(at, _text(token, locale)) for at, token in enumerate(tokens)), not rounded


def _whole(digits: str, places: list[int], tokens: list[Token], group: str) -> dict[int, str]:
    """Return the text of each place before the point.

    The first one takes all digits that are left.
    """
    shown: dict[int, str] = {}
    count = 0
    rest = digits
    for at in reversed(places):
        first = at == places[0]
        taken, rest = (rest, "") if first else (rest[-1:], rest[:-1])
        taken = taken or {"0": "0", "?": " "}.get(tokens[at].text, "")
        text = ""
        for digit in reversed(taken):
            separator = group if count and count % 3 == 0 and digit != " " else ""
            text = digit + separator + text
            count += 1
        shown[at] = text
    return shown


def _part(digits: str, places: list[int], tokens: list[Token]) -> dict[int, str]:
    """Return the text of each place after the point.

    Zeros that nobody insists on go from the end.
    """
    shown = dict(zip(places, digits, strict=True))
    for at in reversed(places):
        if shown[at] != "0" or tokens[at].text == "0":
            break
        shown[at] = " " if tokens[at].text == "?" else ""
    return shown


def _exponent(exponent: int, start: int, tokens: list[Token]) -> dict[int, str]:
    if start == len(tokens):
        return {}
    sign = "-" if exponent < 0 else "+" if tokens[start].text.endswith("+") else ""
    places = [at for at in _digits(tokens) if at > start]
    shown = dict.fromkeys(places, "")
    digits = str(abs(exponent)).zfill(len(places))
    return {**shown, start: f"E{sign}{digits}"}


def _slash(tokens: list[Token]) -> int | None:
    """Return where the bar of a fraction is: a slash between digits."""
    for at, token in enumerate(tokens):
        if token == Token("mark", "/") and 0 < at < len(tokens) - 1 and tokens[at - 1].kind == "digit":
            return at
    return None


def _fraction(number: Decimal, tokens: list[Token], locale: Locale) -> tuple[str, bool]:
    """Documented: `# ??/??` and `?/8` show the nearest fraction."""
    bar = _slash(tokens) or 0
    top_from = bar
    while top_from and tokens[top_from - 1].kind == "digit":
        top_from -= 1
    below = bar + 1
    while below < len(tokens) and (tokens[below].kind == "digit" or tokens[below].text.isdigit()):
        below += 1
    fixed = "".join(token.text for token in tokens[bar + 1 : below])
    has_whole = any(token.kind == "digit" for token in tokens[:top_from])
    exact = Fraction(number)
    whole = int(exact) if has_whole else 0
    part = exact - whole
    if fixed.strip("0").isdigit():
        denominator = int(fixed)
        numerator = round(part * denominator)
    else:
        nearest = part.limit_denominator(min(10 ** (below - bar - 1) - 1, _MAX_DENOMINATOR))
        numerator, denominator = nearest.numerator, nearest.denominator
    if has_whole and numerator == denominator:
        whole, numerator = whole + 1, 0
    before = tokens[:top_from]
    places = _digits(before)
    shown = _whole(str(whole) if whole else "", places, before, "")
    head = "".join(shown.get(at, _text(token, locale)) for at, token in enumerate(before))
    tail = "".join(_text(token, locale) for token in tokens[below:])
    if has_whole and not numerator:
        return f"{head.strip() or '0'}{tail}", not whole
    return f"{head.lstrip()}{numerator}/{denominator}{tail}", not whole and not numerator
