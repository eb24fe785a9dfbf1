"""Schema changes, one numbered file each: `0001_what_it_does.py`, its revision id the same words."""
