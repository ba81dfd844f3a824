"""The pictures of ``report.html``: each module draws some, `svg` makes them part of the page."""
