"""The sections of ``report.html``, one module each: from the results to what a template needs."""
