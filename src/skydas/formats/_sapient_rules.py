"""What makes a SAPIENT message (BSI Flex 335 v2) acceptable.

Most rules stand in the schema itself as options of its fields (mandatory, UUID, ULID) and are read from there. What the
schema cannot say stands below by hand. Nothing that can affect an object is taken in: nodes that are effectors and
tasks that ask for an effect are refused, whoever sends them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

from google.protobuf.descriptor import Descriptor
from sapient_msg import proto_options_pb2
from sapient_msg.bsi_flex_335_v2_0 import registration_pb2

ICD_VERSION: Final = "BSI Flex 335 v2.0"
DEPTH_MAX: Final = 16

UUID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
ULID: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}")

_NODE_TYPE: Final = registration_pb2.Registration.NodeType
EFFECTORS: Final = frozenset(
    {
        _NODE_TYPE.NODE_TYPE_KINETIC,
        _NODE_TYPE.NODE_TYPE_JAMMER,
        _NODE_TYPE.NODE_TYPE_CYBER,
        _NODE_TYPE.NODE_TYPE_LDEW,
        _NODE_TYPE.NODE_TYPE_RFDEW,
    }
)
# a task's free text that asks for an effect on something
EFFECT_WORDS: Final = frozenset(
    {"attack", "defeat", "destroy", "disrupt", "effector", "engage", "fire", "intercept", "jam", "kill", "launch"}
    | {"neutralise", "neutralize", "shoot", "spoof", "strike", "takedown", "takeover", "weapon"}
)


class _Field(NamedTuple):
    name: str
    mandatory: bool
    pattern: re.Pattern[str] | None
    reason: str  # where the pattern does not fit
    repeated: bool
    has_presence: bool
    message: Descriptor | None


class _Rules(NamedTuple):
    fields: tuple[_Field, ...]
    oneofs: tuple[str, ...]  # of which one must be set


@lru_cache(maxsize=256)
def _rules_of(descriptor: Descriptor) -> _Rules:
    """Read a message type's rules out of the schema."""
    fields = []
    for field in descriptor.fields:
        options = field.GetOptions().Extensions[proto_options_pb2.field_options]
        pattern = UUID if options.is_uuid else ULID if options.is_ulid else None
        fields.append(
            _Field(
                name=field.name,
                mandatory=options.is_mandatory,
                pattern=pattern,
                reason="bad_uuid" if options.is_uuid else "bad_ulid",
                repeated=field.is_repeated,
                has_presence=field.has_presence,
                message=field.message_type,
            )
        )
    oneofs = [
        oneof.name
        for oneof in descriptor.oneofs
        if oneof.GetOptions().Extensions[proto_options_pb2.oneof_options].is_mandatory
    ]
    return _Rules(tuple(fields), tuple(oneofs))


def schema_fault(message: Any, depth: int = 0) -> str:
    """Return the first reason that the schema's options give against `message`, or nothing."""
    if depth > DEPTH_MAX:
        return "nested_too_deep"
    rules = _rules_of(message.DESCRIPTOR)
    if any(message.WhichOneof(name) is None for name in rules.oneofs):
        return "missing_field"
    for field in rules.fields:
        value = getattr(message, field.name)
        if field.repeated:
            values = list(value)
        elif field.has_presence:
            values = [value] if message.HasField(field.name) else []
        else:
            values = [value] if value else []
        if field.mandatory and not values:
            return "missing_field"
        for one in values:
            if field.pattern is not None and not field.pattern.fullmatch(one):
                return field.reason
            if field.message is not None:
                fault = schema_fault(one, depth + 1)
                if fault:
                    return fault
    return ""


def registration_fault(registration: Any) -> str:
    """Return what is wrong with a registration beyond the schema, or nothing."""
    if any(definition.node_type in EFFECTORS for definition in registration.node_definition):
        return "effector_node_refused"
    if registration.icd_version != ICD_VERSION:
        return "wrong_icd_version"
    for data in registration.config_data:
        fault = _configuration_fault(data, 0)
        if fault:
            return fault
    for mode in registration.mode_definition:
        # a node that runs no task at a time could take none: the definition contradicts itself
        if mode.task.HasField("concurrent_tasks") and mode.task.concurrent_tasks < 1:
            return "bad_concurrent_tasks"
    if any(not UUID.fullmatch(node) for node in registration.dependent_nodes):
        return "bad_dependent_node"
    return ""


def _configuration_fault(data: Any, depth: int) -> str:
    if not data.manufacturer.strip():
        return "empty_manufacturer"
    if not data.model.strip():
        return "empty_model"
    if depth >= DEPTH_MAX:
        return "nested_too_deep"
    for part in data.sub_components:
        fault = _configuration_fault(part, depth + 1)
        if fault:
            return fault
    return ""


def error_fault(error: Any) -> str:
    """Return what is wrong with an error message beyond the schema, or nothing."""
    if not error.error_message:
        return "error_without_text"
    return "" if all(text.strip() for text in error.error_message) else "error_with_empty_text"


def task_fault(task: Any) -> str:
    """Return why a task is not taken, or nothing."""
    command = task.command
    words = (task.task_name, task.task_description, command.request, command.mode_change, command.command_parameter)
    if asks_for_effect(" ".join(words)):
        return "weapon_task_refused"
    if command.WhichOneof("command") == "follow":
        followed = command.follow.follow_object_id
        if not followed:
            return "follow_without_object"
        if not ULID.fullmatch(followed):
            return "bad_follow_object"
    return ""


def asks_for_effect(text: str) -> bool:
    """Say whether a free text holds a word for affecting something."""
    return not EFFECT_WORDS.isdisjoint(re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()))
