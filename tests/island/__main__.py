"""The guarded client on a machine that is every address: `unshare --net --mount python -m tests.island FOLDER`.

In its network namespace nothing but loopback exists, and every address is routed there: each bad address has a
server on the ports of the public ones, so that nothing but the rule keeps the client from it. Prints one JSON object.
"""

import http.client
import ipaddress
import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import httpx

from services.worker.guarded_http import GuardedClient
from shared.domain.link import IpAddress, is_allowed_address
from shared.errors import LinkRefused, LinkUnreachable
from tests.bad_links import ADDRESSES, DISGUISES, HOSTS
from tests.island.dns import Dns, name_of
from tests.island.servers import Servers

PUBLIC = ipaddress.ip_address("93.184.215.14")
OTHER = ipaddress.ip_address("2606:4700:4700::1111")
HOME = ipaddress.ip_address("127.0.0.1")
REBINDINGS = 100

Send = Callable[[str], object]


def make_island(folder: Path) -> None:
    """Route every address to ourselves, and ask a name server of ours alone (in this mount namespace)."""
    for command in (
        "ip link set lo up",
        "ip route add local 0.0.0.0/0 dev lo",
        "ip -6 route add local ::/0 dev lo",
        "mount --make-rprivate /",
    ):
        subprocess.run(command.split(), check=True)
    files = {"resolv.conf": "nameserver 127.0.0.1\noptions timeout:1\n", "nsswitch.conf": "hosts: files dns\n"}
    for name, text in files.items():
        made = folder / name
        made.write_text(text, encoding="ascii")
        subprocess.run(["mount", "--bind", made, f"/etc/{name}"], check=True)


class Island:
    def __init__(self) -> None:
        self.servers = Servers()
        self.dns = Dns((PUBLIC, HOME))
        self.tried = self.refused = 0
        client = GuardedClient(ssl_context=ssl.create_default_context())
        limits = {"max_bytes": 1_000, "seconds": 10, "redirects": 3}
        self.fetch: Send = lambda url: client.fetch(url, **limits)
        self.sends: tuple[Send, Send] = (
            self.fetch,
            lambda url: client.post(url, body="{}", headers={}, seconds=10),
        )

    def reaches(self, send: Send, url: str) -> set[IpAddress]:
        """The addresses at which `send` reached a server."""
        before = len(self.servers.reached)
        self.tried += 1
        try:
            send(url)
        except LinkRefused:
            self.refused += 1
        except LinkUnreachable:
            pass
        return {address for address, _ in self.servers.reached[before:]}


def spellings(island: Island) -> list[str]:
    """Those that led anywhere, by fetch or post, of each spelling on each scheme's port and on another."""
    return [
        url
        for host in HOSTS
        for url in (f"http://{host}/", f"https://{host}/", f"http://{host}:8080/")
        for send in island.sends
        if island.reaches(send, url)
    ]


def names(island: Island) -> list[str]:
    """Names of bad addresses that led to one, and names of a bad and a public one that did not lead to the latter."""
    ways = [(send, "http") for send in island.sends] + [(send, "https") for send in island.sends]
    through = []
    for bad in map(ipaddress.ip_address, ADDRESSES):
        through += [name_of(bad) for send, scheme in ways if island.reaches(send, f"{scheme}://{name_of(bad)}/")]
        mixed = (name_of(bad, PUBLIC), name_of(PUBLIC, bad))
        through += [
            name for name in mixed for send in island.sends if island.reaches(send, f"http://{name}/") != {PUBLIC}
        ]
    return through


def redirects(island: Island) -> list[str]:
    """Spellings, and names of bad addresses, to which a redirect of a public server led."""
    targets = [*HOSTS, *(name_of(ipaddress.ip_address(address)) for address in ADDRESSES)]
    return [
        host
        for host in targets
        if min(host) >= " "
        and island.reaches(island.fetch, f"http://{PUBLIC}/to/{quote(f'http://{host}/')}") != {PUBLIC}
    ]


def rebindings(island: Island) -> dict[str, int]:
    """How often a name that is public at every other lookup led to either of its addresses."""
    reached = [island.reaches(send, "http://rebinding.example/") for _ in range(REBINDINGS) for send in island.sends]
    return {
        "tried": len(reached),
        "lookups": island.dns.lookups,
        "public": reached.count({PUBLIC}),
        "home": sum(HOME in one for one in reached),
    }


def careless_rebindings(island: Island) -> int:
    """How often the same name leads home whoever checks it and then looks it up once more to connect."""
    before = len(island.servers.reached)
    for _ in range(10):
        island.dns.lookups = 0
        checked = ipaddress.ip_address(socket.getaddrinfo("rebinding.example", 80)[0][4][0])
        if is_allowed_address(checked, scheme="http", port=80):
            connection = http.client.HTTPConnection("rebinding.example", timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
            connection.close()
    return sum(address == HOME for address, _ in island.servers.reached[before:])


def careless_spellings(island: Island) -> int:
    """How many of the spellings lead a client without a guard to a server."""
    count = 0
    with httpx.Client(timeout=5, trust_env=False) as client:
        for host in HOSTS:
            before = len(island.servers.reached)
            with suppress(httpx.HTTPError, httpx.InvalidURL, UnicodeError, OSError):
                client.get(f"http://{host}/")
            count += len(island.servers.reached) > before
    return count


def main() -> None:
    make_island(Path(sys.argv[1]))
    island = Island()
    said = {
        "public": [str(a) for a in (PUBLIC, OTHER) if island.reaches(island.fetch, f"http://{name_of(a)}/") == {a}],
        "spellings": len(HOSTS),
        "addresses": len(ADDRESSES),
        "disguises": len(DISGUISES),
        "through": {"spelling": spellings(island), "name": names(island), "redirect": redirects(island)},
        "rebinding": rebindings(island),
        "tried": island.tried,
        "refused": island.refused,
        "careless": {"spelling": careless_spellings(island), "rebinding": careless_rebindings(island)},
    }
    sys.stdout.write(f"{json.dumps(said)}\n")


if __name__ == "__main__":
    main()
