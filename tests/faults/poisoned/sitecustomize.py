"""Makes pictures that end in `poison:KIND` kill whoever reads them; imported by Python itself at its start.

Only a worker that a test starts with this folder in PYTHONPATH knows it. Everything but the picture's deed is real:
the decoder's process, its limits, the pipes, the worker.
"""

import os
import signal
import sys

if "shared.decoding.decoder_process" in sys.orig_argv:
    from shared.imaging import decode as module

    decode = module.decode

    def decode_poison(data, limits):
        if data.endswith(b"poison:crash"):
            os.kill(os.getpid(), signal.SIGSEGV)
        while data.endswith(b"poison:hang"):
            pass
        hoard = []
        while data.endswith(b"poison:memory"):
            hoard.append(bytearray(16 << 20))
        return decode(data, limits)

    module.decode = decode_poison

if "services.worker.app" in sys.orig_argv:
    from shared.decoding.decoder import Decoder

    pass_on = Decoder.decode

    def kill_the_scorer(self, data, *spec):
        if data.endswith(b"poison:scorer"):
            os.kill(os.getpid(), signal.SIGKILL)
        return pass_on(self, data, *spec)

    Decoder.decode = kill_the_scorer
