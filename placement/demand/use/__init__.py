"""How many people use a station: one model with priors, what it says of places and plans, and how far to trust it."""
