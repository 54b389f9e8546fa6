"""Other solvers, and what their word is worth: HiGHS through highspy, everything else through PuLP."""
