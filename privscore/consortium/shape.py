"""What a consortium file looks like: its tables, keys and types, and how a wrong one is reported.

The canonical bytes of an agreement have the same shape, so one set of rules holds for both.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, get_args

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

from privscore.card.scorecard import Combine
from privscore.consortium.conversion import FileKind, Refuse
from privscore.consortium.policy import Dropout

SCHEMA = "privscore/consortium@1"
ID_PATTERN = "[a-z][a-z0-9_-]{0,39}"  # ids become names of folders

Part: TypeAlias = Literal["points", "cutoffs"]
Role: TypeAlias = Literal["data", "requester", "aggregator", "compute", "card", "auditor"]
ROLES: tuple[Role, ...] = get_args(Role)

_Column: TypeAlias = Annotated[str, Meta(description="`platform.column`")]
_Hex32: TypeAlias = Annotated[str, Meta(extra_json_schema={"pattern": "^[0-9a-f]{64}$"})]
_Pair: TypeAlias = Annotated[list[int], Meta(extra_json_schema={"minItems": 2, "maxItems": 2})]


TablePath: TypeAlias = Annotated[str, Meta(description="A CSV or Parquet file, or one SELECT.")]
IdColumn: TypeAlias = Annotated[str, Meta(description="The column of ids in its table.")]
PeopleList: TypeAlias = Annotated[str, Meta(description="The requester's list of ids, a file.")]
DataDir: TypeAlias = Annotated[str, Meta(description="The only folder its table may read.")]
Identity: TypeAlias = Annotated[
    str, Meta(description="A file with the private key of its `public_key`.")
]


class PartyShape(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A party. In the agreement are `id`, `roles` and `public_key`; addresses stand beside it.

    The rest is private to the party.
    """

    id: Annotated[str, Meta(extra_json_schema={"pattern": f"^{ID_PATTERN}$"})]
    roles: list[Role]
    table: TablePath | UnsetType = UNSET
    key: IdColumn = "person"
    people: PeopleList | UnsetType = UNSET
    data_dir: DataDir | UnsetType = UNSET
    identity: Identity | UnsetType = UNSET
    public_key: (
        Annotated[_Hex32, Meta(description="Its Ed25519 key, in hexadecimal.")] | UnsetType
    ) = UNSET
    endpoint: (
        Annotated[str, Meta(description="Where others reach it: https, wss or host:port.")]
        | UnsetType
    ) = UNSET
    dial: (
        Annotated[str, Meta(description="Where it calls out to: https, wss or host:port.")]
        | UnsetType
    ) = UNSET


class CharacteristicShape(Struct, forbid_unknown_fields=True):
    """A line of the scorecard, over one `column` or over `columns` that it combines.

    It has `bins` and `points`, or else a `weight` and a `range`.
    """

    bins: Annotated[list[int | float], Meta(description="Where to cut, ascending.")] | UnsetType = (
        UNSET
    )
    points: (
        Annotated[
            list[int],
            Meta(
                description="One more than bins: points[k] when bins[k-1] <= x < bins[k]. Left "
                "out only where they are hidden and the file is not their owner's."
            ),
        ]
        | UnsetType
    ) = UNSET
    weight: (
        Annotated[
            int | float,
            Meta(
                description="Points for each unit of the column, instead of bins and points. Left "
                "out with them only where it is hidden and the file is not its owner's."
            ),
        ]
        | UnsetType
    ) = UNSET
    name: Annotated[str, Meta(description="Default: the column.")] | UnsetType = UNSET
    column: _Column | UnsetType = UNSET
    columns: list[_Column] | UnsetType = UNSET
    combine: Combine | UnsetType = UNSET
    reason: Annotated[str, Meta(description="Default: the name.")] | UnsetType = UNSET
    missing: (
        Annotated[
            int | float, Meta(description="Points where the value is unknown; 0 if not said.")
        ]
        | UnsetType
    ) = UNSET
    range: _Pair | UnsetType = UNSET
    contested: bool = False

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns it looks at, as `platform.column`."""
        return tuple(self.columns) if self.columns else (self.column,) if self.column else ()

    @property
    def title(self) -> str:
        """Its name, by default its columns."""
        return self.name or " + ".join(self.sources)

    @property
    def weighted(self) -> bool:
        """Whether it has a weight, if only a hidden one: it is not cut into bins."""
        return self.bins is UNSET

    @property
    def possible_points(self) -> tuple[float, ...]:
        """The points of every bin, those for `missing` last; none where they are left out.

        Of a weighted line, the points at both ends of its range.
        """
        given: tuple[float, ...] = tuple(self.points or ())
        if self.weight is not UNSET:
            given = tuple(self.weight * end for end in self.range or ())
        return (*given, self.missing or 0) if given else ()


class OddsShape(Struct, forbid_unknown_fields=True):
    """What scores stand for: whoever sees one can work out how probable a good outcome is."""

    score: Annotated[int | float, Meta(description="A score.")]
    good_to_bad: Annotated[int | float, Meta(description="The odds of a good outcome there.")]
    double: Annotated[int | float, Meta(description="How many points more double the odds.")]


class ScorecardShape(Struct, forbid_unknown_fields=True):
    """How columns become a total. Hidden points, and `salt`, are the owner's: in no agreement."""

    base: int
    characteristic: list[CharacteristicShape]
    clip: _Pair | UnsetType = UNSET
    contested: Annotated[
        list[str], Meta(description="Names of contested characteristics to turn on.")
    ] = []
    odds: OddsShape | UnsetType = UNSET
    owner: Annotated[str, Meta(description="The party whose card it is.")] | UnsetType = UNSET
    hidden: Annotated[list[Part], Meta(description="What only the owner knows: points.")] = []
    points_range: (
        Annotated[_Pair, Meta(description="What every hidden point lies within.")] | UnsetType
    ) = UNSET
    commitment: (
        Annotated[_Hex32, Meta(description="To the hidden points; `privscore commit` makes it.")]
        | UnsetType
    ) = UNSET
    salt: Annotated[_Hex32, Meta(description="Of the commitment.")] | UnsetType = UNSET
    signature: (
        Annotated[
            str,
            Meta(
                description="An auditor's, over the commitment; `privscore sign` makes it.",
                extra_json_schema={"pattern": "^[0-9a-f]{128}$"},
            ),
        ]
        | UnsetType
    ) = UNSET


class TierShape(Struct, forbid_unknown_fields=True):
    """A named range of scores."""

    name: str
    grants: str
    from_: int = field(name="from")


class PolicyShape(Struct, forbid_unknown_fields=True):
    """What may be opened to whom, and when a job must not run."""

    reveal: dict[str, str]
    min_people: int = 50
    accept_output_leak: bool = False
    dropout: Dropout = "abort"
    sheet: Annotated[bool, Meta(description="Whether a person gets a sheet of its own.")] = True


class ConsortiumShape(Struct, forbid_unknown_fields=True):
    """A consortium: parties, scorecard, tiers and policy."""

    schema: Annotated[str, Meta(extra_json_schema={"const": SCHEMA})]
    name: str
    purpose: str
    party: list[PartyShape]
    scorecard: ScorecardShape
    policy: PolicyShape
    tier: list[TierShape] = []


_TABLES: dict[str, type[Struct]] = {
    "": ConsortiumShape,
    "party": PartyShape,
    "scorecard": ScorecardShape,
    "characteristic": CharacteristicShape,
    "odds": OddsShape,
    "tier": TierShape,
    "policy": PolicyShape,
}
_HEADERS = {
    "party": "[[party]]",
    "scorecard": "[scorecard]",
    "characteristic": "[[scorecard.characteristic]]",
    "odds": "`odds`",
    "tier": "[[tier]]",
    "policy": "[policy]",
}
_WORDS = {
    "hidden": get_args(Part),
    "roles": ROLES,
    "combine": get_args(Combine),
    "dropout": get_args(Dropout),
}
_KIND = FileKind(SCHEMA, ConsortiumShape, _TABLES, _HEADERS, _WORDS)


def shaped(data: dict[str, Any], refuse: Refuse) -> ConsortiumShape:
    """What `tomllib` or JSON found in a file, as a shape; raises what `refuse` makes of a fault."""
    return _KIND.convert(data, refuse)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a consortium file, for editors."""
    return msgspec.json.schema(ConsortiumShape)
