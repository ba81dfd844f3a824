"""Tables: which text is a number, what a column holds, which column has which role.

`Table` takes the pieces of a table as any reader has them, so that a table means the same whatever
file it comes from; `text_file`, `dialect`, `blocks` and `reader` read delimited text.
"""
