"""A job: one party's part in it, phase by phase, and the order in which the phases follow."""
