"""The page that stands until the owner's files come."""

from __future__ import annotations

from html import escape

from tapak_webhost.agent.spec import SiteSpec

_PAGE = """\
<!doctype html>
<html lang="id">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; font: 1.05rem/1.6 system-ui, sans-serif; }}
main {{ max-width: 34rem; padding: 2rem; }}
h1 {{ margin: 0 0 .5rem; font-size: 1.75rem; line-height: 1.25; overflow-wrap: anywhere; }}
p {{ margin: .35rem 0; overflow-wrap: anywhere; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
{owner}<p>Situs ini sedang disiapkan.</p>
<p><small>{name}</small></p>
</main>
</body>
</html>
"""


def placeholder(spec: SiteSpec) -> bytes:
    """The page for ``spec``, in Indonesian; nothing in it comes from elsewhere."""
    owner = f"<p>{escape(spec.owner)}</p>\n" if spec.owner else ""
    return _PAGE.format(title=escape(spec.title), owner=owner, name=escape(spec.name)).encode()
