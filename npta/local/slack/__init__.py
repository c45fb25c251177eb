"""A stand-in for Slack on this machine: `chat.postMessage`, `chat.update` and their limits.

`python -m npta.local.slack --port P`. `GET /_state` shows what was posted, `POST /_faults` makes it fail on purpose.
"""

from npta.local.slack.faults import FAULTS, SlackFault, SlackFaults
from npta.local.slack.stand_in import LocalSlack, Running, serve_slack

__all__ = ["FAULTS", "LocalSlack", "Running", "SlackFault", "SlackFaults", "serve_slack"]
