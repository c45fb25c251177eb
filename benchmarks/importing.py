"""`python -m benchmarks.importing`: how long the emulator's import takes in a fresh process."""

import json
import sys
import time

begun = time.perf_counter()
from sheets_schema.emulator import Emulator, EmulatorAdapter  # noqa: E402 — this is what is measured

sys.stdout.write(json.dumps({"seconds": time.perf_counter() - begun, "names": len((Emulator, EmulatorAdapter))}) + "\n")
