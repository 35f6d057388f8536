"""Draw `docs/learn/noise-growth.svg` from the code that stands on the page, run as it stands."""

from __future__ import annotations

import re
import sys
import tempfile
from importlib import import_module
from pathlib import Path

LEARN = Path(__file__).parents[1] / "learn"
PAGE = LEARN / "from-a-sum-to-a-ciphertext.md"
PICTURE = LEARN / "noise-growth.svg"

WIDTH, HEIGHT = 640, 340
LEFT, RIGHT, TOP, BOTTOM = 56, 190, 28, 44
COLOURS = ("#1b7f5c", "#2b5fa8", "#b5482a")
MOST_BITS = 24


def series() -> tuple[dict[str, list[float]], float]:
    """What `growth.py` of the page gives, and the room."""
    block = r'^```python title="(\w+\.py)"\n(.*?)^```$'
    blocks = re.findall(block, PAGE.read_text("utf-8"), re.M | re.S)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in blocks:
            Path(folder, name).write_text(text, encoding="utf-8")
        sys.path.insert(0, folder)
        try:
            growth = import_module("growth")
            return growth.series(), float(growth.ROOM)
        finally:
            sys.path.remove(folder)
            for name, _ in blocks:
                sys.modules.pop(name.removesuffix(".py"), None)


def picture() -> str:
    """The whole SVG."""
    noise_bits, room = series()
    steps = max(map(len, noise_bits.values())) - 1

    def x(step: float) -> str:
        return f"{LEFT + step * (WIDTH - LEFT - RIGHT) / steps:.1f}"

    def y(bits: float) -> str:
        return f"{HEIGHT - BOTTOM - bits * (HEIGHT - TOP - BOTTOM) / MOST_BITS:.1f}"

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        "<title>Noise in bits, by operations</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for bits in range(0, MOST_BITS, 5):
        lines += [
            f'<path d="M{x(0)} {y(bits)}H{x(steps)}" stroke="#e3e3e3"/>',
            f'<text x="{LEFT - 8}" y="{y(bits)}" dy="4" text-anchor="end">{bits}</text>',
        ]
    for step in range(steps + 1):
        lines.append(
            f'<text x="{x(step)}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{step}</text>'
        )
    lines += [
        f'<path d="M{x(0)} {y(room)}H{x(steps)}" stroke="#222222" stroke-dasharray="5 4"/>',
        f'<text x="{x(steps)}" y="{y(room)}" dx="8" dy="4">room: Q/2T</text>',
        f'<text x="{LEFT - 40}" y="16">noise, bits</text>',
        f'<text x="{x(steps / 2)}" y="{HEIGHT - 8}" text-anchor="middle">operations</text>',
    ]
    for colour, (what, noises) in zip(COLOURS, noise_bits.items(), strict=True):
        shown = [each for each in noises if each < room - 0.5]
        path = "L".join(f"{x(step)} {y(bits)}" for step, bits in enumerate(shown))
        lines.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines += [
            f'<circle cx="{x(step)}" cy="{y(bits)}" r="3" fill="{colour}"/>'
            for step, bits in enumerate(shown)
        ]
        full = len(shown) < len(noises)
        label = f"{what}{', then full' if full else ''}"
        place = f'x="{x(len(shown) - 1)}" y="{y(shown[-1])}" dx="8" dy="4"'
        lines.append(f'<text {place} fill="{colour}">{label}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
