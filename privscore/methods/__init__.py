"""Ways to compute the score, one file each."""
