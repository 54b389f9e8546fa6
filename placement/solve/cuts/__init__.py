"""Inequalities that no plan breaks and some relaxation does: odd sets of rows, knapsacks of side rows."""
