"""Programs without a plan: one linear program that proves it, and constraints by name."""
