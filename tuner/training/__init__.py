"""One unit (configuration × fold × repeat) is trained."""
