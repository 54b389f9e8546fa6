"""Searches for plans: greedy, swaps, relocation, annealing, populations."""
