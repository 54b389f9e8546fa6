"""Among plans of equal value, the one with the least action cost, then the shortest moves, then the lowest columns."""
