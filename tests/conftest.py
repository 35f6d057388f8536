"""What all tests have in common."""

from hypothesis import settings

# Two busy cores: how long one example takes says nothing.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
