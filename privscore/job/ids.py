"""What a job and its sessions are called: hashes of all that they depend on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from privscore.consortium import Agreement


def job_id(agreement: Agreement, method: str, nonces: Mapping[str, bytes]) -> bytes:
    """SHA-256 of agreement, method and everybody's nonce: 32 public bytes."""
    digest = hashlib.sha256(b"privscore/job\0" + agreement.sha256 + method.encode() + b"\0")
    for name in agreement.party_ids:
        digest.update(nonces[name])
    return digest.digest()


def session_id(
    job: bytes, phase: str, number: int = 0, attempt: int = 0, setup: bytes = b""
) -> bytes:
    """SHA-256 of job, phase, number of the shard or question, and attempt: no two share it.

    `setup` is the id of an earlier job's setup, if this one reuses it.
    """
    tail = f"privscore/session\0{phase}\0{number}\0{attempt}".encode()
    return hashlib.sha256(job + tail + (b"\0" + setup if setup else b"")).digest()
