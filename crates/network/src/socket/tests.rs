//! Talks over a pipe, in a time that stands still until nobody has anything to do.
