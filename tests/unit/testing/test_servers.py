import http.client

import dns.message
import dns.query
import dns.rcode

from tapak.demo.servers.apache import ApacheServer
from tapak.demo.servers.bind import BindServer
from tapak.demo.servers.postgresql import PostgresqlServer
from tapak.demo.servers.redis import RedisServer


def test_each_fixture_gives_a_running_server(
    postgresql_server: PostgresqlServer, redis_server: RedisServer, bind_server: BindServer, apache_server: ApacheServer
) -> None:
    servers = (postgresql_server, redis_server, bind_server, apache_server)
    assert all(server.running() and server.answers() for server in servers)
    assert len({server.port for server in servers}) == len(servers)


def test_bind_answers_for_the_shared_zone(bind_server: BindServer) -> None:
    query = dns.message.make_query("example.test", "SOA")
    answer = dns.query.udp(query, bind_server.address, port=bind_server.port, timeout=5)
    assert answer.rcode() == dns.rcode.NOERROR
    assert answer.answer


def test_apache_serves_a_directory_as_soon_as_it_is_made(apache_server: ApacheServer) -> None:
    public = apache_server.sites / "fixture.example.test" / "public"
    public.mkdir(parents=True)
    (public / "index.html").write_text("tapak")
    connection = http.client.HTTPConnection("127.0.0.1", apache_server.port, timeout=5)
    connection.request("GET", "/", headers={"Host": "fixture.example.test"})
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"tapak")
    connection.close()
