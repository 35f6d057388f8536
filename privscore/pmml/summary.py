"""What `privscore pmml` does and says: the file that was written, and what is left to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
from rich.console import Group, RenderableType

from privscore.consortium.agreement import Agreement
from privscore.consortium.bare_card import REQUESTER, agreement_of
from privscore.consortium.toml_text import consortium_text
from privscore.errors import Refused
from privscore.files import write_new
from privscore.pmml.reading import imported

_COMMENT = """\
Made from {source} by `privscore pmml import`. The scorecard is the file's own.
Say yourself: what the score is for, where each platform's table is, which tiers there are, who
asks, and how much the one who asks may learn."""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was written, what it does not hold, and what to do with it."""

    file: str
    characteristics: int
    left_out: tuple[str, ...]
    next: tuple[str, ...]

    def __rich__(self) -> RenderableType:
        lines = [f"wrote {self.file}: {self.characteristics} characteristics"]
        if self.left_out:
            lines.append(f"left out, as no score depends on it: {', '.join(self.left_out)}")
        return Group(*lines, *(f"next: {each}" for each in self.next))


def exported(agreement: Agreement, out: Path) -> Written:
    """The summary of a card that was written to `out`."""
    card = agreement.scorecard
    off = [f"`{each.name}`, which is off" for each in card.disabled]
    return Written(
        file=str(out),
        characteristics=len(card.characteristics),
        left_out=(
            *off,
            *(["odds"] if card.odds else []),
            *(["tiers"] if agreement.tiers else []),
            *("parties", "policy"),
        ),
        next=(),
    )


def import_into(file: Path, out: Path, platforms: Mapping[str, str]) -> Written:
    """Write a consortium file around the card of a PMML file; raises Refused as `imported` does."""
    source = imported(file, platforms)

    def refuse(cause: str, fix: str, *_keys: str | int) -> Refused:
        return Refused(cause, fix, file=file)

    agreement = agreement_of(source.card, refuse, accept_output_leak=True)
    policy = replace(agreement.policy, accept_output_leak=False)
    agreement = replace(
        agreement,
        name=source.name,
        purpose="Say here what the score is for.",
        policy=policy,
    )
    write_new(out, consortium_text(agreement, _COMMENT.format(source=file.name)))
    return Written(
        file=str(out),
        characteristics=len(source.card.characteristics),
        left_out=source.left_out,
        next=(
            f"edit {out}: purpose, tables, tiers, and what {REQUESTER} may learn",
            f"privscore check {out}",
        ),
    )


def platforms(words: Sequence[str]) -> dict[str, str]:
    """Who holds which field, from words such as `late=wallet`; raises Refused for another word."""
    held = {}
    for word in words:
        field, sign, platform = word.rpartition("=")
        if not (field and sign and platform):
            raise Refused(
                f"{word!r} does not say who holds a field",
                "Write FIELD=PLATFORM, for example late=wallet.",
            )
        held[field] = platform
    return held
