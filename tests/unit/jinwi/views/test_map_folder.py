"""The folder of `jinwi verify --map`: what its files are called."""

import io

import pytest
from rich.console import Console

from jinwi import Client
from jinwi.inputs.find import Input
from jinwi.inputs.verify import Ended
from jinwi.results.jobs import Job
from jinwi.terminal import Terminal
from jinwi.texts.english import ENGLISH
from jinwi.views.map_folder import map_folder
from tests.unit.jinwi.conftest import KEY, PNG, Answer, job_document, result_document


@pytest.mark.parametrize(
    ("stem", "shown"),
    [("해" * 83, "해" * 66), ("x" * 250, "x" * 200), ("holiday", "holiday"), ("a\udcff", "a")],
    ids=["korean", "latin", "short", "no text"],
)
def test_the_name_of_an_image_is_cut_between_characters_to_what_a_file_system_takes(jinwi, tmp_path, stem, shown):
    jinwi.routes[("GET", "/v1/jobs/7/map.png")] = Answer(status=200, content=PNG)
    result = {**result_document(0.5, "uncertain"), "evidence": {"map": "/v1/jobs/7/map.png"}}
    ended = Ended(
        input=Input(number=0, name=f"pictures/{stem}.png", path=None),
        job=Job.from_document(job_document("7", result=result)),
    )
    console = Console(file=io.StringIO())
    with (
        Client(jinwi.url, KEY) as client,
        map_folder(tmp_path, client, Terminal(language=ENGLISH, out=console, err=console)) as maps,
    ):
        maps.add(ended)
    assert [path.name for path in tmp_path.iterdir()] == [f"0001-{shown}.png"]
