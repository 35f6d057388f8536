"""Who plays the parties of a job: all of them on this machine, shards in worker processes."""
