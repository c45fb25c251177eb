"""The local shop's schema cannot lie: whatever is in it is in Shopify's, with the same types."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    is_specified_directive,
    specified_scalar_types,
)

from npta.local.shop.schema import SDL, shop_schema
from npta.local.shop.scopes import NEEDS
from tests.shopify_schema import published

pytestmark = pytest.mark.xdist_group("shopify schema")


def differences(ours: GraphQLSchema, theirs: GraphQLSchema) -> list[str]:
    """Where our part says something else than theirs."""
    found = []
    for name, kind in ours.type_map.items():
        if name.startswith("__") or name in specified_scalar_types:
            continue
        other = theirs.type_map.get(name)
        if type(other) is not type(kind):
            found.append(f"{name} is {type(other).__name__}")
        elif other:
            found += [f"{name}.{each}" for each in _different(kind, other)]
    for directive in ours.directives:
        if is_specified_directive(directive):
            continue
        other_directive = theirs.get_directive(directive.name)
        mine = {name: str(argument.type) for name, argument in directive.args.items()}
        if other_directive is None or mine != {name: str(each.type) for name, each in other_directive.args.items()}:
            found.append(f"@{directive.name}")
    return found


def _different(kind: GraphQLNamedType, other: GraphQLNamedType) -> Iterator[str]:
    if isinstance(kind, GraphQLEnumType) and isinstance(other, GraphQLEnumType):
        yield from sorted(set(kind.values) ^ set(other.values))
    if isinstance(kind, GraphQLInputObjectType) and isinstance(other, GraphQLInputObjectType):
        yield from (name for name, field in kind.fields.items() if _shown(other.fields.get(name)) != str(field.type))
        required = {name for name, field in other.fields.items() if isinstance(field.type, GraphQLNonNull)}
        yield from sorted(required - set(kind.fields))
    if isinstance(kind, GraphQLObjectType) and isinstance(other, GraphQLObjectType):
        yield from sorted({each.name for each in kind.interfaces} - {each.name for each in other.interfaces})
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and isinstance(
        other, GraphQLObjectType | GraphQLInterfaceType
    ):
        for name, field in kind.fields.items():
            theirs = other.fields.get(name)
            if theirs is None or str(theirs.type) != str(field.type):
                yield f"{name}: {_shown(theirs)}"
                continue
            arguments = {each: str(argument.type) for each, argument in field.args.items()}
            known = {each: str(argument.type) for each, argument in theirs.args.items()}
            yield from (f"{name}({each})" for each in arguments if arguments[each] != known.get(each))
            required = {each for each, argument in theirs.args.items() if isinstance(argument.type, GraphQLNonNull)}
            yield from (f"{name}({each})" for each in sorted(required - set(arguments)))


def _shown(field: object) -> str:
    return str(getattr(field, "type", None))


def test_every_type_field_argument_and_value_is_shopifys() -> None:
    assert differences(shop_schema(), published().schema) == []


def test_the_scopes_that_are_enforced_are_those_that_shopify_lists() -> None:
    ours, theirs = shop_schema(), published().scopes
    places = {(name, "") for name in ours.type_map} | {
        (name, field)
        for name, kind in ours.type_map.items()
        if isinstance(kind, GraphQLObjectType)
        for field in kind.fields
    }
    assert {place: theirs[place] for place in places if theirs.get(place)} == NEEDS


@pytest.mark.parametrize(
    ("ours", "wrong", "told"),
    [
        ("sku: String price: Money!", "sku: String! price: Money!", "ProductVariant.sku: String"),
        ("sku: String price: Money!", "sku: String prize: Money!", "ProductVariant.prize: None"),
        ("enum ProductStatus { ACTIVE ARCHIVED DRAFT UNLISTED }", "enum ProductStatus { ACTIVE ARCHIVED DRAFT }", "ProductStatus.UNLISTED"),
        ("order(id: ID!): Order", "order(id: ID): Order", "QueryRoot.order(id)"),
        ("order(id: ID!): Order", "order: Order", "QueryRoot.order(id)"),
        ("changeFromQuantity: Int ", "changeFromQuantity: Int! ", "InventoryQuantityInput.changeFromQuantity"),
        ("locationId: ID! quantity: Int! }", "quantity: Int! }", "InventoryQuantityInput.locationId"),
        ("@idempotent(key: String!)", "@idempotent(key: String)", "@idempotent"),
        ("type PageInfo {", "type Invented { a: Int }\ntype PageInfo {", "Invented is NoneType"),
        ("type PageInfo {", "type PageInfo implements Node { id: ID!", "PageInfo.Node"),
    ],
)  # fmt: skip
def test_a_lie_is_noticed(ours: str, wrong: str, told: str) -> None:
    assert SDL.count(ours) == 1
    assert told in differences(build_schema(SDL.replace(ours, wrong)), published().schema)
