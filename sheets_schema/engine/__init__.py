"""Who commits: the HTTP client, the replica, the lease, the executor and the coordinator."""
