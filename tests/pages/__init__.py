"""The fenced blocks of the pages, found, and the ways to run or check each kind."""
