"""Homomorphic encryption: numbers that are added up by somebody who cannot read them.

The story, file by file. `lattice` has the facts that security rests on and `noise` what becomes of
noise; `parameters` plans with both and turns a wish into checked parameters. `residues` and
`spectrum` are the arithmetic, `fourier` encrypts and selects with it, `backend` does what SEAL
does. `packing` carries ciphertexts, and checks them before anything else looks.
"""
