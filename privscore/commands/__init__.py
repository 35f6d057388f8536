"""One file for each command that is more than a call: what it does, and what it prints."""
