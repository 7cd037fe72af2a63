"""The service as these tests serve it: in a thread of theirs, and in nobody's way."""

import random

from tests.http.conftest import World, served


def test_the_service_leaves_its_process_s_generator_alone(world: World) -> None:
    before = random.getstate()
    with served(world.database, world.settings):
        pass
    assert random.getstate() == before
