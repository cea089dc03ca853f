"""Every setting: one name, one default, one line. The environment holds `JINWI_` + the name in capitals.

An empty variable is as if it were not set. A secret may instead be a file of that name (in small letters) in
/run/secrets, as Docker puts it there.
"""

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.domain.link import IpNetwork
from shared.domain.retraining import Mode
from shared.domain.rollout import Plan
from shared.errors import ConfigurationError

SECRETS_DIRECTORY = Path("/run/secrets")

FINISH_SECONDS = 5.0
"""For how long results are offered to a database that is away, before the lease is left to run out."""

LOAD_SECONDS = 10.0
"""For how long the object store may take to hand out one image."""

# Read by clients (the SDK and the command line), which import nothing of ours.
CLIENT_VARIABLES = frozenset({"JINWI_URL", "JINWI_API_KEY"})


class Settings(BaseSettings):
    """Read once in each composition root and handed on; nobody else looks at the environment."""

    model_config = SettingsConfigDict(env_prefix="JINWI_", env_ignore_empty=True, frozen=True, extra="ignore")

    home: Path = Field(Path(".jinwi"), description="Folder of the embedded stack: all data, the files `key` and `pid`.")
    host: str = Field("127.0.0.1", description="Address that the API listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port that the API listens on.")

    postgres_dsn: str = Field("postgresql://jinwi@127.0.0.1:5432/jinwi", description="libpq connection string.")
    postgres_password: SecretStr | None = Field(None, description="Password, where the connection string has none.")
    postgres_pool: int = Field(8, ge=1, description="Most connections one process holds.")
    redis_url: str = Field("redis://127.0.0.1:6379/0", description="Redis that carries the doorbell.")
    redis_password: SecretStr | None = Field(None, description="Password, where the Redis URL has none.")
    s3_endpoint: str = Field("127.0.0.1:9000", description="HOST:PORT of the object store.")
    s3_secure: bool = Field(default=False, description="Whether the object store is spoken to over TLS.")
    s3_region: str = Field("us-east-1", description="Region of the object store; always given, never asked for.")
    s3_access_key: SecretStr = Field(SecretStr("jinwi"), description="Access key of the object store.")
    s3_secret_key: SecretStr = Field(SecretStr("jinwi-secret"), description="Secret key of the object store.")
    s3_images_bucket: str = Field("jinwi-images", description="Bucket of the submitted images.")
    s3_models_bucket: str = Field("jinwi-models", description="Bucket of the model versions.")

    max_body_bytes: int = Field(25_000_000, ge=1, description="Largest image file accepted, uploaded or fetched.")
    appeal_file_bytes: int = Field(50_000_000, ge=1, description="Largest file accepted with an appeal.")
    appeal_bytes: int = Field(100_000_000, ge=1, description="Most bytes of all files of one appeal together.")
    link_requests_per_minute: int = Field(
        120, ge=0, description="Requests a minute from one address to permanent links; 0: no limit."
    )
    max_model_bytes: int = Field(
        500_000_000, ge=1, description="Largest model version accepted, all its files together."
    )
    spool_dir: Path = Field(
        Path(".jinwi/spool"), description="Folder in which the API keeps appeals and model versions while they arrive."
    )
    max_pixels: int = Field(80_000_000, ge=1, description="Most pixels (width × height) of an image accepted.")
    max_side: int = Field(30_000, ge=1, description="Longest side in px of an image accepted.")
    max_wait_seconds: float = Field(60, ge=0, description="Longest `Prefer: wait` that is honoured.")
    idempotency_hours: float = Field(24, gt=0, description="How long an idempotency key is remembered.")

    submissions_per_minute: int = Field(
        6000, ge=0, description="Submissions a minute of a tenant that has no limit of its own; 0: no limit."
    )
    requests_per_minute: int = Field(
        12_000, ge=0, description="Other requests a minute of a tenant that has no limit of its own; 0: no limit."
    )
    submissions_per_day: int = Field(
        0, ge=0, description="Jobs a day (UTC) of a tenant that has no quota of its own; 0: no limit."
    )
    bulk_backlog: int = Field(
        200_000, ge=0, description="Queued bulk jobs above which bulk submissions are told to wait; 0: no limit."
    )

    allowed_networks: Annotated[tuple[IpNetwork, ...], NoDecode] = Field(
        (),
        description="CIDRs, comma-separated, that links and callbacks may reach though they are not public.",
    )
    fetch_seconds: float = Field(8, gt=0, description="Wall-clock limit of one try at a link.")
    fetch_redirects: int = Field(3, ge=0, description="Most redirects followed for a link, each checked again.")
    webhook_seconds: float = Field(15, gt=0, description="Wall-clock limit of one webhook attempt.")
    webhook_endpoints: int = Field(20, ge=1, description="Most webhook endpoints of one tenant.")
    webhook_disable_days: float = Field(
        5, gt=0, description="A webhook endpoint that has only failed for so long is disabled."
    )
    webhook_rotation_hours: float = Field(
        24, ge=0, description="How long a replaced webhook secret goes on signing beside the new one."
    )

    worker_processes: int = Field(1, ge=1, description="Scoring processes of one worker.")
    fetch_threads: int = Field(8, ge=1, description="Links that one fetcher fetches at the same time.")
    batch_size: int = Field(8, ge=1, le=64, description="Most jobs that one claim takes.")
    lease_seconds: float = Field(90, gt=0, description="How long a claim holds a job without finishing it.")
    drain_seconds: float = Field(20, gt=0, description="After this long a batch begins no further job.")
    sweep_seconds: float = Field(1, gt=0, description="Pause between two rounds of the sweeper.")
    decoder_seconds: float = Field(15, gt=0, description="Wall-clock and CPU limit for decoding one image.")
    decoder_memory_bytes: int = Field(2 << 30, ge=256 << 20, description="Address-space limit of the decoder.")
    c2pa_trust: Path | None = Field(
        None, description="PEM file, or folder of them: certificates whose C2PA signatures are trusted; none: nobody's."
    )
    onnx_provider: Literal["cpu", "cuda"] = Field("cpu", description="ONNX Runtime provider; cuda needs extra `gpu`.")
    onnx_threads: int = Field(1, ge=1, description="ONNX Runtime threads of one scoring process.")
    model_cache: Path = Field(Path(".jinwi/models"), description="Folder in which workers keep model files.")
    model_poll_seconds: float = Field(2, gt=0, description="How often a worker asks which model is champion.")
    model_signing_key: Path | None = Field(
        None,
        description="PEM file of the private key (EC P-256) that signs model versions; for retrainer and set-up alone.",
    )
    model_public_key: Path | None = Field(
        None, description="PEM file of this installation's own public key: versions that it signed are trusted."
    )
    model_trust: Path | None = Field(
        None, description="PEM file, or folder of them: public keys of others whose model versions are trusted."
    )
    model_signatures: Literal["check", "require"] = Field(
        "check",
        description="check: a model version's signature, where there is one, must be by a trusted key; require: there "
        "must be one.",
    )
    shadow_share: float = Field(
        0.10, ge=0, le=1, description="Share of the pictures that a challenger in shadow scores beside the champion."
    )
    shadow_hours: float = Field(24, ge=0, description="Least hours of a challenger in shadow.")
    shadow_images: int = Field(
        1000, ge=0, le=20_000, description="Least pictures it scores there; 0, as its hours: straight on to the canary."
    )
    shadow_days: int = Field(30, ge=1, description="How long the scores of shadow and canary are kept.")
    canary_share: float = Field(
        0.05, ge=0, le=1, description="Share of the pictures that a challenger in canary answers; 0: no canary."
    )
    canary_hours: float = Field(24, ge=0, description="Least hours of a challenger in canary.")
    canary_images: int = Field(
        200, ge=0, le=20_000, description="Least pictures it answers there; 0, as its hours: straight on to champion."
    )
    challenger_errors: float = Field(
        0.01, ge=0, le=1, description="Share of pictures it cannot score above which a challenger is stopped."
    )
    challenger_changed: float = Field(
        0.25, ge=0, le=1, description="Share of changed verdicts above which a challenger is stopped."
    )
    challenger_human_to_ai: float = Field(
        0.02, ge=0, le=1, description="Share that goes from likely_human to likely_ai above which it is stopped."
    )
    challenger_psi: float = Field(
        0.25, ge=0, description="Population stability index of its scores above which a challenger is stopped."
    )
    challenger_uncertain: float = Field(
        0.15, ge=0, le=1, description="Change of the share of uncertain verdicts above which a challenger is stopped."
    )
    maintain_cron: str = Field("17 * * * *", description="When the scheduler asks for housekeeping (cron, UTC).")
    retrain_cron: str = Field("", description="When the scheduler asks for a retraining run (cron, UTC); empty: never.")
    retrain_mode: Mode = Field(Mode.HEAD, description="What a run trains where it does not say: head, full or mixed.")
    retrain_min_samples: int = Field(
        200, ge=0, description="New samples below which a run that does not say otherwise trains nothing."
    )
    retrainer_dir: Path = Field(
        Path(".jinwi/retrainer"), description="Folder in which the retrainer keeps checkpoints and refused candidates."
    )

    harvest_rule: Literal["corroborated", "confident"] = Field(
        "corroborated",
        description="How scores become labels: by posterior and second signal, or as they stand, which is unsafe.",
    )
    harvest_share: float = Field(0.05, ge=0, le=1, description="Share of the lent, confident jobs that is harvested.")
    harvest_days: float = Field(90, gt=0, le=3650, description="Lent jobs older than this are not harvested.")
    harvest_quarantine_days: float = Field(7, ge=0, description="Lent jobs younger than this wait.")
    harvest_posterior: float = Field(
        0.95, gt=0.5, lt=1, description="Probability that a harvested label needs, at the estimated prevalence."
    )
    harvest_tenant_quota: int = Field(1000, ge=0, description="Most samples of a tenant in one run; 0: no limit.")
    harvest_day_quota: int = Field(500, ge=0, description="Most samples of one day in one run; 0: no limit.")
    second_model: str = Field(
        "", description="Version of another model family whose agreement is a second signal; empty: none."
    )
    spot_checks_per_day: int = Field(
        20, ge=0, le=10_000, description="Lent jobs a day on which the operator's reviewers are asked; 0: none."
    )

    metrics_port: int | None = Field(None, description="Port on which a worker, sender or sweeper shows /metrics.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")
    log_format: Literal["json", "console"] = Field("json", description="One JSON object a line, or text for people.")

    @field_validator("allowed_networks", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(ipaddress.ip_network(part.strip()) for part in value.split(",") if part.strip())
        return value

    @property
    def rollout(self) -> Plan:
        return Plan(
            shadow_share=self.shadow_share,
            shadow_hours=self.shadow_hours,
            shadow_images=self.shadow_images,
            canary_share=self.canary_share,
            canary_hours=self.canary_hours,
            canary_images=self.canary_images,
            most_errors=self.challenger_errors,
            most_changed=self.challenger_changed,
            most_human_to_ai=self.challenger_human_to_ai,
            most_psi=self.challenger_psi,
            most_uncertain=self.challenger_uncertain,
        )

    @property
    def longest_batch_seconds(self) -> float:
        """How long a batch may take: begin jobs for so long, load and decode the last one, write what there is."""
        return self.drain_seconds + LOAD_SECONDS + self.decoder_seconds + FINISH_SECONDS

    @model_validator(mode="after")
    def _a_lease_outlives_a_batch(self) -> "Settings":
        if self.lease_seconds <= self.longest_batch_seconds:
            raise ValueError(
                f"JINWI_LEASE_SECONDS must be above {self.longest_batch_seconds:g}: JINWI_DRAIN_SECONDS + "
                f"JINWI_DECODER_SECONDS + {LOAD_SECONDS + FINISH_SECONDS:g}, or jobs are taken back too early"
            )
        return self

    @model_validator(mode="after")
    def _a_lease_outlives_a_fetch(self) -> "Settings":
        # To store an image is given as long as to load one.
        longest = self.fetch_seconds + LOAD_SECONDS + FINISH_SECONDS
        if self.lease_seconds <= longest:
            raise ValueError(
                f"JINWI_LEASE_SECONDS must be above {longest:g}: JINWI_FETCH_SECONDS + "
                f"{LOAD_SECONDS + FINISH_SECONDS:g}, or links are taken back too early"
            )
        return self

    @model_validator(mode="after")
    def _the_decoder_has_room(self) -> "Settings":
        """With too little, codecs fail in ways that look like a damaged image (measured: 21 bytes a pixel)."""
        least = 24 * self.max_pixels + (128 << 20)
        if self.decoder_memory_bytes < least:
            raise ValueError(
                f"JINWI_DECODER_MEMORY_BYTES must be at least {least} for JINWI_MAX_PIXELS={self.max_pixels}"
            )
        return self


def variable(field: str) -> str:
    return f"JINWI_{field.upper()}"


def load() -> Settings:
    """Read the settings; raises ConfigurationError with a line for each wrong variable."""
    try:
        secrets = str(SECRETS_DIRECTORY) if SECRETS_DIRECTORY.is_dir() else None
        return Settings(_secrets_dir=secrets)
    except ValidationError as exc:
        lines = [
            f"{variable(str(error['loc'][0]))}: {error['msg']}" if error["loc"] else error["msg"]
            for error in exc.errors()
        ]
        raise ConfigurationError("; ".join(lines)) from exc


def unknown_variables(environment: Mapping[str, str] = os.environ) -> list[str]:
    """`JINWI_…` variables that nothing reads: most likely a typing error, said at start."""
    known = {variable(name) for name in Settings.model_fields} | CLIENT_VARIABLES
    return sorted(name for name in environment if name.startswith("JINWI_") and name not in known)
