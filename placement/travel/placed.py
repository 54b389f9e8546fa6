"""Columns of a placement, the (n, 7) int32 array that says where points stand on edges (u, v)."""

EDGE = 0
"""Number of the edge."""
AT = 1
"""Millimetres from u."""
AHEAD = 2
"""Cost from u to the point, -1 where that direction is closed."""
BACK = 3
"""Cost from the point to u, -1 where that direction is closed."""
ACCESS = 4
"""Access leg."""
LEG_U = 5
"""Cost between the point and u, access leg included."""
LEG_V = 6
"""Cost between the point and v, access leg included."""
