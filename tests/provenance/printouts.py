"""Four files with all of their evidence, as `jinwi verify --evidence full` prints it: `python -m tests.provenance.printouts`.

It starts the whole system with the test authority on the trust list, and writes what is printed in both languages into
docs/explanation/evidence.md.
"""

import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import httpx
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bench.pictures import photographs
from deploy.local.servers import free_ports
from tests.provenance.authority import TRAINED, action, sign, trusted_signer
from tests.provenance.containers import camera
from tests.provenance.generator_cases import A1111

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "evidence.md"
BEGIN, END = "<!-- printouts: python -m tests.provenance.printouts -->\n", "<!-- end of printouts -->\n"

LANGUAGES = {"en": "en_US.UTF-8", "ko": "ko_KR.UTF-8"}
TITLES = {
    "photograph.jpg": "A photograph with a camera's EXIF",
    "a1111.png": "A PNG with the settings of AUTOMATIC1111",
    "signed.jpg": "A file that a listed authority's signer signed",
    "tampered.jpg": "The signed file with one bit of its picture changed",
}

# Other at every run, or with every model: ids, and what follows from the score.
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PERCENT = re.compile(r"\d %")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="jinwi-printouts-") as folder:
        home = Path(folder)
        (home / "trust.pem").write_text(trusted_signer().root, encoding="ascii")
        address = {"JINWI_HOME": str(home / "data"), "JINWI_PORT": str(free_ports(1)[0])}
        command({**address, "JINWI_C2PA_TRUST": str(home / "trust.pem")}, "up", "--detach")
        try:
            url, admin = f"http://127.0.0.1:{address['JINWI_PORT']}", (home / "data" / "key").read_text().strip()
            printed = {language: printouts(url, admin, home, language) for language in LANGUAGES}
        finally:
            command(address, "down")
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}{page(printed)}{END}{rest.partition(END)[2]}", encoding="utf-8")


def files() -> dict[str, bytes]:
    """By name: nothing in them was made by anybody but this project."""
    (taken, drawn, made) = photographs(3, seed=7)
    exif, signed = camera(width=512, height=512), sign(made, "image/jpeg", action("c2pa.created", TRAINED, "GPT-4o"))
    tampered = bytearray(signed)
    tampered[-2000] ^= 1
    return {
        "photograph.jpg": _with_exif(taken, exif),
        "a1111.png": _png(drawn),
        "signed.jpg": signed,
        "tampered.jpg": bytes(tampered),
    }


def printouts(url: str, admin: str, folder: Path, language: str) -> dict[str, str]:
    """What is printed for each file of a new tenant, verified one after the other. `admin` is a key with all scopes."""
    environment = {"JINWI_URL": url, "JINWI_API_KEY": new_key(url, admin), "LC_ALL": LANGUAGES[language]}
    printed = {}
    for name, data in files().items():
        (folder / name).write_bytes(data)
        said = command(environment, "verify", name, "--evidence", "full", cwd=folder)
        printed[name] = said.partition("\n\n")[2].partition("\n\n")[0].rstrip() + "\n"
    return printed


def same(printed: str) -> str:
    """The printout without what varies from run to run: ids, the line of the forms, the verdict of a twin."""
    lines = [line for line in printed.splitlines() if not _PERCENT.search(line)]
    return "\n".join(_ID.split(line)[0] for line in lines)


def kept() -> dict[str, dict[str, str]]:
    """The printouts that stand in the page, by language and file."""
    shown = re.findall(
        r"^```\n(.*?)^```", PAGE.read_text(encoding="utf-8").partition(BEGIN)[2], re.DOTALL | re.MULTILINE
    )
    blocks = iter(shown[: len(TITLES) * len(LANGUAGES)])
    found: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    for name in TITLES:
        for language in LANGUAGES:
            found[language][name] = next(blocks)
    return found


def page(printed: Mapping[str, Mapping[str, str]]) -> str:
    return "".join(
        f"\n### {title}\n\n" + "".join(f"```\n{printed[language][name]}```\n\n" for language in LANGUAGES)
        for name, title in TITLES.items()
    )


def new_key(url: str, admin: str) -> str:
    """Of a new tenant: one that has seen none of the files."""
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {admin}"}) as client:
        tenant = client.post("/v1/tenants", json={"name": f"printouts-{uuid4()}"}).raise_for_status().json()["id"]
        wanted = {"name": "printouts", "scopes": ["submit", "read"], "tenant_id": tenant}
        return str(client.post("/v1/keys", json=wanted).raise_for_status().json()["key"])


def command(environment: Mapping[str, str], *arguments: str, cwd: Path | None = None) -> str:
    """Standard output of the command line; raises CalledProcessError with what it complained of."""
    done = subprocess.run(
        [Path(sys.executable).with_name("jinwi"), *arguments],
        env={**os.environ, **environment}, cwd=cwd, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, arguments, done.stdout, done.stderr)
    return done.stdout


def _with_exif(data: bytes, exif: bytes) -> bytes:
    block = b"Exif\0\0" + exif
    return data[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + data[2:]


def _png(data: bytes) -> bytes:
    info, file = PngInfo(), io.BytesIO()
    info.add_text("parameters", A1111.replace("64x48", "512x512"))
    Image.open(io.BytesIO(data)).save(file, "PNG", pnginfo=info)
    return file.getvalue()


if __name__ == "__main__":
    main()
