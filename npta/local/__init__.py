"""Everything for one machine without accounts: the demo, and the function with its surroundings."""
