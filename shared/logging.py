"""Structured logs: one constant event name and ids a line, never objects or secrets."""

import logging
import sys

import structlog
from structlog.tracebacks import ExceptionDictTransformer

from shared.config import Settings, unknown_variables

CHATTY = (
    "httpx",
    "httpcore",
    "urllib3",
    "kombu",
    "amqp",
    "PIL",
    "python_multipart",
    "celery.worker.strategy",
    "celery.app.trace",
)
"""Libraries whose news is ours already, or nobody's."""

# Local variables hold keys, secrets and pictures.
WITHOUT_LOCALS = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))


def setup(service: str, settings: Settings) -> None:
    """Send this process's logs, the libraries' too, to standard error in the configured form."""

    def name_the_service(_: object, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
        return {**event, "service": service}

    processors: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        name_the_service,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
    ]
    renderer: list[structlog.types.Processor] = (
        [WITHOUT_LOCALS, structlog.processors.JSONRenderer()]
        if settings.log_format == "json"
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=processors,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    for name in unknown_variables():
        structlog.get_logger("config").warning("unknown_variable", variable=name)
