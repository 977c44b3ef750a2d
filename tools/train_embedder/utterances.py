"""Pairs from things people say to assistants: two utterances of one intent, a turn and its answer."""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from tools.train_embedder.collecting import Collected, reads_as_prose, squeezed
from tools.train_embedder.documents import wanted_files

if TYPE_CHECKING:
    from tools.train_embedder.snapshots import Snapshot

Labelled = Iterator[tuple[str, str]]  # (intent, utterance)

_NLU_FOLDS = (1, 2, 3)
_SNIPS_INTENTS = (
    "AddToPlaylist",
    "BookRestaurant",
    "GetWeather",
    "PlayMusic",
    "RateBook",
    "SearchCreativeWork",
    "SearchScreeningEvent",
)
_RASA_INTENT = re.compile(r"\s*(?:##\s*intent:|- intent:)\s*([\w/ +-]+)")
_RASA_OTHER = re.compile(r"(##|\s*- (lookup|synonym|regex|rule|story))")
_RASA_ENTITY = re.compile(r"\[([^\]]*)\](\([^)]*\)|\{[^}]*\})")
_TASKMASTER_FILES = 8


def collect_intents(
    snapshot: Snapshot, repository: str, collected: Collected, chance: random.Random
) -> None:
    """Add utterances that carry a label, and pairs of those with the same one."""
    by_intent: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for intent, utterance in _labelled(snapshot, repository, chance):
        by_intent[intent].setdefault(squeezed(utterance))
    most_pairs = 500 if len(by_intent) < 15 else 250
    for intent, found in by_intent.items():
        utterances = list(found)
        chance.shuffle(utterances)
        for utterance in utterances:
            collected.add_text(utterance)
        for _ in range(3):
            partners = utterances[:]
            chance.shuffle(partners)
            for one, other in list(zip(utterances, partners, strict=True))[:most_pairs]:
                collected.add_pair(one, other, f"intent:{repository}:{intent}")


def collect_conversations(snapshot: Snapshot, collected: Collected) -> None:
    """Add the turns of Taskmaster conversations, each with the answer to it."""
    for number in range(_TASKMASTER_FILES):
        content = snapshot.content(f"TM-4-2024/data/data_{number:02d}.json")
        for utterances in _conversations(json.loads(content)):
            for utterance in utterances:
                collected.add_text(utterance["text"])
            for one, other in pairwise(utterances):
                long_enough = len(one["text"].split()) >= 5 and len(other["text"].split()) >= 6
                if one.get("speaker") != other.get("speaker") and long_enough:
                    collected.add_pair(one["text"], other["text"], "chat")


def _conversations(node: object) -> Iterator[list[dict[str, str]]]:
    if isinstance(node, dict) and "utterances" in node:
        yield [turn for turn in node["utterances"] if isinstance(turn, dict) and turn.get("text")]
    elif isinstance(node, dict):
        for value in node.values():
            yield from _conversations(value)
    elif isinstance(node, list):
        for value in node:
            yield from _conversations(value)


def _labelled(snapshot: Snapshot, repository: str, chance: random.Random) -> Labelled:
    owner = repository.partition("/")[0].lower()
    if owner == "xliuhw":
        return _nlu_evaluation(snapshot)
    if owner == "sonos":
        return _snips(snapshot)
    if "watson" in repository.lower():
        return _watson_workspaces(snapshot, chance)
    return _rasa_examples(snapshot, chance)


def _nlu_evaluation(snapshot: Snapshot) -> Labelled:
    stamp = "2018_03_22-13_01_25_169"
    for fold in _NLU_FOLDS:
        path = (
            f"CrossValidation/out4RasaReal/rasa_json_{stamp}_80Train/CrossValidation/"
            f"KFold_{fold}/merged/RasaNlu_Merged_KFold_{fold}_{stamp}.json"
        )
        for example in json.loads(snapshot.content(path))["rasa_nlu_data"]["common_examples"]:
            yield example["intent"], example["text"]


def _snips(snapshot: Snapshot) -> Labelled:
    for intent in _SNIPS_INTENTS:
        path = f"2017-06-custom-intent-engines/{intent}/train_{intent}_full.json"
        for example in json.loads(snapshot.content(path).decode("latin1"))[intent]:
            yield intent, "".join(part["text"] for part in example["data"])


def _watson_workspaces(snapshot: Snapshot, chance: random.Random) -> Labelled:
    for _, text in snapshot.texts(wanted_files(snapshot, (".json",), 300, chance)):
        try:
            workspace = json.loads(text)
        except ValueError:
            continue  # not every .json of a repository is one
        if not isinstance(workspace, dict):
            continue
        for intent in workspace.get("intents") or []:
            for example in intent.get("examples", []):
                utterance = squeezed(str(example.get("text", "")))
                if _says_something(utterance):
                    yield intent.get("intent", ""), utterance


def _rasa_examples(snapshot: Snapshot, chance: random.Random) -> Labelled:
    paths = wanted_files(snapshot, (".md", ".yml", ".yaml"), 3000, chance)
    for path, text in snapshot.texts(paths):
        folder = path.partition("/")[0]
        for intent, utterance in rasa_examples_of(text):
            yield f"{folder}:{intent}", utterance


def rasa_examples_of(text: str) -> Labelled:
    """Yield (intent, utterance) from a Rasa training file, Markdown or YAML."""
    intent = None
    for line in text.split("\n"):
        if match := _RASA_INTENT.match(line):
            intent = match.group(1).strip()
            continue
        if _RASA_OTHER.match(line):
            intent = None
        match = re.match(r"\s*-\s+(.*)$", line)
        if intent and match and not match.group(1).startswith(("intent", "action", "utter")):
            utterance = squeezed(_RASA_ENTITY.sub(r"\1", match.group(1)))
            if _says_something(utterance):
                yield intent, utterance


def _says_something(utterance: str) -> bool:
    return len(utterance.split()) >= 2 and reads_as_prose(utterance)
