"""What the service raises, as one tree. Outcomes of orders are values (`npta.domain`), not errors.

NptaError
├── SettingError      a setting is missing or malformed: start-up stops
├── NotKnown          no such order or key
└── BadRequest        an operation was asked for something that makes no sense
"""


class NptaError(Exception):
    """The root: catch this to catch all of `npta`."""


class SettingError(NptaError):
    """A setting is missing or malformed; the message names it and never shows a secret."""


class NotKnown(NptaError):
    """The order or key that was asked for does not exist."""


class BadRequest(NptaError):
    """The call cannot be understood. `field` is the part that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
