"""A certificate authority of our own, and pictures that its signers sign with C2PA."""

import functools
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
CAPTURE = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"

_DAY = timedelta(days=1)
_USAGES = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
_USAGES += ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")


@dataclass(frozen=True, kw_only=True, slots=True)
class Signer:
    """`root` is what goes into a trust list, `chain` the signer's certificate and then the root, all in PEM."""

    root: str
    chain: bytes
    key: bytes


def make_signer(
    name: str = "Test Camera",
    *,
    lasts: timedelta = _DAY,
    ocsp: str | None = None,
    about: str = "Test Authority",
) -> Signer:
    """A new authority and one certificate from it that `lasts` so long from now; `ocsp` is where to ask about it."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, now = _name(f"{about} Root", about), datetime.now(UTC)
    root = (
        _certificate(root_name, root_name, root_key.public_key(), now + 3000 * _DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_key_usage("key_cert_sign", "crl_sign"), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _certificate(_name(name, about), root_name, key.public_key(), now + lasts)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
    )
    if ocsp is not None:
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp))
        leaf = leaf.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    root_pem = root.public_bytes(serialization.Encoding.PEM)
    return Signer(
        root=root_pem.decode(),
        chain=leaf.sign(root_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM) + root_pem,
        key=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )


@functools.cache
def trusted_signer() -> Signer:
    """The one whose root the tests put on the trust list."""
    return make_signer()


@functools.cache
def other_signer() -> Signer:
    """One like it from an authority that nobody lists."""
    return make_signer("Somebody", about="Another Authority")


def action(name: str = "c2pa.created", source: str | None = None, software: str | None = None) -> dict[str, str]:
    said = {"action": name, "digitalSourceType": source, "softwareAgent": software}
    return {member: value for member, value in said.items() if value is not None}


def sign(
    data: bytes,
    media_type: str = "image/jpeg",
    *actions: dict[str, str],
    signer: Signer | None = None,
    parent: bytes | None = None,
    component: bytes | None = None,
    remote: str | None = None,
    title: str = "picture",
    generator: str = "Test Generator",
) -> bytes:
    """The file with a manifest; `parent` and `component` are JPEGs that went into it; `remote` puts it elsewhere."""
    signer = signer or trusted_signer()
    manifest = {
        "claim_generator_info": [{"name": generator, "version": "1.0"}],
        "title": title,
        "format": media_type,
        "assertions": [{"label": "c2pa.actions", "data": {"actions": list(actions)}}] if actions else [],
    }
    settings = c2pa.Settings.from_dict(
        {"verify": {"verify_after_sign": False}, "builder": {"thumbnail": {"enabled": False}}}
    )
    signed = io.BytesIO()
    info = c2pa.C2paSignerInfo(b"es256", signer.chain, signer.key, None)
    with (
        c2pa.Context(settings=settings) as context,
        c2pa.Signer.from_info(info) as key,
        c2pa.Builder(manifest, context=context) as builder,
    ):
        if parent is not None:
            builder.set_intent(c2pa.C2paBuilderIntent.EDIT)  # begins with c2pa.opened
        for ingredient, relationship in ((parent, "parentOf"), (component, "componentOf")):
            if ingredient is not None:
                said = {"title": relationship, "relationship": relationship}
                builder.add_ingredient(said, "image/jpeg", io.BytesIO(ingredient))
        if remote is not None:
            builder.set_no_embed()
            builder.set_remote_url(remote)
        builder.sign(key, media_type, io.BytesIO(data), signed)
    return signed.getvalue()


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - _DAY)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "KR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _key_usage(*given: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in given for usage in _USAGES})
