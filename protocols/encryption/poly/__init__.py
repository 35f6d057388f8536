"""Polynomials modulo q as arrays: the ring, its residues, exact products, fixed-length bytes."""
