"""The texts of the page of a result in English."""

from services.api import finding_texts
from services.api.result_texts import Texts
from shared.domain import domain_texts

ENGLISH = Texts(
    code="en",
    other_code="ko",
    other="한국어",
    verdicts={
        "likely_human": "Probably made by a person",
        "uncertain": "The model cannot tell",
        "likely_ai": "Probably AI-generated",
        "human": "made by a person",
        "ai": "AI-generated",
        "disputed": "reviewers disagree",
    },
    meanings={
        "likely_human": "The model sees little that speaks for AI generation. That is no certificate: it misses some "
        "generated images.",
        "uncertain": "The score lies between the two thresholds, where it is too weak to lean on. Other evidence has "
        "to speak.",
        "likely_ai": "The model sees much of what it learned from generated images. It is wrong about some human-made "
        "ones too: look at source and context before you act.",
    },
    zones={"likely_human": "likely human", "uncertain": "uncertain", "likely_ai": "likely AI"},
    held="Please do not lean on the number for this image:",
    settled="This verdict rests on a trusted signature in the file and not on the number.",
    advisory="Supporting evidence only: a person decides.",
    ai_share="AI generation probability",
    human_share="Human-made probability",
    scale="AI generation probability from 0 to 100. Up to {low}: likely human. Between: uncertain. From {high}: likely "
    "AI. This image: {at}.",
    picture="The picture that was looked at",
    map="Map of what the score rests on",
    map_show="Show what the score rests on",
    map_legend="Warm colours: parts that speak for AI generation by themselves. Striped: parts the model did not look "
    "at.",
    unfinished="Not verified yet",
    unfinished_text="The picture waits for its turn. Open this page again in a minute.",
    failed="This image could not be verified",
    rests_on="What it rests on",
    thresholds="Thresholds",
    thresholds_value="likely human up to {low}, likely AI from {high} on",
    model="Model",
    basis="Basis of the verdict",
    bases={"model": "the model's number", "provenance": "a signed and trusted statement in the file"},
    decided_at="Verified at",
    record="The model's record",
    record_value="Of {n} pictures made by people on which it was measured, this model called {rate} likely "
    "AI-generated (95 % interval {low} to {high}).",
    record_elsewhere="That was at other thresholds than those of this result.",
    no_record="The model's card states no rate of false accusations.",
    findings="What the file says of its own origin",
    no_findings="The file says nothing. That says nothing: most files do not, and what one said is easily removed.",
    cut_short="Reading it was cut short: the file may say more.",
    never_scored="None of this moves the number.",
    more="And {count} more, on the page.",
    finding_details="Details",
    known={},
    people="What people say",
    reviewed={
        "none": "No person has reviewed this result yet.",
        "confirmed": "A person has looked at it and confirms the verdict: {verdict}.",
        "overturned": "A person has looked at it and overturned the verdict: {verdict}. That is what holds; the "
        "model's number stays as it was.",
        "decided": "A person has looked at it and decided what the model left open: {verdict}.",
        "disputed": "People have looked at it and disagree. A further opinion is asked for.",
    },
    appeal="Do you see it otherwise?",
    appeal_lead="Appeal: say why, and add what shows it, such as sketches, layers or the camera's raw file. A person "
    "will look at it and decide, and you will read the answer on this page.",
    appeal_print="Whoever sees it otherwise may appeal on this page, with a message and up to ten files. A person "
    "decides, and the answer stands on the same page.",
    appeals="Appeals",
    appealed_at="Appeal of {at}",
    appeal_states={
        "open": "Open: a person will look at it.",
        "upheld": "Decided: the verdict stands.",
        "overturned": "Decided: the verdict is overturned.",
    },
    appeal_reason="The reviewer's reason",
    message="Your message",
    contact="How to reach you (optional)",
    contact_hint="Only those who decide see it, and your message and files.",
    files="Files (optional)",
    files_hint="Up to ten, of any kind; {file} each, {all} together.",
    send="Send the appeal",
    no_more_appeals="As many appeals as are possible have been made against this result.",
    sent="Your appeal has arrived. Keep the address of this page: the answer will stand here.",
    problems={
        "message": "Please write a message, of 5,000 characters at most.",
        "contact": "Please write how to reach you in one line of 200 characters at most.",
        "files": "Please add ten files at most.",
        "file_size": "The files are too large: {file} each and {all} together are accepted.",
        "empty_file": "One of the files is empty.",
        "origin": "This form was sent from another site. Please send it from here.",
        "too_many": "As many appeals as are possible have been made against this result.",
        "form": "The form could not be read. Please send it again.",
    },
    statement="For the record",
    automated="The probability and the verdict were computed by software, without a person looking at the picture.",
    image_hash="SHA-256 of the image",
    answer_hash="SHA-256 of the answer",
    answer_file="the answer itself",
    address="Address of this page",
    issued_at="As of",
    gone={
        404: ("There is no such page", "The link is not whole, or what it led to was erased."),
        410: ("This link is closed", "Whoever made it has revoked it, or its time is over. Ask there for a new one."),
        429: ("Too many requests", "Please wait a minute, then load the page again."),
        503: ("Not available at the moment", "A part of the service is away. Please try again in a moment."),
    },
    finding=finding_texts.ENGLISH,
    domain=domain_texts.ENGLISH,
)
