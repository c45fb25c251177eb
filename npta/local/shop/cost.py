"""What a query costs by Shopify's own rule, and the bucket that it is paid from.

Documented (shopify.dev, GraphQL Admin API rate limits): scalars and enums 0, an object 1, a mutation 10; a connection
is sized by `first`; one query may cost 1,000 at most; a query needs room for what it could cost and pays for what it
did. How a connection is sized is said by Shopify's people (community.shopify.dev/t/24364): 2 points, and its nodes
times ⌊2 · ln(max(2, size))⌋, `pageInfo` free; the 25 points that a page of 250 variants with their items was seen to be
asked for (community.shopify.dev/t/23101) come out of it. Assumed: what was found is sized the same way, and `nodes`
costs as many objects as ids. The bucket of the standard plan refills with 100 points a second and was seen to hold
2,000.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import floor, log
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
)

from sheets_schema import Clock

MOST = 1_000
_MUTATION = 10
_CONNECTION = 2


class Costs:
    """The costs of one operation with its variables."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._variables = variables
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }

    def requested(self) -> int:
        """Return what the operation could cost at most."""
        return self._of_operation(None)

    def actual(self, data: Mapping[str, Any] | None) -> int:
        """Return what it did cost, with this answer."""
        return self._of_operation(data or {})

    def _of_operation(self, data: Mapping[str, Any] | None) -> int:
        if self._operation.operation is OperationType.MUTATION:
            return _MUTATION * len(self._operation.selection_set.selections)
        assert self._schema.query_type is not None
        return self._of(self._schema.query_type, self._operation.selection_set, data)

    def _of(self, parent: Any, selection: SelectionSetNode, data: Mapping[str, Any] | None) -> int:
        total = 0
        for field, owner in self._fields(parent, selection):
            definition = owner.fields.get(field.name.value) if isinstance(owner, GraphQLObjectType) else None
            if definition is None:
                continue
            kind = get_named_type(definition.type)
            if is_leaf_type(kind) or kind.name == "PageInfo" or field.selection_set is None:
                continue
            value = None if data is None else data.get(field.alias.value if field.alias else field.name.value)
            if data is not None and value is None:
                total += 1
            elif kind.name.endswith("Connection"):
                total += self._of_connection(kind, field, value)
            elif isinstance(value, Sequence):
                total += sum(1 + self._of(kind, field.selection_set, item) for item in value if item)
            else:
                times = self._ids() if field.name.value == "nodes" else 1
                total += times * (1 + self._of(kind, field.selection_set, value))
        return total

    def _ids(self) -> int:
        return next((len(value) for value in self._variables.values() if isinstance(value, list)), 1)

    def _of_connection(self, kind: Any, field: FieldNode, value: Mapping[str, Any] | None) -> int:
        assert field.selection_set is not None
        nodes = [child for child, _ in self._fields(kind, field.selection_set) if child.name.value == "nodes"]
        if not nodes or nodes[0].selection_set is None:
            return _CONNECTION
        node, chosen = get_named_type(kind.fields["nodes"].type), nodes[0].selection_set
        if value is None:
            return _CONNECTION + _sized(self._first(field)) * (1 + self._of(node, chosen, None))
        found = [1 + self._of(node, chosen, found_node) for found_node in value["nodes"] if found_node]
        return _CONNECTION + _sized(len(found)) * max(found, default=0)

    def _first(self, field: FieldNode) -> int:
        for argument in field.arguments or ():
            if argument.name.value == "first":
                if isinstance(argument.value, IntValueNode):
                    return int(argument.value.value)
                if isinstance(argument.value, VariableNode):
                    return int(self._variables.get(argument.value.name.value) or 0)
        return 0

    def _fields(self, parent: Any, selection: SelectionSetNode) -> Iterator[tuple[FieldNode, Any]]:
        """Return the fields of a selection and its fragments, each with the type it belongs to."""
        for node in selection.selections:
            if isinstance(node, FieldNode):
                yield node, parent
            elif isinstance(node, InlineFragmentNode):
                name = node.type_condition
                owner = self._schema.type_map[name.name.value] if name else parent
                yield from self._fields(owner, node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                owner = self._schema.type_map[fragment.type_condition.name.value]
                yield from self._fields(owner, fragment.selection_set)


def _sized(size: int) -> int:
    """How many times the nodes of a connection count."""
    return floor(2 * log(max(2, size))) if size else 0


class Bucket:
    """The points that are there, refilled as time goes by."""

    def __init__(self, clock: Clock, maximum: float, rate: float) -> None:
        self._clock = clock
        self._maximum = self._there = maximum
        self._rate = rate
        self._at = clock.monotonic()

    def available(self) -> float:
        """Return the points there now."""
        now = self._clock.monotonic()
        self._there = min(self._maximum, self._there + (now - self._at) * self._rate)
        self._at = now
        return self._there

    def empty(self) -> None:
        """As if another part of the app had used up everything."""
        self._at, self._there = self._clock.monotonic(), 0.0

    def pay(self, points: float) -> None:
        """Take points out."""
        self._there = self.available() - points

    def report(self, requested: int, actual: int | None) -> dict[str, Any]:
        """`extensions.cost`."""
        return {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": {
                "maximumAvailable": self._maximum,
                "currentlyAvailable": int(self.available()),
                "restoreRate": self._rate,
            },
        }
