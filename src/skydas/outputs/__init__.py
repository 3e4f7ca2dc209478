"""Where facts go; one file each: Params, async run(params, inbox, emit)."""
