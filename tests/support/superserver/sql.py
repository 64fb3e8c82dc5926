"""The server's SELECT in SQLite's dialect."""

from __future__ import annotations

from .sql_scope import SET_OPERATORS, Item, Scope, collect_tables, table_at
from .sql_text import (
    END_OF_QUERY,
    SYNTAX_ERROR,
    Group,
    Node,
    Nodes,
    SqlError,
    Token,
    at,
    find_word,
    is_name,
    is_operator,
    is_word,
    operator,
    quoted,
    split_commas,
    word,
    words,
)

LIMIT_SINCE = (2025, 1)

RENAMED_FUNCTIONS = {
    "NVL": "COALESCE",
    "ISNULL": "COALESCE",
    "%EXACT": "EXACT",
    "%EXTERNAL": "EXACT",
    "%INTERNAL": "EXACT",
    "%SQLUPPER": "SQLUPPER",
    "%SQLSTRING": "SQLSTRING",
    "%UPPER": "UPPER",
    "LEAST": "MIN",
    "GREATEST": "MAX",
}
ROW_POSITION = "%VID"
COLLATION_WORDS = ("%EXACT", "%SQLUPPER", "%SQLSTRING", "%UPPER")
AGGREGATES = ("COUNT", "SUM", "AVG", "MIN", "MAX", "LIST", "JSON_ARRAYAGG")
# Words that may come after a table's name and are no alias.
CLAUSES = (
    *("WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR"),
    *("UNION", "EXCEPT", "INTERSECT", "SELECT", "FROM", "AS", "SET", "VALUES"),
    *("JOIN", "LEFT", "RIGHT", "FULL", "INNER", "OUTER", "CROSS", "NATURAL", "ON", "USING"),
)
CONSTANTS_ENDING_IN_A_WORD = ("END", "NULL", "TRUE", "FALSE")


def translate_query(nodes: Nodes, scope: Scope) -> list[Node]:
    """Return a SELECT as SQLite understands it; the scope learns tables and columns."""
    collect_tables(nodes, scope)
    return _query(nodes, scope, depth=0)


def translate_expression(nodes: Nodes, scope: Scope) -> list[Node]:
    """Return an expression or condition; its tables must be known to the scope."""
    collect_tables(nodes, scope)
    return _expression(nodes, scope, depth=1)


# --- tables ---


def _from_clause(nodes: Nodes, scope: Scope, depth: int) -> list[Node]:
    """Return a FROM clause with table names in quotes, each with an alias."""
    made: list[Node] = []
    place = 0
    expects_table = True
    while place < len(nodes):
        node = nodes[place]
        if expects_table and is_name(node):
            schema, name, place = table_at(nodes, place)
            made.append(quoted(scope.use_table(schema, name).sql_name))
            following = at(nodes, place)
            if not is_word(following, "AS") and (
                not is_name(following) or is_word(following, *CLAUSES)
            ):
                made += [word("AS"), quoted(name)]
            expects_table = False
            continue
        expects_table = is_word(node, "JOIN") or is_operator(node, ",")
        made += _expression([node], scope, depth)
        place += 1
    return made


# --- queries ---


def _query(nodes: Nodes, scope: Scope, depth: int) -> list[Node]:
    """Return a SELECT, or several with UNION and its like between them."""
    place = find_word(nodes, *SET_OPERATORS)
    if place is None:
        return _select(nodes, scope, depth)
    end = place + 2 if is_word(at(nodes, place + 1), "ALL") else place + 1
    first = _select(nodes[:place], scope, depth)
    # Only the first SELECT names the columns.
    return [*first, *nodes[place:end], *_query(nodes[end:], scope, depth + 1)]


def _select(nodes: Nodes, scope: Scope, depth: int) -> list[Node]:
    place = 1
    distinct = is_word(at(nodes, place), "DISTINCT")
    if distinct or is_word(at(nodes, place), "ALL"):
        place += 1
    top: list[Node] = []
    if is_word(at(nodes, place), "TOP"):
        top = [nodes[place + 1]]
        place += 2
    from_place = find_word(nodes, "FROM", start=place)
    list_end = len(nodes) if from_place is None else from_place
    rest_place = find_word(
        nodes,
        "WHERE",
        "GROUP",
        "HAVING",
        "ORDER",
        "LIMIT",
        "OFFSET",
        "FETCH",
        "FOR",
        start=list_end,
    )
    rest_place = len(nodes) if rest_place is None else rest_place
    rest, limit = _split_limit(nodes[rest_place:], top, scope, depth)
    groups = find_word(rest, "GROUP") is not None
    raises = scope.upper_case_groups and (distinct or groups)
    made: list[Node] = words("SELECT DISTINCT" if distinct else "SELECT")
    made += _select_list(nodes[place:list_end], scope, depth, upper=raises)
    source = nodes[list_end + 1 : rest_place]
    if _mentions(nodes, ROW_POSITION):
        source = _numbered(source, scope, depth)
    if source:
        made += [word("FROM"), *_from_clause(source, scope, depth)]
    return [*made, *_expression(rest, scope, depth + 1), *limit]


def _select_list(nodes: Nodes, scope: Scope, depth: int, *, upper: bool) -> list[Node]:
    made: list[Node] = []
    for place, part in enumerate(split_commas(nodes), 1):
        described = _item(part, scope, place)
        if depth == 0:
            scope.items.append(described)
        text = _expression(part, scope, depth + 1)
        column = described.column
        if upper and column is not None and column.is_text:
            core = text[: len(_without_alias(text))]
            text = [word("UPPER"), Group(core), word("AS"), quoted(described.name or column.name)]
        elif described.name is not None and len(_without_alias(part)) == len(part):
            text += [word("AS"), quoted(described.name)]
        made += [operator(","), *text]
    return made[1:]


def _item(part: Nodes, scope: Scope, place: int) -> Item:
    """Return what one entry of a select list is."""
    core = _without_alias(part)
    if not part or is_operator(core[-1], "*"):
        return Item()
    last = part[-1]
    alias = last.name if len(core) < len(part) and isinstance(last, Token) else None
    name = core[-1]
    if _is_column_name(core) and isinstance(name, Token):
        column = scope.column(name.name)
        shown = alias or ("ID" if name.upper == "%ID" else name.name)
        return Item(shown if column is None or alias else column.name, column)
    first = core[0]
    if is_word(first, ROW_POSITION):
        return Item(alias or ROW_POSITION, is_count=True)
    is_aggregate = is_word(first, *AGGREGATES)
    kind = "Aggregate" if is_aggregate else "Expression"
    return Item(alias or f"{kind}_{place}", is_count=is_word(first, "COUNT", "ROW_NUMBER"))


def _is_column_name(core: Nodes) -> bool:
    """Return whether nodes are a name, perhaps with table and schema before it."""
    return all(
        is_operator(node, ".") if place % 2 else is_name(node) for place, node in enumerate(core)
    ) and not is_word(core[-1], "NULL", "CURRENT_TIMESTAMP", ROW_POSITION)


def _without_alias(part: Nodes) -> Nodes:
    if len(part) > 2 and is_word(part[-2], "AS"):
        return part[:-2]
    last, before = at(part, len(part) - 1), at(part, len(part) - 2)
    if not is_name(last) or before is None or is_word(last, *CONSTANTS_ENDING_IN_A_WORD):
        return part
    ends_a_value = isinstance(before, Group) or before.kind != "operator"
    return part[:-1] if ends_a_value and not is_word(before, "DISTINCT", "AND", "OR") else part


def _split_limit(
    nodes: Nodes, top: list[Node], scope: Scope, depth: int
) -> tuple[Nodes, list[Node]]:
    """Return what comes before LIMIT, OFFSET or FETCH, and SQLite's LIMIT clause."""
    nodes = nodes[: find_word(nodes, "FOR")]
    place = find_word(nodes, "LIMIT", "OFFSET", "FETCH")
    if place is None:
        if not top or is_word(top[0], "ALL"):
            return nodes, []
        return nodes, [word("LIMIT"), *top]
    first = nodes[place]
    shown = first.upper if isinstance(first, Token) else ""
    if scope.version < LIMIT_SINCE:
        raise SqlError(END_OF_QUERY, f" Input ({shown}) encountered after end of query", "Prepare")
    if top:
        raise SqlError(SYNTAX_ERROR, " TOP cannot be used with LIMIT, OFFSET or FETCH", "Prepare")
    if depth and find_word(nodes, "ORDER") is not None:
        raise SqlError(SYNTAX_ERROR, f" {shown} after ORDER BY in a subquery", "Prepare")
    clause = nodes[place:]
    if shown == "LIMIT":
        return nodes[:place], list(clause)
    skip = find_word(clause, "OFFSET")
    fetch = find_word(clause, "FETCH")
    offset = [] if skip is None else [word("OFFSET"), clause[skip + 1]]
    count: Node = operator("-1") if fetch is None else clause[fetch + 2]
    return nodes[:place], [word("LIMIT"), count, *offset]


def _numbered(source: Nodes, scope: Scope, depth: int) -> Nodes:
    """Return a FROM clause whose first subquery also numbers its rows."""
    inner = at(source, 0)
    if not isinstance(inner, Group):
        raise SqlError(SYNTAX_ERROR, " %VID needs a subquery in FROM", "Prepare")
    select = Group([word("SELECT"), operator("*")])
    select += [operator(","), word("ROW_NUMBER"), Group(), word("OVER"), Group()]
    select += [word("AS"), quoted(ROW_POSITION), word("FROM"), inner]
    return [select, *source[1:]]


def _mentions(nodes: Nodes, name: str) -> bool:
    return any(is_word(node, name) for node in nodes)


# --- expressions ---


def _expression(nodes: Nodes, scope: Scope, depth: int) -> list[Node]:
    """Return nodes with functions, operators and names as SQLite has them."""
    made: list[Node] = []
    place = 0
    while place < len(nodes):
        node = nodes[place]
        if isinstance(node, Group):
            made.append(_group(node, made, scope, depth))
            place += 1
            continue
        chain = _collated(nodes, place, scope) or _qualified(nodes, place, scope)
        if chain is not None:
            replaced, place = chain
        else:
            replaced, place = _token(nodes, place, scope), place + 1
        made += replaced
    return made


def _group(group: Group, before: list[Node], scope: Scope, depth: int) -> Group:
    if is_word(at(group, 0), "SELECT"):
        return Group(_query(group, scope, depth + 1))
    inner = _expression(group, scope, depth)
    if (
        before
        and is_word(before[-1], "JSON_ARRAYAGG", "LIST")
        and is_word(at(inner, 0), "DISTINCT")
    ):
        return Group(_distinct_argument(inner, scope))
    return Group(inner)


def _distinct_argument(inner: list[Node], scope: Scope) -> list[Node]:
    """Return an aggregate's DISTINCT argument, in capitals when it is a text column."""
    core = inner[1:]
    name = core[-1]
    if scope.upper_case_groups and _is_column_name(core) and isinstance(name, Token):
        column = scope.column(name.name)
        if column is not None and column.is_text:
            return [inner[0], word("UPPER"), Group(core)]
    return inner


def _qualified(nodes: Nodes, place: int, scope: Scope) -> tuple[list[Node], int] | None:
    """Return a column named with schema and table as SQLite knows it, and where it ends."""
    first, table, column = (at(nodes, place + step) for step in (0, 2, 4))
    if not (is_name(first) and is_name(table) and is_name(column)):
        return None
    if not (is_operator(nodes[place + 1], ".") and is_operator(nodes[place + 3], ".")):
        return None
    return [quoted(table.name), operator("."), *_name(column, scope)], place + 5


def _collated(nodes: Nodes, place: int, scope: Scope) -> tuple[list[Node], int] | None:
    """Return %EXACT Name, written without parentheses, as a call, and where it ends."""
    node = nodes[place]
    if not is_word(node, *COLLATION_WORDS) or not is_name(at(nodes, place + 1)):
        return None
    assert isinstance(node, Token)
    end = place + 2
    while is_operator(at(nodes, end), "."):
        end += 2
    name = Group(_expression(nodes[place + 1 : end], scope, depth=1))
    return [word(RENAMED_FUNCTIONS[node.upper]), name], end


def _token(nodes: Nodes, place: int, scope: Scope) -> list[Node]:
    node = nodes[place]
    assert isinstance(node, Token)
    following = at(nodes, place + 1)
    if node.kind == "operator":
        return _operator(node)
    if node.upper == "%STARTSWITH":
        return [word("MATCH")]
    if node.upper == "FN" and is_operator(at(nodes, place - 1), "{"):
        return []
    if node.upper == "IFNULL" and is_word(at(nodes, place - 1), "FN"):
        return [word("COALESCE")]
    if isinstance(following, Group):
        return [word(RENAMED_FUNCTIONS.get(node.upper, node.text))]
    return _name(node, scope)


def _operator(node: Token) -> list[Node]:
    """Return an operator of SQLite's."""
    if node.text == "[":
        return [word("REGEXP")]
    if node.text in "{}":
        return []
    if node.text == "/":  # whole numbers divide to fractions on the server
        return [operator("*"), Token("number", "1.0"), operator("/")]
    return [node]


def _name(node: Token, scope: Scope) -> list[Node]:
    """Return a column's name; ID and %ID are SQLite's rowid when no column is called so."""
    if node.upper == ROW_POSITION:
        return [quoted(ROW_POSITION)]
    if node.upper in ("ID", "%ID") and scope.tables and scope.column("ID") is None:
        return [word("rowid")]
    return [node]
