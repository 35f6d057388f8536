"""What privscore says, in words, numbers and tables; it knows nothing of scores."""
