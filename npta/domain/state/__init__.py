"""What the ledgers say: orders, receipts, keys and messages, folded row by row. Pure."""
