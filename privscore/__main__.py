"""`python -m privscore` is the command line."""

from privscore.cli import main

main()
