"""What a consortium file looks like: its tables, keys and types, and how a wrong one is reported.

The canonical bytes of an agreement have the same shape, so one set of rules holds for both.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, NoReturn, Protocol, TypeAlias, get_args

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

from privscore.card.scorecard import Combine
from privscore.consortium.policy import Dropout
from privscore.consortium.toml_lines import nearest
from privscore.errors import Refused

SCHEMA = "privscore/consortium@1"
ID_PATTERN = "[a-z][a-z0-9_-]{0,39}"  # ids become names of folders

Part: TypeAlias = Literal["points", "cutoffs"]
Role: TypeAlias = Literal["data", "requester", "aggregator", "compute", "card", "auditor"]
ROLES: tuple[Role, ...] = get_args(Role)

_Column: TypeAlias = Annotated[str, Meta(description="`platform.column`")]
_Hex32: TypeAlias = Annotated[str, Meta(extra_json_schema={"pattern": "^[0-9a-f]{64}$"})]
_Pair: TypeAlias = Annotated[list[int], Meta(extra_json_schema={"minItems": 2, "maxItems": 2})]


class Refuse(Protocol):
    """Makes a refusal for the place in a file where `keys` stand, if there is a file."""

    def __call__(self, cause: str, fix: str, *keys: str | int) -> Refused: ...


class PartyShape(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A party. All but `id`, `roles` and `public_key` is private to it, in no agreement."""

    id: Annotated[str, Meta(extra_json_schema={"pattern": f"^{ID_PATTERN}$"})]
    roles: list[Role]
    table: Annotated[str, Meta(description="A CSV or Parquet file, or one SELECT.")] | UnsetType = (
        UNSET
    )
    key: Annotated[str, Meta(description="The column of ids in its table.")] = "person"
    people: Annotated[str, Meta(description="The requester's list of ids, a file.")] | UnsetType = (
        UNSET
    )
    data_dir: (
        Annotated[str, Meta(description="The only folder its table may read.")] | UnsetType
    ) = UNSET
    public_key: (
        Annotated[_Hex32, Meta(description="An auditor's Ed25519 key, in hexadecimal.")] | UnsetType
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
_TYPES = {
    "int": "a whole number",
    "float": "a number with a decimal point",
    "int | float": "a number",
    "str": "a text in quotes",
    "bool": "true or false",
    "array": "a list in [ ]",
    "object": "a table",
}


def shaped(data: dict[str, Any], refuse: Refuse) -> ConsortiumShape:
    """What `tomllib` or JSON found in a file, as a shape; raises what `refuse` makes of a fault."""
    version = data.get("schema")
    if version != SCHEMA:
        fault = "says no `schema`" if version is None else "has a `schema` that is not known here"
        raise refuse(
            f"the file {fault}", f'Write `schema = "{SCHEMA}"` as its first line.', "schema"
        )
    try:
        return msgspec.convert(data, ConsortiumShape)
    except msgspec.ValidationError as error:
        _report(str(error), refuse)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a consortium file, for editors."""
    return msgspec.json.schema(ConsortiumShape)


def _report(fault: str, refuse: Refuse) -> NoReturn:
    """Say in a file's own words what msgspec found; it names the place as `$.party[2].roles[0]`."""
    what, _, place = fault.rpartition(" - at `$") if " - at `$" in fault else (fault, "", "")
    keys: list[str | int] = [
        int(index) if index else name for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", place)
    ]
    table = next((key for key in reversed(keys) if isinstance(key, str)), "")
    header = _HEADERS.get(table, "the file")
    if match := re.fullmatch(r"Object contains unknown field `(.*)`", what, re.DOTALL):
        known = [each.encode_name for each in msgspec.structs.fields(_TABLES[table])]
        raise refuse(
            f"{header} has no key `{match[1]}`",
            f"Take it out, or use one of {', '.join(known)}.{nearest(match[1], known)}",
            *keys,
            match[1],
        )
    if match := re.fullmatch(r"Object missing required field `(.*)`", what):
        lacking = _HEADERS.get(match[1])
        raise refuse(
            f"{header} lacks {lacking or f'the key `{match[1]}`'}",
            f"Add {f'a {lacking} table' if lacking else f'`{match[1]} = ...`'}.",
            *keys,
        )
    if match := re.fullmatch(r"Invalid enum value '(.*)'", what, re.DOTALL):
        words = _WORDS[table]
        raise refuse(
            f"`{match[1]}` is no word for `{table}`",
            f"Use one of {', '.join(words)}.{nearest(match[1], words)}",
            *keys,
        )
    wanted, given = (_TYPES.get(each, f"a {each}") for each in re.findall(r"`(.*?)`", what))
    inside = "" if keys[-1] == table else "an element of "
    raise refuse(
        f"{inside}`{table}` should be {wanted}, but is {given}",
        f"Write {header if table in _HEADERS else wanted}.",
        *keys,
    )
