"""Cryptographic protocols, one file each, over a small engine that opens no socket."""
