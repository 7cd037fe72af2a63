"""Goals by what they support: from who somebody wants to be down to the next step (P16). Sees only what it is given."""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from uuid import UUID

from msgspec import Struct

from domain.events.goal import Achievement, Lifecycle
from domain.fields import Horizon
from projections.figures import ratio
from projections.goal_node import Alone, IdentitySaid, ProgressFrom, StepProposed, alone
from projections.list_row import said
from projections.view import View

# Nobody can say what a goal fifty levels below another has to do with it.
DEPTH_MAX = 50
_NEVER = datetime.max.replace(tzinfo=UTC)


class GoalNode(Struct, frozen=True, kw_only=True):
    """One goal of a tree. Words are null when not said, or erased. `open` is false once completed or cancelled.

    `parents` are the goals it supports, whether or not they are in the tree; `children` the goals that support it and
    are. `depth` counts the links from the root, by the shortest way.

    `progress` (0 to 1, six places) is the mean over the `children` that have one, cancelled ones left out; without
    such children the mean over its own outcomes that can be told, else the share of its milestones reached; null when
    there is nothing to go by. `progress_from` says which, and `children_untold` counts the children left out of the
    mean because nothing is known of them.

    `no_why` is true when it has neither a why nor an insight of the kind why. `no_identity_root` is true when neither
    it, nor any goal that it supports directly or through others, says who somebody is or wants to be. `no_next_step` is
    true while it is open and there is no open promise that moves things on, on it or on an open goal below it;
    `next_step` is its own, which is due first. `why_depth` is the length of the longest chain of whys that answer one
    another. `steps_accepted` of the `steps` proposed were taken over.
    """

    goal_id: UUID
    statement: str | None
    why: str | None
    horizon: Horizon | None
    status: Lifecycle
    achievement: Achievement | None
    open: bool
    parents: list[UUID]
    children: list[UUID]
    depth: int
    progress: float | None
    progress_from: ProgressFrom | None
    children_untold: int
    no_why: bool
    no_identity_root: bool
    no_next_step: bool
    why_depth: int
    next_step: UUID | None
    identity: list[IdentitySaid]
    steps_accepted: int
    steps: list[StepProposed]


class Circle(Struct, frozen=True, kw_only=True):
    """A link that leads back to a goal above: the child supports the parent, which supports the child. No progress is
    counted over it."""

    child: UUID
    parent: UUID


class GoalTree(Struct, frozen=True, kw_only=True):
    """A goal and all that supports it, level by level, on each level by parent and in the order in which they were set.

    A goal that supports several is one node with several parents. `circles` are the links that would make the tree go
    round. `truncated` is true when there is more than 50 levels below the root.
    """

    root: UUID
    nodes: list[GoalNode]
    circles: list[Circle]
    truncated: bool


class _Rolled(Struct):
    """What a node is with its children: exact progress, where it comes from, and whether a next step is in sight."""

    progress: Fraction | None
    progress_from: ProgressFrom | None
    untold: int
    stepping: bool


def goal_tree(views: Mapping[UUID, View], root: UUID) -> GoalTree:
    """The tree below `root`, out of the goals that the caller may see. Raises KeyError when `root` is not among them.

    Costs what the goals cost that are below or above the root; circles and depth are bounded.
    """
    supported = {goal: list(_parents(view)) for goal, view in views.items()}
    below = _children(views, supported)
    depths, truncated = _levels(root, below)
    shown = depths.keys() | _above(depths, supported, views)
    goals = {goal: alone(views[goal]) for goal in views if goal in shown}
    inside = {goal: [child for child in below.get(goal, ()) if child in depths] for goal in depths}
    rolled, circles = _roll_up(root, inside, goals)
    rooted = _rooted(goals, below)
    nodes = [_node(one, goals[one], depth, inside[one], rolled[one], one in rooted) for one, depth in depths.items()]
    return GoalTree(root=root, nodes=nodes, circles=circles, truncated=truncated)


def _parents(view: View) -> Iterable[UUID]:
    return (link.id for link in view.stream.things("link"))


def _children(views: Mapping[UUID, View], supported: Mapping[UUID, list[UUID]]) -> dict[UUID, list[UUID]]:
    """By parent the goals that support it, in the order in which they were set."""
    below: dict[UUID, list[UUID]] = {}
    for goal in sorted(views, key=lambda one: (views[one].stream.first_at or _NEVER, one)):
        for parent in supported[goal]:
            below.setdefault(parent, []).append(goal)
    return below


def _levels(root: UUID, below: Mapping[UUID, list[UUID]]) -> tuple[dict[UUID, int], bool]:
    """Every goal of the tree with its depth, level by level; and whether there is more below the last level."""
    depths, truncated = {root: 0}, False
    waiting = deque([root])
    while waiting:
        goal = waiting.popleft()
        new = [child for child in below.get(goal, ()) if child not in depths]
        if depths[goal] == DEPTH_MAX:
            truncated = truncated or bool(new)
            continue
        for child in new:
            depths[child] = depths[goal] + 1
            waiting.append(child)
    return depths, truncated


def _above(goals: Iterable[UUID], supported: Mapping[UUID, list[UUID]], views: Mapping[UUID, View]) -> set[UUID]:
    """Everything that the goals support, directly or through others."""
    found: set[UUID] = set()
    waiting = list(goals)
    while waiting:
        for parent in supported[waiting.pop()]:
            if parent in views and parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def _rooted(goals: Mapping[UUID, Alone], below: Mapping[UUID, list[UUID]]) -> set[UUID]:
    """The goals that lead up to one that says who somebody is, or wants to be; those themselves too."""
    found = {goal for goal, one in goals.items() if one.is_identity}
    waiting = list(found)
    while waiting:
        for child in below.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found


def _roll_up(
    root: UUID, inside: Mapping[UUID, list[UUID]], goals: Mapping[UUID, Alone]
) -> tuple[dict[UUID, _Rolled], list[Circle]]:
    """Each node after its children, without recursion; a link back to a node on the way down is a circle."""
    rolled: dict[UUID, _Rolled] = {}
    circles: list[Circle] = []
    counted: dict[UUID, list[UUID]] = {root: []}
    path = [(root, iter(inside[root]))]
    while path:
        goal, children = path[-1]
        child = next(children, None)
        if child is None:
            rolled[goal] = _rolled(goals[goal], [(goals[one], rolled[one]) for one in counted[goal]])
            path.pop()
            continue
        if child in counted and child not in rolled:
            circles.append(Circle(child=child, parent=goal))
            continue
        counted[goal].append(child)
        if child not in counted:
            counted[child] = []
            path.append((child, iter(inside[child])))
    return rolled, circles


def _rolled(goal: Alone, children: list[tuple[Alone, _Rolled]]) -> _Rolled:
    going = [rolled for child, rolled in children if child.status != "cancelled"]
    told = [rolled.progress for rolled in going if rolled.progress is not None]
    stepping = goal.next_step is not None or any(rolled.stepping for child, rolled in children if child.open)
    if told:
        return _Rolled(sum(told, Fraction(0)) / len(told), "children", len(going) - len(told), stepping)
    return _Rolled(goal.progress, goal.progress_from, len(going), stepping)


def _node(goal_id: UUID, goal: Alone, depth: int, children: list[UUID], rolled: _Rolled, rooted: bool) -> GoalNode:
    terms = goal.terms
    return GoalNode(
        goal_id=goal_id,
        statement=said(getattr(terms, "statement", None)),
        why=said(getattr(terms, "why", None)),
        horizon=getattr(terms, "horizon", None),
        status=goal.status,  # type: ignore[arg-type]  # of a goal it is its lifecycle
        achievement=goal.stream.achievement,  # type: ignore[arg-type]  # as recorded
        open=goal.open,
        parents=goal.parents,
        children=children,
        depth=depth,
        progress=None if rolled.progress is None else ratio(rolled.progress, 1),
        progress_from=rolled.progress_from,
        children_untold=rolled.untold,
        no_why=getattr(terms, "why", None) is None and goal.why_depth == 0,
        no_identity_root=not rooted,
        no_next_step=goal.open and not rolled.stepping,
        why_depth=goal.why_depth,
        next_step=goal.next_step,
        identity=goal.identity,
        steps_accepted=sum(step.accepted for step in goal.steps),
        steps=goal.steps,
    )
