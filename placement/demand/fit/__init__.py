"""The statistical models that the estimates are fitted with."""
