"""Bounds in exact integers, and the first-order methods that find their prices."""
