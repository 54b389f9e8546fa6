"""Plans that spend on publicity: the split that makes an ordinary program of it, spending at given stations, rounds.

A covered row counts more where its area's level is bought: a product of two decisions. For any split of the gain into
a part that counts with the row and a part that counts with the level, the program is an ordinary coverage program whose
levels are columns, and no plan is worth more than it says (:mod:`placement.values.publicity_certificate`). At given
levels the program is ordinary too, and at given stations the best levels are a knapsack.
"""
