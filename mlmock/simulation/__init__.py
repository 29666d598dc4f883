"""Building blocks of simulated services: time, tasks, state machines, objects, events, undo."""
