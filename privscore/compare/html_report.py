"""A comparison as one page that opens offline: tables, plots, their renderer, and the JSON itself.

Nothing is fetched: the page's security policy forbids it, and allows no script but those in it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from privscore.compare.comparison import (
    COLUMNS,
    OPENED_NOTE,
    Comparison,
    Measured,
    Row,
    Traffic,
    coalition_text,
    figures_of,
    opened_text,
    policy_text,
    stated_text,
)
from privscore.consortium.policy import FACT_WORDS

ASSETS = Path(__file__).parent / "report_assets"
RENDERER = ("vega", "vega-lite", "vega-interpreter")
_PLAIN = "#8a94a6"  # the baseline: grey, so that the methods stand out
_COLOURS = (  # Okabe and Ito, told apart by the colour-blind too
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#7f6b00"
)  # fmt: skip
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "stroke")


def page(comparison: Comparison) -> str:
    """The whole page; the same comparison gives the same bytes."""
    scripts = [*(_script(name) for name in RENDERER), (ASSETS / "page.js").read_text("utf-8")]
    ran = [(row, row.measured) for row in comparison.rows if row.measured is not None]
    first = comparison.rows[0]
    return Template((ASSETS / "page.html").read_text("utf-8")).substitute(
        script_hashes=" ".join(f"'sha256-{_sha256(script)}'" for script in scripts),
        css=(ASSETS / "page.css").read_text("utf-8"),
        name=escape(comparison.name),
        purpose=escape(comparison.purpose),
        people=f"{comparison.people:,}",
        platform_count=len(comparison.platforms),
        platforms=escape(", ".join(comparison.platforms)),
        requester=escape(comparison.requester),
        baseline=escape(first.method),
        costs=_costs(comparison.rows) + "\n".join(map(_stated, comparison.rows)),
        refused="\n".join(map(_refused, comparison.rows)),
        opened=_opened(comparison.rows),
        opened_note=escape(OPENED_NOTE),
        traffic=_traffic(comparison, ran),
        machine=escape(", ".join(f"{key} {value}" for key, value in comparison.machine.items())),
        versions=escape(", ".join(f"{key} {value}" for key, value in comparison.versions.items())),
        agreement=comparison.agreement_sha256,
        renderer=escape(", ".join(f"{name} {version}" for name, version in versions().items())),
        licences=escape("\n".join((ASSETS / f"{n}.LICENSE").read_text("utf-8") for n in RENDERER)),
        comparison=_inert(comparison.json().decode()),
        plots=_inert(json.dumps(plots(comparison), ensure_ascii=False)),
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
    )


def versions() -> dict[str, str]:
    """The versions of the renderer's packages, as the README of its folder names them."""
    text = (ASSETS / "README.md").read_text("utf-8")
    return {name: re.search(rf"\[{name}\].*?\| ([\d.]+) \|", text)[1] for name in RENDERER}  # type: ignore[index]


def plots(comparison: Comparison) -> dict[str, dict[str, Any]]:
    """The Vega-Lite specification of each plot, with its data."""
    methods = [row.method for row in comparison.rows if row.measured is not None]
    specs = {}
    for name, values in figures(comparison).items():
        spec = json.loads((ASSETS / "plots" / f"{name}.json").read_text("utf-8"))
        for part in spec.get("hconcat", ()):  # the whole scale, so that the place on it shows
            part["encoding"]["y"]["scale"] = {"domain": FACT_WORDS}
        specs[name] = _in_our_colours(spec, methods) | {
            "datasets": {name: values},
            "background": None,
            "config": _CONFIG,
        }
    return specs


def figures(comparison: Comparison) -> dict[str, list[dict[str, Any]]]:
    """What each plot shows, as lines of a table: the comparison's own figures, none besides."""
    people = comparison.people
    ran = [(row, row.measured) for row in comparison.rows if row.measured is not None]
    methods = {row.method for row, _ in ran}
    return {
        "time": [
            {"method": sample.method, "people": sample.people, "part": part, "seconds": seconds}
            for sample in comparison.by_people
            for part, seconds in (("set-up", sample.setup_s), ("online", sample.online_s))
        ],
        "bytes": [
            {"method": row.method, "kind": kind, "bytes_per_person": count / people}
            for row, measured in ran
            for kind, count in measured.sent_bytes_by_kind.items()
        ],
        "learned": [
            {
                "method": row.method,
                "learns": _most_learned(row),
                "online_s": measured.online_s,
                "times_clear": measured.times_clear,
                "bytes_per_person": measured.sent_bytes_per_person,
            }
            for row, measured in ran
        ],
        "platforms": [
            {
                "method": sized.method,
                "platforms": sized.platforms,
                "bytes_per_person": sized.payload_bytes_per_person,
                "rounds": sized.rounds,
                "here": sized.platforms == len(comparison.platforms),
            }
            for sized in comparison.by_platforms
            if sized.method in methods
        ],
    }


def _most_learned(row: Row) -> str:
    """The highest step of the scale that a method opens to any party, as a word."""
    steps = [FACT_WORDS.index(word) for word in row.learns.values()]
    return FACT_WORDS[max(steps, default=0)]


_FONT = 'system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif'
_CONFIG: dict[str, Any] = {
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": "#5b6577", "titleColor": "#5b6577", "titleFontWeight": 500,
        "gridColor": "#eef1f5", "domainColor": "#c3cad6", "tickColor": "#c3cad6",
        "labelFontSize": 11, "titleFontSize": 12, "titlePadding": 8,
    },
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "orient": "bottom", "columns": 4},
}  # fmt: skip


def _in_our_colours(spec: Any, methods: Sequence[str]) -> Any:
    """A specification in which every method has its own colour and shape, the same in all plots."""
    if isinstance(spec, list):
        return [_in_our_colours(each, methods) for each in spec]
    if not isinstance(spec, dict):
        return spec
    scales: dict[str, list[str]] = {
        "color": [_PLAIN, *(_COLOURS[k % len(_COLOURS)] for k in range(len(methods)))],
        "shape": [_SHAPES[k % len(_SHAPES)] for k in range(len(methods))],
    }
    coloured = {}
    for key, value in spec.items():
        coloured[key] = _in_our_colours(value, methods)
        if key in scales and value == {"field": "method"}:
            scale = {"domain": list(methods), "range": scales[key][: len(methods)]}
            coloured[key] = {"field": "method", "type": "nominal", "title": None, "scale": scale}
    return coloured


# The tables. --------------------------------------------------------------------------------------


def _costs(rows: Sequence[Row]) -> str:
    return _table(
        ("method", *(column.title for column in COLUMNS)),
        ((row.method, *figures_of(row)) for row in rows),
    )


def _opened(rows: Sequence[Row]) -> str:
    return _table(
        ("method", "opens, to whom", "harmless coalitions", "not hidden besides"),
        (
            (row.method, opened_text(row), coalition_text(row), " ".join(row.not_hidden))
            for row in rows
        ),
        kind="text",
    )


def _traffic(comparison: Comparison, ran: Sequence[tuple[Row, Measured]]) -> str:
    def cell(traffic: Traffic) -> str:
        sent, received = traffic.sent_bytes, traffic.received_bytes
        return f"{sent / comparison.people:,.0f} / {received / comparison.people:,.0f}"

    return _table(
        ("party", *(row.method for row, _ in ran)),
        (
            (party, *(cell(measured.traffic[party]) for _, measured in ran))
            for party in comparison.parties
        ),
    )


def _stated(row: Row) -> str:
    text = stated_text(row)
    return f"<p>{escape(text)}</p>" if text else ""


def _refused(row: Row) -> str:
    text = policy_text(row)
    return f'<p class="refused">{escape(text)}</p>' if text else ""


def _table(head: Iterable[str], rows: Iterable[Iterable[str]], kind: str = "figures") -> str:
    def line(cells: Iterable[str], tag: str) -> str:
        filled = (escape(cell).replace("\n", "<br>") for cell in cells)
        return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in filled) + "</tr>"

    body = "\n".join(line(row, "td") for row in rows)
    return (
        f'<div class="scroll"><table class="{kind}"><thead>{line(head, "th")}</thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


# The scripts. -------------------------------------------------------------------------------------


def _script(name: str) -> str:
    path = ASSETS / f"{name}.min.js"
    if not path.exists():
        path = ASSETS / f"{name}.js"
    text = path.read_text("utf-8")
    if name == "vega-interpreter":  # a module, which a page on a disk could not import
        text = text.replace("import {", "const {", 1).replace("} from 'vega-util';", "} = vega;", 1)
        text = text.replace(
            "export { expression as expressionInterpreter };",
            "globalThis.vegaExpression = expression;",
        )
        text = f"(() => {{\n{text}\n}})();"
    return text


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _inert(text: str) -> str:
    """JSON that cannot end the element it stands in."""
    return text.replace("<", "\\u003c")
