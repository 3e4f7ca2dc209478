"""Containers of recorded octets: pcap, pcapng, ASTERIX final, raw, lines."""
