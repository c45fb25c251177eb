"""Everything for one machine without accounts: the demo, the function and what is around it."""
