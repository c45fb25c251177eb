"""How quick it is, and how quick others are, on the same emulator in the same run: `make bench`.

Measurements, never tests: nothing here passes or fails. `docs/internals/benchmarks.md` says how each figure is made.
"""
