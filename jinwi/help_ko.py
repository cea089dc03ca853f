"""The help of the command line in Korean, by its English text."""

from collections.abc import Mapping
from typing import Any

HELP: Mapping[str, str] = {
    "How likely is an image AI-generated? Jinwi gives evidence; a person decides.": (
        "이미지가 AI로 만들어졌을 가능성을 알려 줍니다. 진위는 근거를 보여 줄 뿐, 판단은 사람이 합니다."
    ),
    "Language of what is said; else that of LC_ALL or LANG.": (
        "표시 언어. 지정하지 않으면 LC_ALL 또는 LANG 을 따릅니다."
    ),
    "Print JSON, one document a line.": "JSON 문서를 한 줄에 하나씩 출력합니다.",
    "The lane.": "레인.",
    "Say how likely images are AI-generated.": "이미지가 AI로 만들어졌을 가능성을 알려 줍니다.",
    "Image files, folders (with all below them) and links.": "이미지 파일, 폴더(하위 폴더 포함), 링크.",
    "Who waits for whom; else interactive up to 20 images, bulk above.": (
        "처리 순서. 지정하지 않으면 이미지 20개까지는 interactive, 그보다 많으면 bulk."
    ),
    "Write a table to this file.": "이 파일에 표를 씁니다.",
    "Write a contact sheet to this file.": "이 파일에 이미지 결과표를 씁니다.",
    "Journal of the run: begun if absent, else gone on with. Files are known by path.": (
        "실행 기록 파일. 없으면 새로 시작하고, 있으면 이어서 합니다. 파일은 경로로 구별합니다."
    ),
    "Images under way at once.": "동시에 처리하는 이미지 수.",
    "List jobs, the newest first.": "작업을 최근 것부터 보여 줍니다.",
    "Only jobs in this state.": "이 상태의 작업만.",
    "Only jobs with this verdict.": "이 판정을 받은 작업만.",
    "Only jobs with this id of yours.": "접수할 때 붙인 이 ID의 작업만.",
    "Only jobs created since then (ISO 8601).": "이 시각부터 접수된 작업만 (ISO 8601).",
    "Only jobs created before (ISO 8601).": "이 시각 전에 접수된 작업만 (ISO 8601).",
    "At most so many.": "최대 개수.",
    "Erase images and all that is known of them, for good.": "이미지와 그에 관한 모든 정보를 영구히 삭제합니다.",
    "The jobs.": "작업.",
    "List the model versions, or show the card of one.": "모델 버전 목록이나 한 버전의 카드를 보여 줍니다.",
    "Show the card of this version or alias, such as champion.": ("카드를 볼 버전이나 별칭. 예: champion."),
    "Let no job of a lane begin; submissions are still accepted.": (
        "레인의 작업을 시작하지 않게 합니다. 접수는 계속 받습니다."
    ),
    "Let the jobs of a paused lane begin again.": "일시 중지한 레인의 작업을 다시 시작합니다.",
    "Start the whole system on this machine.": "이 컴퓨터에서 전체 시스템을 시작합니다.",
    "Return when the system is ready.": "준비가 끝나면 돌아옵니다.",
    "Stop the system that `jinwi up --detach` started; the data stay.": (
        "`jinwi up --detach` 로 시작한 시스템을 멈춥니다. 데이터는 남습니다."
    ),
    "Train a model version on labelled images.": "라벨이 있는 이미지로 모델 버전을 학습합니다.",
    "The network, by its name.": "신경망 이름.",
    "The labelled images.": "라벨이 있는 이미지.",
    "MAJOR.MINOR.PATCH of the version to make.": "만들 버전의 MAJOR.MINOR.PATCH.",
    "Folder in which the version gets its own.": "버전 폴더가 만들어질 폴더.",
    "Passes over the images, at most.": "이미지 전체를 반복할 최대 횟수(에포크).",
    "Stop training after so long.": "학습을 끝낼 시간(분).",
    "The same seed and data give the same weights.": "시드와 데이터가 같으면 가중치도 같습니다.",
    "Go on with an interrupted training.": "중단된 학습을 이어서 합니다.",
    "Create, list and revoke API keys.": "API 키를 만들고, 보고, 폐기합니다.",
    "Create a key, which is shown this once.": "키를 만듭니다. 키는 이때 한 번만 표시됩니다.",
    "What the key is for.": "키의 용도.",
    "What it may do: submit, read, review, models, admin; repeatable.": (
        "권한: submit, read, review, models, admin. 여러 번 쓸 수 있습니다."
    ),
    "List the keys, never their secret part.": "키 목록을 보여 줍니다. 비밀 값은 보여 주지 않습니다.",
    "Revoke a key at once.": "키를 즉시 폐기합니다.",
    "The key's id.": "키의 ID.",
}


def translate(command: Any) -> None:
    """Put every help text of the command, its parameters and its subcommands into Korean."""
    command.help = HELP.get(command.help, command.help)
    for parameter in command.params:
        if text := getattr(parameter, "help", None):
            parameter.help = HELP.get(text, text)
    for subcommand in getattr(command, "commands", {}).values():
        translate(subcommand)
