"""One party's own file: which agreement it is in, who it is, and what it keeps to itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from privscore.consortium.conversion import FileKind
from privscore.consortium.shape import (
    ID_PATTERN,
    DataDir,
    IdColumn,
    Identity,
    PeopleList,
    TablePath,
)
from privscore.consortium.toml_file import TomlFile

OWN_SCHEMA: Final = "privscore/own@1"


class OwnShape(Struct, forbid_unknown_fields=True):
    """What one party has for itself. Relative paths start at this file's own folder."""

    schema: Annotated[str, Meta(extra_json_schema={"const": OWN_SCHEMA})]
    agreement: Annotated[str, Meta(description="The consortium file that all parties share.")]
    party: Annotated[
        str,
        Meta(
            description="Whose file this is: its `id` there.",
            extra_json_schema={"pattern": f"^{ID_PATTERN}$"},
        ),
    ]
    table: TablePath | UnsetType = UNSET
    key: IdColumn = "person"
    people: PeopleList | UnsetType = UNSET
    data_dir: DataDir | UnsetType = UNSET
    identity: Identity | UnsetType = UNSET


_KIND = FileKind(OWN_SCHEMA, OwnShape, {"": OwnShape}, {}, {})


def is_own(file: TomlFile) -> bool:
    """Whether a file says that it is one party's own."""
    return file.data.get("schema") == OWN_SCHEMA


def own_shape(path: Path, file: TomlFile) -> tuple[OwnShape, Path]:
    """What a party's own file says, and where the agreement is; raises Refused for a wrong key."""
    shape = _KIND.convert(file.data, file.refuse)
    if not shape.agreement.strip() or "\0" in shape.agreement:
        raise file.refuse(
            "`agreement` is empty or holds a NUL",
            'Name the consortium file: `agreement = "consortium.toml"`.',
            "agreement",
        )
    return shape, path.parent / shape.agreement


def own_json_schema() -> dict[str, Any]:
    """The JSON Schema of a party's own file, for editors."""
    return msgspec.json.schema(OwnShape)
