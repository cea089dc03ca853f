"""What the terms for a picture's digital source claim: http://cv.iptc.org/newscodes/digitalsourcetype/."""

from collections.abc import Mapping

from shared.domain.provenance import Claim

AI = "trainedAlgorithmicMedia"

_CLAIMS: Mapping[str, Claim] = {
    AI: Claim.AI,
    "compositeWithTrainedAlgorithmicMedia": Claim.EDITED_WITH_AI,
    "digitalCapture": Claim.CAMERA,
    "computationalCapture": Claim.CAMERA,
    "negativeFilm": Claim.CAMERA,
    "positiveFilm": Claim.CAMERA,
    "print": Claim.CAMERA,
    "humanEdits": Claim.EDITED,
    "minorHumanEdits": Claim.EDITED,  # retired, and found in many files
    "compositeCapture": Claim.EDITED,
    "algorithmicallyEnhanced": Claim.EDITED,
    "softwareImage": Claim.EDITED,
    "digitalArt": Claim.EDITED,  # retired
    "digitalCreation": Claim.EDITED,
    "dataDrivenMedia": Claim.EDITED,
    "algorithmicMedia": Claim.EDITED,
    "screenCapture": Claim.EDITED,
    "virtualRecording": Claim.EDITED,
    "composite": Claim.EDITED,
    "compositeSynthetic": Claim.EDITED,  # synthetic is drawn by any program, not only by a trained one
}


def term(value: object) -> str:
    """The last part of the term's address, which is sometimes written alone; empty where there is none."""
    return value.strip().rstrip("/").rsplit("/", 1)[-1][:64] if isinstance(value, str) else ""


def claim_of(value: object) -> Claim | None:
    """None: no term of the vocabulary."""
    return _CLAIMS.get(term(value))
