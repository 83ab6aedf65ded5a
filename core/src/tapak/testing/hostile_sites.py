"""Words that would like to be more than words: a path, a directive, a header, a page."""

from __future__ import annotations

from tapak.sdk.resources import Redirect

HOSTILE_NAMES = (
    "../x.example.test",
    "..",
    ".",
    "/etc/passwd",
    "www.example.test\n",
    "www.example.test\0.example.test",
    "-a.example.test",
    "a-.example.test",
    "a..b.example.test",
    ".example.test",
    "*.example.test",
    "a_b.example.test",
    "a b.example.test",
    "a/b.example.test",
    "antré.example.test",
    "аntrean.example.test",
    "ab--cd.example.test",
    "contoh",
    "",
    "127.0.0.1",
    f"{'a' * 64}.example.test",
    f"{'a.' * 130}test",
    "a.example.test#",
    'a"> Redirect 302 / http.example.test',
    "tapak-marker.invalid",
)
HOSTILE_HEADERS = (
    ("X-A", "a\nb"),
    ("X-A", 'a" env=x'),
    ("X-A", "a\\"),
    ("X-A", "${PATH}"),
    ("X-A", "expr=%{reqenv:PATH}"),
    ("X-A", ""),
    ("X-A", " a"),
    ("X-A", "é"),
    ("X-A", "a\0"),
    ("X A", "a"),
    ("X-A\n", "a"),
    ("", "a"),
    ("X-A:", "a"),
    ("Set-Cookie", "a=b"),
    ("Content-Length", "0"),
    ("Transfer-Encoding", "chunked"),
    ("X-Tapak-Site", "lain.example.test; served=mass"),
)
HOSTILE_REDIRECTS = (
    Redirect("lama", "/baru"),
    Redirect("/lama\n", "/baru"),
    Redirect('/lama" "http://x.test/', "/baru"),
    Redirect("/../lama", "/baru"),
    Redirect("/lama", "/baru\nRedirect / http://x.test/"),
    Redirect("/lama", "//x.test/"),
    Redirect("/lama", "javascript:alert(1)"),
    Redirect("/lama", "${PATH}"),
    Redirect("/lama", ""),
    Redirect("/lama", "/lama/lagi"),
    Redirect("/", "/baru"),
    Redirect("/lama", "/baru", 200),
    Redirect("/lama", "/baru", 99999),
)
UNPRINTABLE = ("", " ", "a\nb", "a\0", "a\u202eb", "\ud800", "a" * 201)
