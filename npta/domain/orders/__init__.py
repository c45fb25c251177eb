"""What an order gets: decided, answered, released, filled later. Pure."""
