"""A name server on UDP (RFC 1035) whose names say what it answers, and one of which it gives two answers in turn."""

import ipaddress
import socket
import struct
import threading

from shared.domain.link import IpAddress

A, AAAA, IN = 1, 28, 1
RECORD_TYPE = {4: A, 6: AAAA}
_POINTER_TO_NAME = b"\xc0\x0c"


def name_of(*addresses: IpAddress) -> str:
    """A name that leads to these addresses at every lookup: their bytes in hexadecimal."""
    return ".".join(address.packed.hex() for address in addresses) + ".at.example"


class Dns:
    """`rebinding`.example leads to the first of two addresses at odd lookups and to the second at even ones."""

    def __init__(self, rebinding: tuple[IpAddress, IpAddress]) -> None:
        self._rebinding = rebinding
        self.lookups = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            query, sender = self._socket.recvfrom(512)
            self._socket.sendto(self._answer(query), sender)

    def _answer(self, query: bytes) -> bytes:
        labels, at = [], 12
        while length := query[at]:
            labels.append(query[at + 1 : at + 1 + length].decode().lower())
            at += 1 + length
        question = query[12 : at + 5]
        [wanted] = struct.unpack_from(">H", query, at + 1)
        records = [address for address in self._addresses(labels, wanted) if RECORD_TYPE[address.version] == wanted]
        head = query[:2] + struct.pack(">HHHHH", 0x8580, 1, len(records), 0, 0)
        return head + question + b"".join(map(_record, records))

    def _addresses(self, labels: list[str], wanted: int) -> list[IpAddress]:
        if labels == ["rebinding", "example"]:
            self.lookups += wanted == A
            return [self._rebinding[(self.lookups - 1) % 2]]
        if labels[-2:] == ["at", "example"]:
            return [ipaddress.ip_address(bytes.fromhex(label)) for label in labels[:-2]]
        return []


def _record(address: IpAddress) -> bytes:
    kept_for = 0
    kind = RECORD_TYPE[address.version]
    return _POINTER_TO_NAME + struct.pack(">HHIH", kind, IN, kept_for, len(address.packed)) + address.packed
