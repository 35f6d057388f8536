"""Homomorphic encryption: numbers that are added up by somebody who cannot read them.

The story, file by file. `lattice` has the facts that security rests on and `noise` what becomes of
noise; `planning` turns a wish into checked parameters, for exact totals with `parameters`, for
approximate ones with `approximation`. `residues` and `spectrum` are the arithmetic; `fourier`
encrypts and selects with it, `backend` is SEAL behind bytes and `slots` what we do with it;
`interface` and `suite` say who may hold what. `packing` carries ciphertexts, and checks them before
anything else looks; `seal_format` frames for SEAL what passed. `release` is the only way out for
an approximate result.

The protocols: `keys` and `card` once a job, `adding` in every shard, and with these `bfv_sum`,
`bfv_hidden_card` and `ckks_weighted`.
"""
