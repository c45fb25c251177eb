"""The HTTP server under the function: a gunicorn worker.

It holds no thread for a client that keeps it waiting. gunicorn's own threaded worker reads a request, and closes a
connection, in a way that forty silent clients stop (read in its source, 27.0). Here one loop reads whole requests
from all connections, each with a deadline; a thread works on a request only once it is there. What a request means,
gunicorn's parser says, as ever.
"""

from __future__ import annotations

import gunicorn.config


def serve_patiently() -> None:
    """Make our worker gunicorn's default.

    functions-framework names none, and has no option for it (read in its source).
    """
    gunicorn.config.WorkerClass.default = "npta.server.worker.Worker"
