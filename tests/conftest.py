"""How hard the laws are tried: lightly in every run, harder in the long one."""

import os

from hypothesis import settings

settings.register_profile("usual", max_examples=20, deadline=None)
settings.register_profile("long", max_examples=200, deadline=None)
settings.load_profile(os.environ.get("PRIVSCORE_LAWS", "usual"))
