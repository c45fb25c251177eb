"""A commit as values, pure: lock record and fence, what a read shows, what a batch holds."""
