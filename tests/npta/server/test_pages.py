"""What the pages say of limits is what the server keeps to."""

from __future__ import annotations

from pathlib import Path

from npta.server import framing, worker
from npta.web.request_body import MAX_BODY

PAGE = (Path(__file__).parents[3] / "docs" / "deployment" / "security.md").read_text()


def test_the_limits_stand_on_the_page_of_security() -> None:
    kib = 1024
    assert f"| connections | {worker.MAX_CONNECTIONS:,} at once" in PAGE
    head = (
        f"{framing.MAX_LINE // kib} KiB of first line, {framing.MAX_HEAD // kib} KiB in all, {worker.HEAD_SECONDS:g} s"
    )
    assert f"| head | {head} |" in PAGE
    body = f"{MAX_BODY // kib // kib} MiB in at most {framing.MAX_CHUNKS:,} chunks, {worker.BODY_SECONDS:g} s after the head"
    assert f"| body | {body} |" in PAGE
    assert f"| {worker.MAX_BYTES // kib // kib} MiB over all connections |" in PAGE
    assert f"| answer | {worker.SEND_SECONDS:g} s until" in PAGE
    assert f"| pause on a connection | {worker.KEEP_ALIVE:g} s |" in PAGE
    assert (
        f"| {2 * worker.KERNEL_BUFFER // kib} KiB each way and connection |" in PAGE
    )  # Linux takes twice what it is told
