"""Protocols over additive secret shares."""
