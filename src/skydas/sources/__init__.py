"""Where octets come from; one file each: Params, async run(params, emit)."""
