"""The folder that a run leaves: what is in it, who wrote it, and on what machine."""
