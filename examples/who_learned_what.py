"""A run and who learned what, from Python: the toy consortium, one job, its ledger."""

from __future__ import annotations

import tempfile
from pathlib import Path

from privscore import load
from privscore.inspect.ledger import ledger
from privscore.methods import named
from privscore.runs.folder import open_run
from privscore.runtime.local import run_job
from privscore.scenarios import write


def main() -> None:
    """Run the toy by secret sharing and print what each party learned."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        consortium = load(write("toy", folder / "toy"))
        # `remember=False`: no party's journal keeps an answer that goes to nobody.
        record = run_job(consortium, named("secret-sum"), folder / "run", remember=False)
        run = open_run(folder / "run")  # every hash of the folder is checked
        print(f"{record.name}: {record.people} people, {len(run.parties)} parties' folders")
        for account in ledger(run).parties:
            print(", ".join(account.members))
            for learned in account.learned:
                print(f"  {learned.sentence}")


if __name__ == "__main__":
    main()
