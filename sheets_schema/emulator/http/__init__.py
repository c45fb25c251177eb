"""How requests come in: mounted on a session, or over a port."""
