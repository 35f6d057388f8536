"""Mistakes around hidden points: whose they are, their range, their commitment, who signed it."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sound_consortium import SOUND, Mistake, edit

from privscore.card.commitment import approve, commitment
from privscore.card.scorecard import Characteristic, Scorecard

SALT = "5a" * 32
AUDITOR = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))

COMMITTED = commitment(
    Scorecard(
        base=350,
        clip=(0, 0),
        characteristics=tuple(
            Characteristic(name, (column,), "", bins, points, missing, None, None, False)
            for name, column, bins, points, missing in (
                ("payment history", "wallet.late_90d", (1, 3, 6), (210, 120, 40, 0), 90),
                ("debt", "bank.debt", (1000, 20000), (60, 30, 0), 30),
                ("purchases", "market.bought", (10,), (0, 25), 0),
            )
        ),
    ),
    SALT,
)
SIGNED = approve(AUDITOR, COMMITTED)

FIRM = '[[party]]\nid    = "firm"\nroles = ["card"]\n\n'
CHECKED = (
    f'[[party]]\nid = "eye"\nroles = ["auditor"]\n'
    f'public_key = "{AUDITOR.public_key().public_bytes_raw().hex()}"\n\n'
)
_DESK = '[[party]]\nid    = "desk"'
_CARD = "[scorecard]\n"
_SAID = 'owner = "firm"\nhidden = ["points"]\npoints_range = [0, 250]\n'
_BOUND = f'commitment = "{COMMITTED}"\nsalt = "{SALT}"\n'

# The sound consortium, whose points firm keeps to itself: its own copy of the file.
HIDDEN = (
    SOUND.replace(_DESK, FIRM + _DESK)
    .replace(_CARD, _CARD + _SAID + _BOUND)
    .replace("clip = [300, 950]", "clip = [300, 1100]")
)
# What another party has of it.
OTHERS = "".join(
    line
    for line in HIDDEN.splitlines(keepends=True)
    if not line.startswith(("points =", "points  ", "missing", "salt"))
)
# The requester owns the card, and an auditor has signed what it committed to.
AUDITED = (
    HIDDEN.replace(FIRM, CHECKED)
    .replace('owner = "firm"', 'owner = "desk"')
    .replace("salt =", f'signature = "{SIGNED}"\nsalt =')
)

_OTHERS_SIGNED = approve(STRANGER, COMMITTED)


IN_THE_HIDDEN_CARD = [
    Mistake(
        "an owner who is nobody", edit('"firm"\nh', '"frim"\nh', HIDDEN), "frim", ("no party",)
    ),
    Mistake(
        "an owner beside another one's role",
        edit('owner = "firm"', 'owner = "bank"', HIDDEN),
        'roles = ["card"]',
        ("firm", "bank", "card"),
    ),
    Mistake("hidden cut-offs", edit('["points"]', '["cutoffs"]', HIDDEN), "cutoffs", ("cut-offs",)),
    Mistake(
        "hidden points and cut-offs",
        edit('["points"]', '["points", "cutoffs"]', HIDDEN),
        "cutoffs",
        ("no method hides cut-offs",),
    ),
    Mistake(
        "hidden by a word that is none", edit('["points"]', '["bins"]', HIDDEN), "bins", ("bins",)
    ),
    Mistake(
        "points hidden twice",
        edit('["points"]', '["points", "points"]', HIDDEN),
        "hidden",
        ("twice",),
    ),
    Mistake(
        "hidden points without a range",
        edit("points_range = [0, 250]\n", "", HIDDEN),
        "hidden",
        ("points_range",),
    ),
    Mistake(
        "a points_range backwards", edit("[0, 250]", "[250, 0]", HIDDEN), "[250, 0]", ("lowest",)
    ),
    Mistake("a points_range of one number", edit("[0, 250]", "[0]", HIDDEN), "[0]", ("lowest",)),
    Mistake(
        "a points_range beyond 32 bits",
        edit("[0, 250]", "[0, 2147483648]", HIDDEN),
        "2147483648",
        ("32 bits",),
    ),
    Mistake(
        "a points_range that could wrap",
        edit("[0, 250]", "[0, 2147483647]", HIDDEN),
        "2147483647",
        ("wrap",),
    ),
    Mistake(
        "a point above points_range",
        edit("[0, 250]", "[0, 200]", HIDDEN),
        "[210, 120",
        ("payment history", "outside"),
    ),
    Mistake(
        "a missing below points_range",
        edit("missing = 30", "missing = -1", HIDDEN),
        "missing = -1",
        ("debt", "outside"),
    ),
    Mistake(
        "an unsaid missing outside points_range",
        edit(
            "[0, 250]",
            "[1, 250]",
            HIDDEN.replace("[210, 120, 40, 0]", "[210, 120, 40, 1]")
            .replace("[60, 30, 0]", "[60, 30, 1]")
            .replace("[0, 25]", "[1, 25]"),
        ),
        "[[scorecard.ch",
        ("purchases", "outside"),
    ),
    Mistake(
        "points of one line left out",
        edit("points = [60, 30, 0]\nmissing = 30\n", "", HIDDEN),
        "[[scorecard.ch",
        ("debt", "no `points`"),
    ),
    Mistake(
        "missing without points",
        edit("bins   = [10]", "bins   = [10]\nmissing = 3", OTHERS),
        "missing",
        ("purchases",),
    ),
    Mistake(
        "points left out where nothing is hidden",
        edit("points = [60, 30, 0]\n", ""),
        "[[scorecard.ch",
        ("lacks the key `points`",),
    ),
    Mistake(
        "a point changed behind its commitment",
        edit("[60, 30, 0]", "[60, 31, 0]", HIDDEN),
        COMMITTED,
        ("does not fit",),
    ),
    Mistake(
        "a missing changed behind its commitment",
        edit("missing = 30", "missing = 31", HIDDEN),
        COMMITTED,
        ("does not fit",),
    ),
    Mistake(
        "a bin moved behind a commitment",
        edit("[1000, 20000]", "[1000, 20001]", HIDDEN),
        COMMITTED,
        ("does not fit",),
    ),
    Mistake("another commitment", edit(COMMITTED, "ab" * 32, HIDDEN), "abab", ("does not fit",)),
    Mistake("another salt", edit(SALT, "5b" * 32, HIDDEN), COMMITTED, ("does not fit",)),
    Mistake("a salt left out", edit(f'salt = "{SALT}"\n', "", HIDDEN), COMMITTED, ("salt",)),
    Mistake("a salt too short", edit(SALT, "5a", HIDDEN), "salt", ("salt", "64")),
    Mistake("a salt too long", edit(SALT, "5a" * 33, HIDDEN), "salt", ("salt", "64")),
    Mistake(
        "a commitment that is no hash",
        edit(COMMITTED, COMMITTED[:-1] + "g", HIDDEN),
        "commitment",
        ("64 hexadecimal",),
    ),
    *(
        Mistake(
            f"a {key} where nothing is hidden",
            edit(_CARD, f"{_CARD}{key} = {value}\n"),
            key,
            (key, "without hidden"),
        )
        for key, value in (
            ("points_range", "[0, 250]"),
            ("commitment", f'"{COMMITTED}"'),
            ("salt", f'"{SALT}"'),
            ("signature", f'"{SIGNED}"'),
        )
    ),
    Mistake(
        "a requester who owns the points",
        edit(FIRM, "", HIDDEN.replace('owner = "firm"', 'owner = "desk"')),
        "owner",
        ("desk", "spell out"),
    ),
    Mistake(
        "a requester with the role card",
        edit(
            FIRM,
            "",
            HIDDEN.replace('owner = "firm"\n', "").replace(
                'roles = ["requester"]', 'roles = ["requester", "card"]'
            ),
        ),
        "[scorecard]",
        ("desk", "spell out"),
    ),
    Mistake(
        "nobody to own the points",
        edit(
            FIRM,
            "",
            HIDDEN[: HIDDEN.index('[[party]]\nid       = "bank"')].replace("[policy]", "")
            + FIRM
            + _DESK
            + '\nroles = ["requester"]\n\n'
            + HIDDEN[
                HIDDEN.index(_CARD) : HIDDEN.index('[[scorecard.characteristic]]\nname   = "d')
            ]
            .replace('owner = "firm"\n', "")
            .replace(_BOUND, "")
            + '[policy]\nreveal = { desk = "total" }\naccept_output_leak = true\n',
        ),
        "hidden",
        ("nobody owns",),
    ),
    Mistake(
        "a signature of a stranger",
        edit(SIGNED, _OTHERS_SIGNED, AUDITED),
        "signature",
        ("not that of an auditor",),
    ),
    Mistake(
        "a signature with a bit changed",
        edit(SIGNED, SIGNED[:-1] + ("0" if SIGNED[-1] != "0" else "1"), AUDITED),
        "signature",
        ("not that of an auditor",),
    ),
    Mistake(
        "a signature over another commitment",
        edit(SIGNED, approve(AUDITOR, "cd" * 32), AUDITED),
        "signature",
        ("not over this",),
    ),
    Mistake("a signature too short", edit(SIGNED, SIGNED[:-2], AUDITED), "signature", ("128",)),
    Mistake(
        "a signature without a commitment",
        edit(_BOUND.splitlines()[0] + "\n", "", AUDITED),
        "signature",
        ("without the `commitment`",),
    ),
    Mistake(
        "a signature by the owner itself",
        edit(
            'roles = ["requester"]',
            'roles = ["requester", "auditor"]\n'
            f'public_key = "{AUDITOR.public_key().public_bytes_raw().hex()}"',
            AUDITED.replace(CHECKED, ""),
        ),
        "signature",
        ("not that of an auditor",),
    ),
    Mistake(
        "a public key of no auditor",
        edit('roles = ["auditor"]', 'roles = ["aggregator"]', AUDITED),
        "signature",
        ("signature", "auditor"),
    ),
    Mistake(
        "a public key that is none",
        edit('public_key = "', 'public_key = "0', AUDITED),
        "public_key",
        ("64",),
    ),
]
