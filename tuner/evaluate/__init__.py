"""The winner and simple models are trained for rows that the search never saw, and scored once."""
