"""Public warning: where, in which words, who approved it, and the CAP message that leaves. Nothing here sends."""
