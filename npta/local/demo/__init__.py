"""The main job, told with the runbook's own data: `make demo`."""

from npta.local.demo.run import run_demo
from npta.local.demo.stage import OPERATOR_KEY, ORDER_KEY, PERSON, demo_environment

__all__ = ["OPERATOR_KEY", "ORDER_KEY", "PERSON", "demo_environment", "run_demo"]
