"""Declaration against reality: the plan, drift and its repair, migrations."""
