"""Mode S and ADS-B: what the formats that carry raw frames (Beast, AVR, JSON lines) share.

fields    bits of one frame: parity, altitude and identity codes, callsign
cpr       compact position reporting: even/odd pairs, and one message near a reference
quality   NIC, NACp and what they say in metres
addresses what is known of each address, in a table of fixed size
follow    the kernel: frames in order -> the table, and a point for each good position
plots     points -> PLOT
frames    the decoder that the plug-ins hold
items     every item of every frame, for `skydas decode`
"""
