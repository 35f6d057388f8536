"""Parameters of encryption: planned from what a circuit needs, never guessed."""
