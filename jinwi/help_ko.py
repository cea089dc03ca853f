"""The help of the command line in Korean, by its English text."""

from typing import Any

HELP = {
    "How likely is an image AI-generated? Jinwi gives evidence; a person decides.": "이미지가 AI로 만들어졌을 가능성을 알려 줍니다. 진위는 근거를 보여 줄 뿐, 판단은 사람이 합니다.",
}


def translate(command: Any) -> None:
    """Put every help text of the command, its parameters and its subcommands into Korean."""
    command.help = HELP.get(command.help, command.help)
    for parameter in command.params:
        if text := getattr(parameter, "help", None):
            parameter.help = HELP.get(text, text)
    for subcommand in getattr(command, "commands", {}).values():
        translate(subcommand)
