"""Who plays the parties of a job: all in one process, or each in a process of its own."""
