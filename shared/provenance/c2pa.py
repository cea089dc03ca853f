"""C2PA manifests (C2PA 2.2): whether one is whole, whose signature it bears, and what it says.

Two facts that are kept apart: `integrity`, whether signature and hashes fit this file, and `signer`, whether the
certificate leads to one on the operator's list. Nothing is fetched: no remote manifests, no OCSP, no identities.
"""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.domain.provenance import Claim, Finding, Kind, Strength
from shared.imaging.formats import Format
from shared.provenance.digital_source import claim_of, term

_MIME = {image_format: f"image/{image_format}" for image_format in Format}

# Failures that concern who signed and not what (C2PA 2.2, section 15.2.2); any other breaks the manifest.
_ABOUT_THE_SIGNER = frozenset({"signingCredential.untrusted", "signingCredential.expired"})
_VALIDATED = "claimSignature.validated"
_TRUSTED = "signingCredential.trusted"
_EXPIRED = "signingCredential.expired"

# What an action does to the picture itself; publishing, packing or watermarking it leaves it what it was.
_CREATING = frozenset({"c2pa.created", "c2pa.opened"})
_HARMLESS = frozenset(
    {
        "c2pa.published",
        "c2pa.repackaged",
        "c2pa.transcoded",
        "c2pa.converted",
        "c2pa.watermarked",
        "c2pa.edited.metadata",
    }
)
_WITH_AI = frozenset({Claim.AI, Claim.EDITED_WITH_AI})

_MOST_INGREDIENTS = 4
"""Manifests behind the one that counts, of which findings are made."""

_OFFLINE = {
    "verify": {"verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
    "core": {
        "decode_identity_assertions": False,
        "allowed_network_hosts": [],
        "allow_redirects": False,
        "max_decompressed_manifest_size_in_mb": 16,
    },
}

Report = Mapping[str, Any]


class ManifestReader:
    """Loads its native library (23 MB, about 0.1 s) at the first manifest: most processes never see one."""

    def __init__(self, trust_anchors: str) -> None:
        """`trust_anchors`: certificates in PEM, one after the other; empty: nobody is trusted."""
        self._anchors = trust_anchors
        self._context: Any = None

    def findings(self, data: bytes | bytearray, image_format: Format, where: str) -> list[Finding]:
        """What the manifest at `where` says, of itself and of the pictures that went into this one.

        A report of a form that is not known raises whatever comes of it.
        """
        report = self._report(data, image_format)
        if report is None:
            return [_unreadable(where)]
        return list(_findings(report, where, trusting=bool(self._anchors)))

    def _report(self, data: bytes | bytearray, image_format: Format) -> Report | None:
        """None for a manifest that cannot be read."""
        import c2pa  # noqa: PLC0415

        if self._context is None:
            trust = {"trust": {"user_anchors": self._anchors}} if self._anchors else {}
            self._context = c2pa.Context(settings=c2pa.Settings.from_dict({**_OFFLINE, **trust}))
        try:
            with c2pa.Reader(_MIME[image_format], io.BytesIO(data), context=self._context) as reader:
                report: Report = json.loads(reader.json())
        except c2pa.C2paError:
            return None
        return report


def _findings(report: Report, where: str, *, trusting: bool) -> Iterator[Finding]:
    manifests, label = report["manifests"], report["active_manifest"]
    active = manifests[label]
    facts = _facts(report, trusting=trusting)
    yield Finding(
        kind=Kind.C2PA,
        claim=_claim(active) or Claim.EDITED,
        strength=_strength(facts, report),
        where=where,
        details={**facts, **_details(active)},
    )
    if facts["integrity"] == "intact":
        yield from _behind(manifests, active, where, whole=not _failing_ingredients(report))


def _unreadable(where: str) -> Finding:
    details = {"integrity": "broken", "problems": ["manifest.unreadable"], "signer": "unknown"}
    return Finding(kind=Kind.C2PA, claim=Claim.EDITED, strength=Strength.UNSIGNED, where=where, details=details)


def _facts(report: Report, *, trusting: bool) -> dict[str, Any]:
    results = report["validation_results"]["activeManifest"]
    failures = _codes(results, "failure")
    problems = sorted({*failures} - _ABOUT_THE_SIGNER)
    trusted = (
        trusting
        and {_TRUSTED, _VALIDATED} <= {*_codes(results, "success")}
        and not {*failures} & _ABOUT_THE_SIGNER
        and report["validation_results"].get("trustListUri") == "user_anchors"  # ours, and no list of the library's
    )
    signer = "trusted" if trusted else "expired" if _EXPIRED in failures else "unknown"
    return {
        "integrity": "broken" if problems else "intact",
        **({"problems": problems} if problems else {}),
        "signer": signer,
        "revocation": "not_checked",
    }


def _codes(results: Mapping[str, Any], outcome: str) -> list[str]:
    return [str(each["code"]) for each in results.get(outcome) or ()]


def _failing_ingredients(report: Report) -> bool:
    """Whether anything was found wrong with ingredients that the signer did not already say."""
    deltas = report["validation_results"].get("ingredientDeltas") or ()
    return any({*_codes(delta["validationDeltas"], "failure")} - _ABOUT_THE_SIGNER for delta in deltas)


def _strength(facts: Mapping[str, Any], report: Report) -> Strength:
    if facts["integrity"] == "broken":
        return Strength.UNSIGNED
    trusted = facts["signer"] == "trusted" and report["validation_state"] == "Trusted"
    return Strength.SIGNED_TRUSTED if trusted else Strength.SIGNED


def _claim(manifest: Mapping[str, Any]) -> Claim | None:
    """What the actions say together; None where they name no source and no change."""
    actions = _actions(manifest)
    claims = [(action.get("action"), claim_of(action.get("digitalSourceType"))) for action in actions]
    made = next((claim for name, claim in claims if name in _CREATING and claim), None)
    later = [claim for name, claim in claims if name not in _CREATING]
    if made is Claim.AI:
        return Claim.AI
    if made is Claim.EDITED_WITH_AI or _WITH_AI & {*later}:
        return Claim.EDITED_WITH_AI
    if any(name not in _CREATING | _HARMLESS for name, _ in claims):
        return Claim.EDITED
    return made


def _claim_of_ingredient(ingredient: Mapping[str, Any], manifest: Mapping[str, Any]) -> Claim | None:
    """The picture that this one was made from passes on what it is; one that was put into it only that it holds AI."""
    claim = _claim(manifest)
    if ingredient.get("relationship") == "parentOf":
        return claim
    return Claim.EDITED_WITH_AI if claim in _WITH_AI else None


def _actions(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Of all versions of the actions assertion."""
    return [
        action
        for assertion in manifest.get("assertions") or ()
        if str(assertion.get("label")).startswith("c2pa.actions")
        for action in assertion["data"].get("actions") or ()
        if isinstance(action, dict)
    ]


def _details(manifest: Mapping[str, Any]) -> dict[str, Any]:
    signature = manifest.get("signature_info") or {}
    details = {
        "issuer": signature.get("issuer"),
        "common_name": signature.get("common_name"),
        "algorithm": signature.get("alg"),
        "signed_at": signature.get("time"),
        "generator": _generator(manifest),
        "title": manifest.get("title"),
        "actions": [_action(action) for action in _actions(manifest)],
        "ingredients": [
            {"title": each.get("title"), "relationship": each.get("relationship")}
            for each in manifest.get("ingredients") or ()
        ],
    }
    return {name: value for name, value in details.items() if value}


def _action(action: Mapping[str, Any]) -> dict[str, Any]:
    agent = action.get("softwareAgent")
    shown = {
        "action": action.get("action"),
        "digital_source_type": term(action.get("digitalSourceType")),
        "software": _named(agent) if isinstance(agent, dict) else agent,
        "when": action.get("when"),
    }
    return {name: value for name, value in shown.items() if value}


def _generator(manifest: Mapping[str, Any]) -> str | None:
    informed: Sequence[Any] = manifest.get("claim_generator_info") or ()
    return ", ".join(_named(each) for each in informed if isinstance(each, dict)) or manifest.get("claim_generator")


def _named(program: Mapping[str, Any]) -> str:
    return f"{program.get('name') or ''} {program.get('version') or ''}".strip()


def _behind(manifests: Mapping[str, Any], active: Mapping[str, Any], where: str, *, whole: bool) -> Iterator[Finding]:
    """What the manifests of ingredients say. Never trusted: their signers are not ours to judge.

    An ingredient is signed where neither the signer of this picture nor we found it broken.
    """
    waiting, seen = list(active.get("ingredients") or ()), 0
    while waiting and seen < _MOST_INGREDIENTS:
        ingredient, seen = waiting.pop(0), seen + 1
        manifest = manifests.get(ingredient.get("active_manifest"))
        if manifest is None:
            continue
        waiting += manifest.get("ingredients") or ()
        claim = _claim_of_ingredient(ingredient, manifest)
        if claim is None:
            continue
        recorded = (ingredient.get("validation_results") or {}).get("activeManifest") or {}
        intact = (
            whole
            and _VALIDATED in _codes(recorded, "success")
            and not {*_codes(recorded, "failure")} - _ABOUT_THE_SIGNER
        )
        yield Finding(
            kind=Kind.C2PA,
            claim=claim,
            strength=Strength.SIGNED if intact else Strength.UNSIGNED,
            where=f"{where}, ingredient",
            details={
                "relationship": ingredient.get("relationship"),
                "integrity": "intact" if intact else "broken",
                "signer": "unknown",
                "revocation": "not_checked",
                **_details(manifest),
            },
        )
