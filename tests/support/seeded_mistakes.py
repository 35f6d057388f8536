"""All seeded mistakes: small faults, each of which must end in one refusal that names its place."""

from __future__ import annotations

from mistakes_in_card import IN_THE_CARD
from mistakes_in_hidden_card import IN_THE_HIDDEN_CARD
from mistakes_in_keys import IN_THE_KEYS
from mistakes_in_own_file import IN_THE_OWN_FILE
from mistakes_in_tables import IN_THE_DATA, IN_THE_SQL
from mistakes_in_text import IN_THE_FILE, IN_THE_PARTIES, IN_THE_POLICY
from sound_consortium import CANARY, Mistake, write_sound

__all__ = ["CANARY", "IN_THE_OWN_FILE", "IN_THE_TABLES", "MISTAKES", "Mistake", "write_sound"]

IN_THE_TABLES = [*IN_THE_SQL, *IN_THE_DATA]

MISTAKES = [
    *IN_THE_FILE,
    *IN_THE_PARTIES,
    *IN_THE_KEYS,
    *IN_THE_CARD,
    *IN_THE_HIDDEN_CARD,
    *IN_THE_POLICY,
    *IN_THE_TABLES,
]
