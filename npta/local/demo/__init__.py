"""The main job with the runbook's own data: `make demo`."""

from npta.local.demo.run import run_demo
from npta.local.demo.stage import PERSON, demo_environment

__all__ = ["PERSON", "demo_environment", "run_demo"]
