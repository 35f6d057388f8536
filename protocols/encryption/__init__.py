"""Homomorphic encryption: numbers that are added up by somebody who cannot read them.

The story, folder by folder. `poly`: `lattice` has the facts that security rests on, `residues` and
`spectrum` are the arithmetic, `packing` carries ciphertexts, and checks them before anything else
looks. `params`: `planning` turns a wish into checked parameters, for exact totals with `exact`, for
approximate ones with `approximate`; `noise` predicts. `backends`: `coefficient` encrypts and
selects with our own arithmetic, `seal` is SEAL behind bytes, `seal_slots` what we do with it,
`seal_format` frames for SEAL what was checked; `interface` and `factory` say who may hold what.
`release` is the only way out for an approximate result.

The protocols: `keys` and `encrypted_card` once a job, `ciphertext_sum` in every shard, and with
these `bfv_sum`, `bfv_hidden_card` and `ckks_weighted`. The README has the papers' steps beside
these functions.
"""
