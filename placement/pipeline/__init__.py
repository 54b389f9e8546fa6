"""A study's way through the stages: prepare, demand, times, policy, visits, recommend."""
