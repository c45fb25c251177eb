"""Who commits: the HTTP client, the replica, the lease, the coordinator, the executor."""
