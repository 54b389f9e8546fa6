"""Branch and bound whose tree is its own certificate."""
