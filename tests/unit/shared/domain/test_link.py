import ipaddress

import pytest

from shared.domain.link import check_link, is_allowed_address, parse_link
from shared.errors import LinkRefused
from tests.bad_links import ADDRESSES, HOSTS

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.15",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:200::1",
    "2001:db7::1",
    "2003::1",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
]


@pytest.mark.parametrize("suffix", ["", ":443", ":8443"])
@pytest.mark.parametrize("host", HOSTS)
def test_no_spelling_of_a_bad_address_passes_over_https(host, suffix):
    with pytest.raises(LinkRefused) as refusal:
        check_link(f"https://{host}{suffix}/image.jpg")
    assert refusal.value.reason == "forbidden_address"


@pytest.mark.parametrize("suffix", ["", ":80", ":8080"])
@pytest.mark.parametrize("host", HOSTS)
def test_no_spelling_of_a_bad_address_passes_over_http(host, suffix):
    with pytest.raises(LinkRefused) as refusal:
        check_link(f"http://{host}{suffix}/image.jpg")
    assert refusal.value.reason == "forbidden_address"


@pytest.mark.parametrize(("scheme", "port"), [("https", 443), ("http", 80)])
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_bad_address_is_refused_on_the_ports_of_the_public(address, scheme, port):
    assert not is_allowed_address(ipaddress.ip_address(address), scheme=scheme, port=port)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_allowed_on_its_schemes_port_only(address):
    ip = ipaddress.ip_address(address)
    assert is_allowed_address(ip, scheme="https", port=443)
    assert is_allowed_address(ip, scheme="http", port=80)
    for scheme, port in [("https", 80), ("http", 443), ("https", 8443), ("http", 22)]:
        assert not is_allowed_address(ip, scheme=scheme, port=port)


def test_whatever_a_second_table_of_special_addresses_refuses_is_refused():
    registry = pytest.importorskip("ssrfguard._registry")
    blocks = [block.network for block in registry.TABLE if block.reach is not registry.Reach.PERMITTED]
    let_through = [
        address
        for network in blocks
        for address in (network[0], network[-1])
        if is_allowed_address(address, scheme="https", port=443)
    ]
    assert len(blocks) > 40
    assert let_through == []


def test_an_allowed_network_is_reached_on_any_port_and_only_that_network():
    assert check_link("http://127.0.0.1:9000/a", allowed=LOOPBACK).port == 9000
    assert check_link("https://127.0.0.1:8443/a", allowed=LOOPBACK).scheme == "https"
    assert check_link("http://localhost:9000/a", allowed=LOOPBACK).host == "localhost"
    for url in ("http://10.0.0.1:80/a", "http://8.8.8.8:9000/a", "http://[::1]:9000/a"):
        with pytest.raises(LinkRefused):
            check_link(url, allowed=LOOPBACK)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]", "127.0.0.1."])
def test_a_disguise_is_refused_even_where_the_address_is_allowed(host):
    with pytest.raises(LinkRefused):
        check_link(f"http://{host}:9000/", allowed=LOOPBACK)


def test_a_name_on_another_port_waits_for_dns_only_when_some_network_is_allowed():
    assert check_link("http://images.example:9000/a", allowed=LOOPBACK).port == 9000
    with pytest.raises(LinkRefused):
        check_link("http://images.example:9000/a")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/a.jpg",
        "//example.com/a.jpg",
        "https:example.com/a.jpg",
        "https:/example.com/a.jpg",
        "https:///example.com/a.jpg",
        "https:\\\\example.com\\a.jpg",
        "https://",
        "https://?a",
        "https://:443/",
        " https://example.com/a.jpg",
        "https://example.com/a b.jpg",
        "https://example.com/a.jpg\n",
        "https://example.com/\u202egpj.a",
        "https://example.com/\ud800",
        "ftp://example.com/a.jpg",
        "file:///etc/passwd",
        "gopher://example.com:80/",
        "data:image/png;base64,AAAA",
        "javascript://example.com/%0aalert(1)",
        "http+unix://example.com/",
        "https://user:password@example.com/",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:-1/",
        "https://example.com:4٤3/",
        "https://example.com:443:80/",
        "https://example.com:/",
        "https://exa mple.com/",
        "https://사진.example/",
        "https://-example.com/",
        "https://example-.com/",
        f"https://{'a' * 64}.com/",
        f"https://{'a.' * 127}com/",
        "https://[2606:4700::1111/",
        "https://[2606:4700::1111%25eth0]/",
        "https://2606:4700::1111/",
        f"https://example.com/{'a' * 2048}",
    ],
)
def test_what_different_programs_may_read_differently_is_refused(url):
    with pytest.raises(LinkRefused) as refusal:
        check_link(url)
    assert refusal.value.detail.endswith(".")


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://Example.COM", "https://example.com/"),
        ("https://example.com:443/A?b=C#d", "https://example.com/A?b=C"),
        ("https://example.com?q=1", "https://example.com/?q=1"),
        ("http://example.com.:80/", "http://example.com/"),
        ("https://my_bucket.s3.example/%7Ea/@1", "https://my_bucket.s3.example/%7Ea/@1"),
        ("https://example.com/사진.jpg", "https://example.com/%EC%82%AC%EC%A7%84.jpg"),
        ("https://example.com#@127.0.0.1/", "https://example.com/"),
        ("https://xn--9d0bm53a.example/", "https://xn--9d0bm53a.example/"),
        ("https://[2606:4700:0:0::1111]/", "https://[2606:4700::1111]/"),
        ("https://8.8.8.8/a", "https://8.8.8.8/a"),
        ("https://127.0.0.1.nip.example/a", "https://127.0.0.1.nip.example/a"),
    ],
)
def test_a_common_link_is_read_into_its_one_canonical_form(url, canonical):
    link = check_link(url)
    assert str(link) == canonical
    assert parse_link(str(link)) == link


@pytest.mark.parametrize("port", ["0", "00000", "65536", "99999"])
def test_what_is_no_port_is_refused_in_an_allowed_network_too(port):
    with pytest.raises(LinkRefused):
        check_link(f"http://127.0.0.1:{port}/", allowed=LOOPBACK)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://10.0.0.1/", "10.0.0.1 is not a public address"),
        ("http://example.com:8080/", "ask the operator to add the network to JINWI_ALLOWED_NETWORKS"),
        ("http://user:password@example.com/", "user name or password"),
        ("http://2130706433/", "not written in the common form"),
        ("http://[fe80::1%25eth0]/", "has a zone"),
        ("http://example.com\\@10.0.0.1/", "backslash"),
        ("ftp://example.com/", "only https and http"),
        ("http://example.com:x/", "not a port"),
        ("http://사진.example/", "xn--"),
        ("example.com/a.jpg", "does not begin with https://"),
    ],
)
def test_a_refusal_says_what_is_wrong(url, sentence):
    with pytest.raises(LinkRefused) as refusal:
        check_link(url)
    assert sentence in refusal.value.detail
