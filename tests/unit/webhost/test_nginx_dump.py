"""Reading what ``nginx -T`` prints."""

from __future__ import annotations

from tapak_webhost.agent.nginx_dump import claimed, listeners

DUMP = """\
# configuration file /etc/nginx/nginx.conf:
events {}
http {
    server { listen 80; server_name a.test; }  # listen 1;
    server { listen 127.0.0.1:8080 default_server; listen [::1]:8081; }
    server { listen 192.0.2.1; listen *:82 ssl; listen unix:/run/x.sock; listen localhost:83; }
}
# configuration file /etc/nginx/tapak.d/site-b.test.conf:
server {
    listen 80;
    server_name "b.test";
}
# configuration file /etc/nginx/zz.conf:
server {
    server_name x.test b.test;
}
"""


def test_addresses_are_found_with_their_places() -> None:
    found = [(str(each.address), each.port, each.file, each.line) for each in listeners(DUMP)]
    main = "/etc/nginx/nginx.conf"
    assert found == [
        ("0.0.0.0", 80, main, 3),
        ("127.0.0.1", 8080, main, 4),
        ("::1", 8081, main, 4),
        ("0.0.0.0", 82, main, 5),
        ("192.0.2.1", 80, main, 5),
        ("0.0.0.0", 80, "/etc/nginx/tapak.d/site-b.test.conf", 2),
    ]


def test_who_else_has_a_name() -> None:
    assert claimed(DUMP, "b.test", "site-b.test.conf") == ("/etc/nginx/zz.conf", 2)
    assert claimed(DUMP, "a.test", "site-a.test.conf") == ("/etc/nginx/nginx.conf", 3)
    assert claimed(DUMP, "c.test", "site-c.test.conf") == ("", 0)
