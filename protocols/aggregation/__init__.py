"""Masked sums that survive drop-outs and a lying aggregator.

Every platform adds masks to its vector that cancel in the sum over all of them, so the aggregator
can read that sum and nothing else. Who drops out leaves masks behind that do not cancel; the
others hold shares of what opens them.

    who          sends                 in        to           learns
    platform     Keys                  setup     aggregator   -
    aggregator   Present, KeysAround   setup     platform     who came on
    platform     Deal                  setup     aggregator   -
    aggregator   Present, Deal         setup     platform     who dealt; shares of seeds
    platform     MaskedVector          shard     aggregator   -
    aggregator   Survivors             closing   platform     who was in every shard
    platform     Signature             closing   aggregator   -
    aggregator   Signatures            closing   platform     that a quorum was told the same
    platform     OpenedShares          closing   aggregator   the sum of the survivors' vectors

The steps, each in its file, numbered as the story runs: `setup` (1 to 5), `masked_input` (6, 7),
`closing` (8 to 12). Under them: `plan` with `graph` (how many must agree), `keys`, `shamir`,
`share_distribution`, `participants`, `material`, `survivors`, `unmasking`. The README has the
paper's steps beside these functions.

Setting     : n >= 2 platforms, vectors over Z_2^k, identity keys in the agreement; the aggregator
              has no vector, and is who the sum is for. Up to 32 platforms share with all others,
              up to 1,024 with k random neighbours.
Safe against: the aggregator, lying, with c of the platforms, where 2t > n + c: it learns the sum
              over one set of at least t survivors, or nothing. Any platforms without it: nothing.
              With neighbours, c and the drop-outs are random, but for one chance in 2^40.
Bears       : n - t drop-outs, at any moment; whoever is lost in one shard is out of all.
Not hidden  : n, the people's number, who takes part, who is lost. A platform may add what it
              likes: the sum cannot tell. The aggregator decides who was late, within the quorum.
              It may also keep the sum to itself.
Cost        : setup 4 rounds, shard 1, closing 4. One element a person and platform in a shard;
              setup and closing do not grow with the people.
Source      : Bonawitz et al., CCS 2017 (eprint 2017/281), figure 4; Bell et al., CCS 2020
              (eprint 2020/704) for many platforms. One setup and one closing for many shards,
              and the dealer's signed hashes, are ours.
Status      : experimental.
"""
