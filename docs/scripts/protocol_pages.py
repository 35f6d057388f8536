"""Write the page of every protocol, `docs/protocols/NAME.md`, from its own file."""

from __future__ import annotations

from pathlib import Path

from privscore.inspect.protocol import shown
from protocols.core.spec import find_specs

PAGES = Path(__file__).parents[1] / "protocols"


def pages() -> dict[Path, str]:
    """Path and text of every page."""
    made = [shown(spec) for spec in find_specs().values()]
    return {PAGES / f"{each.name}.md": each.page() for each in made}


def main() -> None:
    PAGES.mkdir(exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
