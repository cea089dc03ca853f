from bench import twins

SMALL = {
    "hashes": 10_000,
    "search_ms": {"median": 1.0, "p95": 2.0, "processor": 1.0},
    "insert_ms": {"median": 0.2, "p95": 0.4},
    "table_bytes": 1_500_000,
    "index_bytes": 2_000_000,
}
LARGE = {
    "hashes": 1_010_000,
    "search_ms": {"median": 11.0, "p95": 12.0, "processor": 11.0},
    "insert_ms": {"median": 0.3, "p95": 0.5},
    "table_bytes": 151_500_000,
    "index_bytes": 202_000_000,
}


def test_the_figure_on_paper_lies_on_the_line_through_what_was_measured():
    paper = twins.on_paper([SMALL, LARGE])
    assert paper["on_paper"] is True
    # 10 ms for each million more.
    assert paper["search_ms"]["median"] == 11 + 10 * 98.99
    assert paper["table_bytes"] == 151_500_000 + round(150e6 * 98.99)
