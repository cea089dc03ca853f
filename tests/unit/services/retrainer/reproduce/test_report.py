import json

from services.retrainer.reproduce.report import Report, Table, write

TABLE = Table(title="Test part", note="Ours.", heads=["", "share, %", "n", "AUROC"], rows=[["a", 92.984, 1234, None]])


def test_a_report_is_a_page_and_its_figures_as_data(tmp_path):
    report = Report(title="An experiment", said="Two pictures.", tables=[TABLE], files={"roc.png": b"picture"})
    page = write(report, tmp_path / "new")
    assert "| a | 92.98 | 1,234 | – |" in page.read_text()
    assert page.read_text().startswith("# An experiment\n\nTwo pictures.\n\n## Test part\n\nOurs.\n\n|  | share, %")
    assert "[roc.png](roc.png)" in page.read_text()
    assert json.loads((tmp_path / "new" / "report.json").read_text())["tables"][0]["rows"] == [
        ["a", 92.984, 1234, None]
    ]
    assert (tmp_path / "new" / "roc.png").read_bytes() == b"picture"
