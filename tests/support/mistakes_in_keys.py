"""Mistakes in what a party is known and reached by: its keys and its addresses."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sound_consortium import SOUND, Mistake, edit, write_sound

SEED = bytes(range(7, 39))
KEY = Ed25519PrivateKey.from_private_bytes(SEED)
PUBLIC = KEY.public_key().public_bytes_raw().hex()
WALLET = 'table = "wallet.csv"\n'
NAMED = f'{WALLET}public_key = "{PUBLIC}"\n'
WITH_KEY = f'{NAMED}identity = "wallet.key"\n'
KEYED = SOUND.replace(WALLET, WITH_KEY)  # the sound consortium, whose wallet has an identity


def pem(key: Ed25519PrivateKey | X25519PrivateKey = KEY, password: bytes = b"") -> bytes:
    """A private key as `cryptography` writes it."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption(),
    )


def write_key(path: Path, body: bytes, mode: int = 0o600) -> None:
    """A file that its owner alone can read, or others too."""
    path.write_bytes(body)
    path.chmod(mode)


def _with_key(body: bytes, mode: int = 0o600, wallet: str = WITH_KEY) -> Callable[[Path], Path]:
    """The sound consortium with this file as the wallet's key."""

    def make(folder: Path) -> Path:
        write_key(folder / "wallet.key", body, mode)
        return write_sound(folder, SOUND.replace(WALLET, wallet))

    return make


def _address(key: str, name: str, value: str, cause: str = "no address") -> Mistake:
    text = f'{WALLET}{key} = "{value}"\n'
    return Mistake(name, edit(WALLET, text), f"{key} = ", (f"`{key}`", cause))


IN_THE_KEYS = [
    _address("endpoint", "an endpoint without a port", "wallet.example"),
    _address("endpoint", "an endpoint that anybody can read along", "http://wallet.example"),
    _address("endpoint", "an endpoint at a port that is none", "wallet.example:65536"),
    _address("endpoint", "an endpoint at port 0", "https://wallet.example:0/"),
    _address("endpoint", "an endpoint without a host", "wss:///path"),
    _address("endpoint", "an empty endpoint", ""),
    _address("dial", "a dial with a control character", "https://relay.example/\\u0007"),
    _address("dial", "a dial with a line of its own behind it", "relay.example:443\\n"),
    _address("dial", "a dial with a blank", "https://relay.example/a b"),
    _address(
        "dial", "a dial that is too long", "https://relay.example/" + "a" * 2000, "2,000 characters"
    ),
    Mistake(
        "a public key with a digit too many",
        edit(WALLET, NAMED.replace(PUBLIC, PUBLIC + "0")),
        "public_key",
        ("64",),
    ),
    Mistake(
        "two parties with one public key",
        lambda f: write_sound(
            f,
            SOUND.replace(WALLET, NAMED).replace(
                'table = "market.csv"\n', f'table = "market.csv"\npublic_key  = "{PUBLIC}"\n'
            ),
        ),
        "public_key  =",
        ("wallet and market", "same"),
    ),
    Mistake(
        "a named key that is not here",
        edit(WALLET, NAMED),
        "[[party]]",
        ("wallet", "private key is not here"),
    ),
    Mistake(
        "an identity that the agreement does not name",
        _with_key(pem(), wallet=f'{WALLET}identity = "wallet.key"\n'),
        "identity",
        ("wallet", "no `public_key`"),
    ),
    Mistake(
        "an empty identity",
        edit(WALLET, f'{NAMED}identity = " "\n'),
        "identity",
        ("`identity` is empty",),
    ),
    Mistake(
        "an identity that is not there",
        edit(WALLET, WITH_KEY),
        "identity",
        ("wallet.key", "cannot be read"),
    ),
    Mistake("an identity that is no key", _with_key(b"hello"), "identity", ("not an Ed25519",)),
    Mistake(
        "an identity that is too long", _with_key(b"0" * 4097), "identity", ("not an Ed25519",)
    ),
    Mistake(
        "an identity a digit short", _with_key(SEED.hex()[1:].encode()), "identity", ("64 hexa",)
    ),
    Mistake(
        "an identity with a password",
        _with_key(pem(password=b"secret")),
        "identity",
        ("without a password",),
    ),
    Mistake(
        "an identity for another purpose",
        _with_key(pem(X25519PrivateKey.from_private_bytes(SEED))),
        "identity",
        ("not an Ed25519",),
    ),
    Mistake(
        "the identity of somebody else",
        _with_key(bytes(32).hex().encode()),
        "identity",
        ("wallet.key", "does not fit the `public_key`"),
    ),
    *(
        Mistake(
            f"an identity that {who} can {what}",
            _with_key(pem(), 0o600 | mode),
            "identity",
            ("others", "wallet.key"),
        )
        for who, what, mode in (
            ("others", "read", 0o004),
            ("a group", "read", 0o040),
            ("others", "write", 0o002),
        )
        if os.name == "posix"
    ),
]
