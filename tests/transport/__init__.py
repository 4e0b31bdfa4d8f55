"""How bytes travel: one contract for every link, and the life of every broker."""
