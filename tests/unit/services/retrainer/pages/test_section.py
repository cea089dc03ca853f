import json

from services.retrainer.pages.section import document
from services.retrainer.statistics.bootstrap import Interval


def test_a_document_has_intervals_as_objects_and_no_nan():
    made = document({"drop": Interval(value=0.1234567, low=float("nan"), high=1.0), "cells": (float("inf"), "blur", 3)})
    assert made == {"drop": {"value": 0.123457, "low": None, "high": 1.0}, "cells": [None, "blur", 3]}
    json.dumps(made, allow_nan=False)
