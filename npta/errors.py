"""What the service raises, as one tree.

Outcomes of orders are values (`npta.domain`), not errors.

NptaError
├── SettingError      a setting is missing or malformed: start-up stops
├── NotFoundError          no such order or key
├── BadRequestError        an operation was asked for something that makes no sense
├── ConflictError     what was asked for makes sense, but not as things stand
├── DamagedError      what the spreadsheet says of one order cannot be read
│   └── ArchiveUnreachableError   the archive in which it stands cannot be opened
├── ArchiveError      settled orders cannot be written to an archive
├── ShopError         something about Shopify
│   ├── ShopUnavailableError   not reachable, too slow, or throttled past the deadline: try again
│   └── ShopRejectedError       Shopify will not do it: a person must fix something
│       └── ShopDeclinedError      Shopify will not do this one thing: others it may
├── HookError         something about the keys hook
│   ├── HookUnavailableError   not reachable, too slow, or too many calls: try again
│   └── HookRejectedError       the hook will not take it: a person must fix something
└── SlackError        something about Slack
    ├── SlackUnavailableError  not reachable, too slow, or too many messages: try again
    └── SlackRejectedError      Slack will not do it: a person must fix something
        └── SlackMessageGoneError  the message that was to be changed or answered is not there any more
"""


class NptaError(Exception):
    """The root: catch this to catch all of `npta`."""


class SettingError(NptaError):
    """A setting is missing or malformed; the message names it and never shows a secret."""


class NotFoundError(NptaError):
    """The order or key that was asked for does not exist."""


class BadRequestError(NptaError):
    """The call cannot be understood. `field` is the part that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class ConflictError(NptaError):
    """As orders, keys or stock stand, it cannot be done; nothing was.

    The message says what stands in the way.
    """


class DamagedError(NptaError):
    """What the spreadsheet says of one order cannot be read.

    Nothing is decided for it, and others go on.
    """


class ArchiveUnreachableError(DamagedError):
    """An order stands in an archive that cannot be opened; the message names it.

    `retry_after` is in seconds, None where a person must fix something first.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ArchiveError(NptaError):
    """Settled orders cannot be written to an archive; the message names it and says what to do.

    No order has left.
    """


class ShopError(NptaError):
    """The root of what goes wrong with Shopify."""


class ShopUnavailableError(ShopError):
    """Shopify gave no usable answer in time.

    `retry_after` is in seconds, None where nobody knows.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ShopRejectedError(ShopError):
    """Shopify answered and will not do it; the message says what to fix.

    `codes` are Shopify's own.
    """

    def __init__(self, message: str, *, codes: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.codes = codes


class ShopDeclinedError(ShopRejectedError):
    """Shopify took the call and will not do this one thing, as it stands.

    Other things it may do.
    """


class HookError(NptaError):
    """The root of what goes wrong with the keys hook."""


class HookUnavailableError(HookError):
    """The hook gave no usable answer in time.

    `retry_after` is in seconds, None where nobody knows.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class HookRejectedError(HookError):
    """The hook answered and does not take it.

    `one_message`: others it may take; None where nobody knows.
    """

    def __init__(self, message: str, *, one_message: bool | None) -> None:
        super().__init__(message)
        self.one_message = one_message


class SlackError(NptaError):
    """The root of what goes wrong with Slack."""


class SlackUnavailableError(SlackError):
    """Slack gave no usable answer in time. `retry_after` is in seconds, None where nobody knows.

    After a time-out or a lost connection the message may have been posted all the same.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SlackRejectedError(SlackError):
    """Slack answered and will not do it; the message says what to fix. `code` is Slack's own.

    `one_message`: it is this message that is wrong, and others may go; None where nobody knows.
    """

    def __init__(self, message: str, *, code: str, one_message: bool | None = False) -> None:
        super().__init__(message)
        self.code = code
        self.one_message = one_message


class SlackMessageGoneError(SlackRejectedError):
    """A message cannot be changed or answered in a thread any more: post it as a new one."""
