"""The winner is trained again and scored once on rows that the search never saw."""
