"""Mistakes in a scorecard and its tiers."""

from __future__ import annotations

from sound_consortium import SOUND, WITH_ACROSS, Mistake, edit, write_sound

IN_THE_CARD = [
    Mistake(
        "no characteristic",
        lambda f: write_sound(
            f,
            SOUND.partition("[[scorecard.ch")[0]
            + "characteristic = []\n\n"
            + SOUND[SOUND.index("[[tier]]") :],
        ),
        "[scorecard]",
        ("no characteristic",),
    ),
    Mistake(
        "a column of nobody",
        edit('"market.bought"', '"markt.bought"'),
        "markt",
        ("markt", "no party"),
    ),
    Mistake(
        "a column of the requester",
        edit('"market.bought"', '"desk.bought"'),
        "desk.bought",
        ("does not hold data",),
    ),
    Mistake(
        "a column without a platform",
        edit('"market.bought"', '"bought"'),
        '"bought"',
        ("no platform",),
    ),
    Mistake(
        "a doubled column",
        edit('"market.bought"', '"bank.debt"'),
        '"bank.debt"',
        ("two characteristics", "bank.debt"),
    ),
    Mistake(
        "a doubled name", edit('"purchases"', '"debt"'), '"debt"', ("two characteristics", "debt")
    ),
    Mistake(
        "neither column nor columns",
        edit('column = "market.bought"\n', ""),
        "[[scorecard",
        ("neither",),
    ),
    Mistake(
        "both column and columns",
        edit('column = "market.bought"', 'column = "market.bought"\ncolumns = ["bank.debt"]'),
        "[[scorecard",
        ("both",),
    ),
    Mistake("unsorted bins", edit("[1, 3, 6]", "[1, 6, 3]"), "[1, 6, 3]", ("ascending",)),
    Mistake("a bin twice", edit("[1, 3, 6]", "[1, 3, 3.0]"), "3.0", ("ascending",)),
    Mistake("an infinite bin", edit("[1, 3, 6]", "[1, 3, inf]"), "inf", ("2^53",)),
    Mistake("a bin that is NaN", edit("[1, 3, 6]", "[1, nan, 6]"), "nan", ("2^53",)),
    Mistake("a bin beyond 2^53", edit("[1, 3, 6]", "[1, 3, 9007199254740993]"), "993", ("2^53",)),
    Mistake("a point too few", edit("[60, 30, 0]", "[60, 30]"), "[60, 30]", ("2 bins", "2 points")),
    Mistake(
        "a point too many",
        edit("[60, 30, 0]", "[60, 30, 0, 0]"),
        "[60, 30, 0, 0]",
        ("2 bins", "4 points"),
    ),
    Mistake("points beyond 32 bits", edit("[0, 25]", "[0, 2147483648]"), "2147483648", ("wrap",)),
    Mistake(
        "a missing beyond 32 bits",
        edit("missing = 30", "missing = -2147483648"),
        "2147483648",
        ("wrap",),
    ),
    Mistake("a possible wrap-around", edit("[0, 25]", "[0, 2147483600]"), "2147483600", ("wrap",)),
    Mistake(
        "a base beyond 32 bits", edit("base = 350", "base = 99999999999"), "99999999999", ("wrap",)
    ),
    Mistake(
        "columns not combined",
        edit('combine = "sum"\n', "", WITH_ACROSS),
        "wallet.credit",
        ("not combined",),
    ),
    Mistake("an unknown way to combine", edit('"sum"', '"mean"', WITH_ACROSS), '"mean"', ("mean",)),
    Mistake(
        "combine over one column",
        edit('column = "bank.debt"', 'column = "bank.debt"\ncombine = "max"'),
        "combine",
        ("single column",),
    ),
    Mistake(
        "combine within one platform",
        edit('["wallet.credit", "bank.debt"]', '["bank.opened", "bank.debt"]', WITH_ACROSS),
        "bank.opened",
        ("fewer than two",),
    ),
    Mistake(
        "a column combined with itself",
        edit(
            '["wallet.credit", "bank.debt"]',
            '["wallet.credit", "bank.debt", "bank.debt"]',
            WITH_ACROSS,
        ),
        "wallet.credit",
        ("twice",),
    ),
    Mistake(
        "a range backwards",
        edit("[0, 9000000]", "[9000000, 0]", WITH_ACROSS),
        "9000000, 0",
        ("range",),
    ),
    Mistake(
        "a range too wide to add",
        edit("[0, 9000000]", "[0, 9007199254740992]", WITH_ACROSS),
        "740992",
        ("range",),
    ),
    Mistake("a clip backwards", edit("[300, 950]", "[950, 300]"), "[950, 300]", ("clip",)),
    Mistake("a clip beyond 2^53", edit("950]", "99999999999999999999]"), "999]", ("clip", "2^53")),
    Mistake("a clip of one number", edit("[300, 950]", "[950]"), "[950]", ("clip",)),
    Mistake(
        "a tier outside the clip", edit("from   = 600", "from   = 951"), "951", ("good", "outside")
    ),
    Mistake(
        "unsorted tiers", edit("from   = 600", "from   = 350"), "from   = 350", ("good", "above")
    ),
    Mistake(
        "two tiers of one name",
        edit('name   = "good"', 'name   = "fair"'),
        'name   = "fair"',
        ("two tiers", "fair"),
    ),
    Mistake(
        "an unknown contested name",
        edit("clip =", 'contested = ["purchase"]\nclip ='),
        "contested",
        ("purchase",),
    ),
    Mistake(
        "only contested and off",
        lambda f: write_sound(f, SOUND.replace("points =", "contested = true\npoints =")),
        "[scorecard]",
        ("turned on",),
    ),
]

WEIGHTED = SOUND.replace("bins   = [10]\npoints = [0, 25]", "weight = 1.25\nrange  = [0, 100]")
ODDS = SOUND.replace(
    "clip = [300, 950]",
    "clip = [300, 950]\nodds = { score = 600, good_to_bad = 50, double = 20 }",
)

IN_THE_CARD += [
    Mistake(
        "a weight beside bins",
        edit("weight = 1.25", "weight = 1.25\nbins = [3]", WEIGHTED),
        "weight",
        ("purchases", "beside bins"),
    ),
    Mistake(
        "a weight beside points",
        edit("weight = 1.25", "weight = 1.25\npoints = [3]", WEIGHTED),
        "weight",
        ("purchases", "beside bins or points"),
    ),
    Mistake(
        "neither bins nor a weight",
        edit("weight = 1.25\n", "", WEIGHTED),
        "[[scorecard",
        ("lacks", "bins"),
    ),
    Mistake(
        "points without bins",
        edit("weight = 1.25", "points = [3]", WEIGHTED),
        "[[scorecard",
        ("lacks", "bins"),
    ),
    Mistake(
        "a weight without a range",
        edit("range  = [0, 100]\n", "", WEIGHTED),
        "[[scorecard",
        ("purchases", "no `range`"),
    ),
    Mistake(
        "a weight with a range of one end",
        edit("[0, 100]", "[100]", WEIGHTED),
        "[100]",
        ("purchases", "range"),
    ),
    Mistake("a weight that is NaN", edit("1.25", "nan", WEIGHTED), "nan", ("`weight`", "NaN")),
    Mistake("an infinite weight", edit("1.25", "-inf", WEIGHTED), "-inf", ("`weight`", "infinite")),
    Mistake(
        "a weight too large for its range",
        edit("1.25", "21474836.5", WEIGHTED),
        "21474836.5",
        ("`weight`", "wrap"),
    ),
    Mistake(
        "weights that could wrap around together",
        edit("1.25", "21474832.5", WEIGHTED),
        "21474832.5",
        ("could wrap around",),
    ),
    Mistake("a weight in quotes", edit("1.25", '"1.25"', WEIGHTED), '"1.25"', ("a number",)),
    Mistake(
        "a missing that is NaN beside a weight",
        edit("weight = 1.25", "weight = 1.25\nmissing = nan", WEIGHTED),
        "missing = nan",
        ("`missing`", "NaN"),
    ),
    Mistake(
        "a missing beside a weight that could wrap",
        edit("weight = 1.25", "weight = 1.25\nmissing = 2147483648.0", WEIGHTED),
        "2147483648.0",
        ("`missing`", "wrap"),
    ),
    Mistake(
        "a real missing beside bins",
        edit("missing = 30", "missing = 30.5"),
        "30.5",
        ("`missing`", "whole number"),
    ),
    Mistake(
        "a weight for combined columns",
        edit("bins    = [5000]\npoints  = [10, 0]", "weight = 0.5", WITH_ACROSS),
        "columns",
        ("total debt", "combines"),
    ),
    Mistake("odds of nothing", edit("= 50,", "= 0,", ODDS), "odds", ("`good_to_bad`", "1e-09")),
    Mistake("negative odds", edit("= 50,", "= -50,", ODDS), "odds", ("`good_to_bad`", "1e-09")),
    Mistake("odds that are NaN", edit("= 50,", "= nan,", ODDS), "odds", ("`good_to_bad`",)),
    Mistake(
        "odds that never double", edit("= 20 }", "= inf }", ODDS), "odds", ("`double`", "2^53")
    ),
    Mistake("odds that fall", edit("= 20 }", "= -20 }", ODDS), "odds", ("`double`", "1e-09")),
    Mistake(
        "odds at no score", edit("score = 600", "score = -inf", ODDS), "odds", ("`score`", "2^53")
    ),
    Mistake("odds without a scale", edit(", double = 20", "", ODDS), "odds", ("lacks", "double")),
    Mistake(
        "odds with another key", edit("double", "doubles", ODDS), "odds", ("no key", "doubles")
    ),
    Mistake(
        "odds in words", edit("= 50,", '= "50 to 1",', ODDS), "odds", ("`good_to_bad`", "a number")
    ),
]
