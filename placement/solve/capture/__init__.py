"""Plans that count predicted visits: majorants of the visits, the program they make ordinary, searches on the truth.

The visits of a set of stations are concave, not linear. From the linear relaxation come multipliers, from these one
affine *majorant* (:mod:`placement.values.majorants`): with it in place of the visits the program is an ordinary
coverage program whose columns have values, solved and proven by the engine. What a plan really sees is counted again.
"""
