"""An application of the library, as anybody may write one: shelves with books. Its stored names are data."""

from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event


class Shelf(Aggregate):
    TOPIC = "shelf"

    @event("Created", topic="shelf.opened")
    def __init__(self, name: str) -> None:
        self.name = name
        self.books: list[str] = []

    @event("BookAdded", topic="shelf.book_added")
    def add(self, book: str) -> None:
        self.books.append(book)


class Shelves(Application[UUID]):
    def open_shelf(self, name: str) -> UUID:
        shelf = Shelf(name)
        self.save(shelf)
        return shelf.id

    def add_book(self, shelf_id: UUID, book: str) -> None:
        shelf = self.shelf(shelf_id)
        shelf.add(book)
        self.save(shelf)

    def shelf(self, shelf_id: UUID) -> Shelf:
        found: Shelf = self.repository.get(shelf_id)
        return found
