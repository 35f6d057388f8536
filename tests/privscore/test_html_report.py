"""The comparison's page: the JSON's own figures, every plot drawn, nothing asked of any network."""

from __future__ import annotations

import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import msgspec
import pytest
from toy_comparison import METHODS, comparison

from privscore.compare.comparison import COLUMNS, Comparison
from privscore.compare.html_report import ASSETS, RENDERER, figures, page, plots, versions

pytestmark = pytest.mark.slow

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
PLOTS = {"time", "bytes", "learned", "platforms"}
METHOD_NAMES = ("clear", *METHODS)


def element(text: str, name: str) -> str:
    match = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', text, re.S)
    assert match is not None
    return match[1]


def test_the_page_holds_the_comparison_as_json_prints_it() -> None:
    held = element(page(comparison()), "comparison")
    assert json.loads(held) == json.loads(comparison().json())
    assert msgspec.json.decode(held, type=Comparison) == comparison()


def test_the_tables_of_the_page_are_written_from_it() -> None:
    result = comparison()
    cells = re.findall(r"<td>(.*?)</td>", page(result))
    for row in result.rows:
        assert row.measured is not None
        position = cells.index(row.method)
        assert cells[position + 1 : position + 1 + len(COLUMNS)] == [
            each.text(row.measured) for each in COLUMNS
        ]


def test_the_plots_hold_the_figures_of_the_comparison_and_no_others() -> None:
    result = comparison()
    held = json.loads(element(page(result), "plots"))
    assert set(held) == PLOTS
    for name, lines in figures(result).items():
        assert held[name]["datasets"] == {name: lines}
        assert lines
    shown = {
        (it["method"], it["people"], it["part"]): it["seconds"] for it in figures(result)["time"]
    }
    assert shown == {
        (run.method, run.people, part): seconds
        for run in result.by_people
        for part, seconds in (("set-up", run.setup_s), ("online", run.online_s))
    }
    rows = {row.method: row.measured for row in result.rows}
    for bar in figures(result)["bytes"]:
        measured = rows[bar["method"]]
        assert measured is not None
        assert bar["bytes_per_person"] * result.people == pytest.approx(
            measured.sent_bytes_by_kind[bar["kind"]]
        )
    assert {each["method"] for each in figures(result)["learned"]} == set(METHOD_NAMES)


def test_a_method_without_figures_is_on_the_page_with_its_reason() -> None:
    clear, first, last = comparison().rows
    failed = msgspec.structs.replace(
        first, state="failed", why="wallet <fell> silent", measured=None
    )
    refused = msgspec.structs.replace(last, state="refused", why="it opens too much", measured=None)
    result = msgspec.structs.replace(comparison(), rows=(clear, failed, refused))
    text = page(result)
    assert f"{first.method} failed: wallet &lt;fell&gt; silent" in text
    assert f"{last.method} may not run: it opens too much" in text
    rows = re.findall(r"<tr><td>([\w-]+)</td><td>(.*?)</td>", text)
    assert [method for method, _ in rows[:6]] == [*METHOD_NAMES] * 2  # in both tables
    assert [error for _, error in rows[:3]] == ["0", "-", "-"]
    for name in PLOTS - {"time"}:  # there the smaller jobs stay, which did run
        assert {each["method"] for each in figures(result)[name]} == {"clear"}


def test_a_method_has_one_colour_and_one_shape_in_all_plots() -> None:
    seen = re.findall(
        r'"(color|shape)": (\{"field": "method".*?\}\})', json.dumps(plots(comparison()))
    )
    assert {kind for kind, _ in seen} == {"color", "shape"}
    assert len(set(seen)) == 2
    assert all(json.loads(scale)["scale"]["domain"] == list(METHOD_NAMES) for _, scale in seen)


def test_words_of_a_file_stay_words() -> None:
    hostile = '</script><script>fetch("http://x")</script><img src=x>&'
    result = msgspec.structs.replace(comparison(), name=hostile, purpose=hostile)
    text = page(result)
    assert text.count("<script>") == page(comparison()).count("<script>")
    assert "<img" not in text
    assert html.escape(hostile) in text
    assert json.loads(element(text, "comparison"))["name"] == hostile


def test_the_renderer_is_the_one_that_its_readme_names() -> None:
    text = (ASSETS / "README.md").read_text(encoding="utf-8")
    named = dict(re.findall(r"^\| `([\w.-]+)` \|.*\| `([0-9a-f]{64})` \|$", text, re.M))
    assert set(named) == {path.name for path in ASSETS.glob("vega*.js")}
    for file, digest in named.items():
        assert hashlib.sha256((ASSETS / file).read_bytes()).hexdigest() == digest
    assert f'version="{versions()["vega"]}"' in (ASSETS / "vega.min.js").read_text(encoding="utf-8")
    for name in RENDERER:
        licence = (ASSETS / f"{name}.LICENSE").read_text(encoding="utf-8")
        assert html.escape(licence) in page(comparison())


# In a browser. ------------------------------------------------------------------------------------


class Outside:
    """All of the network, as far as the browser can tell; it remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        outside = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outside.asked.append(f"{self.headers['Host']}{self.path}")
                self.send_error(404)

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def outside() -> Iterator[Outside]:
    server = Outside()
    thread = threading.Thread(target=server.server.serve_forever)
    thread.start()
    yield server
    server.server.shutdown()
    thread.join()
    server.server.server_close()


def opened(text: str, folder: Path, outside: Outside, width: int = 1200) -> str:
    """The page as a browser of this many pixels has it in the end; every host is `outside`."""
    if BROWSER is None:
        assert not os.environ.get("PRIVSCORE_NEEDS_CHROMIUM"), "this run must have a Chromium"
        pytest.skip(f"none of {', '.join(BROWSERS)} is here to open the page")
    path = folder / "report.html"
    path.write_text(text, encoding="utf-8")
    command = [
        *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
        *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
        "--disable-features=NetworkTimeServiceQuerying",
        *("--disable-sync", f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=20000"),
        *(f"--window-size={width},900", "--hide-scrollbars"),
        f"--host-resolver-rules=MAP * 127.0.0.1:{outside.server.server_port}",
        *("--dump-dom", path.as_uri()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_browser_draws_every_plot_and_asks_nobody_for_anything(
    tmp_path: Path, outside: Outside
) -> None:
    drawn = opened(page(comparison()), tmp_path, outside)
    assert f'data-drawn="{len(PLOTS)}"' in drawn
    for name in PLOTS:
        part = drawn[drawn.index(f'data-plot="{name}"') :].partition("</figure>")[0]
        assert "<svg" in part, f"{name}: {part[:300]}"
        marks = len(re.findall(r'aria-roledescription="(?:point|bar)"', part))
        panels = 2 if name == "learned" else 1
        assert marks == panels * len(figures(comparison())[name])
        for method in METHOD_NAMES:
            assert f">{method}</text>" in part, f"{name} does not show {method}"
    assert outside.asked == []


def without_policy(text: str) -> str:
    """The page without what keeps it from running a test's script and from asking anybody."""
    free = re.sub(r'<meta http-equiv="Content-Security-Policy".*?>', "", text)
    assert free != text
    return free


@pytest.mark.parametrize("width", [600, 1200])
def test_no_plot_is_wider_than_its_frame(width: int, tmp_path: Path, outside: Outside) -> None:
    long = comparison().json().replace(b'"masked-sum"', b'"a-method-of-long-name"')
    text = without_policy(page(msgspec.json.decode(long, type=Comparison)))
    look = """<script>setTimeout(() => {
        document.body.dataset.cut = [...document.querySelectorAll("figure")]
            .filter((each) => each.scrollWidth > each.clientWidth).length;
    }, 5000)</script></body>"""
    seen = opened(text.replace("</body>", look), tmp_path, outside, width)
    assert f'data-drawn="{len(PLOTS)}"' in seen
    assert 'data-cut="0"' in seen


def test_the_page_would_be_caught_asking_and_its_policy_forbids_it(
    tmp_path: Path, outside: Outside
) -> None:
    asking = page(comparison()).replace("<header>", '<img src="http://elsewhere.test/x"><header>')
    opened(asking, tmp_path, outside)
    assert outside.asked == []
    (tmp_path / "free").mkdir()
    opened(without_policy(asking), tmp_path / "free", outside)
    assert outside.asked == ["elsewhere.test/x"]
