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
    "Say what became of each version and each refused candidate, as Markdown.": (
        "각 버전과 거절된 후보가 어떻게 되었는지 Markdown 으로 보여 줍니다."
    ),
    "Write a version to one signed file, which any web server can hand out.": (
        "버전을 서명된 파일 하나로 씁니다. 어떤 웹 서버로도 나눠 줄 수 있습니다."
    ),
    "The file, or a folder; else NAME-VERSION.jinwi here.": "파일이나 폴더. 없으면 이 폴더의 NAME-VERSION.jinwi.",
    "Fetch a version from a web server, and register it if a trusted key vouches for it.": (
        "웹 서버에서 버전을 받아, 신뢰하는 키의 서명이 있으면 등록합니다."
    ),
    "Where the file that export wrote lies: https://…": "export 로 만든 파일의 주소: https://…",
    "Trust this public key too (PEM file or folder); repeatable.": (
        "이 공개 키도 신뢰합니다(PEM 파일이나 폴더). 여러 번 쓸 수 있습니다."
    ),
    "The job.": "작업.",
    "Know your own pictures again: indexes of hashes and embeddings, without the pictures.": (
        "자신의 그림을 다시 알아봅니다. 그림 없이 해시와 임베딩만 담은 색인을 관리합니다."
    ),
    "Change a member, null: to its default; repeatable.": (
        "항목을 바꿉니다. null 은 기본값으로. 여러 번 쓸 수 있습니다."
    ),
    "Show how your tenant is served, and change it: thresholds, domain_cap, evidence and more.": (
        "테넌트의 정책을 보고 바꿉니다. thresholds, domain_cap, evidence 등."
    ),
    "The pictures: a folder with all below it, or one file.": "그림. 폴더(하위 폴더 포함)나 파일 하나.",
    "The index that they go into.": "그림을 넣을 색인의 이름.",
    "Add what an index does not know yet: hashes and embeddings are kept, the pictures are not.": (
        "색인에 아직 없는 그림을 넣습니다. 해시와 임베딩만 보관하고 그림은 보관하지 않습니다."
    ),
    "List the indexes with how many pictures each knows.": "색인과 그 안의 그림 수를 보여 줍니다.",
    "The index.": "색인.",
    "Forget an index and all that it knows.": "색인과 그 안의 내용을 모두 지웁니다.",
    "Show other jobs with the same picture, in this or another form.": (
        "같은 그림이 그대로, 또는 다른 형태로 들어 있는 다른 작업을 보여 줍니다."
    ),
    "List, show, share and import model versions, and say which one scores.": (
        "모델 버전을 보고, 나누고, 가져오고, 어느 버전이 채점할지 정합니다."
    ),
    "List the model versions, the newest first.": "모델 버전을 최근 것부터 보여 줍니다.",
    "Show the card of a version, and what it showed on live traffic.": (
        "한 버전의 카드와 실제 이미지에서 보인 결과를 보여 줍니다."
    ),
    "A version, or an alias such as champion.": "버전이나 별칭. 예: champion.",
    "Bring a detector: an ONNX file with its card, a version's folder, or the file that export wrote.": (
        "탐지 모델을 가져옵니다. 카드가 딸린 ONNX 파일, 버전 폴더, export 로 만든 파일을 받습니다."
    ),
    "An ONNX file, a folder that train or --out made, or a .jinwi file.": (
        "ONNX 파일, train 이나 --out 이 만든 폴더, 또는 .jinwi 파일."
    ),
    "What the file is and how it reads a picture (YAML).": "모델의 설명과 이미지 전처리 방법(YAML).",
    "Make the version's folder in here, and send nothing.": "이 폴더 안에 버전 폴더만 만들고 서버로 보내지 않습니다.",
    "Let it score from now on.": "지금부터 이 버전으로 채점합니다.",
    "Make a version champion: it scores from now on.": "버전을 챔피언으로 만듭니다. 지금부터 이 버전으로 채점합니다.",
    "Why; kept with what is done.": "이유. 한 일과 함께 남습니다.",
    "Also one that was stopped; needs --why.": "중단된 버전도 허용합니다. --why 가 필요합니다.",
    "Try a version on live traffic: shadow, then canary, then champion.": (
        "버전을 실제 이미지로 시험합니다. 섀도, 카나리, 챔피언 순서입니다."
    ),
    "Take a version out of shadow or canary.": "섀도나 카나리에서 버전을 뺍니다.",
    "Let no version come into service by itself; stops go on.": (
        "어떤 버전도 자동으로 투입되지 않게 합니다. 자동 중단은 계속됩니다."
    ),
    "Let versions come into service by themselves again.": "버전이 다시 자동으로 투입되게 합니다.",
    "Let one version score all jobs of your tenant, whatever is champion.": (
        "챔피언과 상관없이 한 버전이 내 테넌트의 모든 작업을 채점하게 합니다."
    ),
    "Let the champion score your tenant's jobs again.": "챔피언이 내 테넌트의 작업을 다시 채점하게 합니다.",
    "Return to the version that was champion before.": "이전 챔피언 버전으로 돌아갑니다.",
    "Delete the files of a version that nothing needs; its card stays.": (
        "아무도 쓰지 않는 버전의 파일을 삭제합니다. 카드는 남습니다."
    ),
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
    "Another version: how the two differ, which suits when. Adds --studies.": (
        "다른 버전. 두 버전이 어떻게 다르고 언제 어느 쪽이 맞는지 보여 줍니다. --studies 도 포함합니다."
    ),
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
    "Label the pictures on which the operator's reviewers are asked.": (
        "운영자가 검토자에게 묻는 그림에 라벨을 붙입니다."
    ),
    "List the spot checks, the oldest first.": "표본 검사를 오래된 것부터 보여 줍니다.",
    "What was labelled; else what waits.": "라벨을 붙인 것. 지정하지 않으면 기다리는 것.",
    "Fetch the picture of a spot check, to look at it.": "표본 검사의 그림을 받아 봅니다.",
    "Write the picture to this file.": "그림을 저장할 파일.",
    "The spot check's id.": "표본 검사의 ID.",
    "Say what a picture is, once; it outranks every score.": (
        "그림이 무엇인지 한 번만 정합니다. 모든 점수보다 우선합니다."
    ),
    "human, ai or unsure.": "human, ai 또는 unsure.",
    "What shows it.": "그렇게 보는 근거.",
    "No later version may get it wrong; it then trains nothing.": (
        "이후 어떤 버전도 틀려서는 안 되는 사례로 삼습니다. 이 그림은 학습에 쓰이지 않습니다."
    ),
    "Retrain the champion on what was harvested and on gold; publish what passes the gate.": (
        "모은 표본과 골드 이미지로 챔피언을 다시 학습하고, 심사를 통과하면 배포합니다."
    ),
    "head: the last layer; full: the whole network; mixed: both in turn.": (
        "head: 마지막 층만. full: 신경망 전체. mixed: 둘을 차례로."
    ),
    "Train only with so many new samples; else as the server is set.": (
        "새 표본이 이만큼 있어야 학습합니다. 지정하지 않으면 서버 설정대로."
    ),
    "The same seed and samples give the same weights.": "같은 시드와 표본이면 같은 가중치가 나옵니다.",
    "Show the progress, and how the run ends.": "진행 상황과 결과를 표시합니다.",
    "List, show and cancel retraining runs.": "재학습을 보고 취소합니다.",
    "List the retraining runs, the newest first.": "재학습을 최근 것부터 보여 줍니다.",
    "Show how a run stands, or how it ended.": "재학습의 진행 상황이나 결과를 보여 줍니다.",
    "Cancel a run: at once while it is queued, at its next step while it runs.": (
        "재학습을 취소합니다. 대기 중이면 즉시, 진행 중이면 다음 단계에서 멈춥니다."
    ),
    "The run's id.": "재학습의 ID.",
    "Bring images whose label is known: they teach new versions, and judge them.": (
        "라벨을 아는 이미지를 가져옵니다. 새 버전의 학습과 평가에 씁니다."
    ),
    "Add labelled images. What is there already is skipped: run it again to go on.": (
        "라벨이 있는 이미지를 더합니다. 이미 있는 것은 건너뛰므로 다시 실행하면 이어서 합니다."
    ),
    "Holds folders called human and ai; those in them are owners.": (
        "human 과 ai 폴더가 든 폴더. 그 안의 폴더가 소유자입니다."
    ),
    "Share of new owners whose images only judge. Known owners stay.": (
        "평가에만 쓸 새 소유자의 비율. 이미 있는 소유자는 바뀌지 않습니다."
    ),
    "Whose an image is: its folder's, or its own.": "이미지의 소유자. 폴더(folder) 또는 이미지 자신(file).",
    "What they show: photograph, painting …": "이미지의 종류. 예: photograph, painting.",
    "Count the labelled images, and list the newest.": "라벨이 있는 이미지의 수와 최근 것을 보여 줍니다.",
    "Only images with this label.": "이 라벨의 이미지만.",
    "Only images of this part.": "이 부분의 이미지만.",
    "Only images of this owner.": "이 소유자의 이미지만.",
    "Take labelled images out of all that is trained or judged from now on, and delete them.": (
        "라벨이 있는 이미지를 이후의 학습과 평가에서 빼고 삭제합니다."
    ),
    "SHA-256, or the image file.": "SHA-256 이나 이미지 파일.",
    "Create, list and revoke API keys.": "API 키를 만들고, 보고, 폐기합니다.",
    "Create a key, which is shown this once.": "키를 만듭니다. 키는 이때 한 번만 표시됩니다.",
    "What the key is for.": "키의 용도.",
    "What it may do: submit, read, review, label, models, admin; repeatable.": (
        "권한: submit, read, review, label, models, admin. 여러 번 쓸 수 있습니다."
    ),
    "List the keys, never their secret part.": "키 목록을 보여 줍니다. 비밀 값은 보여 주지 않습니다.",
    "Revoke a key at once.": "키를 즉시 폐기합니다.",
    "The key's id.": "키의 ID.",
    "List what administrators did, the newest first.": "관리자가 한 일을 최근 것부터 보여 줍니다.",
    "Only acts of this kind, such as key.created.": "이 종류의 일만. 예: key.created.",
    "Only what was done with this key.": "이 키로 한 일만.",
    "Only acts since then (ISO 8601).": "이 시각부터 한 일만 (ISO 8601).",
    "Only jobs of which people say this; disputed ones wait for a reviewer.": (
        "사람의 검토가 이 상태인 작업만. disputed 는 다른 검토자를 기다립니다."
    ),
    "Say what an image is, whatever the model said.": "모델의 판정과 관계없이 이미지가 무엇인지 검토 의견을 남깁니다.",
    "The job's id.": "작업의 ID.",
    "What the image is.": "이미지에 대한 의견.",
    "Why you say so.": "그렇게 보는 이유.",
    "Who says it; else your name on this machine.": "검토자. 지정하지 않으면 이 컴퓨터의 사용자 이름.",
    "lighting, shadows, background, texture, text or hands, and ok, odd or unclear; repeatable.": (
        "항목(lighting, shadows, background, texture, text, hands)과 결과(ok, odd, unclear). 여러 번 쓸 수 있습니다."
    ),
    "Let people without a key read one result, and take that back.": (
        "키가 없는 사람이 결과 하나를 볼 수 있게 하고, 이를 취소합니다."
    ),
    "Make a link to a result; it is shown this once.": "결과로 가는 링크를 만듭니다. 이때 한 번만 표시됩니다.",
    "When it ends (ISO 8601); else when it is revoked.": "링크의 기한 (ISO 8601). 지정하지 않으면 취소할 때까지.",
    "List the links to a result, the open ones first; never what they are.": (
        "결과로 가는 링크를 유효한 것부터 보여 줍니다. 주소는 보여 주지 않습니다."
    ),
    "Let nobody read the result by this link any more.": "이 링크로는 더 이상 결과를 볼 수 없게 합니다.",
    "The link's id.": "링크의 ID.",
    "Read and decide what people say against results.": "결과에 제기된 이의를 읽고 결정합니다.",
    "List appeals, the newest first.": "이의 제기를 최근 것부터 보여 줍니다.",
    "Only appeals in this state.": "이 상태의 이의 제기만.",
    "Only against this job's result.": "이 작업의 결과에 제기된 것만.",
    "Show an appeal: its message, its files, its answer.": "이의 제기 하나의 메시지와 파일, 답을 보여 줍니다.",
    "The appeal's id.": "이의 제기의 ID.",
    "Write its files to this folder, unopened.": "첨부 파일을 열지 않고 이 폴더에 씁니다.",
    "Decide an appeal, once and for all; this is a review too.": (
        "이의 제기를 최종 결정합니다. 결정은 검토 의견이기도 합니다."
    ),
    "upheld: the verdict stands; overturned: it does not.": "upheld: 판정을 유지합니다. overturned: 판정을 뒤집습니다.",
    "Why; whoever has the link reads it.": "결정의 이유. 링크가 있는 사람이 읽습니다.",
    "What the image is, where the verdict took no side.": "판정이 어느 쪽도 아니었을 때, 이미지에 대한 의견.",
}


def translate(command: Any) -> None:
    """Put every help text of the command, its parameters and its subcommands into Korean."""
    command.help = HELP.get(command.help, command.help)
    for parameter in command.params:
        if text := getattr(parameter, "help", None):
            parameter.help = HELP.get(text, text)
    for subcommand in getattr(command, "commands", {}).values():
        translate(subcommand)
