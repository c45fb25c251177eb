"""What must hold of the GraphQL that we send and the published schema does not say. Each gives what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    type_from_ast,
    visit,
)

COMPARED = "changeFromQuantity"


def needs_key(schema: GraphQLSchema) -> set[str]:
    """The mutations whose description speaks of @idempotent: as of 2026-04 it is required there (documented)."""
    assert schema.mutation_type is not None
    return {name for name, field in schema.mutation_type.fields.items() if "@idempotent" in (field.description or "")}


def without_key(schema: GraphQLSchema, text: str) -> list[str]:
    """House rule 1: a mutation that needs @idempotent and has none."""
    wrong = []
    for each in parse(text).definitions:
        assert isinstance(each, OperationDefinitionNode)
        for field in each.selection_set.selections:
            assert isinstance(field, FieldNode)
            directives = {directive.name.value for directive in field.directives or ()}
            if field.name.value in needs_key(schema) and "idempotent" not in directives:
                wrong.append(field.name.value)
    return wrong


def compared(schema: GraphQLSchema, body: Mapping[str, Any]) -> list[bool]:
    """House rule 2: for each quantity input of a call as it was sent, whether it says what it changes from."""
    found: list[bool] = []
    for each in parse(body["query"]).definitions:
        assert isinstance(each, OperationDefinitionNode)
        for variable in each.variable_definitions or ():
            value = body["variables"].get(variable.variable.name.value)
            found += _compared(type_from_ast(schema, variable.type), value)
    return found


def _compared(kind: Any, value: Any) -> Iterator[bool]:
    while isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if isinstance(kind, GraphQLList):
        for each in value or ():
            yield from _compared(kind.of_type, each)
    elif isinstance(kind, GraphQLInputObjectType) and isinstance(value, Mapping):
        if COMPARED in kind.fields:
            yield COMPARED in value
        for name, each in value.items():
            yield from _compared(kind.fields[name].type, each)


class _Uses(Visitor):
    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.found: set[tuple[str, str]] = set()

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent, kind = self.info.get_parent_type(), self.info.get_type()
        if parent:
            self.found |= {(parent.name, ""), (parent.name, node.name.value)}
        if kind:
            self.found.add((get_named_type(kind).name, ""))


def used(schema: GraphQLSchema, text: str) -> set[tuple[str, str]]:
    """The types, and the fields with their type, that an operation touches."""
    info = TypeInfo(schema)
    uses = _Uses(info)
    visit(parse(text), TypeInfoVisitor(info, uses))
    return uses.found
