"""One pandera contract per table that crosses a boundary: grain, types, units, rules."""
