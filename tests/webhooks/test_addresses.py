"""Which addresses are called: laws over whole ranges, and what happens to a name that stands for something else."""

import asyncio
import datetime as dt
import socket
import ssl
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from service.clock import Clock
from service.ledger.refusals import AddressRefused
from service.ledger.webhooks import addresses
from service.ledger.webhooks.addresses import Resolver, inner_address, is_allowed, is_public
from service.ledger.webhooks.records import Sent
from service.ledger.webhooks.sending import Sender
from service.ledger.webhooks.urls import read_url
from tests.webhooks.receiver import Receiver, receiving

pytestmark = pytest.mark.anyio

# From the registries of special-purpose addresses (RFC 6890 and its successors), not from the code.
NEVER_4 = [
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.2.0/24"),
    *("192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
]
NEVER_6 = [
    *("::/128", "::1/128", "::/96", "100::/64", "2001:db8::/32", "2001::/32", "2002::/16", "3fff::/20"),
    *("fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "5f00::/16", "64:ff9b:1::/48"),
]
PUBLIC = ["1.1.1.1", "93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8"]
ANYTHING_4 = st.integers(0, 2**32 - 1).map(IPv4Address)


def within(networks: list[str]) -> st.SearchStrategy[Any]:
    """Any address of any of these networks, their ends among them."""

    def of(network: Any) -> st.SearchStrategy[Any]:
        size = network.num_addresses - 1
        return (
            st.sampled_from([0, size])
            .flatmap(lambda end: st.one_of(st.just(end), st.integers(0, size)))
            .map(lambda offset: network[offset])
        )

    return st.sampled_from([ip_network(one) for one in networks]).flatmap(of)


@given(within(NEVER_4))
def test_no_special_address_of_version_4_is_public(address: IPv4Address) -> None:
    assert not is_public(address)


@given(within(NEVER_6))
def test_no_special_address_of_version_6_is_public(address: IPv6Address) -> None:
    assert not is_public(address)


@given(ANYTHING_4)
def test_an_address_inside_another_is_judged_as_itself(address: IPv4Address) -> None:
    for prefix in (0xFFFF << 32, 0x64FF9B << 96):
        outer = IPv6Address(prefix | int(address))
        assert inner_address(outer) == address
        assert is_public(outer) is is_public(address)
        network = [IPv4Network(f"{address}/32")]
        assert is_allowed(outer, network)


@given(st.integers(0, 2**128 - 1).map(IPv6Address))
def test_nothing_outside_of_global_unicast_is_public(address: IPv6Address) -> None:
    if is_public(address) and inner_address(address) is None:
        assert address in IPv6Network("2000::/3")


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_public(text: str) -> None:
    host = f"[{text}]" if ":" in text else text
    assert read_url(f"https://{host}/in", ()).path == "/in"


@given(st.one_of(within(NEVER_4), within(NEVER_6)))
def test_only_what_the_operator_names_is_called_beside_them(address: IPv4Address | IPv6Address) -> None:
    host = f"[{address}]" if address.version == 6 else str(address)
    named = [ip_network(f"{inner_address(address) or address}" if address.version == 6 else f"{address}")]
    for scheme in ("http", "https"):
        with pytest.raises(AddressRefused):
            read_url(f"{scheme}://{host}/", ())
        assert read_url(f"{scheme}://{host}/", named).scheme == scheme


@pytest.mark.parametrize("text", PUBLIC[:2])
def test_a_public_address_is_called_over_tls_alone(text: str) -> None:
    with pytest.raises(AddressRefused):
        read_url(f"http://{text}/", [IPv4Network("10.0.0.0/8")])


# -- names


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


async def sent(url: str, networks: Any = (), trust: ssl.SSLContext | None = None) -> Sent:
    resolver = Resolver(networks)
    sender = Sender(url, resolver, trust or httpx.create_ssl_context())
    try:
        return await sender.send({"Content-Type": "application/json"}, b"{}", Clock().now())
    finally:
        await sender.close()
        resolver.close()


def named(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """A name server that gives these answers in turn; and what it was asked."""
    asked: list[str] = []
    remaining = list(answers)

    def getaddrinfo(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        found = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 0)) for one in found]

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("answer", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["fe80::1%eth0"]])
async def test_a_name_that_stands_for_a_private_address_is_not_called(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver, answer: list[str]
) -> None:
    named(monkeypatch, answer)
    port = httpx.URL(receiver.url).port
    assert (await sent(f"https://hooks.example.org:{port}/in")).outcome == "address-refused"
    assert not receiver.got


async def test_a_name_that_changes_its_mind_is_called_where_it_was_checked(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    """What is connected to is the address that was judged: nobody asks for the name again."""
    asked = named(monkeypatch, ["127.0.0.1"], ["10.255.255.1"])
    port = httpx.URL(receiver.url).port
    told = await sent(f"http://hooks.example.org:{port}/in", [IPv4Network("127.0.0.0/8")])
    assert told.outcome == "delivered"
    assert asked == ["hooks.example.org"]
    assert receiver.got[0].headers["host"] == f"hooks.example.org:{port}"


async def test_an_address_that_does_not_answer_is_followed_by_the_next(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    named(monkeypatch, ["127.0.0.9", "127.0.0.1"])
    port = httpx.URL(receiver.url).port
    told = await sent(f"http://hooks.example.org:{port}/in", [IPv4Network("127.0.0.0/8")])
    assert (told.outcome, len(receiver.got)) == ("delivered", 1)


async def test_a_look_up_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang(*_: Any, **__: Any) -> Any:
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result(10)
        raise OSError("no answer")

    monkeypatch.setattr("socket.getaddrinfo", hang)
    monkeypatch.setattr(addresses, "LOOKUP_S", 0.2)
    began = loop.time()
    assert (await sent("https://hooks.example.org/")).outcome == "timed-out"
    assert loop.time() - began < 2
    release.set()


async def test_a_port_where_nobody_listens_is_unreachable() -> None:
    assert (await sent("http://127.0.0.1:9/", [IPv4Network("127.0.0.0/8")])).outcome == "unreachable"


# -- certificates


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's side for a host of this name, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    both = folder / "server.pem"
    both.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(both)
    trusting = ssl.create_default_context(cafile=str(both))
    return server, trusting


@pytest.mark.parametrize(
    ("host", "outcome"), [("hooks.example.org", "delivered"), ("other.example.org", "unreachable")]
)
async def test_the_certificate_is_that_of_the_name_though_the_address_is_called(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: str, outcome: str
) -> None:
    named(monkeypatch, ["127.0.0.1"])
    server, trusting = certificate(tmp_path, "hooks.example.org")
    with receiving(server) as receiver:
        port = httpx.URL(receiver.url).port
        told = await sent(f"https://{host}:{port}/in", [IPv4Network("127.0.0.0/8")], trusting)
        assert told.outcome == outcome
        assert len(receiver.got) == (outcome == "delivered")
        stranger = await sent(f"https://{host}:{port}/in", [IPv4Network("127.0.0.0/8")])
        assert stranger.outcome == "unreachable", "a certificate that nobody vouches for"
