"""One score from many platforms that show nobody their data."""
