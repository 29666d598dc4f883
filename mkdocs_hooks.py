"""Hooks of `mkdocs build`: Mermaid is served by the site, and nothing is loaded from other hosts.

The theme loads Mermaid from a CDN if a page has a diagram. `make docs` gets the file from npm.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError

MERMAID = Path(".cache/docs/package/dist/mermaid.min.js")
_COPY = "assets/javascripts/mermaid.min.js"
# `__md_scope` is the URL of the site's root, which the theme defines on every page.
_LOCAL_URL = f'new URL("{_COPY}",__md_scope).href'
_DIAGRAM_OPTIONS = '%%{init: {"state": {"nodeSpacing": 40, "rankSpacing": 100}}}%%'
_CDN_URL = re.compile(r'"https://unpkg\.com/mermaid@[^"]+"')
# A substitute that the theme loads in browsers from before 2020.
_POLYFILL = '"https://unpkg.com/resize-observer-polyfill"'

_REMOTE = r"(?:https?:)?//[^\s\"')>]+"
_LOADING_TAG = re.compile(
    rf"<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*\b(?:src|data)=[\"']?({_REMOTE})"
    rf"|<link\b(?![^>]*\brel=[\"']?(?:canonical|prev|next)\b)[^>]*\bhref=[\"']?({_REMOTE})"
)
_LOADING_CSS = re.compile(rf"(?:url\([\"']?|@import\s+[\"'])({_REMOTE})")
_LOADING_SCRIPT = re.compile(
    r"[\"'`](https?://(?:[^\"'`\s]+\.(?:m?js|css|woff2?)|"
    r"(?:unpkg\.com|cdn\.jsdelivr\.net|cdnjs\.cloudflare\.com|fonts\.[a-z]+\.com)[^\"'`\s]*))"
)
_LOADING = {".html": _LOADING_TAG, ".css": _LOADING_CSS, ".js": _LOADING_SCRIPT}


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return the page with more space in its diagrams, so that labels do not overlap."""
    return markdown.replace("```mermaid\n", f"```mermaid\n{_DIAGRAM_OPTIONS}\n")


def on_post_build(config: Any, **_: Any) -> None:
    """Add Mermaid to the site, and check that the site loads no file from another host."""
    site = Path(config["site_dir"])
    _serve_mermaid(site)
    remote = [f"{path.relative_to(site)}: {url}" for path, url in remote_assets(site)]
    if remote:
        raise PluginError("the site loads files from other hosts:\n" + "\n".join(remote))


def _serve_mermaid(site: Path) -> None:
    if not MERMAID.is_file():
        raise PluginError(f"{MERMAID} does not exist; run `make docs`, which gets it from npm")
    shutil.copyfile(MERMAID, site / _COPY)
    [bundle] = (site / "assets/javascripts").glob("bundle.*.min.js")
    text, count = _CDN_URL.subn(_LOCAL_URL, bundle.read_text(encoding="utf-8"))
    if count != 1:
        raise PluginError(f"{bundle.name} has {count} URLs of Mermaid, not 1; adapt {__file__}")
    bundle.write_text(text.replace(_POLYFILL, '""'), encoding="utf-8")


def remote_assets(site: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file of the site with each URL of another host that it loads."""
    for path in sorted(site.rglob("*")):
        pattern = _LOADING.get(path.suffix)
        if pattern is not None:
            for match in pattern.finditer(path.read_text(encoding="utf-8")):
                yield path, next(url for url in match.groups() if url)
