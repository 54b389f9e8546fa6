"""Forms of the program, each made from the one before: reduced, problem, restricted work."""
