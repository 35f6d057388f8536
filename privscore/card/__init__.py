"""A scorecard as numbers: its lines, odds and commitments, and which totals can come about."""
