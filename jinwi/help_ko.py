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
    "full: also what each file says of its origin, its score in other forms, where it was seen.": (
        "full: 각 파일이 말하는 출처, 다른 형태로 바꾸었을 때의 점수, 이전에 본 작업도 보여 줍니다."
    ),
    "Write a table to this file.": "이 파일에 표를 씁니다.",
    "Write a contact sheet to this file.": "이 파일에 이미지 결과표를 씁니다.",
    "Write each image under its map of evidence to this folder.": "이 폴더에 근거 지도를 겹친 이미지를 하나씩 씁니다.",
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
    "The job.": "작업.",
    "Know your own pictures again: indexes of hashes, without the pictures.": (
        "자신의 그림을 다시 알아봅니다. 그림 없이 해시만 담은 색인을 관리합니다."
    ),
    "The pictures: a folder with all below it, or one file.": "그림. 폴더(하위 폴더 포함)나 파일 하나.",
    "The index that they go into.": "그림을 넣을 색인의 이름.",
    "Add pictures to an index: their hashes are kept, the pictures are not.": (
        "색인에 그림을 넣습니다. 해시만 보관하고 그림은 보관하지 않습니다."
    ),
    "List the indexes with how many pictures each knows.": "색인과 그 안의 그림 수를 보여 줍니다.",
    "The index.": "색인.",
    "Forget an index and all its hashes.": "색인과 그 안의 해시를 모두 지웁니다.",
    "Show other jobs with the same picture, in this or another form.": (
        "같은 그림이 그대로, 또는 다른 형태로 들어 있는 다른 작업을 보여 줍니다."
    ),
    "List, show, import, promote and roll back model versions.": (
        "모델 버전을 보고, 가져오고, 챔피언으로 만들고, 되돌립니다."
    ),
    "List the model versions, the newest first.": "모델 버전을 최근 것부터 보여 줍니다.",
    "Show the card of a version.": "한 버전의 카드를 보여 줍니다.",
    "A version, or an alias such as champion.": "버전이나 별칭. 예: champion.",
    "Bring a detector: an ONNX file with its card, or a version's folder.": (
        "탐지 모델을 가져옵니다. 카드가 딸린 ONNX 파일이나 버전 폴더를 받습니다."
    ),
    "The ONNX file, or a folder that train or --out made.": "ONNX 파일, 또는 train 이나 --out 이 만든 폴더.",
    "What the file is and how it reads a picture (YAML).": "모델의 설명과 이미지 전처리 방법(YAML).",
    "Make the version's folder in here, and send nothing.": "이 폴더 안에 버전 폴더만 만들고 서버로 보내지 않습니다.",
    "Let it score from now on.": "지금부터 이 버전으로 채점합니다.",
    "Make a version champion: it scores from now on.": "버전을 챔피언으로 만듭니다. 지금부터 이 버전으로 채점합니다.",
    "Return to the version that was champion before.": "이전 챔피언 버전으로 돌아갑니다.",
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
    "Passes over the images; the network's own if not said.": (
        "이미지 전체를 반복할 횟수. 없으면 신경망마다 정해진 값을 씁니다."
    ),
    "End this slice after so long; --resume goes on.": "이번 학습을 끝낼 시간(분). --resume 으로 이어서 합니다.",
    "Processes that prepare batches beside the training.": "학습과 나란히 배치를 준비하는 프로세스 수.",
    "Work on this part alone: fold-0, …, final.": "이 부분만 학습합니다: fold-0, …, final.",
    "Of hf: train the head, leave the backbone.": "hf: 신경망에서 백본은 두고 헤드만 학습합니다.",
    "MAJOR.MINOR.PATCH of the version to make.": "만들 버전의 MAJOR.MINOR.PATCH.",
    "Folder in which the version gets its own.": "버전 폴더가 만들어질 폴더.",
    "The same seed and data give the same weights.": "시드와 데이터가 같으면 가중치도 같습니다.",
    "Go on with an interrupted training.": "중단된 학습을 이어서 합니다.",
    "Judge a model version on labelled images, beside what needs no model.": (
        "라벨이 있는 이미지로 모델 버전을 평가하고, 모델 없이도 나오는 수치와 나란히 보여 줍니다."
    ),
    "A version's folder, or the number of a shipped version.": "버전 폴더, 또는 함께 배포된 버전의 번호.",
    "Labelled images: PATH, LAYOUT:PATH, PATH?option=value.": (
        "라벨이 있는 이미지. PATH, LAYOUT:PATH 또는 PATH?option=value."
    ),
    "Judge first where shape, size, grid and codec say nothing.": (
        "비율, 크기, 격자, 코덱으로는 구별할 수 없게 맞춘 이미지로 먼저 평가합니다."
    ),
    "Add robustness, portraits, composites, sensitivity and files.": (
        "강건성, 인물 사진, 합성, 민감도, 파일 표를 더합니다."
    ),
    "Find pictures that two data sets, or two owners of one, share: whole, cropped or rescaled.": (
        "두 데이터 집합이나 한 집합의 두 소유자가 함께 가진 이미지를 찾습니다. 잘렸거나 크기가 달라도 찾습니다."
    ),
    "Compare with these; without it, owners with each other.": ("비교할 데이터 집합. 없으면 소유자끼리 비교합니다."),
    "The lane whose tiles the model reads.": "모델이 읽을 타일을 정하는 레인.",
    "Folder for report.html and report.json.": "report.html 과 report.json 을 둘 폴더.",
    "Run a published experiment again and set its figures beside ours.": (
        "공개된 실험을 다시 실행하고 그 수치를 우리 수치와 나란히 보여 줍니다."
    ),
    "Whose experiment.": "실험.",
    "Its images, laid out as they are published.": "공개된 구조 그대로 놓인 이미지.",
    "Folder for the report and the log of trials.": "보고서와 시도 기록을 둘 폴더.",
    "Trials of random settings after the experiment's own.": "실험을 마친 뒤 무작위 설정으로 더 해 볼 시도 수.",
    "Stop after so long; the same command goes on.": "멈출 시간(분). 같은 명령을 다시 실행하면 이어서 합니다.",
    "Passes of each network over the images.": "신경망마다 이미지 전체를 보는 횟수.",
    "Add, watch and mend webhooks: signed messages to a server of yours.": (
        "서명된 메시지를 내 서버로 보내는 웹훅을 추가하고, 살펴보고, 복구합니다."
    ),
    "Add a webhook; its secret is shown this once.": "웹훅을 추가합니다. 비밀 값은 이때 한 번만 표시됩니다.",
    "Where events are posted.": "이벤트를 받을 주소.",
    "Only this event; repeatable. Else all of them.": (
        "이 이벤트만. 여러 번 쓸 수 있습니다. 지정하지 않으면 모든 이벤트."
    ),
    "Your own words for it.": "직접 붙이는 설명.",
    "List the webhooks, the oldest first.": "웹훅을 오래된 것부터 보여 줍니다.",
    "Show a webhook, and since when it fails.": "웹훅 하나와 언제부터 실패하고 있는지를 보여 줍니다.",
    "Replace the secret, which is shown this once; for a day the old one signs as well.": (
        "비밀 값을 바꿉니다. 새 값은 이때 한 번만 표시되며, 하루 동안 이전 값으로도 함께 서명합니다."
    ),
    "Send to a disabled webhook again.": "중지된 웹훅으로 다시 보냅니다.",
    "Remove a webhook; what waits for it is cancelled.": "웹훅을 삭제합니다. 대기 중인 전송은 취소됩니다.",
    "List what was or is to be sent, the newest first.": "보냈거나 보낼 전송을 최근 것부터 보여 줍니다.",
    "The webhook's id.": "웹훅의 ID.",
    "The webhook's id; else all, callbacks too.": "웹훅의 ID. 지정하지 않으면 콜백까지 모두.",
    "Only deliveries in this state.": "이 상태의 전송만.",
    "Only this event.": "이 이벤트만.",
    "Only of this job.": "이 작업의 전송만.",
    "List the attempts of a delivery and what was answered.": "한 전송의 시도와 받은 응답을 보여 줍니다.",
    "The delivery's id.": "전송의 ID.",
    "Send a delivery again at once, under the same id.": "같은 ID로 즉시 다시 보냅니다.",
    "Send again what was given up or held since a time.": "어느 시각부터 포기했거나 보류한 전송을 다시 보냅니다.",
    "What was announced then or later (ISO 8601).": "이 시각부터 생긴 이벤트 (ISO 8601).",
    "Create, list and revoke API keys.": "API 키를 만들고, 보고, 폐기합니다.",
    "Create a key, which is shown this once.": "키를 만듭니다. 키는 이때 한 번만 표시됩니다.",
    "What the key is for.": "키의 용도.",
    "What it may do: submit, read, review, models, admin; repeatable.": (
        "권한: submit, read, review, models, admin. 여러 번 쓸 수 있습니다."
    ),
    "List the keys, never their secret part.": "키 목록을 보여 줍니다. 비밀 값은 보여 주지 않습니다.",
    "Revoke a key at once.": "키를 즉시 폐기합니다.",
    "The key's id.": "키의 ID.",
    "List what administrators did, the newest first.": "관리자가 한 일을 최근 것부터 보여 줍니다.",
    "Only acts of this kind, such as key.created.": "이 종류의 일만. 예: key.created.",
    "Only what was done with this key.": "이 키로 한 일만.",
    "Only acts since then (ISO 8601).": "이 시각부터 한 일만 (ISO 8601).",
}


def translate(command: Any) -> None:
    """Put every help text of the command, its parameters and its subcommands into Korean."""
    command.help = HELP.get(command.help, command.help)
    for parameter in command.params:
        if text := getattr(parameter, "help", None):
            parameter.help = HELP.get(text, text)
    for subcommand in getattr(command, "commands", {}).values():
        translate(subcommand)
